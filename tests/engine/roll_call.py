"""A small process with many rows: sessions, and who attended them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands.change_record import Changed, ChangeRow, change_record
from engine.commands.change_records import ChangeRows, Outcome, change_records
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.machine.instance import Case
from engine.machine.registry import Registry
from engine.transaction.many_rows import WantedRow
from tests.fixtures import Office

PROCESS = "roll_call"
ROLL_CALL = """
format: 1
process: roll_call
version: 1
code: RC
title: {vi: Điểm danh, en: Roll call}
clauses: ["9001:2015/7.2"]
opens: [office]
roles: [office, unit_head]
records:
  session:
    title: {vi: Buổi học, en: Session}
    columns:
      topic: {type: text, required: true, max_length: 100, title: {vi: Chủ đề, en: Topic}}
      day:   {type: date, required: true, title: {vi: Ngày học, en: Day}}
    edit_in: [running]
    by: [office]
    unique: [topic, day]
  attendance:
    title: {vi: Điểm danh, en: Attendance}
    columns:
      session: {type: text, row_of: session, required: true, title: {vi: Buổi, en: Session}}
      person:  {type: person, required: true, title: {vi: Người học, en: Person}}
      unit:    {type: unit, title: {vi: Đơn vị, en: Unit}}
      present: {type: boolean, title: {vi: Có mặt, en: Present}}
      score:   {type: decimal, scale: 1, min: 0, max: 10, title: {vi: Điểm, en: Score}}
      result:
        type: choice
        title: {vi: Xếp loại, en: Result}
        choices: {good: {vi: Tốt, en: Good}, fair: {vi: Khá, en: Fair}}
      note:    {type: text, max_length: 200, title: {vi: Ghi chú, en: Note}}
    edit_in: [running]
    by: [office, {role: unit_head, of: unit}]
    not_of_unit: [person, unit]
    unique: [session, person]
  remark:
    title: {vi: Nhận xét, en: Remark}
    columns:
      text: {type: text, required: true, personal: true, title: {vi: Nội dung, en: Text}}
    edit_in: [running]
    edit_when:
      not_sealed:
        that: {column: text, op: ne, value: niêm phong}
        title: {vi: Chưa niêm phong, en: Not sealed}
    by: [office]
  approval:
    title: {vi: Xác nhận buổi học, en: Approval}
    columns:
      session: {type: text, row_of: session, required: true, title: {vi: Buổi, en: Session}}
      note:    {type: text, personal: true, title: {vi: Ghi chú, en: Note}}
    edit_in: [running]
    by: [office]
    voided_by: {session: session, attendance: session}
evidence:
  list: {title: {vi: Danh sách, en: List}, accept: [pdf], fresh: per_instance}
initial: running
states:
  running: {title: {vi: Đang mở, en: Open}, due: 5wd}
  closed: {title: {vi: Đã đóng, en: Closed}, final: success}
transitions:
  close:
    title: {vi: Đóng, en: Close}
    from: running
    to: closed
    by: [office]
    evidence: [list]
"""
OUTSIDE = "office"
"""A unit to which hardly anybody of the tests belongs, so that `not_of_unit` lets them pass."""


def proposal(case: Case) -> tuple[Mapping[str, Any], ...]:
    """A row of attendance for three people in each session."""
    there = {(row.values["session"], row.values["person"]) for row in case.rows("attendance")}
    return tuple(
        {"session": session.id, "person": person, "present": True}
        for session in case.rows("session")
        for person in ("p001", "p002", "p003")
        if (session.id, person) not in there
    )


def propose(registry: Registry) -> None:
    """Let the process imply its rows of attendance."""
    registry.proposal(PROCESS, "attendance", proposal)


@dataclass(slots=True)
class Roll:
    """A roll call of an office, written to by whoever is named."""

    office: Office
    id: str

    def session(self, topic: str = "Tổng quan", day: str = "2026-07-07") -> str:
        """Add a session; its id."""
        added = change_record(
            self.office.runtime,
            ChangeRow(
                caller=self.office.as_("office"),
                instance_id=self.id,
                record_set="session",
                values={"topic": topic, "day": day},
            ),
        )
        assert isinstance(added, Changed)
        return added.row

    def change(self, *rows: WantedRow, by: str = "office", **more: Any) -> Outcome:
        """Change rows of attendance."""
        request = ChangeRows(
            caller=self.office.as_(by),
            instance_id=self.id,
            record_set=more.pop("record_set", "attendance"),
            rows=rows,
            **more,
        )
        outcome = change_records(self.office.runtime, request)
        assert not hasattr(outcome, "answer")
        return outcome

    def rows(self, record_set: str = "attendance") -> list[dict[str, Any]]:
        """The live rows, as values."""
        with self.office.runtime.read(self.office.organization_id) as uow:
            return [dict(row.values) for row in uow.case(self.id).rows(record_set)]


def start(office: Office) -> Roll:
    """Publish the process and open a roll call."""
    reading = read(ROLL_CALL, file="roll_call.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, office.organization_id, [reading.process])
    started = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("office"), process=PROCESS, title="Lớp tháng 7"),
    )
    assert isinstance(started, Started)
    return Roll(office=office, id=started.case.instance.id)


def wanted(*values: Mapping[str, Any], first: int = 2) -> tuple[WantedRow, ...]:
    """New rows, counted as a sheet counts them."""
    return tuple(
        WantedRow(number=number, values=given) for number, given in enumerate(values, start=first)
    )
