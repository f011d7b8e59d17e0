"""Packs of both databases and both stores, and the verifier away from the house."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine.audit
from engine.audit.checkpoint import Checkpoint
from engine.audit.note import sign_note
from engine.commands.manage_organization import NewDelegation, NewGrant, add_delegation, add_grant
from engine.errors import NotFound
from engine.queries.evidence_pack import LogDiffers, NotPublished
from tests.api.web import SLOT, Web, web_of
from tests.fixtures import OFFICE, Office
from tests.packs import ORIGIN, POLICY, SIGNER, Packed, judged, members_of, note_of, pack_of
from tests.s3_server import Bucket
from tests.security.test_tampering import at_work


@pytest.fixture
def web(office: Office, tmp_path: Path) -> Iterator[Web]:
    web = web_of(office, tmp_path)
    with web.client:
        yield web


def test_packs_are_made_on_both_databases_and_are_the_same_bytes_each_time(web: Web) -> None:
    office = web.office
    audit, _ = at_work(web)
    note = note_of(office)
    made = [pack_of(office, "instance", audit, note=note) for _ in range(2)]
    assert made[0].content == made[1].content
    assert judged(made[0].content).findings == ()
    for kind, value in (("process", "internal_audit"), ("year", "2026")):
        report = judged(pack_of(office, kind, value, note=note).content)
        assert report.findings == ()
        assert "roles" not in report.not_checked
    with office.runtime.read(OFFICE) as uow:
        newest = uow.tables.log.get(uow.tables.log.size() - 1)
    assert newest is not None
    assert (newest.type, newest.stream) == ("data_exported", "organization")
    assert newest.payload is not None
    assert newest.payload.details["value"] == "2026"


def test_what_is_not_published_or_not_there_is_no_pack(web: Web) -> None:
    office = web.office
    early = note_of(office)
    audit, _ = at_work(web)
    before = web.entries()
    with pytest.raises(NotPublished):
        pack_of(office, "instance", audit, note=early)
    with pytest.raises(NotPublished):
        pack_of(office, "year", "2031", note=note_of(office))
    for kind, value in (("instance", "IA-1999-01"), ("process", "vanish")):
        with pytest.raises(NotFound):
            pack_of(office, kind, value, note=early)
    other = sign_note(Checkpoint(ORIGIN, before, b"r" * 32).text(), [SIGNER])
    with pytest.raises(LogDiffers):
        pack_of(office, "instance", audit, note=other)
    assert web.entries() == before, "what could not be written leaves no entry"


def test_a_pack_out_of_a_bucket_carries_every_file(
    sqlite_office: Office, bucket: Bucket, tmp_path: Path
) -> None:
    sqlite_office.runtime.store = bucket.store
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        audit, _ = at_work(web)
    report = judged(pack_of(sqlite_office, "instance", audit, note=note_of(sqlite_office)).content)
    assert report.findings == ()
    assert report.counts["files"] == 3


@pytest.fixture
def packed(sqlite_office: Office, tmp_path: Path) -> Packed:
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        audit, _ = at_work(web)
    return pack_of(sqlite_office, "instance", audit, note=note_of(sqlite_office))


RUN = """
import runpy, sys
sys.path[:] = {paths!r}
sys.argv = {argv!r}
runpy.run_module("engine.audit", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def elsewhere(tmp_path: Path, packed: Packed) -> Path:
    """A folder with the verifier out of the pack, `cryptography`, and nothing of the house."""
    folder = tmp_path / "elsewhere"
    for name, content in members_of(packed.content).items():
        if name.startswith("verifier/"):
            path = folder / name.removeprefix("verifier/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    libraries = Path(sysconfig.get_path("platlib"))
    for name in ("cryptography", "cffi", *(p.name for p in libraries.glob("_cffi_backend*"))):
        if (libraries / name).exists():
            (folder / name).symlink_to(libraries / name)
    (tmp_path / "pack.zip").write_bytes(packed.content)
    (tmp_path / "policy").write_bytes(POLICY)
    return folder


def verifier(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    standard = [path for path in sys.path if path and "site-packages" not in path]
    paths = [str(folder), *(p for p in standard if Path(p) != Path.cwd())]
    code = RUN.format(paths=paths, argv=["audit", *arguments])
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(  # noqa: S603 - our own interpreter.
        command, capture_output=True, text=True, cwd=folder.parent, check=False, timeout=60
    )


def test_the_verifier_runs_alone_and_speaks_both_languages(elsewhere: Path) -> None:
    done = verifier(elsewhere, "pack.zip", "--policy", "policy")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "NGUYÊN VẸN" in done.stdout
    assert "KHÔNG kiểm tra" in done.stdout
    done = verifier(elsewhere, "pack.zip", "--policy", "policy", "--language", "en", "--json")
    told = json.loads(done.stdout)
    assert (told["intact"], told["exit_code"], told["findings"]) == (True, 0, [])
    assert told["not_checked"]["guards"] == 0
    # Of the house there is nothing but the one folder.
    assert {path.name for path in (elsewhere / "engine").iterdir()} <= {"audit", "__pycache__"}
    assert Path(engine.audit.__path__[0]) != elsewhere / "engine" / "audit"


def test_the_verifier_ends_with_the_class_of_what_it_found(elsewhere: Path) -> None:
    folder = elsewhere.parent
    content = bytearray((folder / "pack.zip").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "broken.zip").write_bytes(content)
    done = verifier(elsewhere, "broken.zip", "--language", "en")
    assert done.returncode == 10
    assert "[member_damaged]" in done.stdout
    assert "NOT INTACT" in done.stdout
    stranger = POLICY.replace(b"skhcn+", b"other+")
    (folder / "policy").write_bytes(stranger)
    assert verifier(elsewhere, "pack.zip", "--policy", "policy").returncode == 2
    assert verifier(elsewhere, "nowhere.zip").returncode == 2
    assert verifier(elsewhere).returncode == 2
    held = verifier(elsewhere, "pack.zip", "--held", "pack.zip", "--held", "policy")
    assert (held.returncode, "[held_unreadable]" in held.stdout) == (12, True)


def test_grants_and_loans_that_were_logged_let_their_people_step(
    sqlite_office: Office, tmp_path: Path
) -> None:
    runtime, people = sqlite_office.runtime, sqlite_office.people
    sqlite_office.clock.forward(hours=1)
    day = sqlite_office.clock.now().date()
    administrator = sqlite_office.as_("administrator")
    grant = NewGrant(person=people["clerk"], role="iso_secretary", valid_from=day)
    assert isinstance(add_grant(runtime, administrator, grant), str)
    lent = NewDelegation(
        giver=people["iso_secretary"],
        deputy=people["office"],
        role="iso_secretary",
        document="QĐ 1",
        valid_from=day,
    )
    assert isinstance(add_delegation(runtime, administrator, lent), str)
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        for username in ("clerk", "office"):
            audit = web.open_audit(units=["science_management"])["id"]
            slot = f"/instances/{audit}/records/slot"
            assert web.post("iso_secretary", slot, {"values": SLOT}).status_code == 201
            for slot in ("plan", "programme"):
                assert web.attach(username, audit, slot).status_code == 201
            assert web.step(username, audit, "submit", 0).status_code == 200
    report = judged(pack_of(sqlite_office, "year", "2026", note=note_of(sqlite_office)).content)
    assert report.findings == ()
