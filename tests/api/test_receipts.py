"""Somebody takes a step and keeps the proof; an auditor sees who outside watches the log."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.audit.checkpoint import open_checkpoint
from engine.audit.merkle import leaf_hash
from engine.audit.note import NoteVerifier
from engine.audit.tlog_proof import proves, read_proof
from engine.commands.publish_log import publish_log
from engine.storage.database import Database
from engine.witness.outside import Outside, TimeAuthority
from tests.api.test_instances import SUBMIT_FILES, planned
from tests.api.web import Web, web_of
from tests.engine.test_witness_log import World, made
from tests.fixtures import OFFICE, Databases, MovedClock, Office, people_of, runtime_on, seed_data
from tests.publishing import ORIGIN


@pytest.fixture(scope="module")
def world(
    sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Web]]:
    folder = tmp_path_factory.mktemp("site")
    database = Database(sqlite_databases.founded())
    clock = MovedClock()
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    world = made(office, folder)
    web = web_of(office, folder)
    with web.client:
        yield world, web
    database.close()


def ready(web: Web) -> dict[str, Any]:
    """An audit whose first step can be taken."""
    opened = planned(web)
    for requirement in SUBMIT_FILES:
        web.attach("iso_secretary", opened["id"], requirement)
    return opened


def step(web: Web, path: str = "", **headers: str) -> Any:
    """A step of a new audit, which is accepted."""
    opened = ready(web)
    answer = web.post(
        "iso_secretary",
        f"/instances/{opened['id']}/transitions{path}",
        {"transition": "submit"},
        headers={"If-Match": f'"{opened["version"]}"', **headers},
    )
    assert answer.status_code == 200, answer.text
    return answer


def checked(content: bytes, vkey: str) -> bytes:
    """What an auditor does with a receipt: the bytes of the entry that it proves."""
    proof = read_proof(content)
    head = open_checkpoint(proof.checkpoint, [NoteVerifier.from_vkey(vkey)], origin=ORIGIN)
    assert proof.extra is not None
    assert proves(proof, leaf_hash(proof.extra), checkpoint=head.checkpoint)
    return proof.extra


def test_who_asks_for_it_gets_the_receipt_with_the_step(world: tuple[World, Web]) -> None:
    house, web = world
    for answer in (step(web, "?receipt=true"), step(web, Prefer="wait=5, Receipt")):
        told = answer.json()
        assert answer.headers["preference-applied"] == "receipt"
        assert told["receipt"]["status"] == "published"
        assert told["receipt"]["href"] == f"/api/v1/log/{told['entry']}/receipt"
        body = checked(told["receipt"]["proof"].encode(), house.auditor.vkey)
        assert b'"transition":"submit"' in body
        assert told["instance"]["id"].encode() in body
    assert "receipt" not in step(web).json()


def test_a_replayed_step_and_a_refused_one_keep_their_answers(world: tuple[World, Web]) -> None:
    _, web = world
    opened = ready(web)

    def send(version: int) -> Any:
        return web.post(
            "iso_secretary",
            f"/instances/{opened['id']}/transitions?receipt=true",
            {"transition": "submit"},
            headers={"If-Match": f'"{version}"', "Idempotency-Key": "one"},
        )

    first, again = send(opened["version"]), send(opened["version"])
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["receipt"]["proof"] == first.json()["receipt"]["proof"]
    stale = web.post(
        "iso_secretary",
        f"/instances/{opened['id']}/transitions?receipt=true",
        {"transition": "submit"},
        headers={"If-Match": '"7"'},
    )
    assert "receipt" not in stale.json()


def test_a_receipt_waits_for_a_checkpoint_and_later_has_the_lines_of_witnesses(
    world: tuple[World, Web],
) -> None:
    house, web = world
    entry = step(web).json()["entry"]
    waiting = web.get("external_auditor", f"/log/{entry}/receipt")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "5")
    assert waiting.json() == {
        "entry": entry,
        "status": "not_yet",
        "href": f"/api/v1/log/{entry}/receipt",
    }
    publish_log(web.office.runtime, OFFICE)
    alone = web.get("external_auditor", f"/log/{entry}/receipt")
    assert "entry-" in alone.headers["content-disposition"]
    house.run(minutes=1)
    full = web.get("external_auditor", f"/log/{entry}/receipt")
    assert checked(alone.content, house.auditor.vkey) == checked(full.content, house.auditor.vkey)
    assert read_proof(full.content).checkpoint == house.witnessed()
    assert web.get("director", "/log/checkpoint/witnessed").content == house.witnessed()
    assert web.get("director", f"/log/{10**9}/receipt").json()["code"] == "entry_unknown"


def test_a_step_stands_even_when_nothing_can_be_published(world: tuple[World, Web]) -> None:
    _, web = world
    runtime = web.office.runtime
    kept, runtime.publishing = runtime.publishing, None
    try:
        told = step(web, "?receipt=true").json()
        assert told["instance"]["state"] != "draft"
        assert (told["receipt"]["status"], told["receipt"]["proof"]) == ("not_yet", None)
        for path in ("/log/witnesses", "/log/checkpoint/witnessed", "/log/0/receipt"):
            assert web.get("director", path).json()["code"] == "log_not_published"
    finally:
        runtime.publishing = kept


def test_the_state_of_every_witness_is_told_and_an_alarm_is_loud(
    world: tuple[World, Web],
) -> None:
    house, web = world
    house.grow()
    house.away = {"Kho bạc"}
    house.run(hours=2)
    told = web.get("external_auditor", "/log/witnesses", headers={"Accept-Language": "en"}).json()
    assert (told["quorum_met"], told["alarm"], told["witnessed"]) == (True, False, told["size"])
    states = {one["name"]: one for one in told["witnesses"]}
    assert states["Kho bạc"]["meaning"] == "does not answer"
    assert (states["Kho bạc"]["current"], states["Thanh tra"]["current"]) == (False, True)
    assert web.client.get("/readyz").json()["alarms"] == {"witness": False}
    house.away = set()
    with web.office.runtime.write(OFFICE) as uow:
        rows = {row.name: row for row in uow.tables.witnesses.all()}
        uow.tables.witnesses.keep(replace(rows["Thanh tra"], said="ahead", held=10**6))
        uow.commit()
    told = web.get("external_auditor", "/log/witnesses").json()
    assert told["alarm"] is True
    assert "BÁO ĐỘNG" in next(one["meaning"] for one in told["witnesses"] if one["alarm"])
    assert web.client.get("/readyz").json()["alarms"] == {"witness": True}
    # It cries on until it signs again.
    house.grow()
    house.run(hours=2)
    assert web.client.get("/readyz").json()["alarms"] == {"witness": False}


def test_an_authority_for_time_that_was_never_asked_is_told_as_such(
    world: tuple[World, Web],
) -> None:
    house, web = world
    publishing = web.office.runtime.publishing
    assert publishing is not None
    other = Outside(policy=house.policy, time=TimeAuthority(url="http://tsa.example"))
    web.office.runtime.publishing = replace(publishing, outside=other)
    told = web.get("director", "/log/witnesses").json()
    assert (told["time"]["name"], told["time"]["said"]) == ("tsa", "never_asked")
