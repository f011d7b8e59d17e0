"""The papers of a review as values: call, input pack, objectives, minutes, conclusions, report.

1. Values only: people by name, units, kinds and topics by id; words and layout are the page's.
2. A paper that was issued is the file that people signed; these values are what it is drawn from.
3. The report has a section of its own on objective 5: rows 5.1 to 5.3 of the plan.
"""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case, Child, Row
from engine.machine.registry import Figure
from workflows.steering_review import surveys
from workflows.steering_review.figures import FIGURES, is_done_in_time
from workflows.steering_review.gathering import (
    GATHERERS,
    Difference,
    Line,
    differences,
    frozen_lines,
    in_force,
)

OWN_SECTION = "5"
"""The objective with a section of its own: training in the system, the review among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every paper of a review begins with."""

    code: str
    title: str
    year: int
    meeting_on: date | None
    held_on: date | None
    place: str | None
    chair: str | None
    cut_off: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One input of the review.

    Attributes:
        lines: what live records say: as frozen, or as they stand before the first freeze.
        changed: what they say otherwise since the freeze.
        author: by name, of the words or of `nothing arose`.
        blank: neither records nor words fill it.
    """

    topic: str
    lines: tuple[Line, ...]
    changed: tuple[Difference, ...]
    content: str | None
    nothing_arose: bool
    author: str | None
    blank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A unit that is asked for a report, and how that stands.

    Attributes:
        reports: codes with ids of its reports, the newest last.
    """

    unit: str
    due_on: date
    on_its_own: bool
    why: str | None
    state: str | None
    reported_on: date | None
    late: bool
    reports: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What a unit told after the cut-off, by whom and when."""

    unit: str
    row: str
    actual: str
    why: str
    author: str
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of the plan: target, actual at the cut-off, estimate, conclusion, year's actual."""

    row: str
    objective: str
    title: dict[str, str]
    lead: str | None
    target: str
    actual: str
    source: str
    estimated: str | None
    expected: str | None
    outcome: str | None
    follow_up: str | None
    cause: str | None
    year_actual: str | None
    year_reached: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody on the attendance list, by name."""

    name: str
    unit: str | None
    member: bool
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision of the meeting and how far it is carried out.

    Attributes:
        about: row of the plan that it follows up.
        child: code and id of its follow-up, once it was handed out.
    """

    kind: str
    wording: str
    unit: str
    owner: str
    due_on: date
    resource: str
    about: str | None
    child: tuple[str, str] | None
    state: str | None
    done_on: date | None
    in_time: bool
    carried_to: int | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Decisions by kind, with the reason where a kind has none."""

    decisions: tuple[Decision, ...]
    none: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice of the meeting and the call for reports."""

    head: Head
    agenda: str | None
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputPack:
    """The dossier: every section with its source, cut-off and figures.

    Attributes:
        frozen: whether the lines are those of a freeze.
    """

    head: Head
    frozen: bool
    sections: tuple[Section, ...]
    asked: tuple[Asked, ...]
    adjustments: tuple[Adjustment, ...]
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveTable:
    """Every row of the plan with its result."""

    head: Head
    results: tuple[Result, ...]
    adjustments: tuple[Adjustment, ...]
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """What was said and decided, and by whom."""

    head: Head
    hours: str | None
    agenda: str | None
    attendees: tuple[Attendee, ...]
    secretary: str | None
    results: tuple[Result, ...]
    outputs: Outputs
    conclusion_qms: str | None
    conclusion_5: str | None
    signed: tuple[tuple[str, str, date], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """The notice of what was concluded, and the list by which it is followed up."""

    head: Head
    outputs: Outputs
    unmet: tuple[Result, ...]
    conclusion_qms: str | None
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryReport:
    """The year-end report; its own section tells of objective 5."""

    head: Head
    number: str | None
    dated: date | None
    sections: tuple[Section, ...]
    results: tuple[Result, ...]
    own_section: tuple[Result, ...]
    conclusion_qms: str | None
    conclusion_5: str | None
    outputs: Outputs
    late_units: tuple[Asked, ...]
    adjustments: tuple[Adjustment, ...]
    figures: dict[str, Figure]


def report_outline(case: Case) -> InputPack:
    """The outline: every section and every row, as they will stand in the report."""
    return input_pack(case)


def meeting_notice(case: Case) -> Notice:
    """The notice as it stands."""
    return Notice(head=_head(case), agenda=case.instance.fields.get("agenda"), asked=_asked(case))


def input_pack(case: Case) -> InputPack:
    """The pack as it was frozen last, with what differs since; live before that."""
    return InputPack(
        head=_head(case),
        frozen=frozen_lines(case) is not None,
        sections=_sections(case),
        asked=_asked(case),
        adjustments=_adjustments(case),
        figures=_figures(case),
    )


def objective_table(case: Case) -> ObjectiveTable:
    """The table of objectives as it stands."""
    return ObjectiveTable(
        head=_head(case),
        results=_results(case),
        adjustments=_adjustments(case),
        figures=_figures(case),
    )


def meeting_minutes(case: Case) -> Minutes:
    """The minutes as they stand; signatures are those that the log knows."""
    fields = case.instance.fields
    ended = case.instance.last("end_meeting")
    return Minutes(
        head=_head(case),
        hours=fields.get("hours"),
        agenda=fields.get("agenda"),
        attendees=_attendees(case),
        secretary=_name(case, ended.person if ended else None),
        results=_results(case),
        outputs=_outputs(case),
        conclusion_qms=fields.get("conclusion_qms"),
        conclusion_5=fields.get("conclusion_5"),
        signed=tuple(
            (step.transition, _name(case, step.person) or step.person, step.on)
            for step in case.instance.history
            if step.transition in {"sign_minutes", "countersign_minutes"}
        ),
    )


def conclusions(case: Case) -> Conclusions:
    """What was concluded, and how far it is carried out."""
    return Conclusions(
        head=_head(case),
        outputs=_outputs(case),
        unmet=tuple(result for result in _results(case) if result.outcome == "not_met"),
        conclusion_qms=case.instance.fields.get("conclusion_qms"),
        figures=_figures(case),
    )


def summary_report(case: Case) -> SummaryReport:
    """The report as it stands: a draft until it has its number."""
    fields = case.instance.fields
    results = _results(case)
    return SummaryReport(
        head=_head(case),
        number=fields.get("report_number"),
        dated=fields.get("report_date"),
        sections=_sections(case),
        results=results,
        own_section=tuple(result for result in results if result.objective == OWN_SECTION),
        conclusion_qms=fields.get("conclusion_qms"),
        conclusion_5=fields.get("conclusion_5"),
        outputs=_outputs(case),
        late_units=tuple(asked for asked in _asked(case) if asked.late),
        adjustments=_adjustments(case),
        figures=_figures(case),
    )


def _head(case: Case) -> Head:
    fields = case.instance.fields
    return Head(
        code=case.instance.code,
        title=case.instance.title,
        year=case.instance.year,
        meeting_on=fields.get("meeting_on"),
        held_on=fields.get("held_on"),
        place=fields.get("place"),
        chair=_name(case, fields.get("chair")),
        cut_off=fields.get("cut_off"),
    )


def _sections(case: Case) -> tuple[Section, ...]:
    lines = in_force(case)
    written = {row.values["item"]: row for row in case.rows("review_input")}
    return tuple(_section(case, topic, lines[topic], written.get(topic)) for topic in GATHERERS)


def _section(case: Case, topic: str, lines: tuple[Line, ...], written: Row | None) -> Section:
    values = {} if written is None else written.values
    content, none = values.get("content"), bool(values.get("nothing_arose"))
    author = None if written is None else values.get("author") or written.created_by
    return Section(
        topic=topic,
        lines=lines,
        changed=differences(case, topic),
        content=content,
        nothing_arose=none,
        author=_name(case, author),
        blank=not lines and not content and not none,
    )


def _asked(case: Case) -> tuple[Asked, ...]:
    """Each unit once, by its newest row; a unit that was asked again keeps its codes."""
    rows = {row.values["unit"]: row for row in case.rows("unit_input")}
    newest = {child.fields.get("unit"): child for child in surveys.unit_reports(case)}
    late = {child.id for child in surveys.late_reports(case)}
    return tuple(
        _of_unit(case, row, newest.get(unit), late=late) for unit, row in sorted(rows.items())
    )


def _of_unit(case: Case, row: Row, report: Child | None, *, late: set[str]) -> Asked:
    unit = row.values["unit"]
    return Asked(
        unit=unit,
        due_on=row.values["due_on"],
        on_its_own=row.values["asked"],
        why=row.values.get("why"),
        state=None if report is None else report.state,
        reported_on=None if report is None else report.fields.get("reported_on"),
        late=report is not None and report.id in late,
        reports=tuple(
            (child.code, child.id)
            for child in case.children
            if child.process == "unit_report" and child.fields.get("unit") == unit
        ),
    )


def _adjustments(case: Case) -> tuple[Adjustment, ...]:
    return tuple(
        Adjustment(
            unit=row.values["unit"],
            row=row.values["row"],
            actual=row.values["actual"],
            why=row.values["why"],
            author=_name(case, row.created_by) or row.created_by,
            on=row.created_on,
        )
        for row in case.rows("adjustment")
    )


def _results(case: Case) -> tuple[Result, ...]:
    titles = {row.code: dict(row.title) for row in case.around.plan}
    concluded = {row.values["about"]: row.values for row in case.rows("objective_conclusion")}
    of_year = {row.values["about"]: row.values for row in case.rows("year_result")}
    rows = sorted(
        case.rows("objective_result"), key=lambda row: surveys.plan_order(row.values["row"])
    )
    found = []
    for row in rows:
        values = row.values
        verdict, year = concluded.get(row.id, {}), of_year.get(row.id, {})
        found.append(
            Result(
                row=values["row"],
                objective=values["row"].partition(".")[0],
                title=titles.get(values["row"], {"vi": values["row"], "en": values["row"]}),
                lead=values.get("lead"),
                target=values["target"],
                actual=values["actual"],
                source=values["source"],
                estimated=values.get("estimated"),
                expected=values.get("expected"),
                outcome=verdict.get("outcome"),
                follow_up=verdict.get("follow_up"),
                cause=verdict.get("statement"),
                year_actual=year.get("actual"),
                year_reached=year.get("reached"),
            )
        )
    return tuple(found)


def _attendees(case: Case) -> tuple[Attendee, ...]:
    return tuple(
        Attendee(
            name=_name(case, row.values["person"]) or row.values["person"],
            unit=_unit(case, row.values["person"]),
            member=row.values["member"],
            present=row.values["present"],
        )
        for row in case.rows("attendee")
    )


def _outputs(case: Case) -> Outputs:
    children = {child.origin_row: child for child in case.children}
    return Outputs(
        decisions=tuple(
            _decision(case, row, children.get(row.id)) for row in case.rows("decision")
        ),
        none=tuple(
            (row.values["kind"], row.values["statement"]) for row in case.rows("no_decision")
        ),
    )


def _decision(case: Case, row: Row, child: Child | None) -> Decision:
    values = row.values
    told = {} if child is None else child.fields
    return Decision(
        kind=values["kind"],
        wording=values["wording"],
        unit=values["unit"],
        owner=_name(case, values["owner"]) or values["owner"],
        due_on=values["due_on"],
        resource=values["resource"],
        about=_row_followed_up(case, values.get("about")),
        child=None if child is None else (child.code, child.id),
        state=None if child is None else child.state,
        done_on=told.get("done_on"),
        in_time=child is not None and is_done_in_time(child),
        carried_to=told.get("carried_to"),
        result=told.get("result"),
    )


def _row_followed_up(case: Case, conclusion: str | None) -> str | None:
    """The row of the plan behind a conclusion."""
    about = {row.id: row.values["about"] for row in case.rows("objective_conclusion")}
    names = {row.id: row.values["row"] for row in case.rows("objective_result")}
    return names.get(about.get(conclusion or "", ""))


def _figures(case: Case) -> dict[str, Figure]:
    return {name: figure(case) for name, figure in FIGURES.items()}


def _name(case: Case, person: str | None) -> str | None:
    known = None if person is None else case.people.get(person)
    return known.name if known is not None else person


def _unit(case: Case, person: str) -> str | None:
    known = case.people.get(person)
    return None if known is None else known.unit
