"""The dossiers of a simulated one-stop desk, and what its software exports of them on a morning.

1. Every dossier is drawn once, with its whole life; an export tells what is known by the evening
   before, of what is open or ended lately.
2. It tells no applicant: there is none.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from api.demonstration.exports import CAUSES, HEADINGS, PROCEDURES
from engine.calendars.business_days import Calendar

A_WEEK: Final = 5
UNITS_MANY: Final = 4
LATE: Final = 0.03
CLOSE: Final = 0.05
TOLD_FOR: Final = timedelta(days=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier with its whole life."""

    code: str
    procedure: str
    term: int
    unit: str
    received: date
    due: date
    ended: date
    cause: str

    def row(self, known: date) -> list[str]:
        """What the software says of it when it knows of all that happened by a day."""
        ended = self.ended <= known
        return [
            self.code,
            self.procedure,
            self.unit,
            f"{self.received:%d/%m/%Y}",
            f"{self.due:%d/%m/%Y}",
            "Đã trả kết quả" if ended else "Đang xử lý",
            f"{self.ended:%d/%m/%Y}" if ended else "",
            self.cause if ended else "",
            str(self.term),
        ]


def dossiers_of(
    year: int, *, seed: int, calendar: Calendar, units: tuple[str, ...]
) -> tuple[Dossier, ...]:
    """The dossiers that a desk receives in a year."""
    dice = Random(f"dossiers {seed} {year}")  # noqa: S311 - a simulation is no secret.
    return tuple(_drawn(year, dice, calendar, dice.sample(units, min(UNITS_MANY, len(units)))))


def export_of(dossiers: tuple[Dossier, ...], *, known: date) -> bytes:
    """The export that tells what is known by a day, as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADINGS)
    writer.writerows(
        dossier.row(known)
        for dossier in dossiers
        if dossier.received <= known <= dossier.ended + TOLD_FOR
    )
    return text.getvalue().encode("utf-8-sig")


def _drawn(year: int, dice: Random, calendar: Calendar, units: list[str]) -> Iterator[Dossier]:
    day, number = date(year, 1, 1), 0
    while day.year == year:
        for _ in range(dice.randint(A_WEEK // 2, A_WEEK + A_WEEK // 2)):
            received = day + timedelta(days=dice.randrange(7))
            if not calendar.is_working_day(received):
                received = calendar.next_working_day(received)
            number += 1
            place = dice.randrange(len(PROCEDURES))
            procedure, term = PROCEDURES[place]
            due = calendar.add_working_days(received, term)
            late = dice.random() < LATE
            # What is done in time is done days before; a few come close and are looked after.
            early = dice.randrange(4) if dice.random() < CLOSE else dice.randrange(4, term + 1)
            ended = (
                calendar.add_working_days(due, dice.randrange(1, 25))
                if late
                else max(received, calendar.subtract_working_days(due, early) if early else due)
            )
            yield Dossier(
                code=f"H15.22-{received:%y%m%d}-{number:04}",
                procedure=procedure,
                term=term,
                unit=units[place % len(units)],
                received=received,
                due=due,
                ended=ended,
                cause=dice.choice(CAUSES) if late else "",
            )
        day += timedelta(days=7)
