"""Bare scripts over the generator's file: what plain Python can do, without a question asked.

`reference` counts what `performance.md` counted: days late by unit, by procedure, Pareto. `same`
counts every figure that the product counts. Neither checks a cell, hides a name, or knows that a
row may come twice; both know the columns beforehand.
"""

import csv
import json
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

from engine.calendars.business_days import Calendar

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


def same(path: Path, calendar: Calendar) -> dict[str, int]:  # noqa: C901, PLR0912, PLR0915
    """Every figure of the product, told apart by the same five columns."""
    running = running_days(calendar)
    days = {f"{day:%d/%m/%Y}": day for day in running}
    off = {day for day in running if not calendar.is_working_day(day)}
    halves: dict[str, int] = {"": 0}
    tallies: defaultdict[tuple[str, ...], Counter[str | int]] = defaultdict(Counter)

    def lateness(due: date, on: date) -> int:
        while due in off:
            due += timedelta(days=1)
        return max(1, running[on] - running[due]) if on > due else 0

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
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


def main() -> None:
    """Run one of them, as a process of its own."""
    from tests.bench.state_calendar import state_calendar  # noqa: PLC0415

    contender = {"reference": reference, "same": same}[sys.argv[1]]
    sys.stdout.write(json.dumps(contender(Path(sys.argv[2]), state_calendar())))


if __name__ == "__main__":
    main()
