"""A small process for tests of the engine: it has everything that a command must carry out."""

from dataclasses import dataclass
from io import BytesIO

from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.runtime import OnceKey, Replayed
from engine.transaction.attaching import Upload
from engine.transaction.stepping import Taken, TurnedDown
from tests.fixtures import Office

EQUIPMENT = """
format: 1
process: equipment_check
version: 1
code: EC
title: {vi: Kiểm tra thiết bị, en: Equipment check}
clauses: ["9001:2015/7.1.5"]
opens: [office]
roles: [office, unit_head]
fields:
  unit:   {type: unit, title: {vi: Đơn vị, en: Unit}}
  faults: {type: integer, min: 0, title: {vi: Số lỗi, en: Faults found}}
  number: {type: text, title: {vi: Số báo cáo, en: Number of the report}}
  dated:  {type: date, title: {vi: Ngày báo cáo, en: Day of the report}}
records:
  device:
    title: {vi: Thiết bị, en: Device}
    columns:
      name: {type: text, required: true, title: {vi: Tên, en: Name}}
      keeper: {type: person, personal: true, title: {vi: Người giữ, en: Keeper}}
    edit_in: [planned]
    by: [unit_head]
    unique: [name]
evidence:
  check_sheet:
    title: {vi: Phiếu kiểm tra, en: Check sheet}
    accept: [pdf, txt]
    fresh: per_instance
  repair_proof:
    title: {vi: Chứng từ sửa chữa, en: Proof of repair}
    accept: [pdf, txt]
    fresh: per_visit
initial: planned
states:
  planned:
    title: {vi: Đã lên kế hoạch, en: Planned}
    due: 5wd
    remind: [1wd]
    escalate: [{after: 1wd, to: office}]
  repair:
    title: {vi: Đang sửa, en: Under repair}
    due: 2wd
    on_overdue: give_up
  recheck: {title: {vi: Kiểm tra lại, en: Re-check}, due: 5wd}
  fit: {title: {vi: Đạt, en: Fit}, final: success}
  scrapped: {title: {vi: Thanh lý, en: Scrapped}, final: aborted}
transitions:
  report:
    title: {vi: Báo cáo kết quả, en: Report}
    from: planned
    by: [{role: unit_head, of: unit}]
    fields: [unit, faults]
    evidence: [check_sheet]
    choose:
      - {when: {field: faults, op: eq, value: 0}, to: fit}
      - {to: repair}
  repaired:
    title: {vi: Đã sửa, en: Repaired}
    from: repair
    to: recheck
    by: [unit_head]
    evidence: [repair_proof]
  accept:
    title: {vi: Chấp nhận, en: Accept}
    from: recheck
    to: fit
    by: [office, unit_head]
    not_same_as: [repaired]
    may_set: [number, dated]
  send_back:
    title: {vi: Trả lại, en: Send back}
    from: recheck
    to: repair
    by: [office]
    reason: required
  give_up:
    title: {vi: Quá hạn sửa, en: Repair overdue}
    from: repair
    to: scrapped
    by: [system]
documents:
  notice: {type: TB, title: {vi: Thông báo, en: Notice}}
  result:
    {type: BC, signed: report, number: number, dated: dated, title: {vi: Kết quả, en: Result}}
  sheet:  {title: {vi: Phiếu, en: Sheet}}
"""


def text_file(content: str = "Phiếu kiểm tra số 1") -> BytesIO:
    """A real text file as evidence."""
    return BytesIO(content.encode())


@dataclass(slots=True)
class Check:
    """One equipment check of an office, advanced by whoever is named."""

    office: Office
    id: str
    version: int = 0

    def step(
        self,
        username: str,
        transition: str,
        *,
        file: tuple[str, BytesIO] | None = None,
        reason: str | None = None,
        key: OnceKey | None = None,
        version: int | None = None,
        **fields: object,
    ) -> Taken | TurnedDown | Replayed:
        """Take a step, with a file that comes along."""
        uploads = ()
        if file is not None:
            uploads = (Upload(requirement=file[0], filename="phiếu.txt", content=file[1]),)
        outcome = advance_instance(
            self.office.runtime,
            AdvanceInstance(
                caller=self.office.as_(username),
                instance_id=self.id,
                transition=transition,
                expected_version=self.version if version is None else version,
                fields=fields,
                reason=reason,
                uploads=uploads,
                key=key,
            ),
        )
        if isinstance(outcome, Taken):
            self.version = outcome.case.instance.version
        return outcome


def publish(office: Office) -> None:
    """Publish the process in the office."""
    reading = read(EQUIPMENT, file="equipment_check.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, office.organization_id, [reading.process])


def start(office: Office, **fields: object) -> Check:
    """Publish the process and open a check of the science management division."""
    publish(office)
    return another(office, **fields)


def another(office: Office, **fields: object) -> Check:
    """Open a further check."""
    given = {"unit": "science_management", **fields}
    started = start_instance(
        office.runtime,
        StartInstance(
            caller=office.as_("office"),
            process="equipment_check",
            title="Kiểm tra máy đo",
            unit="science_management",
            fields=given,
        ),
    )
    assert isinstance(started, Started)
    return Check(office=office, id=started.case.instance.id)
