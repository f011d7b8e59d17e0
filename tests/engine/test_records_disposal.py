"""Files leave by a decision of people, and never otherwise: the log keeps a tombstone of each, and
who holds the log can still check it. Both databases."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.audit.leaf import EntryType
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.change_records import ChangedRows, ChangeRows, change_records
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.commands.sweep_orphans import sweep_orphans
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.intent import DisposeFiles
from engine.queries.audit_trail import verify_log
from engine.queries.sheets import proposed_rows
from engine.storage.advance import as_json
from engine.storage.audit_log import LogFilter
from engine.storage.evidence import StoredEvidence
from engine.storage.instances import InstanceRow
from engine.transaction.attaching import Upload
from engine.transaction.disposing import dispose_files
from engine.transaction.many_rows import WantedRow
from engine.transaction.stepping import Taken, TurnedDown
from tests.api.web import pdf, web_of
from tests.engine.test_annual_objectives import Objectives, begun
from tests.fixtures import OFFICE, Office
from tests.packs import codes_of, judged, members_of, note_of, pack_of

BEFORE = datetime(2036, 12, 31, 3, tzinfo=UTC)
"""The last day on which the objectives of 2026 are kept: ten years from the end of 2026."""
AFTER = datetime(2037, 1, 5, 3, tzinfo=UTC)
NUMBER = {"decision_number": "21/QĐ-SKHCN", "decision_date": "2037-01-05"}


@dataclass(slots=True)
class Disposal:
    """A disposal of an office, advanced by whoever is named."""

    office: Office
    id: str
    version: int = 0

    def step(
        self, username: str, transition: str, *slots: str, **fields: Any
    ) -> Taken | TurnedDown:
        outcome = advance_instance(
            self.office.runtime,
            AdvanceInstance(
                caller=self.office.as_(username),
                instance_id=self.id,
                transition=transition,
                expected_version=self.version,
                fields=fields,
                uploads=tuple(
                    Upload(requirement=slot, filename=f"{slot}.pdf", content=io.BytesIO(pdf(slot)))
                    for slot in slots
                ),
                reauthenticated=True,
            ),
        )
        assert isinstance(outcome, Taken | TurnedDown), outcome
        if isinstance(outcome, Taken):
            self.version = outcome.case.instance.version
        return outcome

    def take(self, username: str, transition: str, *slots: str, **fields: Any) -> None:
        outcome = self.step(username, transition, *slots, **fields)
        assert isinstance(outcome, Taken), outcome

    def proposed(self) -> list[dict[str, Any]]:
        found = proposed_rows(self.office.runtime, self.office.as_("office"), self.id, "item")
        return [dict(values) for values in found]

    def write(self, *rows: dict[str, Any]) -> None:
        request = ChangeRows(
            caller=self.office.as_("office"),
            instance_id=self.id,
            record_set="item",
            rows=tuple(WantedRow(number=n, values=as_json(row)) for n, row in enumerate(rows, 1)),
        )
        assert isinstance(change_records(self.office.runtime, request), ChangedRows)

    def to_decided(self) -> None:
        self.take("office", "submit", "explanation", summary="Hết thời hạn lưu trữ")
        self.take("steering_head", "agree", "council_minutes")
        self.take("director", "decide", "decision")


def started(office: Office) -> Disposal:
    request = StartInstance(
        caller=office.as_("office"), process="records_disposal", title="Hủy hồ sơ năm 2037"
    )
    begun_one = start_instance(office.runtime, request)
    assert isinstance(begun_one, Started), begun_one
    return Disposal(office=office, id=begun_one.case.instance.id)


@pytest.fixture
def old(office: Office) -> Objectives:
    """Objectives of 2026 that were given up in that year, with a draft and a decision on file."""
    objectives = begun(office)
    objectives.take("director", "cancel", "cancel_decision", reason="Hợp nhất hai Sở")
    return objectives


def files_of(office: Office, case: str) -> tuple[StoredEvidence, ...]:
    with office.runtime.read(OFFICE) as uow:
        return uow.tables.evidence.of_instance(case)


def code_of(office: Office, case: str) -> str:
    with office.runtime.read(OFFICE) as uow:
        return uow.case(case).instance.code


def unmet_of(outcome: Taken | TurnedDown) -> tuple[str, ...]:
    assert isinstance(outcome, TurnedDown), outcome
    return tuple(outcome.refused.keys)


def test_a_case_is_proposed_the_day_after_its_time_and_not_before(
    office: Office, old: Objectives
) -> None:
    office.clock.move_to(BEFORE)
    disposal = started(office)
    assert disposal.proposed() == []
    office.clock.move_to(AFTER)
    (line,) = disposal.proposed()
    assert line["case_code"] == code_of(office, old.id)
    assert str(line["kept_until"]) == "2036-12-31"
    assert (line["files"], line["verdict"]) == (1, "destroy")


def test_what_was_decided_leaves_a_tombstone_and_no_bytes(office: Office, old: Objectives) -> None:
    (file,) = files_of(office, old.id)
    office.clock.move_to(AFTER)
    disposal = started(office)
    disposal.write(*disposal.proposed())
    disposal.to_decided()
    assert [each.status for each in files_of(office, old.id)] == ["frozen"]
    disposal.take("office", "destroy", **NUMBER)

    (gone,) = files_of(office, old.id)
    assert (gone.status, gone.sha256) == ("disposed", file.sha256)
    with pytest.raises(NotFound, match="evidence_disposed"):
        gone.check_there()
    with office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=old.id), limit=10)
    (tombstone,) = [e for e in entries if e.type == EntryType.EVIDENCE_DISPOSED]
    assert json.loads(tombstone.body)["subject"] == file.id

    assert office.runtime.store.exists(OFFICE, file.sha256)
    office.clock.forward(days=2)
    assert file.sha256 in sweep_orphans(office.runtime, OFFICE).digests
    assert not office.runtime.store.exists(OFFICE, file.sha256)
    assert verify_log(office.runtime, OFFICE).findings == ()
    assert disposal.proposed() == []
    disposal.take("clerk", "close", "disposal_minutes")


def test_bytes_that_another_case_needs_stay(office: Office, old: Objectives) -> None:
    (file,) = files_of(office, old.id)
    other = begun_again(office, copy_of=file)
    office.clock.move_to(AFTER)
    disposal = started(office)
    disposal.write(*[line for line in disposal.proposed() if "QO" in str(line["case_code"])])
    disposal.to_decided()
    disposal.take("office", "destroy", **NUMBER)
    office.clock.forward(days=2)
    swept = sweep_orphans(office.runtime, OFFICE).digests
    assert file.sha256 not in swept
    assert [each.sha256 for each in files_of(office, other)] == [file.sha256]
    assert verify_log(office.runtime, OFFICE).findings == ()


def begun_again(office: Office, *, copy_of: StoredEvidence) -> str:
    """An open case that holds the very same content."""
    disposal = started(office)
    with office.runtime.store.open(OFFICE, copy_of.sha256) as stream:
        content = stream.read()
    outcome = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("director"),
            instance_id=disposal.id,
            transition="cancel",
            expected_version=0,
            reason="Dừng",
            uploads=(
                Upload(
                    requirement="cancel_decision",
                    filename="cancel.pdf",
                    content=io.BytesIO(content),
                ),
            ),
        ),
    )
    assert isinstance(outcome, Taken), outcome
    return disposal.id


def test_what_is_not_due_or_not_there_is_refused_at_every_gate(
    office: Office, old: Objectives
) -> None:
    code = code_of(office, old.id)
    office.clock.move_to(BEFORE)
    disposal = started(office)
    disposal.write({"case_code": code, "verdict": "destroy"})
    early = disposal.step("office", "submit", "explanation", summary="Sớm")
    assert unmet_of(early) == ("condition:all_due",)
    office.clock.move_to(AFTER)
    disposal.write({"case_code": "QO-1999-77", "verdict": "destroy"})
    unknown = disposal.step("office", "submit", "explanation", summary="Không có")
    assert unmet_of(unknown) == ("condition:all_due",)
    assert [each.status for each in files_of(office, old.id)] == ["frozen"]


def test_a_case_to_which_open_work_is_tied_is_neither_proposed_nor_destroyed(
    office: Office, old: Objectives
) -> None:
    code = code_of(office, old.id)
    office.clock.move_to(AFTER)
    disposal = started(office)
    disposal.write(*disposal.proposed())
    disposal.to_decided()
    # Somebody begins to work on what came before.
    tie(office, open_case=started(office).id, to=old.id)
    refused = disposal.step("office", "destroy", **NUMBER)
    assert unmet_of(refused) == ("condition:due_on_the_day",)
    assert code not in {line["case_code"] for line in started(office).proposed()}


def tie(office: Office, *, open_case: str, to: str) -> None:
    """Let an open case name another as the one that went before it."""
    with office.runtime.write(OFFICE) as uow:
        # The tie alone is looked at; how it came about is the matter of other tests.
        row = uow.tables.session.get(InstanceRow, (OFFICE, open_case))
        assert row is not None
        row.predecessor = to
        uow.tables.session.add(row)
        uow.commit()


def test_what_is_kept_on_is_not_proposed_again_before_its_day(
    office: Office, old: Objectives
) -> None:
    other = begun_again_and_cancelled(office)
    office.clock.move_to(AFTER)
    disposal = started(office)
    mine = code_of(office, old.id)
    for line in disposal.proposed():
        if line["case_code"] == mine:
            disposal.write({**line, "verdict": "keep"})
        else:
            disposal.write(line)
    assert unmet_of(disposal.step("office", "submit", "explanation", summary="x")) == (
        "condition:keeps_told",
    )
    with office.runtime.read(OFFICE) as uow:
        (kept,) = [r for r in uow.case(disposal.id).rows("item") if r.values["verdict"] == "keep"]
    request = ChangeRows(
        caller=office.as_("office"),
        instance_id=disposal.id,
        record_set="item",
        rows=(
            WantedRow(
                number=1,
                row=kept.id,
                expected_version=kept.version,
                values={"keep_until": "2037-06-30", "reason": "Đang bị thanh tra"},
            ),
        ),
    )
    assert isinstance(change_records(office.runtime, request), ChangedRows)
    disposal.to_decided()
    disposal.take("office", "destroy", **NUMBER)
    disposal.take("clerk", "close", "disposal_minutes")
    assert [each.status for each in files_of(office, old.id)] == ["frozen"]
    assert {each.status for each in files_of(office, other)} == {"disposed"}
    again = started(office)
    assert mine not in {line["case_code"] for line in again.proposed()}
    office.clock.move_to(datetime(2037, 7, 1, 3, tzinfo=UTC))
    assert mine in {line["case_code"] for line in again.proposed()}


def begun_again_and_cancelled(office: Office) -> str:
    """A further case that ended in 2026 and is kept for ten years."""
    request = StartInstance(
        caller=office.as_("iso_secretary"), process="qms_maintenance", title="Duy trì năm 2026"
    )
    found = start_instance(office.runtime, request)
    assert isinstance(found, Started), found
    case = Disposal(office=office, id=found.case.instance.id)
    outcome = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("director"),
            instance_id=case.id,
            transition="cancel",
            expected_version=0,
            reason="Hợp nhất",
            uploads=(
                Upload(
                    requirement="cancel_decision",
                    filename="cancel.pdf",
                    content=io.BytesIO(pdf("qm")),
                ),
            ),
        ),
    )
    assert isinstance(outcome, Taken), outcome
    return case.id


def test_a_pack_is_checked_by_its_tombstones(office: Office, old: Objectives) -> None:
    (file,) = files_of(office, old.id)
    before = pack_of(office, "instance", old.id, note=note_of(office))
    assert any(file.sha256 in name for name in members_of(before.content))
    office.clock.move_to(AFTER)
    disposal = started(office)
    disposal.write(*disposal.proposed())
    disposal.to_decided()
    disposal.take("office", "destroy", **NUMBER)
    # The bytes still lie in the store: what was given up does not go out all the same.
    after = pack_of(office, "instance", old.id, note=note_of(office))
    assert not any(file.sha256 in name for name in members_of(after.content))
    report = judged(after.content)
    assert codes_of(report) == set()
    assert report.not_checked["evidence_disposed"] == 1


def test_nobody_is_given_the_bytes_any_more(
    office: Office, old: Objectives, tmp_path: Path
) -> None:
    (file,) = files_of(office, old.id)
    web = web_of(office, tmp_path)
    with web.client:
        assert web.get("director", f"/evidence/{file.id}/content").status_code == 200
        office.clock.move_to(AFTER)
        disposal = started(office)
        disposal.write(*disposal.proposed())
        disposal.to_decided()
        disposal.take("office", "destroy", **NUMBER)
        web.tokens.clear()
        answer = web.get("director", f"/evidence/{file.id}/content")
        assert (answer.status_code, answer.json()["code"]) == (410, "evidence_disposed")
        told = web.get("director", f"/evidence/{file.id}").json()
        assert (told["status"], told["sha256"]) == ("disposed", file.sha256)


def test_the_council_has_the_list_on_paper(office: Office, old: Objectives, tmp_path: Path) -> None:
    office.clock.move_to(AFTER)
    disposal = started(office)
    disposal.write(*disposal.proposed())
    web = web_of(office, tmp_path)
    with web.client:
        address = f"/instances/{disposal.id}/documents/disposal_list"
        for language, said, verdict in (
            ("vi", "Hủy 1, giữ lại 0.", "Hủy"),
            ("en", "To destroy: 1; kept: 0.", "Destroy"),
        ):
            page = web.get("office", f"{address}?language={language}").text
            assert said in page
            assert f"<td>{verdict}</td>" in page
            assert code_of(office, old.id) in page
        made = web.get("office", f"{address}?format=pdf&language=vi")
        assert made.content.startswith(b"%PDF")


def test_of_two_lists_with_the_same_case_one_destroys_it(office: Office, old: Objectives) -> None:
    office.clock.move_to(AFTER)
    first, second = started(office), started(office)
    for disposal in (first, second):
        disposal.write(*disposal.proposed())
        disposal.to_decided()
    first.take("office", "destroy", **NUMBER)
    assert unmet_of(second.step("office", "destroy", **NUMBER)) == ("condition:due_on_the_day",)
    with office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=old.id), limit=10)
    assert [e.type for e in entries].count(EntryType.EVIDENCE_DISPOSED) == 1


def test_the_house_itself_gives_up_no_file_of_a_case_at_work(office: Office) -> None:
    """Whatever a room asks for, the transaction asks once more."""
    working, disposal = started(office), started(office)
    code = code_of(office, working.id)
    actor, grant = Actor(person=office.people["office"]), Grant(role="office")
    for cases, wanted in ((code, Conflict), ("QO-1999-77", NotFound)):
        intent = DisposeFiles(cases=(cases,))
        with office.runtime.write(OFFICE) as uow, pytest.raises(wanted):
            dispose_files(uow, uow.case(disposal.id), intent, actor=actor, grant=grant)
