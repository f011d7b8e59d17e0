"""Exports of a one-stop desk, made up row by row: seeded, of any length, with real dirt in them.

Nothing is kept but the rows that will come a second time. The same seed makes the same bytes.
"""

import csv
import io
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

import openpyxl

HEADINGS: Final = (
    "STT",
    "Mã hồ sơ",
    "Họ và tên người nộp",
    "Số điện thoại",
    "Số CCCD",
    "Tên thủ tục hành chính",
    "Đơn vị giải quyết",
    "Đơn vị của cán bộ thụ lý",
    "Khâu",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày hẹn lại",
    "Số lần hẹn lại",
    "Trạng thái",
    "Ngày trả kết quả",
    "Nguyên nhân quá hạn",
    "Ngày văn bản xin lỗi",
    "Thời hạn quy định (ngày)",
    "Số ngày tạm dừng",
    "Ghi chú",
)
UNITS: Final = (
    "Phòng Quản lý Khoa học",
    "Phòng Quản lý Công nghệ",
    "Phòng Quản lý Chuyên ngành",
    "Chi cục Tiêu chuẩn Đo lường Chất lượng",
    "Phòng Bưu chính, Viễn thông",
    "Văn phòng Sở",
)
PROCEDURES: Final = tuple(
    (f"{verb} {thing}", unit, halves)
    for unit, (verb, thing, halves) in enumerate(
        (v, t, h)
        for v in ("Cấp", "Cấp lại", "Sửa đổi, bổ sung", "Gia hạn")
        for t, h in (
            ("giấy phép tiến hành công việc bức xạ", 44),
            ("giấy chứng nhận đăng ký hoạt động khoa học và công nghệ", 20),
            ("chứng chỉ nhân viên bức xạ; mẫu 2", 15),
            ("giấy chứng nhận doanh nghiệp khoa học và công nghệ", 30),
            ("xác nhận khai báo thiết bị X-quang", 10),
            ("giấy phép bưu chính", 41),
        )
    )
)
SURNAMES: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ")
MIDDLES: Final = ("Văn", "Thị", "Đức", "Ngọc", "Hữu", "Minh")
GIVEN: Final = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Loan", "Tâm", "Uyên")
STAGES: Final = ("Tiếp nhận", "Thụ lý", "Phối hợp", "Trình, ký", "Trả kết quả")
CAUSES: Final = (
    *("Chậm thao tác trên phần mềm",) * 6,
    *("Chậm tham mưu, thụ lý",) * 4,
    *("Lỗi hệ thống",) * 3,
    *("Chậm ý kiến phối hợp", "Chậm trình, ký", "Hồ sơ phải bổ sung", "Thiếu người", "", ""),
)
TET: Final = frozenset(date(2026, 2, 16) + timedelta(days=n) for n in range(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the program that exports is like.

    `late` rows come again, finished meanwhile; `twice` come again as they were; `wrong` ones cannot
    be read. All three are so many of a thousand.
    """

    encoding: str = "utf-8-sig"
    delimiter: str = ";"
    titles: bool = True
    iso: bool = False
    sums: bool = True
    late: int = 10
    twice: int = 4
    wrong: int = 2


CLEAN: Final = Style(titles=False, sums=False, late=0, twice=0, wrong=0)
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    code: str
    person: Row
    procedure: str
    unit: str
    officer: str
    stage: str
    received: str
    due: str
    moved: str
    times: str
    status: str
    ended: str
    cause: str
    letter: str
    term: str
    paused: str
    note: str = ""

    def row(self, number: int) -> Row:
        return (
            str(number),
            self.code,
            *self.person,
            *(self.procedure, self.unit, self.officer, self.stage, self.received, self.due),
            *(self.moved, self.times, self.status, self.ended, self.cause, self.letter),
            *(self.term, self.paused, self.note),
        )


class Desk:
    """Makes rows up; `first` is the first day on which something is received."""

    def __init__(self, seed: int, *, first: date = date(2026, 1, 5), days: int = 200) -> None:
        self._random = Random(seed)  # noqa: S311 - made up, and the same again.
        span = (first + timedelta(days=n) for n in range(days + 200))
        self._open = [day for day in span if day.isoweekday() < 6 and day not in TET]
        self._length = int(days * 5 / 7) - 4
        self._last = self._open[self._length]

    def rows(self, count: int, style: Style = CLEAN) -> Iterator[Row]:
        """So many rows under the heading, sums and repeated rows not counted."""
        again: deque[tuple[int, _Made]] = deque()
        number = 0
        for place in range(count):
            number += 1
            made = self._made(place, style)
            dirt = self._random.randrange(1_000)
            if dirt < style.wrong:
                yield replace(made, due="31/02/2026" if dirt % 2 else "??").row(number)
                continue
            yield made.row(number)
            if dirt < style.wrong + style.late + style.twice:
                as_it_was = dirt >= style.wrong + style.late
                again.append((place + 100, made if as_it_was else self._ended(made, style)))
            while again and again[0][0] <= place:
                number += 1
                yield again.popleft()[1].row(number)
            if style.sums and place and place % 5_000 == 0:
                yield ("", f"Cộng trang {place // 5_000}", *[""] * (len(HEADINGS) - 2))
        for _, made in again:
            number += 1
            yield made.row(number)

    def _made(self, place: int, style: Style) -> _Made:
        random = self._random
        procedure, unit, halves = PROCEDURES[int(random.random() ** 2 * len(PROCEDURES))]
        start = int(random.random() * self._length)
        received = self._open[start]
        due = start + (halves * 85 // 100 + 1) // 2
        moved = random.random() < 0.03
        current = due + 5 if moved else due
        luck = random.random()
        end = _end(random, luck, start, due, current)
        ended = self._open[end] if end is not None else None
        if ended is not None and ended > self._last:
            ended = None
        late = (ended or self._last) > self._open[current]
        letter = self._open[max(start, due - 2 + random.randrange(5))] if moved or late else None
        status = _status(random, luck, ended)
        return _Made(
            code=f"H15.22-{received:%y%m%d}-{place:07}",
            person=_person(random),
            procedure=procedure,
            unit=UNITS[unit % len(UNITS)],
            officer=UNITS[(unit + (random.random() < 0.1)) % len(UNITS)],
            stage=STAGES[random.randrange(5)],
            received=_told(received, style)
            + f" {7 + random.randrange(10):02}:{random.randrange(60):02}",
            due=_told(self._open[due], style),
            moved=_told(self._open[current], style) if moved else "",
            times=("1" if random.random() < 0.9 else "2") if moved else "",
            status=status,
            ended=_told(ended, style) if ended is not None and status not in _OPEN else "",
            cause=CAUSES[random.randrange(len(CAUSES))] if late else "",
            letter=_told(letter, style) if letter is not None and random.random() < 0.6 else "",
            term=f"{halves / 2:g}".replace(".", ","),
            paused="1,5" if random.random() < 0.02 else "",
            note="Gọi số 0912 345 678" if random.random() < 0.001 else "",
        )

    def _ended(self, made: _Made, style: Style) -> _Made:
        """The same dossier in a later picture."""
        if made.ended:
            return made
        return replace(made, status="Đã trả kết quả", ended=_told(self._last, style))


_OPEN: Final = frozenset({"Đang xử lý", "Tạm dừng chờ bổ sung"})


def _end(random: Random, luck: float, start: int, due: int, current: int) -> int | None:
    if luck < 0.62:
        return start + int(random.random() * max(1, due - start))
    if luck < 0.86:
        return due
    if luck < 0.90:
        return current
    if luck < 0.96:
        return current + 1 + int(random.random() ** 3 * 45)
    return None


def _status(random: Random, luck: float, ended: date | None) -> str:
    if ended is None:
        return "Tạm dừng chờ bổ sung" if luck > 0.995 else "Đang xử lý"
    if random.random() < 0.02:
        return "Từ chối giải quyết" if random.random() < 0.5 else "Công dân rút hồ sơ"
    return "Đã trả kết quả"


def _person(random: Random) -> Row:
    name = " ".join(part[int(random.random() * len(part))] for part in (SURNAMES, MIDDLES, GIVEN))
    number = int(random.random() * 10**8)
    return name, f"09{number:08}", f"0310900{number % 100_000:05}"


def _told(day: date, style: Style) -> str:
    return day.isoformat() if style.iso else f"{day.day:02}/{day.month:02}/{day.year}"


def lines(count: int, *, seed: int, style: Style) -> Iterator[Row]:
    """Every line of a file: titles, heading, rows."""
    if style.titles:
        yield ("SỞ KHOA HỌC VÀ CÔNG NGHỆ, BỘ PHẬN MỘT CỬA",)
        yield ("DANH SÁCH HỒ SƠ", "", "", "Năm 2026")
        yield ()
    yield HEADINGS
    if style.titles:
        yield tuple(f"({n})" for n in range(1, len(HEADINGS) + 1))
    yield from Desk(seed).rows(count, style)


def write_csv(path: Path, count: int, *, seed: int = 1, style: Style = CLEAN) -> None:
    """An export as CSV."""
    with path.open("wb") as file:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=style.delimiter)
        if style.encoding == "utf-8-sig":
            file.write(b"\xef\xbb\xbf")
        for number, line in enumerate(lines(count, seed=seed, style=style)):
            writer.writerow(line)
            if number % 2_000 == 0:
                _flush(text, file, style)
        _flush(text, file, style)


def write_xlsx(path: Path, rows: Iterable[Row]) -> None:
    """An export as a workbook; the days stand as a spreadsheet keeps them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Hồ sơ")
    days = {HEADINGS.index(name) for name in ("Ngày hẹn trả", "Ngày hẹn lại", "Ngày trả kết quả")}
    for row in rows:
        sheet.append(
            [_as_day(cell) if place in days else cell or None for place, cell in enumerate(row)]
        )
    book.save(path)


def _as_day(cell: str) -> object:
    parts = cell.split("/")
    if len(parts) == 3 and all(part.isdecimal() for part in parts):
        try:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        except ValueError:
            return cell
    return cell or None


def _flush(text: io.StringIO, file: io.BufferedWriter, style: Style) -> None:
    told = text.getvalue()
    text.seek(0)
    text.truncate()
    encoding = style.encoding.removesuffix("-sig")
    file.write(in_code_page(told) if encoding == "cp1258" else told.encode(encoding))


def in_code_page(text: str) -> bytes:
    """A text as Windows-1258 has it: base letters composed, tones apart."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    found = ""
    for character in text:
        parts = unicodedata.normalize("NFD", character)
        base = "".join(part for part in parts if part not in tones)
        found += unicodedata.normalize("NFC", base) + "".join(p for p in parts if p in tones)
    return found.encode("cp1258")
