"""Dossiers made up for tests, one at a time and by Hypothesis."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from workflows.overdue_dossiers.dossier import Cause, Dossier, Stage, Status

PLAIN: Final = Dossier(
    code="H15.22-260701-0001",
    procedure="Cấp giấy phép bưu chính",
    unit="telecom",
    received_at=datetime.combine(date(2026, 7, 1), time(8, 30)),
    received_time_known=True,
    due_on=date(2026, 7, 15),
    current_due_on=date(2026, 7, 15),
    status=Status.PENDING,
)
FIRST: Final = date(2026, 1, 1)
DAYS: Final = st.integers(0, 400).map(lambda n: FIRST + timedelta(days=n))


def made(**changed: Any) -> Dossier:
    """The plain dossier with other values; a result's day finishes it."""
    if changed.get("ended_on") is not None:
        changed.setdefault("status", Status.FINISHED)
    if "current_due_on" in changed:
        changed.setdefault("reappointments", 1)
    elif "due_on" in changed:
        changed["current_due_on"] = changed["due_on"]
    return replace(PLAIN, **changed)


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    """Any dossier of a year."""
    received = draw(DAYS)
    due = received + timedelta(days=draw(st.integers(0, 40)))
    moved = draw(st.sampled_from((0, 0, 0, 1, 2)))
    current = due + timedelta(days=draw(st.integers(0, 10))) if moved else due
    status = draw(st.sampled_from(Status))
    ended = received + timedelta(days=draw(st.integers(0, 120))) if status.is_ended else None
    regulated = draw(st.none() | st.integers(1, 60))
    return made(
        code=f"H{draw(st.integers(0, 10**6))}",
        unit=draw(st.sampled_from(("telecom", "science"))),
        stage=draw(st.none() | st.sampled_from(Stage)),
        cause=draw(st.none() | st.sampled_from(Cause)),
        received_at=datetime.combine(received, time(9)),
        due_on=due,
        current_due_on=current,
        reappointments=moved,
        status=status,
        ended_on=ended,
        regulated_half_days=regulated,
        paused_half_days=draw(st.integers(0, 6)),
        apologised_on=draw(st.none() | st.integers(0, 60).map(lambda n: received + timedelta(n))),
    )
