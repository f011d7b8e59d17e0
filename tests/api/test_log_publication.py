"""Anybody's program gets the published log over REST, and checks it with the key alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.audit.checkpoint import Checkpoint, open_checkpoint
from engine.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from engine.audit.note import NoteVerifier
from engine.audit.tile import ENTRIES, Tile, read_entries, tile_at
from engine.audit.tree import TiledTree
from engine.commands.publish_log import publish_log
from engine.storage.database import Database
from tests.api.web import Web, web_of
from tests.fixtures import (
    NEIGHBOUR,
    OFFICE,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.publishing import ORIGIN, Auditor, auditor_in


@dataclass(slots=True)
class Site:
    """A web application whose log was published twice; the auditor reads the folder itself."""

    web: Web
    auditor: Auditor
    first: Checkpoint


@pytest.fixture(scope="module")
def site(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    database = Database(sqlite_databases.founded())
    clock = MovedClock()
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    auditor = auditor_in(office.runtime, folder / "published")
    web = web_of(office, folder)
    with web.client:
        publish_log(office.runtime, OFFICE)
        first = auditor.checkpoint()
        web.open_audit()
        publish_log(office.runtime, OFFICE)
        yield Site(web, auditor, first)
    database.close()


def get(site: Site, path: str, **more: Any) -> Any:
    return site.web.get("external_auditor", path, **more)


def told(site: Site, path: str) -> dict[str, Any]:
    answer = get(site, path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_program_with_the_key_alone_reads_the_log_from_its_tiles(site: Site) -> None:
    keys = told(site, "/log/keys")
    answer = get(site, "/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    verifiers = [NoteVerifier.from_vkey(vkey) for vkey in keys["vkeys"]]
    checkpoint = open_checkpoint(answer.content, verifiers, origin=ORIGIN).checkpoint
    assert (keys["origin"], keys["size"], keys["problem"]) == (ORIGIN, checkpoint.size, None)

    def read(tile: Tile) -> bytes:
        found = get(site, f"/log/{tile.path}")
        assert found.status_code == 200, found.text
        assert found.headers["cache-control"] == "private, max-age=31536000, immutable"
        content: bytes = found.content
        return content

    tree = TiledTree(read, size=checkpoint.size)
    assert tree.root() == checkpoint.root
    bundle = tile_at(ENTRIES, 0, size=checkpoint.size)
    bodies = read_entries(read(bundle), width=bundle.width)
    assert [leaf_hash(body) for body in bodies] == [tree.leaf(n) for n in range(bundle.width)]
    assert "instance_created" in {json.loads(body)["type"] for body in bodies}


def test_what_is_not_published_yet_is_counted(site: Site) -> None:
    before = told(site, "/log/keys")["unpublished"]
    site.web.open_audit()
    assert told(site, "/log/keys")["unpublished"] == before + 1


def test_every_entry_is_proved(site: Site) -> None:
    checkpoint = site.auditor.checkpoint()
    items = told(site, "/log?limit=200")["items"]
    for entry in (0, checkpoint.size // 2, checkpoint.size - 1):
        proof = told(site, f"/log/proofs/inclusion?entry={entry}&size={checkpoint.size}")
        assert proof["leaf_hash"] == items[entry]["leaf_hash"]
        assert proof["root_hash"] == checkpoint.root.hex()
        assert verify_inclusion(
            [bytes.fromhex(node) for node in proof["audit_path"]],
            bytes.fromhex(proof["leaf_hash"]),
            index=entry,
            size=checkpoint.size,
            root=checkpoint.root,
        )
    assert told(site, f"/log/proofs/inclusion?entry={entry}") == proof


def test_the_newest_log_grew_out_of_the_earlier_one(site: Site) -> None:
    second = site.auditor.checkpoint()
    for path in (f"?from={site.first.size}&to={second.size}", f"?from={site.first.size}"):
        proof = told(site, f"/log/proofs/consistency{path}")
        assert verify_consistency(
            [bytes.fromhex(node) for node in proof["consistency_path"]],
            first=site.first.size,
            second=second.size,
            first_root=site.first.root,
            second_root=second.root,
        )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/log/proofs/inclusion", 422, "invalid_input"),
        ("/log/proofs/inclusion?entry=-1", 422, "invalid_input"),
        ("/log/proofs/inclusion?entry=x", 422, "invalid_input"),
        ("/log/proofs/inclusion?entry=9999999", 422, "entry_not_in_size"),
        ("/log/proofs/inclusion?entry=3&size=3", 422, "entry_not_in_size"),
        ("/log/proofs/inclusion?entry=0&size=0", 422, "entry_not_in_size"),
        ("/log/proofs/inclusion?entry=0&size=9999999", 422, "size_not_published"),
        ("/log/proofs/inclusion?entry=99999999999999999999999", 422, "invalid_input"),
        ("/log/proofs/consistency?from=0", 422, "sizes_reversed"),
        ("/log/proofs/consistency?from=9&to=8", 422, "sizes_reversed"),
        ("/log/proofs/consistency?from=1&to=9999999", 422, "size_not_published"),
        ("/log/tile/0/001", 404, "tile_not_published"),
        ("/log/tile/0/000", 404, "tile_not_published"),
        ("/log/tile/0/000.p/255", 404, "tile_not_published"),
        ("/log/tile/0/000.p/1", 404, "tile_not_published"),
        ("/log/tile/0/%2e%2e/000", 404, "tile_not_published"),
        ("/log/tile/", 404, "tile_not_published"),
        ("/log/generations/2/checkpoint", 404, "log_not_published"),
        ("/log/generations/2/tile/0/000", 404, "log_not_published"),
        ("/log/generations/0/checkpoint", 422, "invalid_input"),
    ],
)
def test_what_cannot_be_proved_or_found_is_a_problem(
    site: Site, path: str, status: int, code: str
) -> None:
    answer = get(site, path, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_neighbour_is_never_shown_this_log(site: Site) -> None:
    def ask(path: str) -> Any:
        return site.web.neighbour("director", "GET", path)

    for path in ("/log/checkpoint", "/log/tile/0/000.p/1", "/log/proofs/inclusion?entry=0"):
        assert (ask(path).status_code, ask(path).json()["code"]) == (404, "log_not_published")
    assert ask("/log/keys").json()["origin"].endswith("/log/neighbour")
    publish_log(site.web.office.runtime, NEIGHBOUR)
    assert ask("/log/checkpoint").text.startswith("iso.example.vn/log/neighbour\n")


def test_damaged_tiles_prove_nothing(sqlite_office: Office, tmp_path: Path) -> None:
    auditor = auditor_in(sqlite_office.runtime, tmp_path / "published")
    web = web_of(sqlite_office, tmp_path)
    publish_log(sqlite_office.runtime, OFFICE)
    tile = tile_at(0, 0, size=auditor.checkpoint().size)
    with web.client:
        for content in (b"x" * 32 * tile.width, b"short"):
            auditor.files.write(OFFICE, [(f"1/{tile.path}", content)])
            answer = web.get("director", "/log/proofs/inclusion?entry=0")
            assert (answer.status_code, answer.json()["code"]) == (500, "log_tiles_differ")
        auditor.files.write(OFFICE, [("1/checkpoint", b"nothing")])
        answer = web.get("director", "/log/proofs/inclusion?entry=0")
        assert (answer.status_code, answer.json()["code"]) == (500, "log_checkpoint_unreadable")


def test_a_house_that_publishes_nothing_says_so(sqlite_office: Office, tmp_path: Path) -> None:
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        for path in ("/log/checkpoint", "/log/keys"):
            assert web.get("director", path).json()["code"] == "log_not_published"


def test_readiness_tells_of_a_log_that_cannot_be_published(
    sqlite_office: Office, tmp_path: Path
) -> None:
    auditor = auditor_in(sqlite_office.runtime, tmp_path / "published")
    web = web_of(sqlite_office, tmp_path)

    def ready() -> Any:
        return web.client.get("/readyz").json()["checks"]["log"]

    with web.client:
        assert ready() is True
        publish_log(sqlite_office.runtime, OFFICE)
        assert ready() is True
        auditor.files.write(OFFICE, [("1/checkpoint", b"nothing")])
        assert ready() is False
