"""Dossiers of a quarter, their weekly exports, and what a period of them counts: plain Python.

Nothing of the house is used here, so that its totals can be held against these. The numbers are
counted row by row in the plainest way.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

UNITS = {
    "special_management": "Phòng Quản lý chuyên ngành",
    "tdc": "Chi cục Tiêu chuẩn Đo lường Chất lượng",
    "science_management": "Phòng Quản lý Khoa học",
}
HEADING = (
    "Mã hồ sơ", "Tên thủ tục", "Đơn vị", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày hẹn trả mới",
    "Số lần hẹn lại", "Trạng thái", "Ngày trả", "Thời hạn quy định",
)  # fmt: skip
WORDS = {
    "pending": "Đang xử lý", "paused": "Tạm dừng", "finished": "Đã trả kết quả",
    "sent_back": "Trả lại", "stopped": "Dừng giải quyết",
}  # fmt: skip
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a dossier, all of it; an export tells as much as has happened.

    Attributes:
        moved_on, new_due: when another day was promised, and which.
        ended, ending: when and how it ended, such as `finished`.
        told_from: the first day whose export tells of it at all; the desk is late now and then.
    """

    code: str
    unit: str
    received: date
    due: date
    term: int
    ended: date | None = None
    ending: str = "finished"
    paused: bool = False
    moved_on: date | None = None
    new_due: date | None = None
    told_from: date | None = None

    def due_at(self, day: date) -> date:
        """The day promised last, as it stood on a day."""
        return self.new_due if self.moved_on and self.new_due and self.moved_on <= day else self.due

    def ended_by(self, day: date) -> date | None:
        """The day of its end, if that was by this day."""
        return self.ended if self.ended and self.ended <= day else None


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Days on which people work."""

    off: frozenset[date]
    made_up: frozenset[date]

    def works(self, day: date) -> bool:
        return day in self.made_up or (day.weekday() < 5 and day not in self.off)

    def between(self, start: date, end: date) -> int:
        """Working days after the first day up to the last one."""
        day, count = start, 0
        while day < end:
            day += DAY
            count += self.works(day)
        return count

    def last_of(self, day: date) -> date:
        """The last working day up to a day."""
        return day if self.works(day) else self.last_of(day - DAY)

    def after(self, start: date, count: int) -> date:
        day = start
        while count:
            day += DAY
            count -= self.works(day)
        return day


def fates(calendar: WorkingDays, *, first: date, last: date, each_day: int = 5) -> tuple[Fate, ...]:
    """Some dossiers for every working day; most in time, some late, some never done."""
    dice = random.Random(2026)  # noqa: S311 - the same quarter each time.
    found = []
    day = first
    while day <= last:
        for number in range(each_day if calendar.works(day) else 0):
            unit = dice.choice(list(UNITS))
            term = dice.randint(5, 12)
            due = calendar.after(day, term)
            found.append(
                _fate(dice, calendar, code=f"H24.{day:%m%d}.{number}", unit=unit, received=day,
                      due=due, term=term)
            )  # fmt: skip
        day += DAY
    return tuple(found)


def _fate(
    dice: random.Random, calendar: WorkingDays, *, code: str, unit: str, received: date,
    due: date, term: int,
) -> Fate:  # fmt: skip
    plain = Fate(code=code, unit=unit, received=received, due=due, term=term)
    chance = dice.random()
    if chance < 0.90:
        return replace(plain, ended=calendar.after(received, dice.randint(1, term)))
    if chance < 0.95:
        return replace(plain, ended=calendar.after(due, dice.randint(1, 6)))
    if chance < 0.97:
        return replace(plain, ended=calendar.after(received, 2), ending="sent_back")
    if chance < 0.985:
        return replace(plain, ended=calendar.after(due, 2), ending="stopped")
    return replace(plain, paused=True)


def export(found: Iterable[Fate], day: date) -> str:
    """The desk's export of a day: what it knows by then, with the names that nobody may keep."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow((*HEADING, "Người nộp"))
    for fate in found:
        if fate.received > day or (fate.told_from and day < fate.told_from):
            continue
        ended, due = fate.ended_by(day), fate.due_at(day)
        status = fate.ending if ended else "paused" if fate.paused else "pending"
        writer.writerow(
            (
                fate.code, "Cấp giấy phép tiến hành công việc bức xạ", UNITS[fate.unit],
                f"{fate.received:%d/%m/%Y}", f"{fate.due:%d/%m/%Y}",
                f"{due:%d/%m/%Y}" if due != fate.due else "", int(due != fate.due),
                WORDS[status], f"{ended:%d/%m/%Y}" if ended else "", fate.term, "Nguyễn Văn An",
            )
        )  # fmt: skip
    return file.getvalue()


def totals(
    found: Iterable[Fate], calendar: WorkingDays, first: date, last: date,
    *, excluded: frozenset[str] = frozenset(), unit: str | None = None,
) -> dict[str, int]:  # fmt: skip
    """What a period counts, by the names of the house's columns."""
    names = (
        "opening", "received", "finished", "sent_back", "stopped", "closing", "early", "on_time",
        "reappointed", "late", "ended_late", "pending_late", "backlog", "excluded", "days_lost",
        "measured", "regulated", "actual", "cut_reached",
    )  # fmt: skip
    told = dict.fromkeys(names, 0)
    for fate in found:
        if unit is not None and fate.unit != unit:
            continue
        for name, number in _counted(fate, calendar, first, last, fate.code in excluded):
            told[name] += number
    return told


def _counted(
    fate: Fate, calendar: WorkingDays, first: date, last: date, excluded: bool
) -> Iterator[tuple[str, int]]:
    ended, due = fate.ended_by(last), fate.due_at(last)
    if fate.received > last or (ended and ended < first):
        return
    yield "opening" if fate.received < first else "received", 1
    yield "excluded", int(excluded)
    until = ended or last
    # The day after the last one is late, whether people work on it or not.
    late = 0 if excluded or until <= due else max(1, calendar.between(due, until))
    if ended is None:
        yield "closing", 1
        yield "backlog", int(fate.received < first)
        if late and not fate.paused:
            yield "pending_late", 1
            yield "days_lost", late
        return
    yield fate.ending, 1
    if fate.ending != "finished":
        yield "ended_late", int(late > 0)
    else:
        yield from _finished(fate, calendar, ended, late, excluded)
    yield "days_lost", late


def _finished(
    fate: Fate, calendar: WorkingDays, ended: date, late: int, excluded: bool
) -> Iterator[tuple[str, int]]:
    if excluded or ended == fate.due:
        yield "on_time", 1
    elif ended < fate.due:
        yield "early", 1
    elif late:
        yield "late", 1
    else:
        yield "reappointed", 1
    actual = 2 * calendar.between(fate.received, ended)
    yield "measured", 1
    yield "regulated", 2 * fate.term
    yield "actual", actual
    yield "cut_reached", int((2 * fate.term - actual) * 100 >= 15 * 2 * fate.term)
