"""One dossier of the one-stop desk, as an export tells it, without the person who handed it in.

1. A dossier is the same one when code and original due day are the same: an export that comes a
   second time changes it, and never adds another.
2. `due_on` is the day that was first promised and never moves; `current_due_on` is what the last
   re-appointment made of it.
3. Times are the office's wall clock, to the minute. An export of days alone gives midnight and says
   that the time is not known.
4. Terms are counted in half working days, so that a term of two and a half days is a whole number.
5. What contradicts itself is never a dossier: `DossierInvalid` names the rule that it breaks.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from engine.errors import Invalid

CODE_LENGTH: Final = 60
PROCEDURE_LENGTH: Final = 300
UNIT_LENGTH: Final = 300
HALF_DAYS_MAX: Final = 20_000
"""Forty years of working days: more is a slip of the hand."""
REAPPOINTMENTS_MAX: Final = 999
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""A day outside is a typing error, not an old or a far dossier."""


class DossierInvalid(Invalid):
    """The values of a dossier contradict one another or leave their limits.

    Attributes:
        field: the value at fault, the first one where it is a contradiction.
    """

    def __init__(self, code: str, *, field: str, **params: object) -> None:
        super().__init__(code, field=field, **params)
        self.field = field


class Stage(StrEnum):
    """Where a dossier lies, or where its time was lost."""

    INTAKE = "intake"
    HANDLING = "handling"
    COORDINATION = "coordination"
    SIGNING = "signing"
    DELIVERY = "delivery"


class Status(StrEnum):
    """What has become of a dossier.

    `sent_back` is a dossier that was refused or returned to be handed in anew, `stopped` one that
    was withdrawn or broken off; only `finished` counts as solved.
    """

    PENDING = "pending"
    PAUSED = "paused"
    FINISHED = "finished"
    SENT_BACK = "sent_back"
    STOPPED = "stopped"

    is_ended: bool
    """Whether nobody works on the dossier any more."""

    def __init__(self, value: str) -> None:
        # An attribute and not a property: it is asked a million times in a row.
        self.is_ended = value in {"finished", "sent_back", "stopped"}


class Cause(StrEnum):
    """Why a dossier was late, by the agency's list."""

    LATE_UPDATE = "late_update"
    SYSTEM_FAULT = "system_fault"
    SLOW_HANDLING = "slow_handling"
    SLOW_SIGNING = "slow_signing"
    INTERAGENCY = "interagency"
    FIELD_CHECK = "field_check"
    SUPPLEMENT = "supplement"
    STAFFING = "staffing"
    OVERLOAD = "overload"
    LEGAL_GAP = "legal_gap"
    FORCE_MAJEURE = "force_majeure"
    OTHER = "other"


Combination = tuple[str, str, str | None, Stage | None, Cause | None]
"""What dossiers are told apart by: procedure, unit, officer's unit, stage, cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One dossier.

    Attributes:
        code: of the one-stop desk; never a name or a number of the applicant.
        procedure: what was asked for, by code or by title.
        unit: id of the unit that handles it; the export's own words where no organisation is given.
        officer_unit: the unit of the officer in charge, where the export tells it.
        stage: where it lies or lost its time, where the export tells it.
        received_at: on the office's clock, without seconds and without a zone.
        received_time_known: whether the export told an hour.
        due_on: the day first promised.
        current_due_on: the day promised last.
        reappointments: how often another day was promised.
        ended_on: the day on which it was finished, sent back or stopped.
        apologised_on: the day of the letter of apology.
        regulated_half_days: the term of the regulation.
        committed_half_days: the term that the agency promised itself.
        paused_half_days: how long it waited for the applicant or another agency.

    Raises:
        DossierInvalid: `dossier_text_wrong`, `dossier_day_out_of_range`, `dossier_time_wrong`,
            `dossier_due_before_received`, `dossier_due_moved_back`,
            `dossier_moved_without_reappointment`, `dossier_count_out_of_range`,
            `dossier_end_missing`, `dossier_end_not_expected`, `dossier_ended_before_received`,
            `dossier_apology_before_received` or `dossier_committed_over_regulated`.
    """

    code: str
    procedure: str
    unit: str
    officer_unit: str | None = None
    stage: Stage | None = None
    received_at: datetime
    received_time_known: bool
    due_on: date
    current_due_on: date
    reappointments: int = 0
    status: Status
    ended_on: date | None = None
    cause: Cause | None = None
    apologised_on: date | None = None
    regulated_half_days: int | None = None
    committed_half_days: int | None = None
    paused_half_days: int = 0

    def __post_init__(self) -> None:
        received_on = self.received_at.date()
        _check_text("code", self.code, CODE_LENGTH)
        _check_text("procedure", self.procedure, PROCEDURE_LENGTH)
        _check_text("unit", self.unit, UNIT_LENGTH)
        if self.officer_unit is not None:
            _check_text("officer_unit", self.officer_unit, UNIT_LENGTH)
        # Millions are made in one go: what most of them hold is seen in a few comparisons.
        if not _is_usual(self, received_on):
            _check_days(self, received_on)
            _check_counts(self)
        if (self.ended_on is None) is self.status.is_ended:
            code = "dossier_end_missing" if self.status.is_ended else "dossier_end_not_expected"
            raise DossierInvalid(code, field="ended_on")
        if self.ended_on is not None and self.ended_on < received_on:
            raise DossierInvalid("dossier_ended_before_received", field="ended_on")

    @property
    def received_on(self) -> date:
        """The day on which it was received."""
        return self.received_at.date()

    @property
    def combination(self) -> Combination:
        """What it is told apart by."""
        return self.procedure, self.unit, self.officer_unit, self.stage, self.cause

    @property
    def key(self) -> tuple[str, date]:
        """What makes it the same dossier in every export."""
        return self.code, self.due_on


def _check_text(field: str, text: str, most: int) -> None:
    # A code comes once; titles and units come a million times, and are looked at once.
    if not (_is_text(text, most) if field == "code" else _is_known_text(text, most)):
        raise DossierInvalid("dossier_text_wrong", field=field, most=most)


def _is_text(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable() and text == text.strip()


_is_known_text = lru_cache(maxsize=4_096)(_is_text)


def _is_usual(dossier: Dossier, received_on: date) -> bool:
    """Whether days and counts are plainly sound; what is not may still be."""
    clock = dossier.received_at
    regulated, committed = dossier.regulated_half_days, dossier.committed_half_days
    return (
        FIRST_DAY <= received_on <= dossier.due_on == dossier.current_due_on <= LAST_DAY
        and (dossier.ended_on is None or dossier.ended_on <= LAST_DAY)
        and clock.second == 0 == clock.microsecond
        and clock.tzinfo is None
        and dossier.received_time_known
        and dossier.apologised_on is None
        and dossier.reappointments == 0
        and 0 <= dossier.paused_half_days <= HALF_DAYS_MAX
        and (regulated is None or 0 < regulated <= HALF_DAYS_MAX)
        and (committed is None or (regulated is not None and 0 <= committed <= regulated))
    )


def _check_days(dossier: Dossier, received_on: date) -> None:
    clock = dossier.received_at
    if clock.second or clock.microsecond or clock.tzinfo is not None:
        raise DossierInvalid("dossier_time_wrong", field="received_at")
    if not dossier.received_time_known and (clock.hour or clock.minute):
        raise DossierInvalid("dossier_time_wrong", field="received_at")
    for field, day in (
        ("received_at", received_on),
        ("due_on", dossier.due_on),
        ("current_due_on", dossier.current_due_on),
        ("ended_on", dossier.ended_on),
        ("apologised_on", dossier.apologised_on),
    ):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise DossierInvalid(
                "dossier_day_out_of_range", field=field, first=FIRST_DAY, last=LAST_DAY
            )
    if dossier.due_on < received_on:
        raise DossierInvalid("dossier_due_before_received", field="due_on")
    if dossier.current_due_on < dossier.due_on:
        raise DossierInvalid("dossier_due_moved_back", field="current_due_on")
    if dossier.apologised_on is not None and dossier.apologised_on < received_on:
        raise DossierInvalid("dossier_apology_before_received", field="apologised_on")


def _check_counts(dossier: Dossier) -> None:
    for field, count, least, most in (
        ("reappointments", dossier.reappointments, 0, REAPPOINTMENTS_MAX),
        ("regulated_half_days", dossier.regulated_half_days, 1, HALF_DAYS_MAX),
        ("committed_half_days", dossier.committed_half_days, 0, HALF_DAYS_MAX),
        ("paused_half_days", dossier.paused_half_days, 0, HALF_DAYS_MAX),
    ):
        if count is not None and not least <= count <= most:
            raise DossierInvalid("dossier_count_out_of_range", field=field, least=least, most=most)
    if not dossier.reappointments and dossier.current_due_on != dossier.due_on:
        raise DossierInvalid("dossier_moved_without_reappointment", field="reappointments")
    regulated, committed = dossier.regulated_half_days, dossier.committed_half_days
    if regulated is not None and committed is not None and committed > regulated:
        raise DossierInvalid("dossier_committed_over_regulated", field="committed_half_days")
