"""Rules of `engine.tables.cells` and `names`: what people write, and what is not guessed."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.definition.model import FieldSpec
from engine.tables.cells import reading_of, shown_cell, value_of
from engine.tables.names import Known, NameFault, Names, far

UNITS = {"office": "Văn phòng", "plan": "Phòng Kế hoạch, Tài chính", "lab": "Phòng Đo lường"}
KNOWN = Known(
    people=Names((("Trần An", "p1"), ("Trần Ân", "p2"), ("an.tran", "p1")), strict=True),
    units=Names((title, key) for key, title in UNITS.items()),
    rows={"session": Names((("Buổi 1 · 07/07/2026", "s1"),))},
)
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "text"},
    "texts": {"type": "text", "many": True},
    "session": {"type": "text", "row_of": "session"},
    "other": {"type": "text", "row_of": "elsewhere"},
    "number": {"type": "integer"},
    "money": {"type": "decimal", "scale": 2},
    "day": {"type": "date"},
    "at": {"type": "datetime"},
    "tick": {"type": "boolean"},
    "unit": {"type": "unit"},
    "units": {"type": "unit", "many": True},
    "person": {"type": "person"},
    "grade": {"type": "choice", "choices": {"good": {"vi": "Đạt", "en": "Passed"}}},
}
COLUMNS = {
    name: FieldSpec.model_validate({"title": {"vi": name, "en": name}, **keys})
    for name, keys in TYPES.items()
}
READING = reading_of(COLUMNS, known=KNOWN, zone=ZoneInfo("Asia/Ho_Chi_Minh"))


def read(name: str, cell: Any) -> Any:
    return value_of(cell, name, COLUMNS[name], READING)


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("text", "=1+1", "=1+1"),
        ("text", "'=1+1", "=1+1"),
        ("text", "'quoted'", "'quoted'"),
        ("text", 7, "7"),
        ("text", 7.0, "7"),
        ("text", 0.1 + 0.2, "0.3"),
        ("text", 1e20, "100000000000000000000"),
        ("text", True, "TRUE"),
        ("text", date(2026, 7, 6), "06/07/2026"),
        ("text", datetime(2026, 7, 6, 8, 30), "06/07/2026 08:30"),  # noqa: DTZ001 - a cell has none.
        ("text", time(8, 30), "08:30"),
        ("text", timedelta(hours=30), "1 day, 6:00:00"),
        ("texts", "QT.05; QT.06\nQT.07", ["QT.05", "QT.06", "QT.07"]),
        ("texts", "7.5, 8.1", ["7.5, 8.1"]),
        ("session", "buoi 1 07/07/2026", "s1"),
        ("session", "s1", "s1"),
        ("other", "x", "x"),
        ("number", 12.0, 12),
        ("number", "1 000", 1000),
        ("number", "+5", 5),
        ("number", "-5", -5),
        ("number", "1.000", "1.000"),
        ("number", "9" * 30, "9" * 30),
        ("number", True, "TRUE"),
        ("money", "12,5", "12.5"),
        ("money", "007.50", "7.50"),
        ("money", "-0,5", "-0.5"),
        ("money", 12.5, "12.5"),
        ("money", 12, "12"),
        ("money", "1.000,5", "1.000,5"),
        ("money", False, "FALSE"),
        ("day", "6/7/2026", "2026-07-06"),
        ("day", "06-07-2026", "2026-07-06"),
        ("day", "06.07.2026", "2026-07-06"),
        ("day", "2026-07-06", "2026-07-06"),
        ("day", datetime(2026, 7, 6), "2026-07-06"),  # noqa: DTZ001 - a cell has none.
        ("day", datetime(2026, 7, 6, 9), "2026-07-06T09:00:00"),  # noqa: DTZ001 - a cell has none.
        ("day", date(2026, 7, 6), "2026-07-06"),
        ("day", 46209, "46209"),
        ("at", "08:30 06/07/2026", "2026-07-06T08:30:00+07:00"),
        ("at", "6/7/2026 8:05:09", "2026-07-06T08:05:09+07:00"),
        ("at", "2026-07-06T08:30:00Z", "2026-07-06T08:30:00+00:00"),
        ("at", datetime(2026, 7, 6, 8, 30), "2026-07-06T08:30:00+07:00"),  # noqa: DTZ001 - as above.
        ("at", "06/07/2026", "06/07/2026"),
        ("at", "2026-07-06", "2026-07-06"),
        ("tick", "X", True),
        ("tick", "Có", True),
        ("tick", "✓", True),
        ("tick", 1, True),
        ("tick", 0, False),
        ("tick", "KHÔNG", False),
        ("tick", False, False),
        ("tick", "có lẽ", "có lẽ"),
        ("unit", "van phong", "office"),
        ("unit", "PHÒNG  ĐO LƯỜNG", "lab"),
        ("units", "Phòng Kế hoạch, Tài chính", ["plan"]),
        ("units", "office, Phòng Đo lường", ["office", "lab"]),
        ("units", "Phòng Kế hoạch, Tài chính; office", ["plan", "office"]),
        ("person", "trần ÂN", "p2"),
        ("person", "AN.TRAN", "p1"),
        ("grade", "dat", "good"),
        ("grade", "good", "good"),
        ("grade", "passed", "good"),
    ],
)
def test_what_people_write_is_read(name: str, cell: Any, value: Any) -> None:
    found = read(name, cell)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("person", "Tran An", "unknown_name"),
        ("person", "", "unknown_name"),
        ("unit", "phong", "unknown_name"),
        ("units", "office, nowhere", "unknown_name"),
        ("grade", 3, "unknown_name"),
        ("session", "Buổi 2", "unknown_name"),
    ],
)
def test_what_names_nothing_is_not_guessed(name: str, cell: Any, code: str) -> None:
    with pytest.raises(NameFault) as fault:
        read(name, cell)
    assert fault.value.code == code


def test_two_things_of_one_name_are_ambiguous_but_their_ids_are_not() -> None:
    names = Names((("Phòng A", "a"), ("Phong A", "b"), ("PHÒNG A", "c")))
    with pytest.raises(NameFault, match="ambiguous_name"):
        names.find("phòng a")
    assert names.find("Phong A") == "b"
    assert names.find("a") == "a"
    assert not names.means("phòng a", "a")


def test_letters_without_accents_are_far_alike() -> None:
    assert far("Đơn vị: (Quản-lý)") == far("don vi quan ly") == "don vi quan ly"


def test_cells_are_shown_as_vietnam_writes_them() -> None:
    shown = [Decimal("1.50"), date(2026, 7, 6), datetime(2026, 7, 6, 8, 5, tzinfo=UTC), None, "a"]
    assert [shown_cell(cell) for cell in shown] == [
        "1,50",
        "06/07/2026",
        "06/07/2026 08:05",
        "",
        "a",
    ]
