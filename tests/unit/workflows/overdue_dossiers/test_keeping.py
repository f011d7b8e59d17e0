"""The register of dossiers over files as desks export them: what is read, refused and dropped."""

from io import BytesIO
from typing import Any

import pytest

from engine.errors import Invalid
from engine.machine.register import FaultyRow, Reading, ReadRow
from workflows.overdue_dossiers.keeping import DossierRegister

HEADING = (
    "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả;Trạng thái;Ngày trả;"
    "Nguyên nhân;Người nộp"
)
ROW = "HS-{n};Cấp giấy phép;{unit};01/06/2026 08:30;08/07/2026;{status};;{cause};Trần Văn Bình"
UNITS = {"office": {"vi": "Văn phòng Sở", "en": "Office"}}


def opened(*rows: str, heading: str = HEADING, **values: Any) -> Any:
    content = "\n".join((heading, *rows)).encode()
    reading = Reading(filename="tuan.csv", units=UNITS, **values)
    return DossierRegister().open(BytesIO(content), reading)


def row(n: int, *, unit: str = "Văn phòng Sở", status: str = "Đang xử lý", cause: str = "") -> str:
    return ROW.format(n=n, unit=unit, status=status, cause=cause)


def test_rows_come_with_numbers_faults_and_digests_and_without_anybodys_name() -> None:
    file = opened(row(1), row(2, unit="Phòng lạ"), row(3, cause="Không rõ"), row(4, status="?"))
    assert file.layout.personal == ("Người nộp",)
    assert file.layout.mapping["code"] == "Mã hồ sơ"
    assert file.layout.missing == ()
    items = list(file.rows())
    told = [
        (item.number, item.column, item.refused)
        if isinstance(item, FaultyRow)
        else (item.number, item.value.code, item.value.unit)
        for item in items
    ]
    assert told == [
        (2, "HS-1", "office"),
        (3, "unit", True),
        (4, "cause", False),
        (4, "HS-3", "office"),
        (5, "status", True),
    ]
    assert "Bình" not in repr(items)
    # Read anew, a file gives the same rows with the same digests.
    assert [item for item in file.rows() if isinstance(item, ReadRow)] == [
        item for item in items if isinstance(item, ReadRow)
    ]


def test_what_a_source_calls_a_unit_is_found() -> None:
    (found,) = opened(row(1, unit="VP")).rows()
    assert isinstance(found, FaultyRow)
    (found,) = opened(row(1, unit="VP"), aliases={"vp": "office"}).rows()
    assert found.value.unit == "office"


def test_a_heading_that_lacks_a_column_is_told_with_its_headings() -> None:
    heading = HEADING.replace("Ngày hẹn trả", "Cột lạ")
    file = opened(row(1), heading=heading)
    assert file.layout.missing == ("due_on",)
    assert "Cột lạ" in file.layout.headings
    assert list(file.rows()) == []
    file = opened(row(1), heading=heading, mapping={"due_on": "Cột lạ"})
    assert [item.number for item in file.rows()] == [2]
    with pytest.raises(Invalid):
        opened(row(1), mapping={"no_column": "x"})


def test_a_digest_changes_with_any_value() -> None:
    digests = {
        item.digest for item in opened(row(1), row(2), row(1, status="Tạm dừng"), row(1)).rows()
    }
    assert len(digests) == 3
