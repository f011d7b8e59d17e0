"""How fast a log is verified, beside bare loops over the same rows; contenders take turns.

Run it by hand: `.venv/bin/python -m tests.bench.verify_log [ENTRIES] [TURNS]`. Processor time (user
and system) of this process. `bare` reads the rows and hashes the stored bytes, and checks nothing
but the link; `json` takes each body apart and writes it again besides. Ours checks canonical form,
known kind, leaf hash, seal, link of the stream, each column beside the body, payloads, the root.
"""

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median

from engine.audit.chain import Tip, entry_hmac, link_after
from engine.audit.entry import Entry, canonical_bytes
from engine.audit.folding import Growing
from engine.audit.leaf import EntryType
from engine.audit.merkle import leaf_hash
from engine.audit.verifier import Policy, verify_log, verify_raw
from engine.runtime import Runtime
from engine.storage.database import Database
from tests.fixtures import OFFICE, START, MovedClock, found_office, runtime_on

ENTRIES = 100_000
TURNS = 5
OF_A_CASE = 20
BARE = (
    "SELECT seq, stream, prev, body, leaf_hash FROM log_entry"
    " WHERE organization_id = ? ORDER BY idx"
)
INSERT = (
    "INSERT INTO log_entry (organization_id, idx, stream, seq, prev, body, leaf_hash, hmac, type,"
    " outcome, instance, process, transition, actor, unit, recorded_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else TURNS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        runtime = filled(path, entries)
        contenders: dict[str, Callable[[], int]] = {
            "bare": lambda: bare(path),
            "json": lambda: through_json(path),
            "ours": lambda: ours(runtime),
        }
        if entries <= ENTRIES:
            contenders["strict"] = lambda: strict(runtime)
        spent: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(turns):
            for name, run in contenders.items():
                began = time.process_time()
                assert run() == entries
                spent[name].append((time.process_time() - began) / entries * 1e6)
        for name, found in spent.items():
            middle = median(found)
            ratio = median(spent["json"]) / middle
            print(f"{name:8} {middle:7.2f} us an entry, {ratio:5.2f} x json")  # noqa: T201
        runtime.database.close()


def filled(path: Path, entries: int) -> Runtime:
    """An office whose log has as many entries, in cases of twenty."""
    database = Database(f"sqlite:///{path}")
    found_office(database, path.parent)
    runtime = runtime_on(database, path.parent, MovedClock())
    with runtime.read(OFFICE) as uow:
        leaves = list(uow.tables.log.leaves(uow.tables.log.size()))
    tree = Growing()
    tree.grow(b"".join(leaves))
    with sqlite3.connect(path) as connection:
        connection.executemany(INSERT, rows(len(leaves), entries, tree, runtime.log_key))
        connection.execute(
            "UPDATE log_head SET size = ?, compact_range = ? WHERE organization_id = ?",
            (entries, tree.compact_range().to_bytes(), OFFICE),
        )
    connection.close()
    return runtime


def rows(first: int, end: int, tree: Growing, key: bytes) -> Iterator[tuple[object, ...]]:
    """Rows of the log, and the tree over them."""
    tip: Tip | None = None
    for idx in range(first, end):
        place = (idx - first) % OF_A_CASE
        link = link_after(tip if place else None)
        instance = f"019f34f0-6e80-77c0-bcac-{(idx - first) // OF_A_CASE:012x}"
        at = START + timedelta(seconds=idx)
        entry = Entry(
            type=EntryType.TRANSITION if place else EntryType.INSTANCE_CREATED,
            stream=f"instance:{instance}",
            seq=link.seq,
            prev=None if link.prev is None else link.prev.hex(),
            actor=f"p{idx % 30:03}",
            recorded_at=at,
            definition="a" * 64,
            instance=instance,
            code=f"IA-2026-{idx // OF_A_CASE:02}",
            process="internal_audit",
            transition="submit" if place else None,
            from_state="planned" if place else None,
            to_state="planned",
            role="iso_secretary",
            unit="office",
        )
        body = canonical_bytes(entry)
        leaf = leaf_hash(body)
        tree.grow(leaf)
        tip = Tip(link.seq, leaf)
        yield (
            *(OFFICE, idx, entry.stream, link.seq, link.prev, body, leaf),
            entry_hmac(key, organization_id=OFFICE, idx=idx, leaf_hash=leaf),
            *(entry.type.value, "accepted", instance, entry.process, entry.transition),
            *(entry.actor, entry.unit, at.strftime("%Y-%m-%d %H:%M:%S.%f")),
        )


def bare(path: Path) -> int:
    """Read, hash, compare the link."""
    return loop(path, lambda body: body)


def through_json(path: Path) -> int:
    """Read, take apart, write again, hash, compare the link."""

    def again(body: bytes) -> bytes:
        told = json.loads(body)
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    return loop(path, again)


def loop(path: Path, spelled: Callable[[bytes], bytes]) -> int:
    """Every row of the log."""
    tips: dict[str, bytes] = {}
    count = 0
    connection = sqlite3.connect(path)
    for _seq, stream, prev, body, leaf in connection.execute(BARE, (OFFICE,)):
        assert sha256(b"\0" + spelled(body)).digest() == leaf
        assert tips.get(stream) == prev
        tips[stream] = leaf
        count += 1
    connection.close()
    return count


def ours(runtime: Runtime) -> int:
    """The product, at one look."""
    with runtime.read(OFFICE) as uow:
        log = uow.tables.log
        policy = Policy(organization_id=OFFICE, key=runtime.log_key)
        report = verify_raw(log.raw(), head=log.head(), policy=policy)
    assert report.intact
    return report.size


def strict(runtime: Runtime) -> int:
    """The product, entry by entry."""
    with runtime.read(OFFICE) as uow:
        log = uow.tables.log
        policy = Policy(organization_id=OFFICE, key=runtime.log_key)
        report = verify_log(log.stored(), head=log.head(), policy=policy)
    assert report.intact
    return report.size


if __name__ == "__main__":
    main()
