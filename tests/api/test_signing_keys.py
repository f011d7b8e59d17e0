"""A step signed with a key: what is proved, and everything that is refused instead."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from api.auth.keys import Site, read_new_key
from engine.audit.signature import Signatures
from engine.commands.manage_accounts import add_account
from engine.commands.manage_keys import ask_enrolment, enrol_key, revoke_key
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from tests.api.web import Web, pdf
from tests.authenticator import PRESENT, SoftwareKey
from tests.fixtures import OFFICE
from tests.signed_paper import publish_keyed_paper

PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.
SITE = Site("localhost", "http://localhost")
FILE = ("giấy.pdf", pdf("paper"))


def key_of(**more: Any) -> SoftwareKey:
    return SoftwareKey("EdDSA", origin=SITE.origin, rp_id=SITE.host, **more)


@dataclass(slots=True)
class Paper:
    """A paper that waits for the Director's signature."""

    web: Web
    id: str

    def enrol(self, key: SoftwareKey, username: str = "director") -> None:
        runtime, caller = self.web.office.runtime, self.web.office.as_(username)
        asked = ask_enrolment(runtime, caller)
        new = read_new_key(SITE, key.create(asked.challenge), challenge=asked.challenge)
        enrol_key(runtime, caller, asked.id, new, name="Khóa USB")

    def ask(self, transition: str = "sign", version: int = 0, **more: Any) -> Any:
        return self._send("signing", "director", transition, version, **more)

    def take(
        self, transition: str = "sign", version: int = 0, *, username: str = "director", **more: Any
    ) -> Any:
        return self._send("transitions", username, transition, version, **more)

    def sign(
        self, key: SoftwareKey, transition: str = "sign", version: int = 0, **more: Any
    ) -> Any:
        asked = self.ask(transition, version, **more)
        assert asked.status_code == 200, asked.text
        return self.take(transition, version, signature=answer(asked, key), **more)

    def _send(self, what: str, username: str, transition: str, version: int, **command: Any) -> Any:
        headers = {"If-Match": f'"{version}"', **command.pop("headers", {})}
        path = f"/instances/{self.id}/{what}"
        told = {"transition": transition, **command}
        if transition != "sign":
            return self.web.post(username, path, told, headers=headers)
        return self.web.request(
            username,
            "POST",
            path,
            headers=headers,
            data={"command": json.dumps(told)},
            files={"paper": FILE},
        )

    def faults(self) -> tuple[str, ...]:
        """What a stranger finds in the log."""
        signatures, process = Signatures(), publish_keyed_paper(self.web.office.runtime)
        with self.web.office.runtime.read(OFFICE) as uow:
            bodies = [json.loads(e.body) for e in uow.tables.log.read(LogFilter(), limit=100_000)]
        found = []
        for body in bodies:
            step = process.transitions.get(body.get("transition", ""))
            sign = None if step is None else step.model_dump(by_alias=True)["sign"]
            found += signatures.take(body, sign=sign)
        return tuple(found)


def answer(asked: Any, key: SoftwareKey, **more: Any) -> dict[str, Any]:
    told = asked.json()
    return {"request": told["id"], "assertion": key.get(told["options"]["challenge"], **more)}


def paper_of(web: Web) -> Paper:
    for username in ("director", "iso_secretary"):
        add_account(
            web.office.runtime,
            OFFICE,
            person=web.office.people[username],
            username=username,
            password_hash=web.passwords.hash(PASSWORD),
        )
    publish_keyed_paper(web.office.runtime)
    opened = web.post("director", "/instances", {"process": "keyed_paper"})
    return Paper(web, str(opened.json()["id"]))


@pytest.fixture
def paper(small_web: Web) -> Paper:
    return paper_of(small_web)


def test_a_step_signed_with_a_key_is_proved_by_the_log_alone(web: Web) -> None:
    paper, key = paper_of(web), key_of()
    paper.enrol(key)
    asked = paper.ask(fields={"note": "đồng ý", "secret": "riêng"}, reason="đã đọc")
    told = asked.json()
    assert told["options"]["userVerification"] == "required"
    assert told["options"]["allowCredentials"] == [{"type": "public-key", "id": key.key_id}]
    assert (told["meaning"]["en"], told["signer"]) == (
        "Approve the paper",
        web.office.people["director"],
    )
    web.office.clock.forward(minutes=2)

    signed = paper.take(
        fields={"note": "đồng ý", "secret": "riêng"}, reason="đã đọc", signature=answer(asked, key)
    )

    assert signed.status_code == 200, signed.text
    with web.office.runtime.read(OFFICE) as uow:
        entry = uow.tables.log.get(signed.json()["entry"])
        assert entry is not None
        sig = json.loads(entry.body)["sig"]
        kept = uow.tables.signing.key(key.key_id)
    assert (sig["kind"], sig["key"], sig["version"]) == ("webauthn", key.key_id, 1)
    assert kept is not None
    assert (kept.sign_count, kept.used_at) == (2, web.office.clock.now())
    assert paper.faults() == ()
    assert verify_log(web.office.runtime, OFFICE).findings == ()
    assert paper.sign(key, "seal", 1).status_code == 200
    assert paper.faults() == ()


def test_who_has_a_key_does_not_sign_with_the_password(paper: Paper) -> None:
    paper.enrol(key_of())
    refused = paper.take(password=PASSWORD)
    assert refused.status_code == 409
    assert [reason["code"] for reason in refused.json()["unmet"]] == ["signature_key"]
    assert "khóa bảo mật" in refused.json()["unmet"][0]["message"]
    # Somebody without one does, and the log says what that is worth.
    assert paper.take(username="iso_secretary", password=PASSWORD).status_code == 200
    # Where the definition says so the password will do, too.
    assert paper.take("stamp", 1, password=PASSWORD).status_code == 200
    assert paper.take("seal", 2, username="iso_secretary", password=PASSWORD).status_code in {
        403,
        409,
    }
    assert paper.faults() == ()


def test_a_step_that_only_a_key_signs_says_so_to_who_has_none(paper: Paper) -> None:
    assert paper.take(password=PASSWORD).status_code == 200
    refused = paper.take("seal", 1, password=PASSWORD)
    assert [reason["code"] for reason in refused.json()["unmet"]] == ["signature_key"]
    asked = paper.ask("seal", 1)
    assert (asked.status_code, asked.json()["code"]) == (409, "no_signing_key")


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another site": ({"origin": "http://localhost.evil"}, "signature_origin_differs"),
    "another system": ({"rp_id": "evil"}, "signature_rp_differs"),
    "nobody verified": ({"flags": PRESENT}, "signature_holder_unverified"),
    "a counter that fell": ({"counter": 1}, "signature_count_fell"),
    "a key that is not enrolled": ({"id": b"another"}, "signature_key_unknown"),
    "another private key": ({"private": key_of().private}, "signature_invalid"),
}


def test_a_key_that_lies_is_refused_and_nothing_is_taken(paper: Paper) -> None:
    key = key_of(counter=5)
    paper.enrol(key)
    before = paper.web.entries()
    for lie, (other, code) in LIES.items():
        asked = paper.ask()
        refused = paper.take(signature=answer(asked, replace(key, **other)))
        assert (refused.status_code, refused.json()["code"]) == (403, code), lie
    asked = paper.ask()
    refused = paper.take(signature=answer(asked, key, kind="webauthn.create"))
    assert refused.json()["code"] == "signature_type_differs"
    other = {"request": asked.json()["id"], "assertion": key.get("AAAA")}
    refused = paper.take(signature=other, headers={"Accept-Language": "en"})
    assert refused.json()["code"] == "signature_challenge_differs"
    assert refused.json()["detail"] == "The key signed something else."
    assert paper.take(signature={**other, "assertion": {"id": 1}}).status_code == 422
    assert paper.web.entries() == before
    assert paper.web.get("director", f"/instances/{paper.id}").json()["version"] == 0


def test_what_was_signed_cannot_be_something_else_afterwards(paper: Paper) -> None:
    key = key_of()
    paper.enrol(key)
    for more in ({"fields": {"note": "khác"}}, {"reason": "khác"}):
        asked = paper.ask()
        refused = paper.take(signature=answer(asked, key), **more)
        assert (refused.status_code, refused.json()["code"]) == (409, "signature_overtaken")
    asked = paper.ask()
    of_another = paper.take(username="iso_secretary", signature=answer(asked, key))
    assert of_another.json()["code"] == "signature_not_asked"
    paper.web.office.clock.forward(minutes=11)
    late = paper.take(signature=answer(asked, key))
    assert (late.status_code, late.json()["code"]) == (403, "signature_too_late")


def test_a_signature_serves_once(paper: Paper) -> None:
    key = key_of()
    paper.enrol(key)
    asked = paper.ask()
    given = answer(asked, key)
    assert paper.take(signature=given).status_code == 200
    assert paper.take(signature=given).status_code == 412
    again = paper.take("stamp", 1, signature=given)
    assert (again.status_code, again.json()["code"]) == (403, "signature_not_asked")


def test_a_revoked_key_and_that_of_another_sign_nothing(paper: Paper) -> None:
    key, other = key_of(), key_of(id=b"of the secretary")
    paper.enrol(key)
    paper.enrol(other, "iso_secretary")
    asked = paper.ask()
    refused = paper.take(signature=answer(asked, other))
    assert (refused.status_code, refused.json()["code"]) == (403, "signature_key_unknown")
    revoke_key(paper.web.office.runtime, paper.web.office.as_("director"), key.key_id)
    refused = paper.take(signature=answer(asked, key))
    assert (refused.status_code, refused.json()["code"]) == (403, "signature_key_revoked")
    assert paper.web.get("director", "/me/keys").json()["items"] == []
    assert paper.faults() == ()


def test_an_approval_written_behind_the_house_is_found(paper: Paper) -> None:
    paper.enrol(key_of())
    # The operator writes the step with the house's own means, and claims a password.
    assert paper.take(username="iso_secretary", password=PASSWORD).status_code == 200
    with paper.web.office.runtime.write(OFFICE) as uow:
        entry = uow.tables.log.read(LogFilter(instance=paper.id), limit=100)[-1]
        body = {**json.loads(entry.body), "actor": paper.web.office.people["director"]}
    signatures = Signatures()
    with paper.web.office.runtime.read(OFFICE) as uow:
        for known in uow.tables.log.read(LogFilter(), limit=100_000):
            if known.idx < entry.idx:
                assert signatures.take(json.loads(known.body)) == ()
    assert signatures.take(body, sign=True) == ("signature_by_password",)
