"""Is the required evidence there: which files count for a requirement, and why others do not.

1. A file counts when it was accepted (or is already frozen), and where the requirement is
   `reviewed`, when somebody of that role has accepted it.
2. `fresh: per_visit`: a file that has served a step serves again only in the same visit of the same
   state; the next round needs new proof.
3. `max_age` and `effective_within` speak of the effective date, never of the upload; a file without
   one does not count there.
4. `distinct`: a digest that also lies under another requirement of the instance does not count.
5. A file of a `signed` requirement counts when no signature in it is broken and enough of them are
   as the requirement wants them; they were judged when the file came in.
6. `min` counts different contents: the same bytes twice are one file. With `per`, every live row of
   the record set needs its own.
7. When too few count, everything that keeps a file from counting is told; and when there would be
   too few even so, that they are missing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engine.calendars.business_days import Roll
from engine.definition.model import Duration, EvidenceSpec, Process, SignedSpec, Window
from engine.machine.decision import Unmet, UnmetCode
from engine.machine.instance import Case, EvidenceFile, FileSignature
from engine.machine.window import spans_of

USABLE = frozenset({"accepted", "frozen"})


Fails = Callable[[EvidenceFile, Case], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The files that count for a requirement, and what is unmet about it."""

    files: tuple[EvidenceFile, ...]
    unmet: tuple[Unmet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRule:
    """A requirement with the tests that its files have to pass, settled once a version.

    Attributes:
        statuses: what a file must be to be weighed at all.
        tests: what can keep a file from counting, with the question that finds it.
    """

    name: str
    spec: EvidenceSpec
    statuses: frozenset[str]
    tests: tuple[tuple[UnmetCode, Fails], ...]


def rule_of(requirement: str, process: Process) -> RequirementRule:
    """The rule of a requirement."""
    spec = process.evidence[requirement]
    return RequirementRule(
        name=requirement,
        spec=spec,
        statuses=USABLE if spec.reviewed is None else USABLE | {"received"},
        tests=tuple(_tests(spec, process)),
    )


def judge(rule: RequirementRule, case: Case, *, roles: tuple[str, ...]) -> Verdict:
    """Weigh all files of one requirement for a step from the present state.

    `roles` may supply it where the requirement names nobody: the roles of the step.
    """
    weighed = [
        _Weighed(file, tuple(code for code, fails in rule.tests if fails(file, case)))
        for file in case.evidence
        if file.requirement == rule.name and file.status in rule.statuses
    ]
    files = tuple([found.file for found in weighed if not found.faults])
    least = rule.spec.min
    short = [group for group in _groups(rule.spec, case) if _contents(files, group) < least]
    if not short:
        return Verdict(files)
    return Verdict(files, tuple(_unmet(rule, weighed, short=short, roles=roles)))


class _Weighed(NamedTuple):
    """A file that could count, with everything that keeps it from counting."""

    file: EvidenceFile
    faults: tuple[UnmetCode, ...]


def _tests(spec: EvidenceSpec, process: Process) -> Iterator[tuple[UnmetCode, Fails]]:
    if spec.reviewed is not None:
        yield UnmetCode.EVIDENCE_UNREVIEWED, _is_unreviewed
    if spec.signing is not None:
        yield UnmetCode.EVIDENCE_UNSIGNED, _not_signed_as(spec.signing)
    if spec.fresh == "per_visit":
        yield UnmetCode.EVIDENCE_STALE, _has_served_elsewhere
    if spec.distinct:
        yield UnmetCode.EVIDENCE_NOT_DISTINCT, _serves_another
    if spec.max_age is not None:
        yield UnmetCode.EVIDENCE_TOO_OLD, _older_than(spec.max_age)
    if spec.effective_within is not None and process.window is not None:
        yield UnmetCode.EVIDENCE_OUT_OF_WINDOW, _outside(process.window)


def _groups(spec: EvidenceSpec, case: Case) -> tuple[str | None, ...]:
    """What needs files of its own: each live row, or the case as a whole (None)."""
    if spec.per is None:
        return (None,)
    return tuple(row.id for row in case.rows(spec.per))


def _contents(files: Iterable[EvidenceFile], group: str | None) -> int:
    return len({file.sha256 for file in files if group is None or file.row == group})


def _is_unreviewed(file: EvidenceFile, _case: Case) -> bool:
    return not file.reviewed or file.status not in USABLE


def _not_signed_as(spec: SignedSpec) -> Fails:
    """What is broken spoils the whole file; then enough signatures have to be as wanted."""

    def wanted(signature: FileSignature) -> bool:
        if spec.trust == "trusted" and signature.level != "trusted":
            return False
        if spec.roots and set(spec.roots).isdisjoint(signature.roots):
            return False
        return not (spec.changes == "none" and signature.extended)

    def fails(file: EvidenceFile, _case: Case) -> bool:
        if any(signature.level == "broken" for signature in file.signatures):
            return True
        return sum(map(wanted, file.signatures)) < spec.min

    return fails


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


def _older_than(age: Duration) -> Fails:
    def fails(file: EvidenceFile, case: Case) -> bool:
        return file.effective_on is None or file.effective_on < _oldest(age, case)

    return fails


def _oldest(age: Duration, case: Case) -> date:
    if age.unit == "wd":
        return case.calendar.subtract_working_days(case.today, age.count)
    if age.unit == "d":
        return case.calendar.add_calendar_days(case.today, -age.count, roll=Roll.NONE)
    return case.calendar.add_months(case.today, -age.count, roll=Roll.NONE)


def _outside(window: Window) -> Fails:
    def fails(file: EvidenceFile, case: Case) -> bool:
        day = file.effective_on
        spans = spans_of(window, year=case.instance.year, period=case.instance.period)
        return day is None or not any(day in span for span in spans)

    return fails


def _unmet(
    rule: RequirementRule,
    weighed: list[_Weighed],
    *,
    short: list[str | None],
    roles: tuple[str, ...],
) -> Iterator[Unmet]:
    spec = rule.spec
    suppliers = spec.from_ or roles
    concerned = [found for found in weighed if None in short or found.file.row in short]
    params = {
        "needed": spec.min,
        "found": len({found.file.sha256 for found in concerned if not found.faults}),
        "rows": [row for row in short if row is not None],
    }
    candidates = [found.file for found in concerned]
    if any(_contents(candidates, group) < spec.min for group in short):
        yield Unmet(UnmetCode.EVIDENCE_MISSING, rule.name, params=params, who_can=suppliers)
    for code in dict.fromkeys(fault for found in concerned for fault in found.faults):
        reviewers = (spec.reviewed,) if spec.reviewed is not None else ()
        who = reviewers if code is UnmetCode.EVIDENCE_UNREVIEWED else suppliers
        yield Unmet(code, rule.name, params=params, who_can=who)
