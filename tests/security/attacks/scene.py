"""One office with a published log, witnesses, an auditor who came before, and copies of all of it.

1. The scene is built once for each database; every attacker gets a copy with its own folders.
2. Its days: work, a first visit of the auditor (`held`, and a backup of that day), more work, the
   newest checkpoint, which the witnesses signed (`newest`), and entries that wait for the next.
3. The house's own code does everything here; attackers are elsewhere (`crime.py`).
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from engine.audit.cosignature import Cosigner
from engine.audit.note import NoteSigner, VerifierKey
from engine.audit.policy import PolicyGroup, PolicyLog, PolicyWitness, TrustPolicy, write_policy
from engine.commands.publish_log import publish_log
from engine.commands.record_heads import record_heads
from engine.commands.witness_log import witness_log
from engine.evidence.published_disk import PublishedFolder
from engine.queries.witnesses import WITNESSED_PATH
from engine.runtime import Runtime, TimeOrderedIds
from engine.storage.database import Database
from engine.witness.calling import Answer, Call
from engine.witness.ledger import Ledger
from engine.witness.outside import Outside
from engine.witness.serving import Witness
from tests.api.test_signing_keys import Paper, key_of, paper_of
from tests.api.web import Web, web_of
from tests.fixtures import (
    OFFICE,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.packs import pack_of
from tests.publishing import ORIGIN, SEED, Auditor, publish_in
from tests.security.test_tampering import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS, at_work

NAMES = ("kho-bac", "thanh-tra", "van-phong")
FOLDERS = ("evidence", "published", "witnesses")
COSIGNERS = {name: Cosigner(f"{name}.example", name.encode().ljust(32, b".")) for name in NAMES}


LOG_KEY = NoteSigner(ORIGIN, SEED).verifier.key


def trusting(*, key: VerifierKey = LOG_KEY) -> TrustPolicy:
    """Whom the auditor, and the house, trust: the log, and two of three witnesses."""
    return TrustPolicy(
        logs=(PolicyLog(key),),
        witnesses=tuple(
            PolicyWitness(name, one.key, f"https://{one.key.name}")
            for name, one in COSIGNERS.items()
        ),
        groups=(PolicyGroup("all", 2, NAMES),),
        quorum="all",
    )


WITNESSED_POLICY = write_policy(trusting())
"""An auditor who asks for two of three witnesses."""
EVERY_WITNESS = write_policy(replace(trusting(), groups=(PolicyGroup("all", 3, NAMES),)))
"""An auditor who asks for all of them: a line that was damaged is a line that is not there."""
LONE_POLICY = write_policy(replace(trusting(), quorum=None))
"""An auditor who knows the witnesses, and asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the attackers find.

    Attributes:
        address: of a database that nobody is connected to; `backup`: as it was at the first visit.
        held: what the auditor took along at the first visit, cosigned; `newest`: at the last one.
        pack: of the whole year, as it was given out at the last visit.
    """

    databases: Databases
    folder: Path
    address: str
    backup: str
    audit: str
    case: str
    paper: str
    held: bytes
    newest: bytes
    pack: bytes
    ended: datetime


@dataclass(slots=True)
class Stage:
    """A copy of everything, for one attacker.

    Attributes:
        pack: what the auditor is given; None: a pack is made of what the database holds.
        others: packs that other auditors hold.
    """

    scene: Scene
    runtime: Runtime
    folder: Path
    clock: MovedClock
    pack: bytes | None = None
    policy: bytes = LONE_POLICY
    held: dict[str, bytes] = field(default_factory=dict)
    others: dict[str, bytes] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)

    @property
    def files(self) -> PublishedFolder:
        """The published files."""
        return PublishedFolder(self.folder / "published")

    @property
    def auditor(self) -> Auditor:
        """Somebody with the published files and the pinned key."""
        return Auditor(self.files)

    @property
    def sqlite(self) -> bool:
        return self.runtime.database.is_sqlite

    def run(self, statement: str, **values: Any) -> None:
        """Change something behind the house's back; what was meant to change must be there."""
        told = {"org": OFFICE, "audit": self.scene.audit, "paper": self.scene.paper, **values}
        used = {name: value for name, value in told.items() if f":{name}" in statement}
        with self.runtime.database.writing() as session:
            done = session.connection().execute(text(statement), used)
            assert done.rowcount != 0, statement
            session.commit()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Look something up."""
        with self.runtime.database.reading() as session:
            return list(session.connection().execute(text(statement), values))

    def drop_triggers(self) -> None:
        """Let the log be written into."""
        with self.runtime.database.writing() as session:
            for trigger in SQLITE_TRIGGERS if self.sqlite else POSTGRESQL_TRIGGERS:
                where = "" if self.sqlite else " ON log_entry"
                session.connection().execute(text(f"DROP TRIGGER IF EXISTS {trigger}{where}"))
            session.commit()

    @contextmanager
    def witnesses(self) -> Iterator[Callable[[str, Call], Answer]]:
        """The three witnesses as they remember; what they answer is noted."""
        with open_witnesses(self.folder, self.clock) as send:

            def noted(url: str, call: Call) -> Answer:
                answer = send(url, call)
                self.answers.append(answer.status)
                return answer

            yield noted

    def put_back(self, *, files: bool) -> None:
        """Take the database back to the day of the first visit, and the published files with it."""
        self.runtime.database.close()
        address = _copied(self.scene, self.scene.backup, self.folder / "back.db")
        self.runtime.database = Database(address)
        if files:
            shutil.rmtree(self.folder / "published")
            shutil.copytree(self.scene.folder / "backup", self.folder / "published")


@contextmanager
def open_witnesses(folder: Path, clock: MovedClock) -> Iterator[Callable[[str, Call], Answer]]:
    """Three witnesses that are asked without a wire."""
    ledgers = {name: Ledger.open(folder / "witnesses" / name) for name in NAMES}
    asked = {
        f"https://{one.key.name}/add-checkpoint": Witness(
            ledgers[name], [one], [LOG_KEY], clock=lambda: int(clock.now().timestamp())
        )
        for name, one in COSIGNERS.items()
    }

    def send(url: str, call: Call) -> Answer:
        reply = asked[url].add_checkpoint(call.content)
        return Answer(reply.status, reply.content, reply.media_type)

    try:
        yield send
    finally:
        for ledger in ledgers.values():
            ledger.close()


def build(databases: Databases, folder: Path) -> Scene:
    """Let the office work, publish, and be visited twice."""
    address = databases.founded()
    clock = MovedClock()
    runtime = runtime_on(Database(address), folder, clock)
    office = Office(runtime=runtime, clock=clock, people=people_of(seed_data()))
    publishing_in(runtime, folder)
    for name in NAMES:
        Ledger.make(folder / "witnesses" / name)
    web = web_of(office, folder)
    with web.client:
        audit, case = at_work(web)
        paper = _signed(web)
        held = _published(runtime, folder, clock)
        backup = _kept(databases, runtime, address, folder / "backup.db")
        shutil.copytree(folder / "published", folder / "backup")
        clock.forward(days=1)
        later = b"%PDF-1.7\n% later\n%%EOF\n"
        assert web.attach("iso_secretary", audit, "notice", content=later).status_code == 201
        assert web.step("internal_auditor_2", case, "note", 1).status_code == 403
    clock.forward(minutes=30)
    newest = _published(runtime, folder, clock)
    pack = pack_of(office, "year", "2026", note=newest).content
    runtime.database.close()
    return Scene(
        databases=databases,
        folder=folder,
        address=_kept(databases, runtime, address, folder / "scene.db"),
        backup=backup,
        audit=audit,
        case=case,
        paper=paper.id,
        held=held,
        newest=newest,
        pack=pack,
        ended=clock.now(),
    )


def publishing_in(runtime: Runtime, folder: Path) -> None:
    """Let a runtime publish into a folder and ask the three witnesses."""
    publish_in(runtime, PublishedFolder(folder / "published"))
    assert runtime.publishing is not None
    outside = Outside(policy=trusting)
    runtime.publishing = replace(runtime.publishing, outside=outside)


def _signed(web: Web) -> Paper:
    """A paper that the Director signed with a key."""
    paper, key = paper_of(web), key_of()
    paper.enrol(key)
    assert paper.sign(key).status_code == 200
    return paper


def _published(runtime: Runtime, folder: Path, clock: MovedClock) -> bytes:
    """Record the heads, publish, and have it cosigned; the checkpoint with its witnesses."""
    assert record_heads(runtime, OFFICE) is not None
    publish_log(runtime, OFFICE)
    with open_witnesses(folder, clock) as send:
        done = witness_log(runtime, OFFICE, now=clock.now(), send=send)
    assert done.published
    return PublishedFolder(folder / "published").read(OFFICE, f"1/{WITNESSED_PATH}")


def _kept(databases: Databases, runtime: Runtime, address: str, file: Path) -> str:
    """A copy of the database that nobody is connected to."""
    runtime.database.engine.dispose()
    if databases.kind == "sqlite":
        shutil.copyfile(_file(address), file)
        return f"sqlite:///{file}"
    name = f"{make_url(address).database}_{file.stem}"
    return _copy_on_server(databases, address, name)


def _copied(scene: Scene, address: str, file: Path) -> str:
    if scene.databases.kind == "sqlite":
        shutil.copyfile(_file(address), file)
        return f"sqlite:///{file}"
    numbers = scene.folder / "numbers"
    number = int(numbers.read_text("utf-8")) + 1 if numbers.exists() else 1
    numbers.write_text(str(number), "utf-8")
    return _copy_on_server(scene.databases, address, f"{make_url(address).database}_{number}")


def _copy_on_server(databases: Databases, address: str, name: str) -> str:
    template = make_url(address).database
    maintenance = create_engine(str(databases._server), isolation_level="AUTOCOMMIT")  # noqa: SLF001
    with maintenance.connect() as connection:
        statement = f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
        connection.execute(text(statement))
    maintenance.dispose()
    url = make_url(str(databases._server)).set(database=name)  # noqa: SLF001
    return url.render_as_string(hide_password=False)


def _file(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


@contextmanager
def staged(scene: Scene, folder: Path) -> Iterator[Stage]:
    """A copy for one attacker."""
    for name in FOLDERS:
        shutil.copytree(scene.folder / name, folder / name)
    database = Database(_copied(scene, scene.address, folder / "copy.db"))
    clock = MovedClock(scene.ended + timedelta(minutes=1))
    runtime = runtime_on(database, folder, clock)
    runtime.ids = TimeOrderedIds()
    publishing_in(runtime, folder)
    stage = Stage(scene, runtime, folder, clock)
    yield stage
    stage.runtime.database.close()
    if scene.databases.kind != "sqlite":
        for address in {
            database.engine.url.render_as_string(hide_password=False),
            stage.runtime.database.engine.url.render_as_string(hide_password=False),
        }:
            scene.databases.drop(address)
