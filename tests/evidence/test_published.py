"""What every store of published files promises, in a folder and in a bucket.

Numbers in names are the rules of `engine/evidence/published.py`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.evidence.disk import OperatingSystem
from engine.evidence.published import (
    PathInvalid,
    PublishedChanged,
    PublishedFiles,
    PublishedNotFound,
)
from engine.evidence.published_disk import PublishedFolder
from engine.evidence.published_s3 import PROBE, PublishedBucket
from engine.evidence.store import AddressInvalid, StoreUnusableError
from tests.s3_server import ONCE_MORE, PREFIX, Answer, Bucket, Request, Wire, refused

ORG = "office"
OTHER = "neighbour"
CHECKPOINT = "1/checkpoint"


@dataclass(slots=True)
class Place:
    """A store, and how another process sees it."""

    store: PublishedFiles
    again: Callable[[], PublishedFiles]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place(PublishedFolder(tmp_path / "e"), lambda: PublishedFolder(tmp_path / "e"))
    bucket: Bucket = request.getfixturevalue("bucket")
    return Place(published_in(bucket), lambda: published_in(bucket))


def published_in(bucket: Bucket, endpoint: str | None = None) -> PublishedBucket:
    return PublishedBucket(
        bucket.name,
        prefix=PREFIX,
        endpoint=endpoint or bucket.server.endpoint,
        patience=ONCE_MORE,
    )


def test_1_a_file_lies_under_its_path_and_its_organisation(place: Place) -> None:
    files = [("1/tile/0/000.p/3", b"three"), ("1/tile/entries/x001/000", b"")]
    assert place.store.write(ORG, files) == 2
    seen = place.again()
    assert [seen.read(ORG, path) for path, _ in files] == [b"three", b""]
    assert sorted(seen.list(ORG)) == [path for path, _ in files]
    assert list(seen.list(OTHER)) == []
    with pytest.raises(PublishedNotFound):
        seen.read(OTHER, files[0][0])


@pytest.mark.parametrize("path", ["1", "1/tile", "1/tile/0/001", "1/tile/0/000/more"])
def test_1_what_is_no_file_is_not_found(place: Place, path: str) -> None:
    place.store.write(ORG, [("1/tile/0/000", b"x")])
    with pytest.raises(PublishedNotFound):
        place.store.read(ORG, path)


@pytest.mark.parametrize("path", ["", "/1", "1/", "1//2", "..", "1/../2", ".lock", "1/ü", "1\0"])
def test_1_no_path_leads_elsewhere(place: Place, path: str) -> None:
    for ask in (
        lambda: place.store.read(ORG, path),
        lambda: place.store.write(ORG, [(path, b"")]),
        lambda: place.store.swap(ORG, path, b"", expected=None),
        lambda: place.store.remove(ORG, path),
    ):
        with pytest.raises(PathInvalid):
            ask()
    with pytest.raises(AddressInvalid):
        list(place.store.list("../other"))


def test_1_what_is_removed_is_gone_with_all_below_it(place: Place) -> None:
    place.store.write(ORG, [("1/tile/0/000.p/3", b"x"), ("1/tile/0/000.p/4", b"x")])
    place.store.write(ORG, [("1/tile/0/000", b"x"), ("1/tile/0/000.px/4", b"x")])
    place.store.remove(ORG, "1/tile/0/000.p")
    place.store.remove(ORG, "1/tile/0/007.p")
    assert sorted(place.again().list(ORG)) == ["1/tile/0/000", "1/tile/0/000.px/4"]


def test_2_what_is_written_again_is_the_new_bytes(place: Place) -> None:
    for content in (b"long content", b"short"):
        place.store.write(ORG, [("1/tile/0/000.p/3", content)])
        assert place.again().read(ORG, "1/tile/0/000.p/3") == content


def test_3_a_file_is_replaced_only_while_it_is_what_was_seen(place: Place) -> None:
    place.store.swap(ORG, CHECKPOINT, b"one", expected=None)
    for expected in (None, b"other"):
        with pytest.raises(PublishedChanged):
            place.again().swap(ORG, CHECKPOINT, b"wrong", expected=expected)
    assert place.store.read(ORG, CHECKPOINT) == b"one"
    place.again().swap(ORG, CHECKPOINT, b"two", expected=b"one")
    assert place.store.read(ORG, CHECKPOINT) == b"two"
    with pytest.raises(PublishedChanged):
        place.store.swap(ORG, "1/absent", b"x", expected=b"one")


def test_3_of_many_who_replace_at_once_one_wins(place: Place) -> None:
    place.store.swap(ORG, CHECKPOINT, b"old", expected=None)

    def swap(number: int) -> bytes | None:
        content = str(number).encode()
        try:
            place.again().swap(ORG, CHECKPOINT, content, expected=b"old")
        except PublishedChanged:
            return None
        return content

    with ThreadPoolExecutor(4) as threads:
        won = [content for content in threads.map(swap, range(8)) if content is not None]
    assert won == [place.store.read(ORG, CHECKPOINT)]


class Killed(BaseException):
    """The process is gone; nothing of it runs any more."""


class Dying(OperatingSystem):
    """A system under which the process is killed at one step."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps >= self.kill_at:
            raise Killed

    def create(self, path: Path) -> int:
        self.step()
        return super().create(path)

    def write(self, descriptor: int, content: bytes) -> int:
        self.step()
        return super().write(descriptor, content[: len(content) // 2 + 1])

    def sync(self, descriptor: int) -> None:
        self.step()
        super().sync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        self.step()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self.step()
        super().remove(path)

    def sync_folder(self, path: Path) -> None:
        self.step()
        super().sync_folder(path)


def test_2_a_kill_at_any_step_leaves_the_old_file_whole_or_the_new_one(tmp_path: Path) -> None:
    for kill_at in range(1, 100):
        root = tmp_path / str(kill_at)
        PublishedFolder(root).swap(ORG, CHECKPOINT, b"old content", expected=None)
        files = Dying(kill_at)
        try:
            PublishedFolder(root, files=files).swap(
                ORG, CHECKPOINT, b"new content", expected=b"old content"
            )
        except Killed:
            pass
        else:
            assert kill_at > 7
            break
        seen = PublishedFolder(root)
        assert seen.read(ORG, CHECKPOINT) in {b"old content", b"new content"}
        assert list(seen.list(ORG)) == [CHECKPOINT]
        seen.swap(ORG, CHECKPOINT, b"next", expected=seen.read(ORG, CHECKPOINT))


class Ordered(OperatingSystem):
    """A system that notes in which order things became durable."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def sync(self, descriptor: int) -> None:
        self.noted.append("file")
        super().sync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        self.noted.append(target.name)
        super().replace(source, target)

    def sync_folder(self, path: Path) -> None:
        self.noted.append(f"names in {path.name}")
        super().sync_folder(path)


def test_2_bytes_are_durable_before_their_name_and_the_name_before_the_answer(
    tmp_path: Path,
) -> None:
    PublishedFolder(tmp_path).write(ORG, [("1/a", b"x"), ("1/b", b"x")])
    files = Ordered()
    store = PublishedFolder(tmp_path, files=files)
    store.write(ORG, [("1/a", b"y"), ("1/b", b"y")])
    begun = files.noted.index("file")
    assert files.noted[begun:] == ["file", "a", "file", "b", "names in 1"]


def test_3_a_bucket_that_heeds_no_condition_is_not_used(bucket: Bucket, wire: Wire) -> None:
    def overwriting(request: Request) -> Answer | None:
        request.headers.pop("if-match", None)
        return None

    wire.spoil = overwriting
    store = published_in(bucket, wire.server.endpoint)
    with pytest.raises(StoreUnusableError) as refusal:
        store.swap(ORG, CHECKPOINT, b"x", expected=None)
    assert refusal.value.code == "store_overwrites"


def test_3_the_probe_of_a_bucket_leaves_nothing(bucket: Bucket, wire: Wire) -> None:
    store = published_in(bucket, wire.server.endpoint)
    store.swap(ORG, CHECKPOINT, b"x", expected=None)
    store.swap(ORG, CHECKPOINT, b"y", expected=b"x")
    probes = [request for request in wire.seen if PROBE in request.path]
    assert len(probes) == 1
    assert PROBE not in bucket.server.ask("GET", f"/{bucket.name}").decode()


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [(403, "AccessDenied", "store_denied"), (404, "NoSuchBucket", "bucket_missing")],
)
def test_a_bucket_that_turns_us_down_is_no_missing_file(
    bucket: Bucket, wire: Wire, status: int, said: str, code: str
) -> None:
    wire.spoil = refused(status, said, "GET", "PUT")
    store = published_in(bucket, wire.server.endpoint)
    for ask in (
        lambda: store.read(ORG, CHECKPOINT),
        lambda: store.write(ORG, [(CHECKPOINT, b"x")]),
        lambda: list(store.list(ORG)),
    ):
        with pytest.raises(StoreUnusableError) as refusal:
            ask()
        assert refusal.value.code == code
