"""The input pack that gathers itself: what live records say to each input of the review.

1. A section is known by its topic; its letter and title stand in the clause catalogue and, held
   equal to it by a test, in the definition. Another edition may letter anew without a change here.
2. What is gathered is read from other processes by state and published figures alone, each line
   with its source, its figure and the day to which it speaks.
3. Freezing writes the lines as rows of a round; a further freeze is a further round. What changes
   elsewhere afterwards shows beside them and never in them.
4. A process that is not known here speaks to a section by the topics of its figures.
5. A figure that is not there is no line. A section without a line waits for somebody's words.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from engine.machine.instance import Case, Other, Published, Row
from workflows.steering_review import surveys
from workflows.steering_review.surveys import this_year, year_before

GATHERED = "gathered"
LABEL_LENGTH = 4000


class Kind(StrEnum):
    """What a line tells of."""

    CASE = "case"
    FIGURE = "figure"
    OBSTACLE = "obstacle"
    WAIVER = "waiver"
    PROCESS = "process"
    PLAN_ROW = "plan_row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that live records say to a section.

    Attributes:
        key: what it is about, so that the frozen line and the live one can be laid side by side.
        figure: name of a figure of the review itself, whose title is the definition's.
        code: readable code of the source; `source` is its id.
        late: how many of what the line counts are overdue.
        day: on which it happened, or is due.
    """

    topic: str
    kind: Kind
    key: str
    figure: str | None = None
    label: str | None = None
    label_en: str | None = None
    code: str | None = None
    source: str | None = None
    unit: str | None = None
    state: str | None = None
    state_en: str | None = None
    late: int = 0
    day: date | None = None
    numerator: int | None = None
    denominator: int | None = None
    numerator_before: int | None = None
    denominator_before: int | None = None
    cut_off: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A line that is no longer what it was when the data were frozen; None where there is none."""

    frozen: Line | None
    now: Line | None


def gather(case: Case) -> dict[str, tuple[Line, ...]]:
    """Every topic with what live records say to it now."""
    return {topic: tuple(found(case)) for topic, found in GATHERERS.items()}


def in_force(case: Case) -> dict[str, tuple[Line, ...]]:
    """Every topic with what counts: what was frozen last, or live lines before the first freeze.

    While reports are being collected again, the live lines count.
    """
    frozen = frozen_lines(case)
    return gather(case) if frozen is None or case.instance.state == "collecting" else frozen


def frozen_lines(case: Case) -> dict[str, tuple[Line, ...]] | None:
    """The lines of the last freeze by topic; None before the first one."""
    rounds = {row.values["round"] for row in case.rows(GATHERED)}
    if not rounds:
        return None
    last = max(rounds)
    lines = [_line(row) for row in case.rows(GATHERED) if row.values["round"] == last]
    return {topic: tuple(line for line in lines if line.topic == topic) for topic in GATHERERS}


def differences(case: Case, topic: str) -> tuple[Difference, ...]:
    """What live records say otherwise since the data were frozen; the days they speak to apart."""
    frozen = frozen_lines(case)
    if frozen is None:
        return ()
    then = {line.key: line for line in frozen[topic]}
    now = {line.key: line for line in GATHERERS[topic](case)}
    return tuple(
        Difference(frozen=then.get(key), now=now.get(key))
        for key in dict.fromkeys((*then, *now))
        if _told(then.get(key)) != _told(now.get(key))
    )


def row_values(line: Line, *, turn: int) -> dict[str, Any]:
    """The values of the row that keeps a line."""
    values = {spec.name: getattr(line, spec.name) for spec in fields(line)}
    kept = {name: value for name, value in values.items() if value is not None}
    return {**kept, "kind": line.kind.value, "round": turn}


def _line(row: Row) -> Line:
    known = {spec.name for spec in fields(Line)}
    values = {name: value for name, value in row.values.items() if name in known}
    return Line(**{**values, "kind": Kind(values["kind"])})


def _told(line: Line | None) -> Mapping[str, Any] | None:
    """What a line says, without the day to which it speaks."""
    if line is None:
        return None
    return {spec.name: getattr(line, spec.name) for spec in fields(line) if spec.name != "cut_off"}


def _earlier_decisions(case: Case) -> Iterable[Line]:
    """The decisions of the year before, and how those that were carried over stand now."""
    topic = "earlier_decisions"
    for other in this_year(case, "review_decision"):
        # A decision of this review is its child; what has no parent goes on from the year before.
        if other.parent_id is None:
            yield _of_case(topic, other, case)
    for other in year_before(case, "review_decision"):
        yield _of_case(topic, other, case)
    for other in year_before(case, "steering_review"):
        yield from _published(topic, other, None, ("steering_review.decisions_in_time",), case)


def _context_changes(case: Case) -> Iterable[Line]:
    """Obstacles that units told in the year, in whichever process."""
    for number, told in enumerate(case.around.told, start=1):
        yield Line(
            topic="context_changes",
            kind=Kind.OBSTACLE,
            key=f"{told.instance_id}/{told.on.isoformat()}/{number}",
            label=told.reason[:LABEL_LENGTH],
            label_en=told.reason[:LABEL_LENGTH],
            code=told.code,
            source=told.instance_id,
            unit=told.unit,
            day=told.on,
            cut_off=case.today,
        )


def _objectives_reached(case: Case) -> Iterable[Line]:
    """For each row of the plan: units that call it met out of those that reported on it."""
    topic = "objectives_reached"
    titles = {row.code: row.title for row in case.around.plan}
    for code, (met, reported) in surveys.verdicts_of_units(case).items():
        title = titles.get(code, {"vi": "", "en": ""})
        yield Line(
            topic=topic,
            kind=Kind.PLAN_ROW,
            key=code,
            label=f"{code}. {title['vi']}".strip()[:LABEL_LENGTH],
            label_en=f"{code}. {title['en']}".strip()[:LABEL_LENGTH],
            numerator=met,
            denominator=reported,
            cut_off=case.instance.fields.get("cut_off") or case.today,
        )
    names = ("steering_review.objectives_met", "steering_review.rows_met")
    for other in year_before(case, "steering_review"):
        yield from _published(topic, other, None, names, case)


def _process_performance(case: Case) -> Iterable[Line]:
    """Every process of the year: how many cases it had, how many succeeded, how many are late.

    Dossiers with the figures of each quarter; those of the quarters before stand beside them. Then
    how often a gate was lifted, and each time why: what a process could not keep to.
    """
    before = {t.process: t for t in case.around.tallies if t.year == case.instance.year - 1}
    for tally in case.around.tallies:
        if tally.year != case.instance.year:
            continue
        earlier = before.get(tally.process)
        yield Line(
            topic="process_performance",
            kind=Kind.PROCESS,
            key=tally.process,
            label=tally.title["vi"],
            label_en=tally.title["en"],
            late=tally.overdue,
            numerator=tally.succeeded,
            denominator=tally.total,
            numerator_before=earlier.succeeded if earlier else None,
            denominator_before=earlier.total if earlier else None,
            cut_off=case.today,
        )
    quarter = _newest(year_before(case, surveys.PERIODS))
    for other in this_year(case, surveys.PERIODS):
        yield from _published("process_performance", other, quarter, surveys.PERIOD_FIGURES, case)
    if case.around.tallies:
        lifted = len(case.around.lifted)
        yield _own_figure("process_performance", "waivers_granted", case, lifted)
    for waiver in case.around.lifted:
        yield Line(
            topic="process_performance",
            kind=Kind.WAIVER,
            key=f"waiver/{waiver.id}",
            label=waiver.reason[:LABEL_LENGTH],
            label_en=waiver.reason[:LABEL_LENGTH],
            code=waiver.code,
            source=waiver.instance_id,
            unit=waiver.unit,
            day=waiver.on,
            cut_off=case.today,
        )


def _nonconformities(case: Case) -> Iterable[Line]:
    """Findings of the year's audits, corrective actions in figures, and those that are open."""
    topic = "nonconformities"
    yield from _of_audits(topic, case, surveys.FINDINGS)
    if surveys.actions(case):
        for name, (top, bottom, before) in surveys.action_figures(case).items():
            yield _own_figure(topic, name, case, top, bottom, before=before)
    for other in surveys.open_actions(case):
        yield _of_case(topic, other, case)


def _risk_actions(case: Case) -> Iterable[Line]:
    """Obstacles that were told, and how many of their cases came to an end all the same."""
    settled = surveys.obstacles_settled(case)
    if settled is not None:
        yield _own_figure("risk_actions", "obstacles_settled", case, *settled)


def _monitoring(case: Case) -> Iterable[Line]:
    """What the year's training and its other cases measured."""
    topic = "monitoring"
    coverage = surveys.training_coverage(case)
    if coverage is not None:
        before = surveys.training_coverage_before(case)
        yield _own_figure(topic, "training_coverage", case, *coverage, before=before)
    for other in this_year(case, *surveys.MEASURING):
        earlier = _newest(year_before(case, other.process))
        names = tuple(name for name, figure in other.figures.items() if not figure.topics)
        yield from _published(topic, other, earlier, names, case)


def _audit_results(case: Case) -> Iterable[Line]:
    """The year's audits with their figures, and how far their plans were carried out."""
    topic = "audit_results"
    for other in this_year(case, "internal_audit"):
        yield _of_case(topic, other, case)
    completion = surveys.audit_completion(case)
    if completion is not None:
        before = surveys.audit_completion_before(case)
        yield _own_figure(topic, "audit_completion", case, *completion, before=before)
    yield from _of_audits(topic, case, surveys.AUDIT_FIGURES)


def _improvement_chances(case: Case) -> Iterable[Line]:
    """Opportunities and observations that the year's audits found."""
    found = surveys.chances_found(case)
    if found is not None:
        before = surveys.chances_found_before(case)
        topic, name = "improvement_chances", "chances_found"
        yield _own_figure(topic, name, case, found, None, before=(before, None))


def _by_topic_alone(_case: Case) -> Iterable[Line]:
    """What speaks to this topic says so itself; the rest people write."""
    return ()


def _speaking_to(topic: str, case: Case) -> Iterable[Line]:
    """Figures of the year whose definitions name this topic, beside those of the year before."""
    for process in dict.fromkeys(other.process for other in case.around.others):
        telling = [other for other in year_before(case, process) if other.figures]
        for other in this_year(case, process):
            names = tuple(name for name, figure in other.figures.items() if topic in figure.topics)
            yield from _published(topic, other, _newest(tuple(telling)), names, case)


def _lines(case: Case, *, topic: str) -> tuple[Line, ...]:
    """All that live records say to a topic, each thing once."""
    found = (*_OF_TOPIC[topic](case), *_speaking_to(topic, case))
    return tuple({line.key: line for line in found}.values())


_OF_TOPIC: Mapping[str, Callable[[Case], Iterable[Line]]] = {
    "earlier_decisions": _earlier_decisions,
    "context_changes": _context_changes,
    "feedback": _by_topic_alone,
    "objectives_reached": _objectives_reached,
    "process_performance": _process_performance,
    "nonconformities": _nonconformities,
    "monitoring": _monitoring,
    "audit_results": _audit_results,
    "providers": _by_topic_alone,
    "resource_adequacy": _by_topic_alone,
    "risk_actions": _risk_actions,
    "improvement_chances": _improvement_chances,
}
GATHERERS: Mapping[str, Callable[[Case], Iterable[Line]]] = {
    topic: partial(_lines, topic=topic) for topic in _OF_TOPIC
}
"""Topic → what fills it, in the order of the catalogue."""


def _of_case(topic: str, other: Other, case: Case) -> Line:
    return Line(
        topic=topic,
        kind=Kind.CASE,
        key=other.id,
        label=other.title,
        label_en=other.title,
        code=other.code,
        source=other.id,
        unit=other.unit,
        state=other.state_title["vi"],
        state_en=other.state_title["en"],
        late=int(other.overdue),
        day=other.due_on if other.final is None else other.closed_on,
        cut_off=case.today,
    )


def _own_figure(
    topic: str,
    name: str,
    case: Case,
    numerator: int | None,
    denominator: int | None = None,
    *,
    before: tuple[int | None, int | None] = (None, None),
) -> Line:
    return Line(
        topic=topic,
        kind=Kind.FIGURE,
        key=f"figure/{name}",
        figure=name,
        numerator=numerator,
        denominator=denominator,
        numerator_before=before[0],
        denominator_before=before[1],
        cut_off=case.today,
    )


def _of_audits(topic: str, case: Case, names: tuple[str, ...]) -> Iterable[Line]:
    earlier = _newest(year_before(case, "internal_audit"))
    for other in this_year(case, "internal_audit"):
        yield from _published(topic, other, earlier, names, case)


def _published(
    topic: str, other: Other, earlier: Other | None, names: tuple[str, ...], case: Case
) -> Iterable[Line]:
    """Figures that another case published, beside those of the year before.

    Where the other case is itself of the year before, its figure is the trend and nothing else.
    """
    old = other.year < case.instance.year
    for name in names:
        figure = other.figures.get(name)
        if figure is None or figure.numerator is None:
            continue
        before = figure if old else (earlier.figures.get(name) if earlier else None)
        yield Line(
            topic=topic,
            kind=Kind.FIGURE,
            key=f"{other.id}/{name}",
            label=figure.title["vi"],
            label_en=figure.title["en"],
            code=other.code,
            source=other.id,
            numerator=None if old else figure.numerator,
            denominator=None if old else figure.denominator,
            numerator_before=before.numerator if before else None,
            denominator_before=before.denominator if before else None,
            cut_off=_cut_off(figure, case),
        )


def _cut_off(figure: Published, case: Case) -> date:
    return figure.cut_off or case.today


def _newest(others: tuple[Other, ...]) -> Other | None:
    """The latest of several; a cancelled one is not compared with."""
    standing = [other for other in others if other.final != "aborted"]
    return standing[-1] if standing else None
