"""Many rows in one command: all or none, every fault at once, and a log that holds."""

import io
import time
from typing import Any

import pytest

from engine.commands.change_records import (
    ChangedRows,
    ChangeRows,
    ImportRows,
    NotChangedRows,
    change_records,
    import_records,
)
from engine.commands.manage_accounts import add_account
from engine.errors import NotFound
from engine.machine.record_rule import RecordsClosed
from engine.queries.audit_trail import verify_log
from engine.runtime import OnceKey, Replayed
from engine.storage.audit_log import LogFilter
from engine.storage.idempotency import Answer
from engine.tables.fault import WrongRows
from engine.tables.reading import ROWS_MAX
from engine.tables.streaming import SheetTooLong
from engine.transaction.many_rows import WantedRow
from engine.transaction.recording import ENTRY_BYTES
from engine.transaction.repeated_rows import TakenAlready
from tests.engine.roll_call import Roll, start, wanted
from tests.fixtures import OFFICE, Office

Rows = tuple[dict[str, Any], ...]


@pytest.fixture
def roll(office: Office) -> Roll:
    return start(office)


@pytest.fixture
def small_roll(sqlite_office: Office) -> Roll:
    return start(sqlite_office)


def entries(roll: Roll) -> list[Any]:
    with roll.office.runtime.read(OFFICE) as uow:
        return list(uow.tables.log.read(LogFilter(instance=roll.id), limit=1000))


def faults(error: pytest.ExceptionInfo[WrongRows]) -> set[tuple[int, str, str]]:
    return {(one["row"], one["field"], one["code"]) for one in error.value.params["faults"]}


def test_rows_are_added_together_under_one_entry(roll: Roll) -> None:
    session = roll.session()
    people = ("p001", "p002", "p003")
    before = len(entries(roll))
    done = roll.change(
        *wanted(*({"session": session, "person": person, "present": True} for person in people))
    )
    assert isinstance(done, ChangedRows)
    assert (done.written, done.unchanged, len(done.rows)) == (3, 0, 3)
    assert [row["person"] for row in roll.rows()] == list(people)
    (entry,) = entries(roll)[before:]
    assert done.entries == (entry.idx,)
    assert {change.row for change in entry.payload.changes} == set(done.rows)
    assert entry.payload.details["rows"] == list(done.rows)
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_changes_retirements_and_additions_go_together(roll: Roll) -> None:
    session = roll.session()
    first = roll.change(
        *wanted(
            {"session": session, "person": "p001"},
            {"session": session, "person": "p002"},
            {"session": session, "person": "p003"},
        )
    )
    assert isinstance(first, ChangedRows)
    one, two, three = first.rows
    again = roll.change(
        WantedRow(number=1, row=one, expected_version=1, values={"score": "7.5"}),
        WantedRow(number=2, row=two, expected_version=1, retire=True),
        WantedRow(number=3, row=three, expected_version=1, values={"person": "p002"}),
        WantedRow(number=4, values={"session": session, "person": "p003"}),
    )
    assert isinstance(again, ChangedRows)
    with roll.office.runtime.read(OFFICE) as uow:
        found = {row.values["person"]: row for row in uow.case(roll.id).rows("attendance")}
    assert {person: row.version for person, row in found.items()} == {
        "p001": 2,
        "p002": 2,
        "p003": 1,
    }
    assert found["p002"].id == three
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_one_fault_holds_back_every_row_and_all_are_told(roll: Roll) -> None:
    session = roll.session()
    before = len(entries(roll))
    with pytest.raises(WrongRows) as error:
        roll.change(
            *wanted(
                {"session": session, "person": "p001"},
                {"session": session, "person": "nobody", "score": "11"},
                {"session": "no-such-row", "person": "p002", "present": "maybe"},
                {"person": "p003", "unit": "nowhere", "strange": 1},
                {"session": session, "person": "p001", "result": "odd"},
                {"session": session, "person": "p015", "unit": "science_management"},
            )
        )
    assert faults(error) == {
        (3, "person", "unknown_person"),
        (3, "score", "too_large"),
        (4, "session", "unknown_row"),
        (4, "present", "not_boolean"),
        (5, "session", "required"),
        (5, "unit", "unknown_unit"),
        (5, "strange", "unknown_field"),
        (2, "session", "not_unique"),
        (6, "session", "not_unique"),
        (6, "result", "not_a_choice"),
        (7, "person", "own_unit"),
    }
    assert roll.rows() == []
    assert len(entries(roll)) == before


def test_a_row_that_stands_already_is_a_fault_or_unchanged(small_roll: Roll) -> None:
    roll = small_roll
    session = roll.session()
    row = {"session": session, "person": "p001", "present": True}
    roll.change(*wanted(row))
    with pytest.raises(WrongRows) as error:
        roll.change(*wanted(row))
    assert faults(error) == {(2, "session", "not_unique")}
    same = roll.change(*wanted(row, {**row, "person": "p002"}), skip_equal=True)
    assert isinstance(same, ChangedRows)
    assert (same.unchanged, same.written) == (1, 1)
    with pytest.raises(WrongRows) as error:
        roll.change(*wanted({**row, "present": False}), skip_equal=True)
    assert faults(error) == {(2, "session", "not_unique")}
    assert len(roll.rows()) == 2


def test_who_lacks_the_role_is_refused_once_and_logged(roll: Roll) -> None:
    session = roll.session()
    rows = wanted({"session": session, "person": "p001"}, {"session": session, "person": "nobody"})
    refused = roll.change(*rows, by="one_stop")
    assert isinstance(refused, NotChangedRows)
    assert refused.refused.keys == ("role",)
    (last,) = entries(roll)[-1:]
    assert (last.outcome, last.type) == ("refused", "record_changed")
    dry = roll.change(*rows, by="one_stop", dry_run=True)
    assert isinstance(dry, NotChangedRows)
    assert entries(roll)[-1].idx == last.idx


def test_a_head_writes_for_one_unit_only(roll: Roll) -> None:
    session = roll.session()
    own = {"session": session, "person": "p001", "unit": "science_management"}
    other = {"session": session, "person": "p002", "unit": "office"}
    head = "unit_head_science_management"
    refused = roll.change(*wanted(own, other), by=head)
    assert isinstance(refused, NotChangedRows)
    (unmet,) = refused.refused.unmet
    assert (unmet.key, unmet.params["rows"]) == ("unit", [3])
    assert entries(roll)[-1].outcome == "refused"
    with pytest.raises(WrongRows) as error:
        roll.change(*wanted(own, {**other, "score": "x"}), by=head)
    assert faults(error) == {(3, "", "unit"), (3, "score", "not_decimal")}
    done = roll.change(*wanted(own), by=head)
    assert isinstance(done, ChangedRows)


def test_a_row_that_somebody_changed_is_named(small_roll: Roll) -> None:
    roll = small_roll
    session = roll.session()
    done = roll.change(*wanted({"session": session, "person": "p001"}))
    assert isinstance(done, ChangedRows)
    (row,) = done.rows
    with pytest.raises(WrongRows) as error:
        roll.change(
            WantedRow(number=1, row=row, expected_version=7, values={"note": "A"}),
            WantedRow(number=2, row="gone", expected_version=1, retire=True),
        )
    assert faults(error) == {(1, "", "stale_row"), (2, "", "stale_row")}


def test_what_cannot_be_written_at_all_is_an_error(small_roll: Roll) -> None:
    roll = small_roll
    with pytest.raises(NotFound):
        roll.change(*wanted({}), record_set="nothing")
    with pytest.raises(SheetTooLong):
        roll.change(*wanted(*({} for _ in range(ROWS_MAX + 1))))
    with roll.office.runtime.write(OFFICE) as uow:
        stored = uow.tables.instances.get(roll.id)
        assert stored is not None
        session = uow.tables.session
        session.connection().exec_driver_sql("UPDATE instance SET state = 'closed'")
        uow.commit()
    with pytest.raises(RecordsClosed):
        roll.change(*wanted({"person": "p001"}))


def test_a_dry_run_tells_and_leaves_nothing(small_roll: Roll) -> None:
    roll = small_roll
    session = roll.session()
    before = len(entries(roll))
    told = roll.change(*wanted({"session": session, "person": "p001"}), dry_run=True)
    assert isinstance(told, ChangedRows)
    assert (told.written, told.rows, told.entries, told.dry_run) == (1, (), (), True)
    assert roll.rows() == []
    assert len(entries(roll)) == before


def test_a_key_writes_rows_once(roll: Roll) -> None:
    session = roll.session()
    key = OnceKey(
        path="POST /rows",
        value="k",
        body_digest="d",
        render=lambda done: Answer(status=200, headers="{}", body=str(done.written)),
    )
    request = ChangeRows(
        caller=roll.office.as_("office"),
        instance_id=roll.id,
        record_set="attendance",
        rows=wanted({"session": session, "person": "p001"}),
        key=key,
    )
    assert isinstance(change_records(roll.office.runtime, request), ChangedRows)
    again = change_records(roll.office.runtime, request)
    assert isinstance(again, Replayed)
    assert again.answer.body == "1"
    assert len(roll.rows()) == 1


def test_personal_columns_of_many_rows_stand_apart(roll: Roll) -> None:
    done = roll.change(*wanted({"text": "A"}, {"text": "B"}), record_set="remark")
    assert isinstance(done, ChangedRows)
    (last,) = entries(roll)[-1:]
    assert last.payload.changes == ()
    assert last.payload.details["rows"] == list(done.rows)
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_two_thousand_rows_take_seconds_and_entries_that_people_can_read(roll: Roll) -> None:
    sessions = [roll.session(f"Buổi {number}") for number in range(80)]
    people = [f"p{number:03d}" for number in range(1, 26)]
    rows = wanted(
        *(
            {
                "session": session,
                "person": person,
                "present": True,
                "score": "8.5",
                "result": "good",
                "note": "Đã ký danh sách giấy",
            }
            for session in sessions
            for person in people
        )
    )
    assert len(rows) == 2_000
    began = time.perf_counter()
    done = roll.change(*rows)
    took = time.perf_counter() - began
    assert isinstance(done, ChangedRows)
    assert done.written == 2_000
    assert took < 30, f"{took:.1f} s"
    found = [entry for entry in entries(roll) if entry.idx in done.entries]
    assert 1 < len(found) < 100
    assert all(len(str(entry.payload.changes)) < 3 * ENTRY_BYTES for entry in found)
    began = time.perf_counter()
    same = roll.change(*rows, skip_equal=True)
    assert isinstance(same, ChangedRows)
    assert same.unchanged == 2_000
    assert time.perf_counter() - began < 15
    assert verify_log(roll.office.runtime, OFFICE).intact


def sheet(roll: Roll, text: str, **more: Any) -> Any:
    return import_records(
        roll.office.runtime,
        ImportRows(
            caller=roll.office.as_("office"),
            instance_id=roll.id,
            record_set="attendance",
            content=io.BytesIO(text.encode(more.pop("encoding", "utf-8"))),
            filename="danh sách.csv",
            **more,
        ),
    )


def test_a_file_names_people_units_rows_and_choices_as_people_do(roll: Roll) -> None:
    roll.session()
    add_account(
        roll.office.runtime, OFFICE, person="p006", username="lead_auditor", password_hash=""
    )
    text = (
        "STT;BUỔI *;Nguoi hoc;Có  mặt;điểm;Xếp loại;Đơn vị\n"
        "1;Tổng quan · 07/07/2026;Nguyễn Khắc Hải Đăng;x;7,5;tốt;van phong so\n"
        "2;tổng quan · 07/07/2026;p002;không;8.0;fair;office\n"
        ";;;;;;\n"
        "3;Tổng quan · 07/07/2026;lead_auditor;;;;\n"
    )
    done = sheet(roll, text)
    assert isinstance(done, ChangedRows)
    assert [
        (row["person"], row.get("present"), str(row.get("score")), row.get("result"))
        for row in roll.rows()
    ] == [
        ("p001", True, "7.5", "good"),
        ("p002", False, "8.0", "fair"),
        ("p006", None, "None", None),
    ]
    again = sheet(roll, text)
    assert (again.unchanged, again.written) == (3, 0)
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_every_cell_that_does_not_fit_is_named_by_row_and_column(small_roll: Roll) -> None:
    roll = small_roll
    roll.session()
    with pytest.raises(WrongRows) as error:
        sheet(
            roll,
            "session,person,present,score,result,note\n"
            "Tổng quan · 07/07/2026,Không Có Ai,maybe,11,odd,=1+1\n"
            "Nowhere,p001,1,1.25,good,ok,extra\n",
        )
    assert faults(error) == {
        (2, "person", "unknown_name"),
        (2, "present", "not_boolean"),
        (2, "score", "too_large"),
        (2, "result", "unknown_name"),
        (3, "session", "unknown_name"),
        (3, "score", "too_many_digits"),
        (3, "", "no_heading_above"),
    }
    assert roll.rows() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gì đó;person\n1;p001\n", {(1, "gì đó", "unknown_heading")}),
        ("person;Người học\np001;p001\n", {(1, "Người học", "repeated_heading")}),
        ("Buổi;Session\n1;2\n", {(1, "Session", "repeated_heading")}),
        ("person;session\n", {(1, "", "no_rows")}),
    ],
)
def test_a_heading_that_means_nothing_is_told_before_any_row(
    small_roll: Roll, text: str, expected: set[tuple[int, str, str]]
) -> None:
    with pytest.raises(WrongRows) as error:
        sheet(small_roll, text)
    assert faults(error) == expected


def test_a_name_that_two_people_bear_is_never_guessed(small_roll: Roll) -> None:
    roll = small_roll
    roll.session()
    with roll.office.runtime.write(OFFICE) as uow:
        name = next(p.name for p in uow.tables.organization.people(uow.today) if p.id == "p001")
        uow.tables.session.connection().exec_driver_sql(
            "UPDATE person SET name = ? WHERE id = 'p002'", (name,)
        )
        uow.commit()
    with pytest.raises(WrongRows) as error:
        sheet(roll, f"session,person\nTổng quan · 07/07/2026,{name}\n")
    assert faults(error) == {(2, "person", "ambiguous_name")}


def test_what_spoke_of_a_row_ends_with_its_change_and_the_log_says_why(roll: Roll) -> None:
    """Retired in the same transaction, with its own entry and a message; the replay agrees."""
    first, second = roll.session(), roll.session("Đánh giá")
    roll.change(
        *wanted({"session": first, "note": "đủ"}, {"session": second}), record_set="approval"
    )
    done = roll.change(*wanted({"session": first, "person": "p001", "present": True}))
    assert isinstance(done, ChangedRows)
    with roll.office.runtime.read(OFFICE) as uow:
        assert [row.values["session"] for row in uow.case(roll.id).rows("approval")] == [second]
        inbox = uow.tables.outbox.of_person(roll.office.people["office"], limit=10)
        (told,) = [message for message in inbox if message.message == "rows_voided"]
        assert told.params["why"]["en"] == "Attendance"
    why = entries(roll)[-1]
    assert why.payload is not None
    assert why.payload.details["voided_by"] == "attendance"
    assert why.idx == done.entries[-1]
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_closed_rows_of_many_are_told_by_their_rows(small_roll: Roll) -> None:
    with pytest.raises(WrongRows) as caught:
        small_roll.change(*wanted({"text": "tốt"}, {"text": "niêm phong"}), record_set="remark")
    assert faults(caught) == {(3, "", "row_closed")}
    assert caught.value.params["faults"][0]["params"]["title"]["vi"] == "Chưa niêm phong"


def remarks(*texts: str) -> str:
    return "\n".join(("Nội dung", *texts))


def sent(roll: Roll, text: str, **more: Any) -> Any:
    request = ImportRows(
        caller=roll.office.as_("office"),
        instance_id=roll.id,
        record_set="remark",
        content=io.BytesIO(text.encode()),
        filename=more.pop("filename", "nhận xét.csv"),
        **more,
    )
    return import_records(roll.office.runtime, request)


def test_a_file_is_not_taken_twice_into_a_set_that_has_no_unique_columns(roll: Roll) -> None:
    first = sent(roll, remarks("đủ", "đúng giờ"))
    for more in ({}, {"dry_run": True}, {"filename": "khác.csv"}):
        with pytest.raises(TakenAlready) as caught:
            sent(roll, remarks("đủ", "đúng giờ"), **more)
        assert caught.value.params["entry"] == first.entries[0]
    assert len(roll.rows("remark")) == 2
    assert sent(roll, remarks("đúng giờ", "đủ")).written == 2
    assert sent(roll, remarks("đủ", "đúng giờ"), again=True).written == 2
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_a_single_row_is_a_list_as_well_and_may_come_again_when_it_is_gone(
    small_roll: Roll,
) -> None:
    (row,) = sent(small_roll, remarks("đủ")).rows
    with pytest.raises(TakenAlready):
        sent(small_roll, remarks("đủ"))
    retired = WantedRow(number=1, row=row, expected_version=1, retire=True)
    small_roll.change(retired, record_set="remark")
    assert sent(small_roll, remarks("đủ")).written == 1
