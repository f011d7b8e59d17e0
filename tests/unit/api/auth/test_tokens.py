"""Bearer tokens: read strictly, narrowed by scopes."""

import secrets

import pytest

from api.auth.tokens import Scope, allows, bearer, is_well_formed
from engine.commands.manage_accounts import SCOPES


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Basic abc", None),
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer", ""),
    ],
)
def test_the_token_is_read_from_its_header(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


def test_a_token_has_the_form_that_we_make() -> None:
    assert is_well_formed(f"qms_{'0' * 32}_{secrets.token_urlsafe(32)}")


@pytest.mark.parametrize(
    "secret",
    ["", "qms_", f"qms_{'0' * 32}_short", f"xyz_{'0' * 32}_{'a' * 43}", "qms_" + "a" * 5000],
)
def test_everything_else_is_no_token(secret: str) -> None:
    assert not is_well_formed(secret)


def test_a_scope_lets_through_what_it_names_and_nothing_else() -> None:
    assert allows({"read", "step"}, Scope.STEP)
    assert not allows({"read", "step"}, Scope.ADMIN)


def test_the_scopes_are_those_that_tokens_are_made_with() -> None:
    assert {scope.value for scope in Scope} == SCOPES
