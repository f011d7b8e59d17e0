"""The office at work with its evidence in a bucket: the way of a file, and what goes wrong."""

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from api.cli.desk import Desk
from api.cli.main import run
from api.language import load_words
from engine.evidence.store import key_of
from engine.queries.audit_trail import verify_log
from engine.worker.jobs import sweep_evidence
from tests.api.web import SLOT, Web, pdf, web_of
from tests.fixtures import OFFICE, Databases, Office
from tests.s3_server import PREFIX, Bucket, Request, Wire, overwriting, refused

PLAN = pdf("plan")
SHA256 = hashlib.sha256(PLAN).hexdigest()


@pytest.fixture
def web(sqlite_office: Office, bucket: Bucket, wire: Wire, tmp_path: Path) -> Iterator[Web]:
    """The application over a bucket that is reached by the wire."""
    sqlite_office.runtime.store = bucket.seen_from(wire.server)
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        yield web


def advance_with_plan(web: Web, instance: str, **headers: str) -> Any:
    """Attach the plan and submit it, in one request."""
    return web.request(
        "iso_secretary",
        "POST",
        f"/instances/{instance}/transitions",
        data={"command": json.dumps({"transition": "submit"})},
        files={"plan": ("kế hoạch.pdf", PLAN), "programme": ("chương trình.pdf", pdf("p"))},
        headers={"If-Match": '"0"', **headers},
    )


def faults(web: Web) -> set[str]:
    return {finding.code for finding in verify_log(web.office.runtime, OFFICE).findings}


def test_a_file_goes_its_whole_way(web: Web, bucket: Bucket) -> None:
    audit = web.open_audit()["id"]
    units = ("science_management", "office")
    for unit, auditor in zip(units, ("p007", "p008"), strict=True):
        slot = {**SLOT, "unit": unit, "auditor": auditor}
        answer = web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": slot})
        assert answer.status_code == 201, answer.text
    answer = advance_with_plan(web, audit, **{"Idempotency-Key": "once"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["instance"]["version"] == 1
    again = advance_with_plan(web, audit, **{"Idempotency-Key": "once"})
    assert again.headers["idempotency-replayed"] == "true"

    with web.office.runtime.read(OFFICE) as uow:
        files = {file.requirement: file.id for file in uow.tables.evidence.of_instance(audit)}
    path = f"/evidence/{files['plan']}/content"
    assert web.get("director", path).content == PLAN
    part = web.get("director", path, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, PLAN[5:9])
    assert web.neighbour("director", "GET", path).status_code == 404

    verdict = verify_log(web.office.runtime, OFFICE)
    assert verdict.intact
    bucket.lay(key_of(OFFICE, SHA256), PLAN[:-1])
    assert "blob_differs" in faults(web)
    bucket.store.delete(OFFICE, SHA256)
    assert "blob_missing" in faults(web)


def test_orphans_are_swept_and_nothing_else(web: Web, bucket: Bucket) -> None:
    runtime = web.office.runtime
    web.attach("iso_secretary", web.open_audit()["id"], "plan")
    bucket.lay(key_of(OFFICE, "0" * 64), b"left behind by a crash")
    bucket.lay(f"{OFFICE}/sha256/README", b"not ours")
    bucket.lay(key_of("stranger", "1" * 64), b"of an organisation that is not here")
    newest = max(blob.stored_at for blob in runtime.store.list(OFFICE))
    assert sweep_evidence(runtime) == 0
    web.office.clock.move_to(newest + timedelta(hours=25))
    assert sweep_evidence(runtime) == 1
    assert [blob.sha256 for blob in runtime.store.list(OFFICE)] == [SHA256]
    assert bucket.store.exists("stranger", "1" * 64)
    assert bucket.server.ask("GET", f"/{bucket.name}/{PREFIX}/{OFFICE}/sha256/README")


@pytest.mark.parametrize("spoiled", ["away", "denied", "overwriting"])
def test_a_bucket_that_cannot_be_used_is_503_and_nothing_half_done(
    web: Web, wire: Wire, bucket: Bucket, spoiled: str
) -> None:
    audit = web.open_audit()["id"]
    before = web.entries()
    match spoiled:
        case "away":
            wire.hang_up()
        case "denied":
            wire.spoil = refused(403, "AccessDenied", "GET", "HEAD", "PUT", "DELETE")
        case _:
            wire.spoil = overwriting
    for answer in (web.attach("iso_secretary", audit, "plan"), advance_with_plan(web, audit)):
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert answer.headers["retry-after"] == "5"
        # Where the bytes lie is nothing for whoever sends them.
        assert bucket.name not in answer.text
    assert web.entries() == before
    assert web.get("director", f"/instances/{audit}").json()["version"] == 0
    assert list(bucket.store.list(OFFICE)) == []
    ready = web.client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["evidence"]) == (503, False)


def test_a_bucket_that_went_away_between_bytes_and_row_leaves_an_orphan_at_most(
    web: Web, wire: Wire, bucket: Bucket
) -> None:
    audit = web.open_audit()["id"]
    before = web.entries()

    def after(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith(SHA256):
            wire.spoil = refused(503, "SlowDown", "HEAD")

    wire.after = after
    assert web.attach("iso_secretary", audit, "plan").status_code == 503
    assert web.entries() == before
    assert bucket.store.exists(OFFICE, SHA256)
    wire.after = wire.spoil = None
    assert web.attach("iso_secretary", audit, "plan").status_code == 201


def test_a_bucket_that_is_there_is_ready(web: Web) -> None:
    assert web.client.get("/readyz").json()["checks"]["evidence"] is True


@pytest.fixture
def installed(
    tmp_path: Path,
    sqlite_databases: Databases,
    bucket: Bucket,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An installation with its evidence in the bucket, as the environment tells of it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    told = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": sqlite_databases.founded(),
        "EVIDENCE_URL": f"s3://{bucket.name}/{PREFIX}",
        "S3_ENDPOINT": wire.server.endpoint,
        "PORT": str(port),
    }
    for name, value in told.items():
        monkeypatch.setenv(f"QUYTRINH_{name}", value)


@pytest.mark.usefixtures("installed")
def test_nobody_serves_on_a_store_that_overwrites(
    wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    wire.spoil = overwriting
    lines = (
        ("serve", "vi", "ghi đè lên tệp đã có"),
        ("worker", "vi", "ghi đè lên tệp đã có"),
        ("demo", "en", "overwrites what it holds"),
    )
    for command, language, sentence in lines:
        assert run(["--lang", language, command]) == 2
        told = capsys.readouterr()
        assert sentence in told.err
        assert told.out == ""


@pytest.mark.usefixtures("installed")
def test_nobody_serves_without_a_bucket_or_a_right_to_it(
    wire: Wire, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.spoil = refused(403, "AccessDenied", "GET", "HEAD", "PUT")
    assert run(["--lang", "en", "serve"]) == 2
    assert "AWS_SECRET_ACCESS_KEY" in capsys.readouterr().err
    wire.spoil = None
    monkeypatch.setenv("QUYTRINH_EVIDENCE_URL", "s3://no-such-bucket")
    assert run(["--lang", "vi", "serve"]) == 2
    assert "Không có kho (bucket) của s3://no-such-bucket" in capsys.readouterr().err


def test_a_store_that_is_away_does_not_keep_the_house_shut(
    bucket: Bucket, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    wire.hang_up()
    Desk(words=load_words()).prove_store(bucket.seen_from(wire.server))
    assert f"Chưa kết nối được kho bằng chứng s3://{bucket.name}" in capsys.readouterr().err


OTHER = hashlib.sha256(pdf("other")).hexdigest()
Carry = Callable[..., str]


@pytest.fixture
def carry(
    sqlite_office: Office,
    bucket: Bucket,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Carry:
    """Calls `evidence copy` where two files, and an orphan, lie in a folder."""
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        audit = web.open_audit()["id"]
        web.attach("iso_secretary", audit, "plan")
        web.attach("iso_secretary", audit, "programme", content=pdf("other"))
    sqlite_office.runtime.store.put(OFFICE, BytesIO(b"left by a crash"), max_bytes=100)
    address = sqlite_office.runtime.database.engine.url.render_as_string()
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", address)
    monkeypatch.setenv("QUYTRINH_S3_ENDPOINT", bucket.server.endpoint)

    def call(target: str, *, code: int = 0) -> str:
        assert run(["--lang", "en", "evidence", "copy", target]) == code
        return capsys.readouterr().out

    return call


def test_evidence_is_carried_into_a_bucket_and_back(
    carry: Carry, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"s3://{bucket.name}/{PREFIX}"
    assert f"{OFFICE}: 2 files of evidence copied, 0 were there" in carry(there)
    assert f"{OFFICE}: 0 files of evidence copied, 2 were there" in carry(there)
    assert {blob.sha256 for blob in bucket.store.list(OFFICE)} == {SHA256, OTHER}
    monkeypatch.setenv("QUYTRINH_EVIDENCE_URL", there)
    assert f"{OFFICE}: 2 files of evidence copied" in carry(f"file://{tmp_path}/back")
    assert (tmp_path / "back" / key_of(OFFICE, SHA256)).read_bytes() == PLAN


def test_what_was_spoiled_is_named_and_never_carried(
    carry: Carry, bucket: Bucket, tmp_path: Path
) -> None:
    plan, other = (tmp_path / "evidence" / key_of(OFFICE, one) for one in (SHA256, OTHER))
    plan.chmod(0o600)
    plan.write_bytes(PLAN[::-1])
    bucket.lay(key_of(OFFICE, OTHER), b"tampered")
    told = carry(f"s3://{bucket.name}/{PREFIX}", code=1)
    assert f"Damaged in the old store, not copied: {OFFICE} {SHA256}" in told
    assert f"Damaged in the new store, not overwritten: {OFFICE} {OTHER}" in told
    other.unlink()
    told = carry(f"file://{tmp_path}/copy", code=1)
    assert f"Missing in the old store: {OFFICE} {OTHER}" in told
    assert "0 files of evidence copied, 0 were there; 1 missing, 1 damaged, 0 damaged" in told
    assert list((tmp_path / "copy").rglob("??/*")) == []
