"""How a late dossier's case stands, as the other processes of this room's dossiers see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

ALIKE: Final = "alike_overdue_cases"
"""The lookup that gives a case those of the same cause and unit."""
PERIODS: Final = "period_rules_of_overdue_case"
"""The lookup that gives a case the rules by which its office cuts its periods."""
OWN_DOSSIER: Final = "dossier_of_overdue_case"
"""The lookup that gives a case its dossier, as the newest export tells it."""

LAPSE, APOLOGISE, CONFIRM, REMEDY = "lapse", "apologise", "confirm", "remedy"
TOLD: Final = (LAPSE, APOLOGISE, CONFIRM, REMEDY)
"""The steps of a case that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeCase:
    """A case whose cause is confirmed.

    Attributes:
        missed_due: the due day that was not kept.
    """

    id: str
    code: str
    dossier_code: str
    cause: str
    missed_due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStanding:
    """Where the case of a dossier stands.

    Attributes:
        letter_on: the day of the letter that asked for another day.
        first_on: step → the day on which it was first taken.
    """

    id: str
    code: str
    dossier_code: str
    original_due: date
    state: str
    final: str | None
    cause: str | None = None
    nature: str | None = None
    stage: str | None = None
    letter_on: date | None = None
    first_on: Mapping[str, date] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, date]:
        """The dossier and the due day that it is about."""
        return self.dossier_code, self.original_due

    @property
    def is_excluded(self) -> bool:
        """Whether it was proved that the dossier was returned in time."""
        return self.state == "excluded"

    @property
    def is_confirmed(self) -> bool:
        """Whether its cause was confirmed; no way leads back from there."""
        return CONFIRM in self.first_on

    @property
    def has_measure(self) -> bool:
        """Whether a measure was taken up."""
        return REMEDY in self.first_on
