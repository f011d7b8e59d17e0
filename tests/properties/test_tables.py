"""What a sheet to fill in holds, once filled in, is read back as the same values."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import FieldSpec, Text
from engine.definition.values import read_values, to_json
from engine.tables.cells import reading_of
from engine.tables.names import Known, Names
from engine.tables.reading import read_sheet
from engine.tables.rows import rows_of
from engine.tables.writing import Form, SheetFormat, write_sheet

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PEOPLE = {"p001": "Nguyễn Văn An", "p002": "Trần Thị Bình", "p003": "Trần Thị Bình"}
UNITS = {"office": ("Văn phòng", "Office"), "lab": ("Phòng Kế hoạch; Tài chính", "Planning, money")}
KNOWN = Known(
    people=Names(((name, key) for key, name in PEOPLE.items()), strict=True),
    units=Names((title, key) for key, both in UNITS.items() for title in both),
    titles={
        "person": {"p001": "Nguyễn Văn An", "p002": "p002", "p003": "p003"},
        "unit.vi": {key: both[0] for key, both in UNITS.items()},
        "unit.en": {key: both[1] for key, both in UNITS.items()},
    },
)


def column(number: int, **keys: Any) -> FieldSpec:
    return FieldSpec.model_validate(
        {"title": {"vi": f"Cột số {number}", "en": f"Column {number}"}, **keys}
    )


COLUMNS = {
    name: column(number, **keys)
    for number, (name, keys) in enumerate(
        {
            "text": {"type": "text"},
            "texts": {"type": "text", "many": True},
            "number": {"type": "integer"},
            "money": {"type": "decimal", "scale": 2},
            "day": {"type": "date"},
            "instant": {"type": "datetime"},
            "tick": {"type": "boolean"},
            "grade": {
                "type": "choice",
                "choices": {
                    "good": {"vi": "Tốt", "en": "Good"},
                    "bad": {"vi": "Kém; yếu", "en": "Poor"},
                    "odd": {"vi": "Tốt", "en": "Odd"},
                },
            },
            "grades": {
                "type": "choice",
                "many": True,
                "choices": {"a": {"vi": "Loại A, đạt", "en": "A"}, "b": {"vi": "B;", "en": "B"}},
            },
            "who": {"type": "person"},
            "whose": {"type": "person", "many": True},
            "unit": {"type": "unit"},
        }.items()
    )
}
ORDINARY = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"])
TEXTS = (
    st.text(ORDINARY | st.sampled_from("=+-@'\n,;\"ếộĐ"), min_size=1, max_size=40)
    .map(str.strip)
    .filter(bool)
)
INSTANTS = st.datetimes(datetime(1901, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware by the strategy.


def some(items: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(items, min_size=1, max_size=3, unique=True)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "texts": some(TEXTS.filter(lambda text: not set(text) & set(";\n"))),
    "number": st.integers(-(2**53) + 1, 2**53 - 1),
    "money": st.decimals(Decimal(-(10**14)), Decimal(10**14), places=2).map(
        lambda value: format(value, "f")
    ),
    "day": st.dates(datetime(1900, 1, 1).date(), datetime(2999, 12, 31).date()).map(to_json),  # noqa: DTZ001 - days have no zone.
    "instant": (INSTANTS | INSTANTS.map(lambda at: at.replace(second=0, microsecond=0))).map(
        to_json
    ),
    "tick": st.booleans(),
    "grade": st.sampled_from(["good", "bad", "odd"]),
    "grades": some(st.sampled_from(["a", "b"])),
    "who": st.sampled_from(list(PEOPLE)),
    "whose": some(st.sampled_from(list(PEOPLE))),
    "unit": st.sampled_from(list(UNITS)),
}
ROWS = st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=4)


@given(
    rows=ROWS,
    wanted=st.sampled_from(list(SheetFormat)),
    language=st.sampled_from(["vi", "en"]),
)
def test_a_filled_sheet_is_read_back_as_the_same_values(
    rows: list[dict[str, Any]], wanted: SheetFormat, language: str
) -> None:
    typed = [read_values(COLUMNS, row, partial=True) for row in rows]
    reading = reading_of(COLUMNS, known=KNOWN, zone=ZONE)
    form = Form(
        title=Text(vi="Bảng thử", en="Trial"),
        columns=COLUMNS,
        reading=reading,
        language=language,
        rows=typed,
    )
    content = io.BytesIO(write_sheet(form, wanted))
    sheet = read_sheet(content, filename=f"b.{wanted.value}")
    found, faults = rows_of(sheet, COLUMNS, reading)
    assert faults == ()
    # A row without any value leaves no line in the sheet.
    expected = [
        {name: row.get(name) for name in COLUMNS}
        for row in typed
        if any(value is not None for value in row.values())
    ]
    assert [read_values(COLUMNS, row.values, partial=True) for row in found] == expected


@given(shift=st.integers(-720, 720))
def test_an_instant_without_an_offset_is_on_the_clock_of_the_organisation(shift: int) -> None:
    at = datetime(2026, 7, 6, 1, tzinfo=UTC) + timedelta(minutes=shift)
    reading = reading_of(COLUMNS, known=KNOWN, zone=ZONE)
    local = at.astimezone(ZONE)
    text = f"Cột số 5\n{local:%d/%m/%Y %H:%M}\n".encode()
    found, faults = rows_of(read_sheet(io.BytesIO(text), filename="b.csv"), COLUMNS, reading)
    assert faults == ()
    read = read_values(COLUMNS, found[0].values, partial=True)
    assert read == {"instant": at}
