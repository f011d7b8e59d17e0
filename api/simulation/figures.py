"""What a simulated year was, read from the house itself; and whether it holds together.

1. Every figure comes from the tables and the log, by queries of pages where they fit.
2. The verdict is that of `audit verify`: bytes, links, seals, replay against the tables, files.
3. The invariants beside it ask what no single entry tells: that numbers have no gap, that versions
   count the steps, that nobody stands on both sides, that each success has its evidence.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from api.simulation.account import Account
from api.simulation.office import Office
from engine.audit.leaf import EntryType, Outcome
from engine.audit.verifier import StoredRow
from engine.definition.model import Process, Text
from engine.machine.instance import Case
from engine.queries.audit_trail import Verdict, verify_log
from engine.queries.state_times import times_of_process
from engine.runtime import UnitOfWork
from engine.storage.instances import Filter, StoredInstance

CASES_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFigures:
    """The cases of a process.

    Attributes:
        medians: state → median of the stays that ended, in days.
    """

    process: str
    title: Text
    opened: int
    succeeded: int
    aborted: int
    open: int
    overdue: int
    steps: int
    medians: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A year in numbers.

    Attributes:
        refusals: what was unmet → how often, in the log.
        mistakes: code of what was turned down without an entry → how often.
        escalations: level of the ladder, from one → how often.
        broken: invariants that do not hold; none is the only good answer.
    """

    processes: tuple[ProcessFigures, ...]
    steps: int
    on_behalf: int
    refusals: Mapping[str, int]
    mistakes: Mapping[str, int]
    escalations: Mapping[int, int]
    waivers: int
    deadlines_moved: int
    messages: int
    files: int
    entries: int
    bytes: int
    root: str
    heads: Mapping[str, str]
    verdict: Verdict
    broken: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the log is intact and every invariant stands."""
        return self.verdict.intact and not self.broken


def figures_of(office: Office, account: Account) -> Figures:
    """Count everything, and check it."""
    verdict = verify_log(office.runtime, office.organization_id)
    with office.runtime.read(office.organization_id) as uow:
        cases = uow.tables.instances.find(Filter(), limit=CASES_MAX)
        rows = tuple(uow.tables.log.stored())
        bodies = [json.loads(row.body) for row in rows]
        steps = [body for body in bodies if _is_step(body)]
        return Figures(
            processes=tuple(_processes(office, uow, cases, steps)),
            steps=len(steps),
            on_behalf=sum(body.get("on_behalf") is not None for body in steps),
            refusals=_refusals(bodies),
            mistakes=dict(sorted(account.mistakes.items())),
            escalations=_escalations(uow, bodies, rows),
            waivers=sum(_is_of(body, EntryType.WAIVER_GRANTED) for body in bodies),
            deadlines_moved=sum(_is_of(body, EntryType.DEADLINE_CHANGED) for body in bodies),
            messages=0,
            files=verdict.files,
            entries=len(rows),
            bytes=sum(
                len(row.body) + len(row.payload or b"") + len(row.personal or b"") for row in rows
            ),
            root=verdict.root.hex(),
            heads=_heads(rows),
            verdict=verdict,
            broken=tuple(_broken(uow, cases, bodies, rows)),
        )


def _is_step(body: Mapping[str, Any]) -> bool:
    return _is_of(body, EntryType.TRANSITION)


def _is_of(body: Mapping[str, Any], kind: EntryType) -> bool:
    return bool(body["type"] == kind.value and body["outcome"] == Outcome.ACCEPTED.value)


def _processes(
    office: Office,
    uow: UnitOfWork,
    cases: tuple[StoredInstance, ...],
    steps: list[dict[str, Any]],
) -> Iterator[ProcessFigures]:
    taken = Counter(body["process"] for body in steps)
    caller = office.caller(office.staff[0].person)
    for name in sorted({case.process for case in cases}):
        mine = [case for case in cases if case.process == name]
        times = times_of_process(office.runtime, caller, name)
        yield ProcessFigures(
            process=name,
            title=times.process.title,
            opened=len(mine),
            succeeded=sum(case.final == "success" for case in mine),
            aborted=sum(case.final == "aborted" for case in mine),
            open=sum(case.final is None for case in mine),
            overdue=sum(
                case.final is None and case.due_at is not None and uow.now >= case.due_at
                for case in mine
            ),
            steps=taken[name],
            medians={
                state.state: round(state.median / timedelta(days=1), 1)
                for state in times.states
                if state.median is not None
            },
        )


def _refusals(bodies: list[dict[str, Any]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for body in bodies:
        if body["outcome"] == Outcome.REFUSED.value:
            found.update(key.partition(":")[0] for key in body.get("unmet", ()))
    return dict(sorted(found.items()))


def _escalations(
    uow: UnitOfWork, bodies: list[dict[str, Any]], rows: tuple[StoredRow, ...]
) -> dict[int, int]:
    """Level → how often: the nth time that a case escalated in one stay is its nth level."""
    found: Counter[int] = Counter()
    level: Counter[str] = Counter()
    del uow, rows
    for body in bodies:
        case = body.get("instance")
        if case is None:
            continue
        if _is_step(body) and body["from"] != body["to"]:
            level[case] = 0
        elif body["type"] == EntryType.ESCALATED.value:
            level[case] += 1
            found[level[case]] += 1
    return dict(sorted(found.items()))


def _heads(rows: tuple[StoredRow, ...]) -> dict[str, str]:
    return {row.stream: row.leaf_hash.hex() for row in rows}


def _broken(
    uow: UnitOfWork,
    cases: tuple[StoredInstance, ...],
    bodies: list[dict[str, Any]],
    rows: tuple[StoredRow, ...],
) -> Iterator[str]:
    yield from _gaps(cases, rows)
    for stored in cases:
        process = uow.version_of(stored).process
        case = uow.case(stored.id)
        if sum(step.transition != "open" for step in case.instance.history) != stored.version:
            yield f"version_of {stored.code}"
        yield from _both_sides(process, case, stored)
        if stored.final == "success":
            yield from _without_evidence(process, case, stored)
    del bodies


def _gaps(cases: tuple[StoredInstance, ...], rows: tuple[StoredRow, ...]) -> Iterator[str]:
    """Codes and indexes count up without a hole."""
    series: dict[str, list[int]] = {}
    for case in cases:
        stem, _, number = case.code.rpartition("-")
        series.setdefault(stem, []).append(int(number))
    for stem, numbers in series.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"codes_of {stem}"
    if [row.idx for row in rows] != list(range(len(rows))):
        yield "indexes_of_the_log"


def _both_sides(process: Process, case: Case, stored: StoredInstance) -> Iterator[str]:
    """Nobody took a step and the one that must be taken by another."""
    waived = {waiver.gate for waiver in case.waivers}
    history = case.instance.history
    for place, step in enumerate(history):
        spec = process.transitions.get(step.transition)
        for earlier in spec.not_same_as if spec is not None else ():
            last = next((s for s in reversed(history[:place]) if s.transition == earlier), None)
            if last is not None and last.people & step.people and not waived:
                yield f"both_sides {stored.code} {earlier} {step.transition}"


def _without_evidence(process: Process, case: Case, stored: StoredInstance) -> Iterator[str]:
    """Every file that a step on the way to the success asks for is there."""
    waived = {waiver.gate for waiver in case.waivers}
    have = {file.requirement for file in case.evidence if file.status != "rejected"}
    for step in case.instance.history:
        spec = process.transitions.get(step.transition)
        for requirement in spec.evidence if spec is not None else ():
            gate = f"evidence_missing:{requirement}"
            if (
                requirement not in have
                and gate not in waived
                and process.evidence[requirement].per is None
            ):
                yield f"evidence_of {stored.code} {requirement}"
