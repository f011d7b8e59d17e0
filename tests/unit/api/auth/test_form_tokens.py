"""The token of a form without a login: ours, for one form, for two days, and of nobody."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.auth.form_tokens import LIFETIME, new_token, nonce_of
from engine.storage.idempotency import KEPT_DAYS

NOW = datetime(2026, 7, 6, 1, tzinfo=UTC)
KEY = b"a key of the house"


def test_a_token_is_good_for_its_form_and_its_time() -> None:
    token = new_token("link", NOW, key=KEY)
    assert nonce_of(token, "link", NOW, key=KEY) == token.split(".")[1]
    assert nonce_of(token, "link", NOW + LIFETIME, key=KEY)
    assert nonce_of(token, "link", NOW + LIFETIME + timedelta(seconds=1), key=KEY) is None
    assert nonce_of(token, "link", NOW - timedelta(hours=1), key=KEY) is None
    assert nonce_of(token, "other", NOW, key=KEY) is None
    assert nonce_of(token, "link", NOW, key=b"another key") is None


def test_a_used_token_is_remembered_longer_than_it_is_good() -> None:
    assert timedelta(days=KEPT_DAYS) > LIFETIME + timedelta(days=1)


def test_no_two_tokens_have_a_nonce_in_common() -> None:
    nonces = {new_token("link", NOW, key=KEY).split(".")[1] for _ in range(200)}
    assert len(nonces) == 200


@given(st.text())
def test_nothing_that_somebody_makes_up_is_a_token(text: str) -> None:
    assert nonce_of(text, "link", NOW, key=KEY) is None


@given(st.integers(0, 101), st.sampled_from("0aZ-_."))
def test_a_token_with_another_sign_is_none(place: int, sign: str) -> None:
    token = new_token("link", NOW, key=KEY)
    place %= len(token)
    changed = token[:place] + sign + token[place + 1 :]
    assert changed == token or nonce_of(changed, "link", NOW, key=KEY) is None
