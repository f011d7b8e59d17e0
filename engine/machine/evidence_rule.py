"""Is the required evidence there: which files count for a requirement, and why others do not.

1. A file counts when it was accepted (or is already frozen), and where the requirement is
   `reviewed`, when somebody of that role has accepted it.
2. `fresh: per_visit`: a file that has served a step serves again only in the same visit of the same
   state; the next round needs new proof.
3. `max_age` and `effective_within` speak of the effective date, never of the upload; a file without
   one does not count there.
4. `distinct`: a digest that also lies under another requirement of the instance does not count.
5. `min` counts different contents: the same bytes twice are one file. With `per`, every live row of
   the record set needs its own.
6. When too few count, everything that keeps a file from counting is told; and when there would be
   too few even so, that they are missing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from engine.calendars.business_days import Roll
from engine.definition.model import Duration, EvidenceSpec, Process
from engine.machine.decision import Unmet, UnmetCode
from engine.machine.instance import Case, EvidenceFile
from engine.machine.window import spans_of

USABLE = frozenset({"accepted", "frozen"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The files that count for a requirement, and what is unmet about it."""

    files: tuple[EvidenceFile, ...]
    unmet: tuple[Unmet, ...] = ()


def judge(requirement: str, *, process: Process, case: Case, roles: tuple[str, ...]) -> Verdict:
    """Weigh all files of one requirement for a step from the present state.

    `roles` may supply it where the requirement names nobody: the roles of the step.
    """
    spec = process.evidence[requirement]
    weighed = [
        _Weighed(file, tuple(_faults(file, spec, process, case)))
        for file in case.evidence
        if file.requirement == requirement and _is_candidate(file, spec)
    ]
    files = tuple(found.file for found in weighed if not found.faults)
    short = tuple(group for group in _groups(spec, case) if _contents(files, group) < spec.min)
    if not short:
        return Verdict(files)
    return Verdict(files, tuple(_unmet(requirement, spec, weighed, short=short, roles=roles)))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A file that could count, with everything that keeps it from counting."""

    file: EvidenceFile
    faults: tuple[UnmetCode, ...]


def _is_candidate(file: EvidenceFile, spec: EvidenceSpec) -> bool:
    waits_for_review = spec.reviewed is not None and file.status == "received"
    return file.status in USABLE or waits_for_review


def _groups(spec: EvidenceSpec, case: Case) -> tuple[str | None, ...]:
    """What needs files of its own: each live row, or the case as a whole (None)."""
    if spec.per is None:
        return (None,)
    return tuple(row.id for row in case.rows(spec.per))


def _contents(files: Iterable[EvidenceFile], group: str | None) -> int:
    return len({file.sha256 for file in files if group is None or file.row == group})


def _faults(
    file: EvidenceFile, spec: EvidenceSpec, process: Process, case: Case
) -> Iterator[UnmetCode]:
    if spec.reviewed is not None and not (file.reviewed and file.status in USABLE):
        yield UnmetCode.EVIDENCE_UNREVIEWED
    if spec.fresh == "per_visit" and _has_served_elsewhere(file, case):
        yield UnmetCode.EVIDENCE_STALE
    if spec.distinct and _serves_another(file, case):
        yield UnmetCode.EVIDENCE_NOT_DISTINCT
    if spec.max_age is not None and not _is_recent(file, spec.max_age, case):
        yield UnmetCode.EVIDENCE_TOO_OLD
    if spec.effective_within is not None and not _is_in_window(file, process, case):
        yield UnmetCode.EVIDENCE_OUT_OF_WINDOW


def _has_served_elsewhere(file: EvidenceFile, case: Case) -> bool:
    if file.used_visit is None:
        return False
    state = case.instance.state
    return (file.used_state, file.used_visit) != (state, case.instance.visits(state))


def _serves_another(file: EvidenceFile, case: Case) -> bool:
    return any(
        other.sha256 == file.sha256
        and other.requirement != file.requirement
        and other.status in USABLE
        for other in case.evidence
    )


def _is_recent(file: EvidenceFile, age: Duration, case: Case) -> bool:
    return file.effective_on is not None and file.effective_on >= _oldest(age, case)


def _oldest(age: Duration, case: Case) -> date:
    if age.unit == "wd":
        return case.calendar.subtract_working_days(case.today, age.count)
    if age.unit == "d":
        return case.calendar.add_calendar_days(case.today, -age.count, roll=Roll.NONE)
    return case.calendar.add_months(case.today, -age.count, roll=Roll.NONE)


def _is_in_window(file: EvidenceFile, process: Process, case: Case) -> bool:
    if process.window is None:
        return True
    spans = spans_of(process.window, year=case.instance.year, period=case.instance.period)
    return file.effective_on is not None and any(file.effective_on in span for span in spans)


def _unmet(
    requirement: str,
    spec: EvidenceSpec,
    weighed: list[_Weighed],
    *,
    short: tuple[str | None, ...],
    roles: tuple[str, ...],
) -> Iterator[Unmet]:
    suppliers = spec.from_ or roles
    concerned = [found for found in weighed if None in short or found.file.row in short]
    params = {
        "needed": spec.min,
        "found": len({found.file.sha256 for found in concerned if not found.faults}),
        "rows": [row for row in short if row is not None],
    }
    candidates = [found.file for found in concerned]
    if any(_contents(candidates, group) < spec.min for group in short):
        yield Unmet(UnmetCode.EVIDENCE_MISSING, requirement, params=params, who_can=suppliers)
    told = {fault: None for found in concerned for fault in found.faults}
    for fault in told:
        reviewer = (spec.reviewed,) if spec.reviewed is not None else ()
        who = reviewer if fault is UnmetCode.EVIDENCE_UNREVIEWED else suppliers
        yield Unmet(fault, requirement, params=params, who_can=who)
