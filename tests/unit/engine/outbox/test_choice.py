"""When mail may leave: never in quiet hours, once a day for who wants it so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.outbox.choice import DIGEST_AT, ByMail, Choice, is_quiet, send_at

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
INSTANTS = st.timedeltas(timedelta(), timedelta(days=2000)).map(
    datetime(2024, 1, 1, tzinfo=UTC).__add__
)
MINUTES = st.integers(0, 24 * 60 - 1)


@given(INSTANTS, MINUTES, MINUTES)
def test_what_leaves_at_once_never_leaves_in_quiet_hours(
    now: datetime, first: int, end: int
) -> None:
    choice = Choice(quiet_from=first, quiet_to=end)
    at = send_at(choice, written_at=now, now=now, zone=ZONE)
    assert not is_quiet(choice, at, ZONE)
    assert now <= at < now + timedelta(days=1)
    assert (at == now) == (not is_quiet(choice, now, ZONE))


@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=3)))
def test_a_daily_letter_leaves_at_the_first_hour_after_it_was_written(
    written: datetime, later: timedelta
) -> None:
    now = written + later
    at = send_at(Choice(mail=ByMail.DAILY), written_at=written, now=now, zone=ZONE)
    assert at >= now
    if at > now:
        assert at.astimezone(ZONE).time() == DIGEST_AT
        assert at - written <= timedelta(days=1)


def test_equal_times_mean_no_quiet_hours_and_who_wants_no_mail_is_not_put_off() -> None:
    night = datetime(2026, 7, 6, 20, tzinfo=UTC)  # 03:00 in Việt Nam
    assert send_at(Choice(), written_at=night, now=night, zone=ZONE) == datetime(
        2026, 7, 6, 23, tzinfo=UTC
    )
    for choice in (Choice(quiet_from=60, quiet_to=60), Choice(mail=ByMail.NEVER)):
        assert send_at(choice, written_at=night, now=night, zone=ZONE) == night
