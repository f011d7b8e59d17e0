"""A dossier holds only what can be true at once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from workflows.overdue_dossiers.dossier import Cause, Dossier, DossierInvalid, Stage, Status

PLAIN = Dossier(
    code="H15.22-260701-0001",
    procedure="Cấp giấy phép tiến hành công việc bức xạ",
    unit="technology",
    stage=Stage.HANDLING,
    received_at=datetime(2026, 7, 1, 14, 55),  # noqa: DTZ001 - the office's wall clock
    received_time_known=True,
    due_on=date(2026, 7, 15),
    current_due_on=date(2026, 7, 15),
    status=Status.PENDING,
)
ENDED: dict[str, Any] = {"status": Status.FINISHED, "ended_on": date(2026, 7, 20)}


def _at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 7, 1, hour, minute, second)  # noqa: DTZ001


def test_a_dossier_is_known_by_its_code_and_the_day_first_promised() -> None:
    moved = replace(PLAIN, current_due_on=date(2026, 7, 22), reappointments=1, cause=Cause.OTHER)
    assert moved.key == PLAIN.key == ("H15.22-260701-0001", date(2026, 7, 15))
    assert moved.received_on == date(2026, 7, 1)


@pytest.mark.parametrize("status", [Status.FINISHED, Status.SENT_BACK, Status.STOPPED])
def test_what_has_ended_has_its_day(status: Status) -> None:
    assert replace(PLAIN, status=status, ended_on=date(2026, 7, 2)).status.is_ended


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"code": ""}, "dossier_text_wrong", "code"),
        ({"code": "x" * 61}, "dossier_text_wrong", "code"),
        ({"code": "H15\n22"}, "dossier_text_wrong", "code"),
        ({"code": " H15"}, "dossier_text_wrong", "code"),
        ({"procedure": "đ" * 301}, "dossier_text_wrong", "procedure"),
        ({"unit": ""}, "dossier_text_wrong", "unit"),
        ({"officer_unit": ""}, "dossier_text_wrong", "officer_unit"),
        ({"due_on": date(2206, 7, 15)}, "dossier_day_out_of_range", "due_on"),
        ({"received_at": datetime(206, 7, 1)}, "dossier_day_out_of_range", "received_at"),  # noqa: DTZ001
        ({"received_at": _at(8, 0, 30)}, "dossier_time_wrong", "received_at"),
        ({"received_at": _at(8).replace(tzinfo=UTC)}, "dossier_time_wrong", "received_at"),
        ({"received_time_known": False}, "dossier_time_wrong", "received_at"),
        ({"due_on": date(2026, 6, 30)}, "dossier_due_before_received", "due_on"),
        ({"current_due_on": date(2026, 7, 14)}, "dossier_due_moved_back", "current_due_on"),
        (
            {"current_due_on": date(2026, 7, 16)},
            "dossier_moved_without_reappointment",
            "reappointments",
        ),
        ({"reappointments": -1}, "dossier_count_out_of_range", "reappointments"),
        ({"regulated_half_days": 0}, "dossier_count_out_of_range", "regulated_half_days"),
        ({"paused_half_days": 20_001}, "dossier_count_out_of_range", "paused_half_days"),
        (
            {"regulated_half_days": 10, "committed_half_days": 11},
            "dossier_committed_over_regulated",
            "committed_half_days",
        ),
        ({"status": Status.FINISHED}, "dossier_end_missing", "ended_on"),
        ({"ended_on": date(2026, 7, 3)}, "dossier_end_not_expected", "ended_on"),
        (
            {**ENDED, "ended_on": date(2026, 6, 30)},
            "dossier_ended_before_received",
            "ended_on",
        ),
        (
            {"apologised_on": date(2026, 6, 30)},
            "dossier_apology_before_received",
            "apologised_on",
        ),
    ],
)
def test_what_contradicts_itself_is_no_dossier(
    changed: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(DossierInvalid) as fault:
        replace(PLAIN, **changed)
    assert (fault.value.code, fault.value.field) == (code, field)
