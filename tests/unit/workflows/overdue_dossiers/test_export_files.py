"""Whole exports: layouts, encodings, formats, repeated rows, and what the desk may compare."""

import hashlib
import io
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.tables import parquet
from engine.tables.names import Names
from tests.dossier_exports import CLEAN, Style, in_code_page, lines, write_csv, write_xlsx
from workflows.overdue_dossiers.dossier import Cause, Dossier, Status
from workflows.overdue_dossiers.export import keys
from workflows.overdue_dossiers.export.keys import KeyLedger, key_number, sum_text
from workflows.overdue_dossiers.export.layout import ExportInvalid, SourceMapping, mapping_of
from workflows.overdue_dossiers.export.opening import Export, ReadingSettings, open_export
from workflows.overdue_dossiers.export.personal import Personal
from workflows.overdue_dossiers.export.rows import RowSettings

HEAD = "Mã hồ sơ;Tên thủ tục;Đơn vị giải quyết;Ngày tiếp nhận;Ngày hẹn trả;Ngày trả kết quả"
ROW = "H15-1;Cấp phép;Phòng A;01/07/2026 08:00;15/07/2026;"


def opened(*rows: str, name: str = "a.csv", **settings: Any) -> Export:
    return from_bytes("\n".join(rows).encode(), name, **settings)


def from_bytes(content: bytes, name: str = "a.csv", **settings: Any) -> Export:
    return open_export(io.BytesIO(content), filename=name, settings=ReadingSettings(**settings))


def faults(export: Export) -> list[tuple[int, str, str]]:
    list(export.dossiers())
    return [(fault.row, fault.column, fault.code) for fault in export.faults.kept]


def latest(export: Export) -> dict[tuple[str, date], Dossier]:
    return {dossier.key: dossier for dossier in export.dossiers()}


# -- one content, many containers ----------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, date], Dossier]:
    path: Path = tmp_path_factory.mktemp("plain") / "a.csv"
    write_csv(path, 120, seed=3)
    return latest(from_bytes(path.read_bytes()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_encoding_and_delimiter_gives_the_same_dossiers(
    plain: dict[Any, Dossier], encoding: str, delimiter: str, tmp_path: Path
) -> None:
    style = replace(CLEAN, delimiter=delimiter, titles=True, encoding="utf-8")
    write_csv(tmp_path / "a.csv", 120, seed=3, style=style)
    text = (tmp_path / "a.csv").read_text("utf-8")
    content = in_code_page(text) if encoding == "cp1258" else text.encode(encoding)
    export = from_bytes(content)
    assert latest(export) == plain
    assert faults(export) == []


def test_a_workbook_gives_the_same_dossiers(plain: dict[Any, Dossier], tmp_path: Path) -> None:
    titled = replace(CLEAN, titles=True)
    write_xlsx(tmp_path / "a.xlsx", lines(120, seed=3, style=titled))
    assert latest(from_bytes((tmp_path / "a.xlsx").read_bytes(), "a.xlsx")) == plain


def test_parquet_gives_the_same_dossiers(plain: dict[Any, Dossier], tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415 - the one test that needs the extra.

    write_csv(tmp_path / "a.csv", 120, seed=3)
    told = f"read_csv('{tmp_path}/a.csv', delim=';', all_varchar=true)"
    duckdb.sql(f"COPY (SELECT * FROM {told}) TO '{tmp_path}/a.parquet'")  # noqa: S608
    assert latest(from_bytes((tmp_path / "a.parquet").read_bytes(), "a.parquet")) == plain


def test_parquet_without_its_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.setattr(parquet, "find_spec", lambda _: None)
    with pytest.raises(Invalid) as refused:
        from_bytes(b"PAR1....", "a.parquet")
    assert refused.value.code == "analytics_missing"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"PAR1 and no more", "a.parquet", "file_damaged"),
        (b"Ma;Ten\n", "a.parquet", "content_differs_from_name"),
        (b"PK\x03\x04", "a.xlsx", "file_damaged"),
        (b"", "a.csv", "file_empty"),
        (b"\n\n;;\n", "a.csv", "export_without_heading"),
        (b"a;b\n1;2\n", "a.csv", "export_without_heading"),
        ((HEAD + '\n"H15-1"x;y\n').encode(), "a.csv", "file_damaged"),
        ((HEAD + "\nH15\0").encode(), "a.csv", "text_not_utf8"),
        (b"<html>", "a.csv", "content_differs_from_name"),
        (b"x", "a.exe", "extension_unknown"),
    ],
)
def test_what_is_no_export_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        list(from_bytes(content, name).dossiers())
    assert refused.value.code == code


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.parquet"]))
def test_whatever_comes_behind_a_heading_is_read_or_refused(tail: bytes, name: str) -> None:
    try:
        export = from_bytes(HEAD.encode() + b"\n" + tail, name)
        list(export.dossiers())
    except Invalid:
        return
    assert export.reconciliation().rows >= export.reconciliation().accepted


# -- the heading ---------------------------------------------------------------------------------


def test_titles_two_lines_of_heading_and_numbers_under_it_are_passed_over() -> None:
    export = opened(
        "SỞ KHOA HỌC VÀ CÔNG NGHỆ, BỘ PHẬN MỘT CỬA;;;;;;",
        ";;;;;",
        "TT;Mã hồ sơ;Thủ tục;;Thời gian;;",
        ";;Tên thủ tục;Đơn vị giải quyết;Ngày tiếp nhận;Ngày hẹn trả;Ngày trả kết quả",
        "1;2;3;4;5;6;7",
        f"1;{ROW}",
    )
    assert export.layout.first_row == 6
    assert [dossier.code for dossier in export.dossiers()] == ["H15-1"]


def test_columns_of_persons_are_dropped_by_heading_and_by_content() -> None:
    people = ["Nguyễn Văn An;0912345678", "Trần Thị Bình;0912345679", "Lê Hữu Chi;0912345670"]
    rows = [f"{ROW};{person};x" for person in people]
    export = opened(f"{HEAD};Họ tên;Cột A;Ghi chú", *rows)
    assert [(one.heading, one.personal, one.by_content) for one in export.layout.dropped] == [
        ("Họ tên", Personal.NAME, False),
        ("Cột A", Personal.PHONE, True),
        ("Ghi chú", None, False),
    ]
    told = repr([*export.dossiers(), export.preview(), export.faults])
    assert not any(part in told for person in people for part in person.split(";"))


@pytest.mark.parametrize("heading", ["Họ và tên", "Nội dung"])
def test_a_column_of_persons_is_never_read_whoever_asks(heading: str) -> None:
    people = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Hữu Chi")
    rows = [f"{ROW};{person}" for person in people]
    with pytest.raises(ExportInvalid) as refused:
        opened(f"{HEAD};{heading}", *rows, mapping=SourceMapping(columns={"procedure": heading}))
    assert refused.value.code == "export_column_personal"


def test_what_tells_of_a_person_inside_a_kept_text_is_hidden_and_counted() -> None:
    export = opened(HEAD, ROW.replace("Cấp phép", "Cấp phép, gọi 0912 345 678"))
    (dossier,) = export.dossiers()
    assert dossier.procedure == "Cấp phép, gọi ***"
    assert export.reconciliation().hidden == 1


def test_a_source_is_set_up_once() -> None:
    told = SourceMapping(
        columns={"due_on": "Hạn cuối", "ended_on": ""},
        words={"status": {"B5": "finished"}, "cause": {"NN1": "overload"}},
    )
    text = f"{HEAD};Hạn cuối;Trạng thái;Nguyên nhân"
    rows = (text, "H15-1;Cấp phép;Phòng A;01/07/2026;;16/07/2026;20/07/2026;Đang xử lý;nn1")
    export = opened(*rows, mapping=told)
    (dossier,) = export.dossiers()
    assert (dossier.due_on, dossier.ended_on) == (date(2026, 7, 20), None)
    assert (dossier.status, dossier.cause) == (Status.PENDING, Cause.OVERLOAD)
    again = mapping_of(export.layout.mapping.told())
    assert again == export.layout.mapping
    assert list(opened(*rows, mapping=again).dossiers()) == [dossier]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"columns": {"name": "x"}}, "mapping_column_unknown"),
        ({"columns": {"code": "X", "unit": "x "}}, "mapping_heading_repeated"),
        ({"columns": {}, "words": {"status": {"x": "gone"}}}, "mapping_meaning_unknown"),
        ({"columns": {}, "words": {"code": {"x": "y"}}}, "mapping_meaning_unknown"),
        ({"columns": []}, "mapping_unreadable"),
        ([], "mapping_unreadable"),
        ({}, "mapping_unreadable"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(data: Any, code: str) -> None:
    with pytest.raises(ExportInvalid) as refused:
        mapping_of(data)
    assert refused.value.code == code


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(ExportInvalid) as refused:
        opened("Mã hồ sơ;Tên thủ tục;Ngày tiếp nhận", "1;2;3")
    assert refused.value.params["columns"] == ["unit", "due_on"]


# -- rows ----------------------------------------------------------------------------------------


def test_every_fault_of_a_row_is_told_at_once_and_the_others_count() -> None:
    export = opened(
        f"{HEAD};Trạng thái;Thời hạn quy định",
        f"{ROW};Đang xử lý;10",
        "không;;Phòng A;32/07/2026;??;;lạ;7,3",
        "",
        "H15-2;Cấp phép;Phòng A;01/07/2026;15/07/2026;14/07/2026;Đang xử lý;10",
        "H15-3;Cấp phép;Phòng A;01/07/2026;15/07/2026;;Đang xử lý;7,3",
        "Tổng cộng;;;;;;;",
    )
    assert [dossier.code for dossier in export.dossiers()] == ["H15-1", "H15-3"]
    assert [(fault.row, fault.column, fault.code) for fault in export.faults.kept] == [
        (3, "code", "code_wrong"),
        (3, "procedure", "required"),
        (3, "received_at", "day_unreadable"),
        (3, "due_on", "day_unreadable"),
        (3, "status", "status_unknown"),
        (3, "regulated", "term_unreadable"),
        (5, "ended_on", "dossier_end_not_expected"),
        (6, "regulated", "term_unreadable"),
    ]
    told = export.reconciliation()
    assert (told.rows, told.accepted, told.refused, told.others) == (5, 2, 2, 1)
    assert told.left_out == 1


def test_faults_are_kept_to_a_number_and_all_are_counted() -> None:
    export = opened(HEAD, *(ROW.replace("15/07", "15/17") for _ in range(30)), faults_max=5)
    assert len(faults(export)) == 5
    assert export.faults.total == export.reconciliation().refused == 30


def test_a_word_that_is_told_back_does_not_tell_of_a_person() -> None:
    export = opened(f"{HEAD};Nguyên nhân", f"{ROW};chờ anh Nguyễn Văn An 0912345678")
    list(export.dossiers())
    assert export.faults.kept[0].params == {"word": "chờ anh *** ***"}


def test_units_of_the_organisation_are_found_by_title_and_others_are_faults() -> None:
    units = Names([("Phòng A", "unit_a")])
    export = opened(HEAD, ROW, ROW.replace("Phòng A", "Phòng B"), rows=RowSettings(units=units))
    assert [dossier.unit for dossier in export.dossiers()] == ["unit_a"]
    assert faults(export) == [(3, "unit", "unit_unknown")]


def test_what_only_describes_and_contradicts_is_left_out() -> None:
    export = opened(
        f"{HEAD};Thời hạn quy định;Thời hạn cam kết;Ngày xin lỗi;Số ngày tạm dừng",
        f"{ROW};10;11;01/06/2026;99999",
    )
    (dossier,) = export.dossiers()
    assert (dossier.committed_half_days, dossier.apologised_on) == (None, None)
    assert (dossier.regulated_half_days, dossier.paused_half_days) == (20, 0)
    assert export.reconciliation().left_out == 3


# -- the same dossier again ----------------------------------------------------------------------


def test_the_last_row_of_a_dossier_counts() -> None:
    export = opened(HEAD, ROW, ROW + "16/07/2026", ROW.replace("15/07", "17/07"))
    weighed = list(export.current())
    assert [(weight, dossier.ended_on) for weight, dossier in weighed] == [
        (1, None),
        (1, date(2026, 7, 16)),
        (1, None),
        (-1, None),
    ]
    told = export.reconciliation()
    assert (told.rows, told.accepted, told.replaced) == (3, 2, 1)
    assert told.key_sum == sum_text(
        key_number("H15-1", date(2026, 7, 15)) + key_number("H15-1", date(2026, 7, 17))
    )


def test_a_file_may_be_taken_again_and_tells_the_same(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", 400, seed=5, style=Style(late=80, twice=40, wrong=20))
    content = (tmp_path / "a.csv").read_bytes()
    export = from_bytes(content)
    first, told = list(export.current()), export.reconciliation()
    assert list(export.current()) == first
    assert export.reconciliation() == told
    assert told.sha256 == hashlib.sha256(content).hexdigest()
    assert told.replaced > 20
    assert told.rows == told.accepted + told.replaced + told.refused + told.others
    kept = {dossier.key for _, dossier in first}
    assert told.accepted == len(kept)
    assert told.key_sum == sum_text(sum(key_number(*key) for key in kept))


def test_what_was_begun_and_left_does_not_change_what_is_told() -> None:
    export = opened(HEAD, ROW.replace("15/07", "15/17"), ROW, ROW + "16/07/2026", ROW)
    whole = export.reconciliation()
    for taken in (export.dossiers(), export.readings(), export.replaced()):
        next(taken)
        assert export.reconciliation() == whole
        assert len(list(export.current())) == 5
    assert (whole.refused, whole.replaced, whole.accepted) == (1, 2, 1)


@given(st.lists(st.integers(0, 30), max_size=80))
def test_replaced_rows_are_found_in_memory_and_on_disk(numbers: list[int]) -> None:
    expected = [row for row, number in enumerate(numbers) if number in numbers[row + 1 :]]
    for kept in (keys.HELD_MAX, 4):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keys, "HELD_MAX", kept)
            ledger = KeyLedger()
            for row, number in enumerate(numbers):
                ledger.note(number, row)
            assert list(ledger.replaced()) == expected
            ledger.close()


def test_a_preview_reads_the_beginning_and_changes_nothing() -> None:
    rows: Iterable[str] = (ROW.replace("H15-1", f"H15-{n}") for n in range(50))
    export = opened(HEAD, ROW.replace("01/07", "x"), *rows)
    preview = export.preview(rows=5)
    assert [row for row, _ in preview.dossiers] == [3, 4, 5, 6]
    assert [fault.row for fault in preview.faults] == [2]
    assert export.faults.total == 0
    assert len(list(export.dossiers())) == 50
