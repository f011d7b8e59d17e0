"""A step that is signed: the password is entered again with the very step, and the log says so."""

import json

import pytest

from engine.commands.manage_accounts import add_account
from engine.queries.audit_trail import verify_log
from tests.api.web import Web
from tests.fixtures import OFFICE
from tests.signed_paper import publish_signed_paper

PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.


@pytest.fixture
def paper(web: Web) -> str:
    """A paper that waits for the Director's password."""
    add_account(
        web.office.runtime,
        OFFICE,
        person=web.office.people["director"],
        username="director",
        password_hash=web.passwords.hash(PASSWORD),
    )
    publish_signed_paper(web.office.runtime)
    opened = web.post("director", "/instances", {"process": "signed_paper"})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["id"])


def test_a_signed_step_needs_the_password_and_the_log_tells_that_it_was_given(
    web: Web, paper: str
) -> None:
    without = web.step("director", paper, "sign", 0)
    assert without.status_code == 409
    assert [reason["code"] for reason in without.json()["unmet"]] == ["signature"]

    wrong = web.step("director", paper, "sign", 0, password=PASSWORD.upper())
    assert wrong.status_code == 403
    assert wrong.json()["code"] == "wrong_credentials"
    assert web.get("director", f"/instances/{paper}").json()["state"] == "drafted"

    signed = web.step("director", paper, "sign", 0, password=PASSWORD)
    assert signed.status_code == 200, signed.text
    log = web.get("director", f"/instances/{paper}/log")
    with web.office.runtime.read(OFFICE) as uow:
        entry = uow.tables.log.get(signed.json()["entry"])
        assert entry is not None
        sig = json.loads(entry.body)["sig"]
    assert (sig["kind"], sig["version"]) == ("password", 1)
    assert sig["meaning"] == {"vi": "Ký giấy", "en": "Sign the paper"}
    assert PASSWORD not in log.text
    assert verify_log(web.office.runtime, OFFICE).findings == ()


def test_a_password_is_not_guessed_through_a_step(web: Web, paper: str) -> None:
    limit = web.settings.login_per_minute
    tries = [web.step("director", paper, "sign", 0, password=f"{n}") for n in range(limit + 1)]
    assert {answer.status_code for answer in tries[:-1]} == {403}
    assert tries[-1].status_code == 429
    assert int(tries[-1].headers["retry-after"]) > 0
    assert web.step("director", paper, "sign", 0, password=PASSWORD).status_code == 429
