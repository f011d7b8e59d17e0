"""What an export tells moves the cases of its dossiers, and nothing moves before it is known."""

from datetime import UTC, datetime
from io import BytesIO

from engine.commands.fire_timers import fire_timers
from engine.commands.manage_imports import FileToImport, draft_import
from engine.machine.instance import Case
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from engine.storage.instances import Filter
from engine.worker.jobs import run_waiting_imports
from tests.fixtures import OFFICE, Office

HEADING = "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả;Trạng thái;Ngày trả\n"


def bring(office: Office, day: int, *rows: tuple[str, str, str]) -> str:
    """Import the export of a day in July; the digest of the record of what was taken from it."""
    office.clock.move_to(datetime(2026, 7, day, 3, tzinfo=UTC))
    lines = [
        f"{code};Cấp giấy phép;Văn phòng Sở;01/07/2026;08/07/2026;{status};{ended}"
        for code, status, ended in rows
    ]
    file = FileToImport(
        register="dossier",
        content=BytesIO((HEADING + "\n".join(lines)).encode()),
        filename=f"ngày {day}.csv",
        source="một cửa",
    )
    job = draft_import(
        office.runtime, office.as_("one_stop"), file, bytes_max=100_000, start=True
    ).job
    run_waiting_imports(office.runtime)
    with office.runtime.read(OFFICE) as uow:
        done = uow.tables.jobs.get(job.id)
    assert done is not None
    digest: str = done.progress["record"]["sha256"]
    assert digest != job.sha256
    return digest


def cases(office: Office) -> dict[str, Case]:
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.instances.find(Filter(process="overdue_case"), limit=20)
        read = [uow.case(stored.id) for stored in found]
    return {case.instance.fields["dossier_code"]: case for case in read}


def states(office: Office) -> dict[str, str]:
    return {code: case.instance.state for code, case in cases(office).items()}


def test_a_case_waits_for_a_picture_of_a_later_day_and_then_goes_its_way(office: Office) -> None:
    pending = ("Đang xử lý", "")
    bring(office, 7, ("HS-1", *pending), ("HS-2", *pending), ("HS-3", *pending))
    assert states(office) == dict.fromkeys(("HS-1", "HS-2", "HS-3"), "at_risk")
    # The due day has passed, but what happened on it no export has told yet.
    office.clock.move_to(datetime(2026, 7, 8, 18, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    assert set(states(office).values()) == {"at_risk"}
    digest = bring(
        office, 10, ("HS-1", "Đã trả", "08/07/2026"), ("HS-2", *pending), ("HS-3", "Tạm dừng", "")
    )
    assert states(office) == {"HS-1": "closed_on_time", "HS-2": "overdue", "HS-3": "at_risk"}
    (record,) = cases(office)["HS-1"].evidence
    # What was taken from the export that told of the return, without anybody's name, is its record.
    assert (record.requirement, record.sha256, record.status) == (
        "return_record",
        digest,
        "frozen",
    )
    bring(office, 13, ("HS-2", "Đã trả", "10/07/2026"))
    late = cases(office)["HS-2"]
    assert (late.instance.state, late.instance.taken("return_result")) == ("overdue", 1)
    assert late.instance.fields["returned_on"].isoformat() == "2026-07-10"
    before = states(office)
    bring(office, 14, ("HS-2", "Đã trả", "10/07/2026"))
    assert states(office) == before
    assert cases(office)["HS-2"].instance.taken("return_result") == 1
    with office.runtime.read(OFFICE) as uow:
        refused = uow.tables.log.read(LogFilter(outcome="refused"), limit=20)
    assert {entry.transition for entry in refused} == {"lapse"}
    assert verify_log(office.runtime, OFFICE).intact
