"""Too many requests wait; other keys and other kinds of traffic do not."""

from api.auth.throttling import Throttle, Traffic


def throttle() -> Throttle:
    return Throttle({Traffic.LOGIN: 2, Traffic.READ: 5, Traffic.STEP: 1})


def test_what_goes_beyond_the_limit_waits_at_most_a_minute() -> None:
    counted = throttle()
    assert [counted.wait_seconds(Traffic.LOGIN, "name", "address") for _ in range(2)] == [0, 0]
    assert 1 <= counted.wait_seconds(Traffic.LOGIN, "name", "address") <= 61


def test_each_account_and_address_is_counted_apart() -> None:
    counted = throttle()
    for _ in range(3):
        counted.wait_seconds(Traffic.LOGIN, "name", "address")
    assert counted.wait_seconds(Traffic.LOGIN, "other", "address") == 0
    assert counted.wait_seconds(Traffic.LOGIN, "name", "elsewhere") == 0


def test_reading_does_not_use_up_what_is_for_steps() -> None:
    counted = throttle()
    for _ in range(5):
        assert counted.wait_seconds(Traffic.READ, "token") == 0
    assert counted.wait_seconds(Traffic.STEP, "token") == 0
    assert counted.wait_seconds(Traffic.STEP, "token") > 0


def test_two_keys_cannot_be_written_as_one() -> None:
    counted = throttle()
    for _ in range(3):
        counted.wait_seconds(Traffic.LOGIN, "ab", "c")
    assert counted.wait_seconds(Traffic.LOGIN, "a", "bc") == 0


def test_any_text_can_be_a_key() -> None:
    assert throttle().wait_seconds(Traffic.LOGIN, "\ud800", "x" * 10_000) == 0
