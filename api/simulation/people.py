"""Who the people of a simulation are: how soon they act, how careful they are, when they are away.

Everything about somebody is drawn once, from the seed and the person alone: another office, or
another order of the days, leaves the same people.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from api.simulation.office import Staff

LEAVES: Final = (1, 3)
LEAVE_DAYS: Final = (3, 12)
DEPUTISED_DAYS: Final = 3
"""From so many days on somebody names a deputy before going."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How somebody works, in chances.

    Attributes:
        acts: that what can be done is done on the day on which it is seen.
        errs: that a step goes wrong first: a wrong file, something left out, an old page.
        away: of a day off without notice.
    """

    name: str
    acts: float
    errs: float
    away: float


DILIGENT: Final = Mood(name="diligent", acts=0.95, errs=0.02, away=0.01)
LATE: Final = Mood(name="late", acts=0.35, errs=0.03, away=0.02)
CARELESS: Final = Mood(name="careless", acts=0.85, errs=0.2, away=0.02)
OFTEN_AWAY: Final = Mood(name="often_away", acts=0.8, errs=0.04, away=0.15)
_MOODS: Final = ((DILIGENT, 10), (LATE, 4), (CARELESS, 3), (OFTEN_AWAY, 2))


@dataclass(frozen=True, slots=True)
class Leave:
    """Days of leave, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Whether somebody is away on a day."""
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How long it is."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Somebody of the staff, as this seed has them."""

    staff: Staff
    mood: Mood
    leaves: tuple[Leave, ...]
    deputy: str | None

    def leave_on(self, day: date) -> Leave | None:
        """The leave that somebody is on."""
        return next((leave for leave in self.leaves if day in leave), None)


def characters(staff: tuple[Staff, ...], *, year: int, seed: int) -> tuple[Character, ...]:
    """Everybody, drawn from the seed."""
    return tuple(_character(one, staff, year=year, seed=seed) for one in staff)


def _character(one: Staff, staff: tuple[Staff, ...], *, year: int, seed: int) -> Character:
    dice = Random(f"{seed} {year} {one.person}")  # noqa: S311 - a simulation is no secret.
    mood = dice.choices([each for each, _ in _MOODS], [weight for _, weight in _MOODS])[0]
    starts = sorted(dice.sample(range(10, 350), dice.randint(*LEAVES)))
    leaves = []
    for start in starts:
        first = date(year, 1, 1) + timedelta(days=start)
        leaves.append(Leave(first, first + timedelta(days=dice.randint(*LEAVE_DAYS) - 1)))
    return Character(staff=one, mood=mood, leaves=tuple(leaves), deputy=_deputy(one, staff, dice))


def _deputy(one: Staff, staff: tuple[Staff, ...], dice: Random) -> str | None:
    """A colleague of the same unit before anybody else who holds the same role."""
    if not one.roles:
        return None
    mine = {role for role, _ in one.roles}
    near = [each for each in staff if each.unit == one.unit and each.person != one.person]
    alike = [
        each
        for each in staff
        if each.person != one.person and mine & {role for role, _ in each.roles}
    ]
    return dice.choice(near or alike).person if near or alike else None
