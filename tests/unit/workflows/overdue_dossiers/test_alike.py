"""However a file is counted, row by row or by what is alike, all that is told of it is the same."""

import io
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.business_days import Calendar
from engine.tables import csv_pieces
from tests.bench.state_calendar import state_calendar
from tests.dossier_exports import HEADINGS, Style, in_code_page, lines
from workflows.overdue_dossiers.analysis.counting import (
    Dimension,
    Window,
    analyse,
    analyse_export,
)
from workflows.overdue_dossiers.analysis.recurrence import Remedy
from workflows.overdue_dossiers.dossier import Cause
from workflows.overdue_dossiers.export import alike, keys
from workflows.overdue_dossiers.export.layout import REQUIRED, SourceMapping
from workflows.overdue_dossiers.export.opening import Export, ReadingSettings, open_export
from workflows.overdue_dossiers.export.vocabulary import fields

CALENDAR: Calendar = state_calendar()
WINDOW = Window(first=date(2026, 3, 2), last=date(2026, 5, 29))
REMEDIES = (
    Remedy(cause=Cause.LATE_UPDATE, on=date(2026, 4, 15)),
    Remedy(cause=Cause.SLOW_HANDLING, on=date(2026, 4, 1), unit="Văn phòng Sở"),
)
DIRT = (
    *("", " ", "x", "??", '"', '"a', "a\nb", "31/02/2026", "2026-04-01", "1/4/2026", "1.4.26"),
    *("01/04/2026 08:00", "8h30 01/04/2026", "2026-04-01T08:30", "46113", "0912345678"),
    *(
        "Nguyễn Văn An",
        "031090034747",
        "Đã trả kết quả",
        "Tạm dừng",
        "-1",
        "2,5",
        "3 giờ",
        "999999",
    ),
    *("Phòng Quản lý Khoa học", "cấp phép; mẫu 2", 'Phòng "A"', "H15/1", "Mã hồ sơ", "'=1"),
)
OPTIONAL = sorted(set(fields()) - set(REQUIRED))


def told(export: Export, found: Any) -> dict[str, Any]:
    return {
        "figures": found.told(Dimension),
        "source": asdict(export.reconciliation()),
        "faults": dict(export.faults.counts),
        "kept": [fault.told() for fault in export.faults.kept],
    }


def opened(content: bytes, left_out: Iterable[str] = ()) -> Export:
    mapping = SourceMapping(columns=dict.fromkeys(left_out, ""))
    settings = ReadingSettings(mapping=mapping)
    return open_export(io.BytesIO(content), filename="a.csv", settings=settings)


def by_row(export: Export, remedies: tuple[Remedy, ...]) -> dict[str, Any]:
    return told(export, analyse(export.current(), WINDOW, CALENDAR, remedies=remedies))


def gathered(export: Export, remedies: tuple[Remedy, ...]) -> dict[str, Any]:
    return told(export, analyse_export(export, WINDOW, CALENDAR, remedies=remedies))


def dirty(seed: int, *, rows: int, style: Style, dirt: int) -> str:
    """An export in which so many of a hundred rows have a strange cell, or strange quotes."""
    random = Random(seed)  # noqa: S311 - made up, and the same again.
    written = []
    for row in lines(rows, seed=seed, style=style):
        cells = list(row)
        if random.randrange(100) < dirt and len(cells) == len(HEADINGS) and cells != list(HEADINGS):
            for _ in range(random.randrange(1, 3)):
                cells[random.randrange(1, len(cells))] = random.choice(DIRT)
        quoted = random.randrange(100) < dirt
        written.append(style.delimiter.join(_cell(cell, style, quoted=quoted) for cell in cells))
    return random.choice(["\n", "\r\n"]).join(written)


def _cell(cell: str, style: Style, *, quoted: bool) -> str:
    if quoted or any(sign in cell for sign in f'{style.delimiter}"\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@given(
    seed=st.integers(0, 10_000),
    dirt=st.sampled_from([0, 3, 40]),
    style=st.builds(
        Style,
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1258"]),
        delimiter=st.sampled_from([";", ",", "\t"]),
        iso=st.booleans(),
        titles=st.booleans(),
        late=st.just(60),
        twice=st.just(40),
        wrong=st.just(10),
    ),
    small=st.booleans(),
    looked_at=st.booleans(),
    left_out=st.sets(st.sampled_from(OPTIONAL)) | st.just(frozenset(OPTIONAL)),
)
def test_figures_faults_and_what_is_compared_are_the_same_row_by_row_and_gathered(
    seed: int,
    dirt: int,
    style: Style,
    small: bool,
    looked_at: bool,
    left_out: Iterable[str],
) -> None:
    text = dirty(seed, rows=40, style=style, dirt=dirt)
    content = in_code_page(text) if style.encoding == "cp1258" else text.encode(style.encoding)
    remedies = REMEDIES if looked_at else ()
    expected = by_row(opened(content, left_out), remedies)
    with pytest.MonkeyPatch.context() as patch:
        if small:
            # As few of everything as a file of a million kinds would have.
            patch.setattr(csv_pieces, "READ_BYTES", 700)
            patch.setattr(alike, "REMEMBERED_MAX", 3)
            patch.setattr(alike, "COUNTED_MAX", 5)
            patch.setattr(alike, "COURSES_MAX", 12)
            patch.setattr(alike, "COMBINATIONS_MAX", 9)
            patch.setattr(keys, "HELD_MAX", 7)
        assert gathered(opened(content, left_out), remedies) == expected
