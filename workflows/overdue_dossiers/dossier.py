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

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
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

    @property
    def is_ended(self) -> bool:
        """Whether nobody works on the dossier any more."""
        return self in _ENDED


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


_ENDED: Final = frozenset({Status.FINISHED, Status.SENT_BACK, Status.STOPPED})


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
        for broken in _contradictions(self):
            raise broken

    @property
    def received_on(self) -> date:
        """The day on which it was received."""
        return self.received_at.date()

    @property
    def key(self) -> tuple[str, date]:
        """What makes it the same dossier in every export."""
        return self.code, self.due_on


def _contradictions(dossier: Dossier) -> Iterator[DossierInvalid]:
    """What a dossier breaks; every rule may rely on those before it."""
    yield from _texts(dossier)
    yield from _days(dossier)
    yield from _counts(dossier)
    yield from _end(dossier)


def _texts(dossier: Dossier) -> Iterator[DossierInvalid]:
    limits = (
        ("code", dossier.code, CODE_LENGTH),
        ("procedure", dossier.procedure, PROCEDURE_LENGTH),
        ("unit", dossier.unit, UNIT_LENGTH),
        ("officer_unit", dossier.officer_unit, UNIT_LENGTH),
    )
    for field, text, most in limits:
        if text is None:
            continue
        if not text or len(text) > most or text != text.strip() or not text.isprintable():
            yield DossierInvalid("dossier_text_wrong", field=field, most=most)


def _days(dossier: Dossier) -> Iterator[DossierInvalid]:
    days = {
        "received_at": dossier.received_on,
        "due_on": dossier.due_on,
        "current_due_on": dossier.current_due_on,
        "ended_on": dossier.ended_on,
        "apologised_on": dossier.apologised_on,
    }
    for field, day in days.items():
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            yield DossierInvalid(
                "dossier_day_out_of_range", field=field, first=FIRST_DAY, last=LAST_DAY
            )
    clock = dossier.received_at.timetz()
    if clock != clock.replace(second=0, microsecond=0, tzinfo=None) or not (
        dossier.received_time_known or clock == time()
    ):
        yield DossierInvalid("dossier_time_wrong", field="received_at")
    if dossier.due_on < dossier.received_on:
        yield DossierInvalid("dossier_due_before_received", field="due_on")
    if dossier.current_due_on < dossier.due_on:
        yield DossierInvalid("dossier_due_moved_back", field="current_due_on")
    if dossier.apologised_on is not None and dossier.apologised_on < dossier.received_on:
        yield DossierInvalid("dossier_apology_before_received", field="apologised_on")


def _counts(dossier: Dossier) -> Iterator[DossierInvalid]:
    limits = (
        ("reappointments", dossier.reappointments, 0, REAPPOINTMENTS_MAX),
        ("regulated_half_days", dossier.regulated_half_days, 1, HALF_DAYS_MAX),
        ("committed_half_days", dossier.committed_half_days, 0, HALF_DAYS_MAX),
        ("paused_half_days", dossier.paused_half_days, 0, HALF_DAYS_MAX),
    )
    for field, count, least, most in limits:
        if count is not None and not least <= count <= most:
            yield DossierInvalid("dossier_count_out_of_range", field=field, least=least, most=most)
    if dossier.current_due_on != dossier.due_on and not dossier.reappointments:
        yield DossierInvalid("dossier_moved_without_reappointment", field="reappointments")
    regulated, committed = dossier.regulated_half_days, dossier.committed_half_days
    if regulated is not None and committed is not None and committed > regulated:
        yield DossierInvalid("dossier_committed_over_regulated", field="committed_half_days")


def _end(dossier: Dossier) -> Iterator[DossierInvalid]:
    if dossier.ended_on is None:
        if dossier.status.is_ended:
            yield DossierInvalid("dossier_end_missing", field="ended_on")
        return
    if not dossier.status.is_ended:
        yield DossierInvalid("dossier_end_not_expected", field="ended_on")
    elif dossier.ended_on < dossier.received_on:
        yield DossierInvalid("dossier_ended_before_received", field="ended_on")
