"""A log that a test grows, forks and signs; and a witness as a process of its own."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import consistency_proof, leaf_hash, root_of
from engine.audit.note import NoteSigner, VerifierKey, sign_note
from engine.audit.witnessing import Request, write_request
from engine.witness.asking import Question
from engine.witness.calling import Call, CallFailed, post

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
LATER = 2**40
PING = Call(content=b"", media_type="text/plain", answer_max=100)


@dataclass(slots=True)
class GrowingLog:
    """Leaves, a key, and what can be said of them."""

    signer: NoteSigner = field(default_factory=lambda: NoteSigner("log.example/1", b"l" * 32))
    leaves: list[bytes] = field(default_factory=list)

    def grow(self, count: int, mark: bytes = b"") -> "GrowingLog":
        start = len(self.leaves)
        self.leaves += [leaf_hash(mark + str(n).encode()) for n in range(start, start + count)]
        return self

    def forked(self, at: int) -> "GrowingLog":
        return GrowingLog(self.signer, self.leaves[:at])

    def head(self, size: int | None = None) -> Checkpoint:
        leaves = self.leaves[:size]
        return Checkpoint(self.signer.name, len(leaves), root_of(leaves))

    def note(self, size: int | None = None) -> bytes:
        return sign_note(self.head(size).text(), [self.signer])

    def proof(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        leaves = self.leaves[:size]
        return consistency_proof(leaves, old) if 0 < old < len(leaves) else ()

    def request(self, old: int, size: int | None = None) -> bytes:
        return write_request(Request(old, self.proof(old, size), self.note(size)))

    def question(self, size: int | None = None, not_after: int = LATER) -> Question:
        return Question(
            checkpoint=self.note(size),
            head=self.head(size),
            prove=lambda old: self.proof(old, size),
            not_after=not_after,
        )

    @property
    def key(self) -> VerifierKey:
        return self.signer.verifier.key


@dataclass(slots=True)
class Running:
    """A witness that listens."""

    url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@contextmanager
def running_witness(folder: Path, *logs: VerifierKey) -> Iterator[Running]:
    """The command's own code in a process of its own, without the rest of the command line."""
    port = free_port()
    line = ["--key", str(folder / "key"), "--state", str(folder / "state")]
    line += ["--listen", f"127.0.0.1:{port}"]
    for log in logs:
        line += ["--log", log.vkey]
    process = start(*line)
    try:
        wait_for(port, process)
        yield Running(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.communicate()


def start(*line: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command.
        [sys.executable, "-m", "tests.witness.run_witness", *line],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            post(f"http://127.0.0.1:{port}/healthz", PING)
        except CallFailed:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
