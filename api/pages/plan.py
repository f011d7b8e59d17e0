"""The plan of a year: how it stands, its year as a drawing, its appendix as a table."""

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from fastapi import APIRouter, Response

from api.pages.plan_chart import year_chart
from api.pages.visiting import Desk, Desked
from engine.errors import NotFound
from engine.queries.instances import Summary
from engine.queries.plan import PlanView, plan_view
from engine.queries.plan_beside import Fate, plans_beside
from engine.queries.plan_standing import Light, Reason, RowStanding

router = APIRouter()

YEAR_DIGITS: Final = 4
CASES_SHOWN: Final = 6
ALIKE: Final = 0.5
"""From here on two wordings are one that was changed, and not another one."""
ENDS: Final = 5
"""So many words of a run that stayed are shown before and behind what changed."""
NOTHING: Final = "—"
BAD: Final = frozenset({Light.RED, Light.AMBER})


@dataclass(frozen=True, slots=True)
class Told:
    """A reason in words, with the case that it is about."""

    light: str
    text: str
    case: str | None
    case_id: str | None


@router.get("/plan/{year}")
def plan_page(desk: Desked, year: str) -> Response:
    """One year's plan; without one, the years that have one.

    Raises:
        NotFound: that is no year.
    """
    if not _is_year(year):
        raise NotFound("not_found")
    try:
        view = plan_view(desk.house.runtime, desk.caller, int(year))
    except NotFound as error:
        known = error.params.get("known", ())
        return desk.page("plan/none.html", status=404, year=year, years=known)
    language = desk.visit.language
    warnings = [
        desk.voice.words.say(f"plan_warning.{w.fault}", w.params(language), language)
        for w in view.warnings
    ]
    standing = view.standing
    counts = Counter(
        row.light for code, row in standing.rows.items() if _is_carried_out(view, code)
    )
    return desk.page(
        "plan/view.html",
        plan=view,
        warnings=warnings,
        chart=year_chart(view),
        counts=[(light, counts[light]) for light in Light],
        objectives={o.number: _told(desk, _of_cases(o.standing)) for o in standing.objectives},
        reasons={code: _told(desk, _of_cases(row)) for code, row in standing.rows.items()},
        shown={code: _first(cases) for code, cases in view.instances.items()},
    )


@router.get("/plan/{year}/beside")
def beside_page(desk: Desked, year: str, before: str | None = None) -> Response:
    """One year's plan beside another's, the one before it unless another is asked for.

    Raises:
        NotFound: that is no year.
    """
    asked = [year, before if before is not None else str(int(year) - 1) if _is_year(year) else ""]
    if not all(map(_is_year, asked)):
        raise NotFound("not_found")
    now, earlier = map(int, asked)
    try:
        pair = plans_beside(desk.house.runtime, desk.caller, now, before=earlier)
    except NotFound as error:
        if error.code != "unknown_plan":
            raise
        known = error.params.get("known", ())
        missing = str(error.params["year"])
        return desk.page("plan/none.html", status=404, year=missing, years=known)
    counts = Counter(row.fate for row in pair.rows)
    with desk.house.runtime.read(desk.caller.organization_id) as uow:
        years = uow.tables.plans.years()
    return desk.page(
        "plan/beside.html",
        pair=pair,
        years=years,
        counts=[(fate, counts[fate]) for fate in Fate],
        pieces=pieces,
    )


def pieces(before: str, now: str) -> list[tuple[str, str]]:
    """Two wordings in one: what stayed (`same`), went (`gone`) and came (`come`), word by word.

    Wordings that have little in common stand whole, one after the other. Of a long run that stayed
    its ends are enough.
    """
    old, new = before.split(), now.split()
    found = SequenceMatcher(a=old, b=new, autojunk=False)
    if not old or not new or found.ratio() < ALIKE:
        return [("gone", before or NOTHING), ("come", now or NOTHING)]
    told: list[tuple[str, str]] = []
    for kind, old_from, old_to, new_from, new_to in found.get_opcodes():
        if kind == "equal":
            told.append(("same", _short(new[new_from:new_to])))
            continue
        told += [("gone", " ".join(old[old_from:old_to]))] if old_from < old_to else []
        told += [("come", " ".join(new[new_from:new_to]))] if new_from < new_to else []
    return told


def _short(words: list[str]) -> str:
    if len(words) <= 2 * ENDS:
        return " ".join(words)
    return " ".join((*words[:ENDS], "…", *words[-ENDS:]))


def _is_year(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) == YEAR_DIGITS


def _is_carried_out(view: PlanView, code: str) -> bool:
    """Headings only gather; one that a process belongs to is counted."""
    heading = next(bool(row.get("heading")) for row in view.body["rows"] if row["code"] == code)
    return not heading or bool(view.carriers[code])


def _of_cases(standing: RowStanding) -> tuple[Reason, ...]:
    """The reasons besides targets, which are shown with their figures."""
    return tuple(reason for reason in standing.reasons if reason.target is None)


def _told(desk: Desk, reasons: tuple[Reason, ...]) -> tuple[list[Told], list[Told]]:
    """What needs somebody, and what does not."""
    language = desk.visit.language
    told = [
        Told(
            light=reason.light.value,
            text=desk.voice.words.say(
                f"plan_standing.{reason.cause}", reason.params(language), language
            ),
            case=reason.case,
            case_id=reason.case_id,
        )
        for reason in reasons
    ]
    return [t for t in told if Light(t.light) in BAD], [
        t for t in told if Light(t.light) not in BAD
    ]


def _first(cases: tuple[Summary, ...]) -> tuple[tuple[Summary, ...], int]:
    """Those to show, late and open ones first, and how many there are besides."""
    order = sorted(cases, key=lambda case: (not case.overdue, case.final is not None))
    return tuple(order[:CASES_SHOWN]), max(0, len(order) - CASES_SHOWN)
