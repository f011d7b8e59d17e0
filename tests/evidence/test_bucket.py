"""What only a bucket can do wrong; numbers in names are the rules of `engine/evidence/s3.py`."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from engine.evidence.digest import StoredBlob
from engine.evidence.s3 import PROBE, PROBE_CONTENT, TRIES, BucketStore, Patience
from engine.evidence.store import (
    BlobCorrupt,
    BlobNotFound,
    EvidenceStore,
    StoreUnusableError,
    key_of,
    read_verified,
)
from tests.s3_server import (
    PREFIX,
    Answer,
    Bucket,
    Cut,
    Request,
    S3Server,
    Spoil,
    Wire,
    overwriting,
    refused,
)

ORG = "office"
CONTENT = "Biên bản đánh giá".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = key_of(ORG, SHA256)


def put(store: EvidenceStore, content: bytes = CONTENT) -> StoredBlob:
    return store.put(ORG, io.BytesIO(content), max_bytes=10_000_000)


def of_evidence(spoil: Spoil) -> Spoil:
    """Spoil what concerns evidence; the probe goes through."""

    def only(request: Request) -> Answer | None:
        return spoil(request) if "/sha256/" in request.path else None

    return only


@pytest.fixture
def store(bucket: Bucket, wire: Wire) -> BucketStore:
    """The store of the bucket, reached over the wire by somebody of little patience."""
    return bucket.seen_from(wire.server)


def all_of_it(store: EvidenceStore) -> list[Callable[[], object]]:
    return [
        lambda: put(store),
        lambda: store.open(ORG, SHA256),
        lambda: store.exists(ORG, SHA256),
        lambda: store.size(ORG, SHA256),
        lambda: store.delete(ORG, SHA256),
        lambda: list(store.list(ORG)),
        store.prove,
    ]


def faults_of(attempts: list[Callable[[], object]]) -> list[StoreUnusableError]:
    faults = []
    for attempt in attempts:
        with pytest.raises(StoreUnusableError) as fault:
            attempt()
        faults.append(fault.value)
    return faults


def test_1_a_content_lies_under_the_prefix_and_its_digest(bucket: Bucket) -> None:
    put(bucket.store)
    path = f"/{bucket.name}/{PREFIX}/{ORG}/sha256/{SHA256[:2]}/{SHA256}"
    assert bucket.server.ask("GET", path) == CONTENT


def test_1_without_a_prefix_keys_begin_with_the_organisation(s3_server: S3Server) -> None:
    name = s3_server.new_bucket()
    store = BucketStore(name, endpoint=s3_server.endpoint)
    put(store)
    assert [blob.sha256 for blob in store.list(ORG)] == [SHA256]
    assert s3_server.ask("GET", f"/{name}/{KEY}") == CONTENT


@pytest.mark.parametrize("whole", [False, True])
def test_2_an_upload_that_is_cut_is_absent_or_whole(
    bucket: Bucket, wire: Wire, store: BucketStore, *, whole: bool
) -> None:
    def cut(request: Request) -> None:
        if request.method == "PUT" and "/sha256/" in request.path:
            raise Cut

    store.prove()
    if whole:
        # The server has it all, and its answer is lost.
        wire.after = cut
    else:
        wire.spoil = cut
    faults_of([lambda: put(store)])
    assert [blob.sha256 for blob in bucket.store.list(ORG)] == ([SHA256] if whole else [])
    wire.spoil = wire.after = None
    assert put(store) == StoredBlob(SHA256, len(CONTENT))
    assert read_verified(bucket.store, ORG, SHA256, max_bytes=100) == CONTENT


class Pouring(io.RawIOBase):
    """Many bytes that nobody holds."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        given = min(size, self.left)
        self.left -= given
        return b"\0" * given


def held_kilobytes() -> int:
    """Memory of this process that no file backs."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("RssAnon")))


def test_2_memory_stays_flat_whatever_the_size(bucket: Bucket) -> None:
    put(bucket.store)
    before, size, done = held_kilobytes(), 48 * 1024 * 1024, threading.Event()
    peaks: list[int] = []

    def watch() -> None:
        while not done.wait(0.002):
            peaks.append(held_kilobytes())

    with ThreadPoolExecutor(1) as watcher:
        watcher.submit(watch)
        blob = bucket.store.put(ORG, Pouring(size), max_bytes=size)  # type: ignore[arg-type]
        done.set()
    assert bucket.store.size(ORG, blob.sha256) == size
    assert max(peaks) - before < 16 * 1024


def test_3_what_is_put_again_is_written_again(wire: Wire, store: BucketStore) -> None:
    put(store)
    wire.seen.clear()
    put(store)
    asked = [(request.method, "if-none-match" in request.headers) for request in wire.seen]
    assert asked == [("PUT", True), ("HEAD", False), ("GET", False), ("PUT", False)]
    assert wire.seen[-1].path.endswith(KEY)
    assert wire.seen[-1].body == CONTENT


def test_4_a_conflict_without_an_object_is_tried_again(
    bucket: Bucket, wire: Wire, store: BucketStore
) -> None:
    wire.spoil = of_evidence(refused(409, "ConditionalRequestConflict", "PUT", times=TRIES - 1))
    put(store)
    assert read_verified(bucket.store, ORG, SHA256, max_bytes=100) == CONTENT


def test_4_a_conflict_without_end_is_told(wire: Wire, store: BucketStore) -> None:
    wire.spoil = of_evidence(refused(409, "ConditionalRequestConflict", "PUT"))
    assert [fault.code for fault in faults_of([lambda: put(store)])] == ["store_busy"]


def test_4_of_many_who_put_one_content_all_succeed(bucket: Bucket) -> None:
    crowd = [bucket.seen_from(bucket.server) for _ in range(6)]
    start = threading.Barrier(len(crowd))

    def one(store: BucketStore) -> StoredBlob:
        start.wait()
        return put(store)

    with ThreadPoolExecutor(len(crowd)) as pool:
        blobs = set(pool.map(one, crowd))
    assert blobs == {StoredBlob(SHA256, len(CONTENT))}
    assert [blob.sha256 for blob in bucket.store.list(ORG)] == [SHA256]
    assert read_verified(bucket.store, ORG, SHA256, max_bytes=100) == CONTENT


def test_5_a_store_that_overwrites_is_refused_before_it_gets_anything(
    bucket: Bucket, wire: Wire, store: BucketStore
) -> None:
    wire.spoil = overwriting
    told = faults_of([store.prove, lambda: put(store)])
    assert {fault.code for fault in told} == {"store_overwrites"}
    assert told[0].params == {"address": f"s3://{bucket.name}/{PREFIX}"}
    assert list(bucket.store.list(ORG)) == []
    # A server that was mended is believed, whatever was left behind.
    wire.spoil = None
    put(store)


def test_5_a_store_that_says_no_and_overwrites_is_refused(wire: Wire, store: BucketStore) -> None:
    def lying(request: Request) -> Answer | None:
        if request.method == "PUT" and request.body != PROBE_CONTENT:
            del request.headers["if-none-match"]
            wire._fetch(request)  # noqa: SLF001 - the lie itself.
            return 412, b"<Error><Code>PreconditionFailed</Code></Error>"
        return None

    wire.spoil = lying
    assert [fault.code for fault in faults_of([store.prove])] == ["store_overwrites"]


def test_5_the_probe_is_asked_once_and_stays_the_same(
    bucket: Bucket, wire: Wire, store: BucketStore
) -> None:
    put(store)
    put(store)
    assert sum(PROBE in request.path for request in wire.seen) == 3
    bucket.seen_from(wire.server).prove()
    kept = bucket.server.ask("GET", f"/{bucket.name}/{PREFIX}/{PROBE}")
    assert kept == PROBE_CONTENT


def test_6_a_missing_bucket_is_never_an_absent_key(s3_server: S3Server) -> None:
    store = BucketStore("no-such-bucket", endpoint=s3_server.endpoint)
    told = faults_of(all_of_it(store))
    assert {fault.code for fault in told} == {"bucket_missing"}
    assert told[0].params["address"] == "s3://no-such-bucket"


def test_whoever_is_turned_down_is_told_why_and_no_secret(
    wire: Wire, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "bi-mat")
    wire.spoil = refused(403, "InvalidAccessKeyId", "GET", "HEAD", "PUT", "DELETE")
    told = faults_of(all_of_it(store))
    assert {fault.code for fault in told} == {"store_denied"}
    assert "InvalidAccessKeyId" in told[0].params["problem"]
    assert "bi-mat" not in str([(fault.params, str(fault)) for fault in told])


def test_7_a_server_that_is_away_is_told_soon(wire: Wire, store: BucketStore) -> None:
    wire.hang_up()
    assert {fault.code for fault in faults_of(all_of_it(store))} == {"store_away"}


def test_7_a_server_that_never_answers_is_told_soon(bucket: Bucket, wire: Wire) -> None:
    store = bucket.seen_from(wire.server, patience=Patience(answer=timedelta(seconds=0.3)))
    over = threading.Event()

    def hang(_request: Request) -> Answer | None:
        over.wait(30)
        raise Cut

    wire.spoil = hang
    try:
        assert [fault.code for fault in faults_of([store.prove])] == ["store_away"]
    finally:
        over.set()


def test_7_a_server_that_is_busy_for_a_moment_is_asked_again(
    wire: Wire, store: BucketStore
) -> None:
    wire.spoil = of_evidence(refused(503, "SlowDown", "PUT", times=1))
    put(store)
    assert store.exists(ORG, SHA256)


def test_8_a_name_that_nobody_can_read_is_told(bucket: Bucket) -> None:
    put(bucket.store)
    bucket.lay(f"{ORG}/sha256/aa/../x", b"not ours")
    told = faults_of([lambda: list(bucket.store.list(ORG))])
    assert told[0].code == "store_has_foreign_key"
    assert "aa/../x" in told[0].params["problem"]
    # What is known by its key is not touched by that.
    assert read_verified(bucket.store, ORG, SHA256, max_bytes=100) == CONTENT


@pytest.fixture
def opened(bucket: Bucket) -> Iterator[io.BufferedReader]:
    """A content that somebody has begun to read."""
    put(bucket.store)
    with bucket.store.open(ORG, SHA256) as stream:
        yield stream  # type: ignore[misc]


def test_what_vanishes_while_it_is_read_is_not_found(
    bucket: Bucket, opened: io.BufferedReader
) -> None:
    bucket.store.delete(ORG, SHA256)
    with pytest.raises(BlobNotFound):
        opened.read()


def test_what_shrinks_while_it_is_read_is_no_content(
    bucket: Bucket, opened: io.BufferedReader
) -> None:
    bucket.lay(KEY, CONTENT[:4])
    with pytest.raises(BlobCorrupt):
        opened.read()
