"""Kill the folder store, pull the plug: a key is absent or whole, what was acknowledged stays.

`PowerCut` does everything for real and notes beside it what a device would be sure to keep: the
bytes of a file up to its last fsync, the names of a folder up to the folder's last fsync. What
lies between may be there or not, torn or whole; Hypothesis chooses. The harness is shown to
bite: a store on a layer that only pretends to sync loses what it acknowledged.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evidence.disk import DiskStore, OperatingSystem
from engine.evidence.store import check_blob

ORG = "org-1"
FOLDER = -1
MAX_BYTES = 10_000


class Killed(BaseException):
    """The process is gone; no cleanup of its own may run, so it is no `Exception`."""


class PowerCut(OperatingSystem):
    """The real system, a list of what is durable, and a step at which all ends."""

    def __init__(self, root: Path, *, kill_at: int, forget: str = "") -> None:
        self.root = root
        self.kill_at = kill_at
        self.forget = forget
        self.steps = 0
        self.names: dict[Path, int] = {}
        self.durable_names: dict[Path, int] = {}
        self.content: dict[int, bytes] = {}
        self.durable_content: dict[int, bytes] = {}
        self.open_files: dict[int, int] = {}

    def step(self) -> None:
        self.steps += 1
        if self.steps >= self.kill_at:
            raise Killed

    def make_folder(self, path: Path) -> None:
        self.step()
        super().make_folder(path)
        if path != self.root:
            self.names[path] = FOLDER

    def create(self, path: Path) -> int:
        self.step()
        descriptor = super().create(path)
        file = len(self.content)
        self.content[file] = b""
        self.names[path] = self.open_files[descriptor] = file
        return descriptor

    def write(self, descriptor: int, content: bytes) -> int:
        # A kernel may take less than it is given; half at a time also shows torn files.
        half = content[: len(content) // 2 + 1]
        self.step()
        written = super().write(descriptor, half)
        self.content[self.open_files[descriptor]] += half[:written]
        return written

    def sync(self, descriptor: int) -> None:
        self.step()
        if self.forget != "sync":
            file = self.open_files[descriptor]
            self.durable_content[file] = self.content[file]

    def close(self, descriptor: int) -> None:
        # The kernel closes the files of a killed process; without this the test would leak them.
        if self.open_files.pop(descriptor, None) is not None:
            super().close(descriptor)
        self.step()

    def link(self, source: Path, target: Path) -> None:
        self.step()
        super().link(source, target)
        self.names[target] = self.names[source]

    def remove(self, path: Path) -> None:
        self.step()
        super().remove(path)
        del self.names[path]

    def touch(self, path: Path) -> None:
        self.step()
        super().touch(path)

    def sync_folder(self, path: Path) -> None:
        self.step()
        if self.forget == "sync_folder":
            return
        for known in (self.names, self.durable_names):
            for name in [name for name in known if name.parent == path]:
                if name in self.names:
                    self.durable_names[name] = self.names[name]
                else:
                    del self.durable_names[name]

    def survivors(self, choose: Callable[[int], int]) -> dict[Path, bytes | None]:
        """One of the pictures that the device may show after the cut; none stands for a folder."""
        picture: dict[Path, bytes | None] = {}
        for path in sorted(self.names.keys() | self.durable_names.keys()):
            sure, seen = self.durable_names.get(path), self.names.get(path)
            file = sure if sure == seen else (sure, seen)[choose(2)]
            parent_is_there = path.parent == self.root or path.parent in picture
            if file is not None and parent_is_there:
                picture[path] = None if file == FOLDER else self.surviving_bytes(file, choose)
        return picture

    def surviving_bytes(self, file: int, choose: Callable[[int], int]) -> bytes:
        written = self.content[file]
        if self.durable_content.get(file) == written:
            return written
        torn = written[: len(written) // 2] + b"\0" * (len(written) - len(written) // 2)
        return (b"", torn, written)[choose(3)]


def run(store: DiskStore, contents: list[bytes]) -> list[bytes]:
    """Puts one content after the other until the end; what was acknowledged comes back."""
    acknowledged: list[bytes] = []
    try:
        for content in contents:
            store.put(ORG, io.BytesIO(content), max_bytes=MAX_BYTES)
            acknowledged.append(content)
    except Killed:
        pass
    return acknowledged


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def draw_on(root: Path, picture: dict[Path, bytes | None], onto: Path) -> None:
    for path, content in picture.items():
        target = onto / path.relative_to(root)
        if content is None:
            target.mkdir()
        else:
            target.write_bytes(content)


def whole(root: Path, acknowledged: list[bytes]) -> bool:
    """Whether every visible key has its bytes, and everything acknowledged is visible."""
    store = DiskStore(root)
    visible = {blob.sha256 for blob in store.list(ORG)}
    right = all(
        hashlib.sha256((root / ORG / "sha256" / key[:2] / key).read_bytes()).hexdigest() == key
        for key in visible
    )
    return right and {hashlib.sha256(content).hexdigest() for content in acknowledged} <= visible


CONTENTS = st.lists(
    st.sampled_from([b"", b"a", b"b" * 100, "Đã ký".encode() * 50]) | st.binary(max_size=300),
    min_size=1,
    max_size=4,
)
# One put takes about twenty steps; the last values mean that nobody is killed.
KILLS = st.integers(1, 100)


@settings(deadline=None)
@given(CONTENTS, KILLS, st.data())
def test_a_power_cut_anywhere_leaves_keys_absent_or_whole(
    contents: list[bytes], kill_at: int, data: st.DataObject
) -> None:
    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1))

    with folder() as root, folder() as after:
        files = PowerCut(root, kill_at=kill_at)
        acknowledged = run(DiskStore(root, files=files), contents)
        draw_on(root, files.survivors(choose), after)
        assert whole(after, acknowledged)
        assert run(DiskStore(after), contents) == contents
        assert whole(after, contents)


@settings(deadline=None)
@given(CONTENTS, KILLS)
def test_a_kill_anywhere_leaves_keys_absent_or_whole(contents: list[bytes], kill_at: int) -> None:
    with folder() as root:
        acknowledged = run(DiskStore(root, files=PowerCut(root, kill_at=kill_at)), contents)
        assert whole(root, acknowledged)
        assert run(DiskStore(root), contents) == contents


@settings(deadline=None)
@given(CONTENTS, KILLS, st.data())
def test_a_second_process_makes_durable_what_a_killed_one_left(
    contents: list[bytes], kill_at: int, data: st.DataObject
) -> None:
    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1))

    with folder() as root, folder() as after:
        files = PowerCut(root, kill_at=kill_at)
        run(DiskStore(root, files=files), contents)
        files.kill_at = 10**6
        assert run(DiskStore(root, files=files), contents) == contents
        draw_on(root, files.survivors(choose), after)
        assert whole(after, contents)


@pytest.mark.parametrize("kill_at", range(1, 30))
@pytest.mark.parametrize("second_process", [False, True])
def test_the_worst_picture_after_each_single_step_is_sound(
    kill_at: int,
    *,
    second_process: bool,
) -> None:
    with folder() as root, folder() as after:
        files = PowerCut(root, kill_at=kill_at)
        acknowledged = run(DiskStore(root, files=files), [b"content"])
        if second_process:
            files.kill_at = 10**6
            acknowledged = run(DiskStore(root, files=files), [b"content"])
            assert acknowledged == [b"content"]
        draw_on(root, files.survivors(lambda _count: 0), after)
        assert whole(after, acknowledged)


@pytest.mark.parametrize("forget", ["sync", "sync_folder"])
def test_the_harness_bites_when_a_sync_is_forgotten(forget: str) -> None:
    with folder() as root, folder() as after:
        files = PowerCut(root, kill_at=10**6, forget=forget)
        acknowledged = run(DiskStore(root, files=files), [b"content"])
        assert acknowledged == [b"content"]
        draw_on(root, files.survivors(lambda _count: 0), after)
        assert not whole(after, acknowledged)


class Failing(OperatingSystem):
    """A device that reports an error at one step and goes on."""

    def __init__(self, fail_at: int) -> None:
        self.fail_at = fail_at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.fail_at:
            raise OSError(os.strerror(5))

    def write(self, descriptor: int, content: bytes) -> int:
        self.step()
        return super().write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        self.step()
        super().sync(descriptor)

    def link(self, source: Path, target: Path) -> None:
        self.step()
        super().link(source, target)

    def sync_folder(self, path: Path) -> None:
        self.step()
        super().sync_folder(path)


@pytest.mark.parametrize("fail_at", range(1, 12))
def test_an_error_of_the_device_is_never_acknowledged_and_leaves_nothing_behind(
    tmp_path: Path, fail_at: int
) -> None:
    files = Failing(fail_at)
    store = DiskStore(tmp_path, files=files)
    try:
        store.put(ORG, io.BytesIO(b"content"), max_bytes=100)
    except OSError:
        assert files.steps == fail_at
    else:
        assert files.steps < fail_at
    assert list((tmp_path / ORG).glob("incoming/*")) == []
    assert whole(tmp_path, [])
    files.fail_at = 0
    store.put(ORG, io.BytesIO(b"content"), max_bytes=100)
    sha256 = hashlib.sha256(b"content").hexdigest()
    assert check_blob(store, ORG, sha256).size == 7
