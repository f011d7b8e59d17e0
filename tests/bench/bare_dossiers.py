"""Bare scripts over the generator's file: what plain Python can do, without a question asked.

`reference` counts what `performance.md` counted: days late by unit, by procedure, Pareto. `same`
counts every figure that the product counts. Neither checks a cell, hides a name, or knows that a
row may come twice. `checked` is the fair one: every figure, and what must be done to every row
before it may be counted (`CHECKED` names it). All know the columns beforehand.
"""

import codecs
import csv
import hashlib
import json
import re
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from engine.calendars.business_days import Calendar
from tests.dossier_exports import CAUSES, STAGES

FIRST, LAST = date(2026, 4, 1), date(2026, 6, 30)


def running_days(calendar: Calendar) -> dict[date, int]:
    """Day → working days up to and including it."""
    day, count, found = date(2020, 1, 1), 0, {}
    while day < date(2032, 1, 1):
        count += calendar.is_working_day(day)
        found[day] = count
        day += timedelta(days=1)
    return found


def spoken(running: dict[date, int]) -> dict[str, int]:
    """The same by the words of the file."""
    return {f"{day:%d/%m/%Y}": count for day, count in running.items()}


def reference(path: Path, calendar: Calendar) -> dict[str, int]:
    """csv, a dictionary as calendar, Counter."""
    running = spoken(running_days(calendar))
    now = running[f"{LAST:%d/%m/%Y}"]
    by_unit: Counter[str] = Counter()
    by_procedure: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        for row in rows:
            late = running.get(row[14], now) - running[row[10]]
            if late > 0:
                by_unit[row[6]] += late
                by_procedure[row[5]] += late
                causes[row[15]] += 1
    return {"overdue": causes.total(), "days": by_unit.total(), "procedures": len(by_procedure)}


def same(path: Path, calendar: Calendar) -> dict[str, int]:
    """Every figure of the product, told apart by the same five columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        return counted(rows, calendar)


def counted(  # noqa: C901, PLR0912, PLR0915 - one loop, as such a script has it.
    rows: Iterable[list[str]], calendar: Calendar
) -> dict[str, int]:
    """Every figure of some rows."""
    running = running_days(calendar)
    days = {f"{day:%d/%m/%Y}": day for day in running}
    off = {day for day in running if not calendar.is_working_day(day)}
    halves: dict[str, int] = {"": 0}
    tallies: defaultdict[tuple[str, ...], Counter[str | int]] = defaultdict(Counter)

    def lateness(due: date, on: date) -> int:
        while due in off:
            due += timedelta(days=1)
        return max(1, running[on] - running[due]) if on > due else 0

    for row in rows:
        received, due = days[row[9][:10]], days[row[10]]
        ended = days[row[14]] if row[14] else None
        if received > LAST or (ended is not None and ended < FIRST):
            continue
        current = days[row[11]] if row[11] else due
        times = row[12]
        tally = tallies[row[5], row[6], row[7], row[8], row[15]]
        tally["opening" if received < FIRST else "received"] += 1
        if times > "1":
            tally["again"] += 1
        missed = 0
        if ended is None or ended > LAST:
            tally["closing"] += 1
            if received < FIRST:
                tally["backlog"] += 1
                tally[running[LAST] - running[received] + 100_000] += 1
            late = lateness(current, LAST)
            if row[13][0] == "T":
                tally["paused"] += 1
            elif late:
                tally["pending_late"] += 1
                tally[late] += 1
                missed = 1
        else:
            late = lateness(current, ended) if ended > due else 0
            missed = late or (lateness(due, ended) if ended > due else 0)
            if row[13][1] == "ã":
                tally["finished"] += 1
                tally["early" if ended < due else "late" if late else "on_time"] += 1
                for text in (row[17], row[18]):
                    if text not in halves:
                        halves[text] = round(2 * float(text.replace(",", ".")))
                term = halves[row[17]]
                took = max(0, 2 * (running[ended] - running[received]) - halves[row[18]])
                tally["regulated"] += term
                tally["actual"] += took
                if 100 * (term - took) >= 15 * term:
                    tally["reached"] += 1
            else:
                tally["broken_off"] += 1
            if late:
                tally[late] += 1
        if missed or times:
            tally["letters"] += 1
            if row[16] and days[row[16]] <= LAST:
                tally["letter_in_time" if days[row[16]] < due else "letter_late"] += 1
    total: Counter[str | int] = Counter()
    for tally in tallies.values():
        total.update(tally)
    return {name: count for name, count in total.items() if isinstance(name, str)}


CHECKED: Final = (
    "that the file is UTF-8, its SHA-256, that a code is one and no person's number, that every"
    " cell can be meant and none contradicts another, the sum of keys, rows that come again"
)
"""What `checked` and the product do to a file and `reference` leaves out."""


def checked(path: Path, calendar: Calendar) -> dict[str, Any]:  # noqa: C901, PLR0915 - as above.
    """`same`, and before it what makes its figures ones to be relied on."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8-sig")()
    with path.open("rb") as content:
        while piece := content.read(64 * 1024):
            digest.update(piece)
            decoder.decode(piece)
    days = {f"{day:%d/%m/%Y}": day.isoformat() for day in running_days(calendar)}
    hours = {f" {hour:02}:{minute:02}" for hour in range(24) for minute in range(60)}
    code = re.compile(r"(?=\D*\d)(?=\d*\D)[0-9A-Za-z][0-9A-Za-z./_()-]{0,59}")
    stages, causes = set(STAGES), {*CAUSES, ""}
    states = {"Đã trả kết quả", "Đang xử lý", "Tạm dừng chờ bổ sung"}
    states |= {"Từ chối giải quyết", "Công dân rút hồ sơ"}
    terms: dict[str, float] = {}
    parts, total, faults = [array("Q") for _ in range(256)], 0, []

    def is_sound(row: list[str]) -> bool:
        received, current, ended, letter = row[9], row[11], row[14], row[16]
        for text in (row[17], row[18]):
            if text not in terms:
                terms[text] = float(text.replace(",", ".") or 0)
        return (
            code.fullmatch(row[1]) is not None
            and bool(row[5] and row[6])
            and row[8] in stages
            and row[13] in states
            and row[15] in causes
            and received[10:] in hours
            and days[received[:10]] <= days[row[10]]
            and (not current or days[current] >= days[row[10]])
            and (not ended or days[ended] >= days[received[:10]])
            and (not letter or days[letter] >= days[received[:10]])
            and (row[12] or "0").isdecimal()
        )

    def sound(rows: Iterator[list[str]]) -> Iterator[list[str]]:
        nonlocal total
        for number, row in enumerate(rows, start=2):
            try:
                if not is_sound(row):
                    faults.append(number)
                    continue
            except (KeyError, IndexError, ValueError):
                faults.append(number)
                continue
            key = hashlib.sha256(f"{row[1]}\0{days[row[10]]}".encode()).digest()
            told = int.from_bytes(key[:8], "big")
            total += told
            parts[told & 255].append(told)
            yield row

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";", strict=True)
        next(rows)
        figures = counted(sound(rows), calendar)
    again = sum(len(part) - len(set(part)) for part in parts)
    told_of = {"faults": len(faults), "twice": again, "keys": total, "sha256": digest.hexdigest()}
    return {**figures, **told_of}


def main() -> None:
    """Run one of them, as a process of its own."""
    from tests.bench.state_calendar import state_calendar  # noqa: PLC0415

    contender = {"reference": reference, "same": same, "checked": checked}[sys.argv[1]]
    sys.stdout.write(json.dumps(contender(Path(sys.argv[2]), state_calendar())))


if __name__ == "__main__":
    main()
