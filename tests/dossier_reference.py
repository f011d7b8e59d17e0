"""The figures of an export, computed anew: plain Python over the raw lines, nothing of the product.

Slow and simple on purpose: days are counted one by one, and every dossier anew for every figure.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import holidays
from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[1]
ONE: Final = timedelta(days=1)
ENDS: Final = {
    "Đã trả kết quả": "finished",
    "Từ chối giải quyết": "sent_back",
    "Công dân rút hồ sơ": "stopped",
}


@cache
def decided() -> dict[date, bool]:
    """Day → whether people work on it, where the file of the calendar or the library says so."""
    found: dict[date, bool] = {}
    library = holidays.country_holidays("VN", years=range(2024, 2029))
    found.update(dict.fromkeys(library, False))
    found.update(dict.fromkeys(library.weekend_workdays, True))
    file = YAML(typ="safe").load((ROOT / "definitions/calendars/vn.yaml").read_text("utf-8"))
    for row in file["days"]:
        day = row["date"] if isinstance(row["date"], date) else date.fromisoformat(row["date"])
        found[day] = row["kind"] == "work"
    return found


@cache
def works(day: date) -> bool:
    return decided().get(day, day.weekday() < 5)


@cache
def between(start: date, end: date) -> int:
    """Working days after `start` up to `end`, one by one."""
    count = 0
    while start < end:
        start += ONE
        count += works(start)
    return count


@cache
def days_late(due: date, on: date) -> int:
    while not works(due):
        due += ONE
    return max(1, between(due, on)) if on > due else 0


def day(text: str) -> date | None:
    text = text.split(" ", maxsplit=1)[0]
    if not text:
        return None
    if "-" in text:
        return date.fromisoformat(text)
    parts = [int(part) for part in text.split("/")]
    return date(parts[2], parts[1], parts[0])


def halves(text: str) -> int:
    return round(2 * float(text.replace(",", "."))) if text else 0


def dossiers(path: Path, *, encoding: str, delimiter: str) -> list[dict[str, Any]]:
    """The last line of every dossier, in raw words."""
    with path.open(encoding=encoding, newline="") as file:
        lines = list(csv.reader(file, delimiter=delimiter))
    at = next(place for place, line in enumerate(lines) if "Mã hồ sơ" in line)
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines[at + 1 :]:
        raw = dict(zip(lines[at], line, strict=False))
        if not raw["Ngày tiếp nhận"] or raw["Ngày tiếp nhận"].startswith("("):
            continue
        try:
            day(raw["Ngày hẹn trả"])
        except ValueError:
            continue
        latest[raw["Mã hồ sơ"], raw["Ngày hẹn trả"]] = raw
    return list(latest.values())


def figures(raws: Iterable[dict[str, Any]], first: date, last: date) -> Counter[str]:  # noqa: C901, PLR0912, PLR0915
    """Every count of a window."""
    found: Counter[str] = Counter()
    for raw in raws:
        received, due = day(raw["Ngày tiếp nhận"]), day(raw["Ngày hẹn trả"])
        assert received is not None
        assert due is not None
        current = day(raw["Ngày hẹn lại"]) or due
        times = int(raw["Số lần hẹn lại"] or (1 if current != due else 0))
        ended = day(raw["Ngày trả kết quả"])
        letter = day(raw["Ngày văn bản xin lỗi"])
        term = halves(raw["Thời hạn quy định (ngày)"])
        cause = raw["Nguyên nhân quá hạn"]
        if received > last or (ended is not None and ended < first):
            continue
        is_open = ended is None or ended > last
        is_paused = raw["Trạng thái"].startswith("Tạm dừng")
        found["opening" if received < first else "received"] += 1
        found["reappointed_again"] += times > 1
        on = last if ended is None or is_open else ended
        late = days_late(current, on)
        overdue = False
        missed = bool(days_late(due, on))
        if is_open:
            found["closing"] += 1
            if received < first:
                found["backlog"] += 1
            if is_paused:
                found["paused"] += 1
                found["paused_late"] += late > 0
                missed = False
            elif late:
                found["pending_late"] += 1
                overdue = True
        else:
            status = ENDS[raw["Trạng thái"]]
            found[status] += 1
            overdue = late > 0
            if status == "finished":
                if on < due:
                    found["early"] += 1
                elif not missed:
                    found["on_time"] += 1
                elif late:
                    found["late"] += 1
                else:
                    found["reappointed"] += 1
                took = max(0, 2 * between(received, on) - halves(raw["Số ngày tạm dừng"]))
                found["regulated"] += term
                found["cut"] += term - took
                found["cut_reached"] += 100 * (term - took) >= 15 * term
            elif late:
                found["ended_late"] += 1
        if overdue:
            found["overdue"] += 1
            found["days_lost"] += late
            found["most_late"] = max(found["most_late"], late)
            found[f"cause {cause}"] += 1
            found[f"unit {raw['Đơn vị giải quyết']}"] += 1
        if missed or times:
            found["letters"] += 1
            in_time_by = due - ONE
            while not works(in_time_by):
                in_time_by -= ONE
            if letter is not None and letter <= last:
                found["in_time" if letter <= in_time_by else "letter_late"] += 1
    return found
