"""What people do for a case beside its steps: rows, files for others, reviews, waivers.

A chore is a command that only has to be sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from api.simulation.filling import SENTENCES, is_among, one_upload
from api.simulation.hints import RowTask
from api.simulation.sitting import Sitting, has_come
from engine.commands.attach_evidence import AttachEvidence
from engine.commands.change_record import ChangeRow
from engine.commands.change_records import ChangeRows
from engine.commands.review_evidence import ReviewEvidence
from engine.commands.steer_instance import GrantWaiver
from engine.definition.model import By
from engine.definition.values import to_json
from engine.machine.decision import Option, Refused, UnmetCode
from engine.machine.gates import waivable_keys
from engine.machine.instance import EvidenceFile, Row
from engine.queries.inbox import could_act
from engine.transaction.attaching import may_supply
from engine.transaction.many_rows import WantedRow

Chore = ChangeRows | ChangeRow | AttachEvidence | ReviewEvidence | GrantWaiver

ACCEPTS: Final = 0.9
WAIVED_DAYS: Final = 15
WAIVER_AFTER_DAYS: Final = 7
COUNTING: Final = frozenset({"received", "accepted", "frozen"})
LIFTED: Final = frozenset(
    {
        UnmetCode.WINDOW,
        UnmetCode.NOT_BEFORE,
        UnmetCode.CHILDREN,
        UnmetCode.NEED,
        UnmetCode.CONDITION,
    }
)


def chores(sitting: Sitting) -> Iterator[Chore]:
    """Everything that is this person's to do now; the first is enough, for it changes the case."""
    state = sitting.case.instance.state
    for record_set, spec in sitting.process.records.items():
        bys = tuple(by for by in spec.by if by.role in sitting.actor.roles)
        if bys and state in spec.edit_in:
            for task in _tasks(sitting, record_set):
                if state in task.states and _may_begin(sitting, task):
                    yield from _rows(sitting, record_set, task, bys)
    yield from _files_of_others(sitting)


def waiver(sitting: Sitting, found: tuple[Option, ...]) -> GrantWaiver | None:
    """Lift one gate of a case that has waited for long at it alone."""
    process, today = sitting.process, sitting.office.today
    if sitting.actor.roles.isdisjoint(process.waived_by) or not sitting.is_late(WAIVER_AFTER_DAYS):
        return None
    lifted = {each.gate for each in sitting.case.waivers if each.until >= today}
    may = waivable_keys(process) - lifted
    for option in found:
        if not sitting.chart.leads_on(option.transition, sitting.case.instance.state):
            continue
        left = [unmet for unmet in option.unmet if not unmet.forbids and not unmet.fillable]
        if len(left) == 1 and left[0].code in LIFTED and left[0].key in may:
            return GrantWaiver(
                caller=sitting.caller,
                instance_id=sitting.case.instance.id,
                gate=left[0].key,
                reason=sitting.dice.choice(SENTENCES),
                until=today + timedelta(days=WAIVED_DAYS),
            )
    return None


def _tasks(sitting: Sitting, record_set: str) -> tuple[RowTask, ...]:
    told = sitting.chart.hints.rows.get(record_set)
    if told is not None:
        return told
    if (sitting.process.process, record_set) in sitting.uow.tables.registry.proposals:
        return (RowTask(states=sitting.process.records[record_set].edit_in, proposed=True),)
    return ()


def _may_begin(sitting: Sitting, task: RowTask) -> bool:
    if task.role is not None and task.role not in sitting.actor.roles:
        return False
    if task.after is not None and (
        not sitting.case.rows(task.after) or _proposed(sitting, task.after)
    ):
        return False
    return task.change or has_come(sitting.filler, task.wait)


def _proposed(sitting: Sitting, record_set: str) -> tuple[Mapping[str, Any], ...]:
    found = sitting.uow.tables.registry.proposals.get((sitting.process.process, record_set))
    return found(sitting.case) if found is not None else ()


def _rows(sitting: Sitting, record_set: str, task: RowTask, bys: tuple[By, ...]) -> Iterator[Chore]:
    if task.change:
        for row in sitting.case.rows(record_set):
            values = _changed(sitting, task, row)
            if values and _may_write(sitting, bys, {**row.values, **values}):
                yield ChangeRow(
                    caller=sitting.caller,
                    instance_id=sitting.case.instance.id,
                    record_set=record_set,
                    row=row.id,
                    expected_version=row.version,
                    values=values,
                )
        return
    made = (
        _completed(sitting, record_set, task) if task.proposed else _made(sitting, record_set, task)
    )
    rows = [values for values in made if _may_write(sitting, bys, values)]
    if rows:
        wanted = (WantedRow(number=n, values=values) for n, values in enumerate(rows, start=1))
        yield ChangeRows(
            caller=sitting.caller,
            instance_id=sitting.case.instance.id,
            record_set=record_set,
            rows=tuple(wanted),
        )


def _changed(sitting: Sitting, task: RowTask, row: Row) -> dict[str, Any]:
    filler = replace(sitting.filler, row=row.values)
    if not is_among(row.values, task.where) or not has_come(filler, task.wait):
        return {}
    return {name: to_json(filler.meant(recipe)) for name, recipe in task.values.items()}


def _completed(sitting: Sitting, record_set: str, task: RowTask) -> Iterator[dict[str, Any]]:
    """The rows that the case proposes, each with what is told beside it."""
    for row in _proposed(sitting, record_set):
        told = {name: to_json(value) for name, value in row.items()}
        if is_among(told, task.where):
            filler = replace(sitting.filler, each=told)
            yield filler.of_row(record_set, {**told, **task.values})


def _made(sitting: Sitting, record_set: str, task: RowTask) -> Iterator[dict[str, Any]]:
    """A row for each value that has none yet."""
    rows = sitting.case.rows(record_set)
    if task.once and rows:
        return
    wanted = sitting.filler.meant(task.every)
    have = {row.values.get(task.key) for row in rows} if task.key else set()
    for each in wanted if isinstance(wanted, list | tuple) else [wanted]:
        value = each.get(task.key) if isinstance(each, Mapping) else each
        if each is not None and value not in have:
            have.add(value)
            yield replace(sitting.filler, each=each).of_row(record_set, task.values)


def _may_write(sitting: Sitting, bys: tuple[By, ...], values: Mapping[str, Any]) -> bool:
    """Whether a row is somebody's to write, as far as roles and units tell."""
    return could_act(bys, sitting.actor, {**sitting.case.instance.fields, **values})


def _files_of_others(sitting: Sitting) -> Iterator[Chore]:
    """Files that are this person's to bring or to review, for a step of somebody else."""
    process, case = sitting.process, sitting.case
    asked = dict.fromkeys(
        requirement
        for name, step in process.transitions.items()
        if case.instance.state in process.sources(name)
        for requirement in step.evidence
    )
    for requirement in asked:
        spec = process.evidence[requirement]
        files = [file for file in case.evidence if file.requirement == requirement]
        if spec.reviewed in sitting.actor.roles:
            yield from _reviews(sitting, files)
        theirs = requirement in sitting.chart.hints.bring or not sitting.actor.roles.isdisjoint(
            spec.from_
        )
        if not theirs or any(file.status in COUNTING for file in files):
            continue
        if not isinstance(may_supply(process, case, requirement, actor=sitting.actor), Refused):
            serial = sitting.serial.next()
            upload = one_upload(sitting.filler, requirement, spec, row=None, serial=serial)
            yield AttachEvidence(caller=sitting.caller, instance_id=case.instance.id, upload=upload)


def _reviews(sitting: Sitting, files: list[EvidenceFile]) -> Iterator[Chore]:
    for file in files:
        if file.status == "received" and file.supplied_by != sitting.actor.person:
            yield ReviewEvidence(
                caller=sitting.caller,
                evidence_id=file.id,
                accepted=sitting.dice.random() < ACCEPTS,
                note=sitting.dice.choice(SENTENCES),
            )
