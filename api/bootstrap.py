"""The composition root: settings into a database, a store, the catalog, a clock, a runtime.

1. Only here do the catalog and the concrete stores have names.
2. A demonstration's clock is a start that runs on, an offset (`+P3D`), or `file:PATH`, which is
   read anew each time. Where a single organisation is real, time is real, whatever is set.
3. How far a demonstration's clock was moved is kept in the data folder: it runs on after a restart,
   and every process of the installation sees the same time.
"""

import json
import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from api.log_keys import LogKeys
from api.outside import open_outside
from api.settings import Settings
from engine.errors import Invalid, NotFound
from engine.evidence.disk import DiskStore
from engine.evidence.pdf_signatures import PdfSignatures
from engine.evidence.published import PublishedFiles
from engine.evidence.published_disk import PublishedFolder
from engine.evidence.published_s3 import PublishedBucket
from engine.evidence.s3 import BucketStore
from engine.evidence.store import EvidenceStore
from engine.machine.registry import Registry
from engine.runtime import Clock, Ids, Publishing, Runtime, SystemClock, Unavailable, guarded
from engine.storage import schema
from engine.storage.database import Database, database_file
from engine.witness.outside import Outside
from workflows.catalog import catalog

REVISIONS: Final = (Path(__file__).parent.parent / "workflows" / "migrations" / "versions",)
KEPT_CLOCK: Final = "demonstration-clock.json"

_OFFSET = re.compile(
    r"(?P<sign>[+-])P(?:(?P<weeks>[0-9]{1,4})W)?(?:(?P<days>[0-9]{1,5})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,4})H)?(?:(?P<minutes>[0-9]{1,5})M)?(?:(?P<seconds>[0-9]{1,6})S)?)?",
    re.ASCII,
)

_BUCKET = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"(?:/(?P<prefix>[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*))?/?",
    re.ASCII,
)
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[A-Za-z0-9._/-]*)?", re.ASCII)
_USER = re.compile(r"//[^/]*@")


class ClockUnreadableError(Invalid):
    """`QUYTRINH_CLOCK` is none of its three forms."""

    def __init__(self, value: str) -> None:
        super().__init__("clock_unreadable", value=value)


class RunningClock:
    """A demonstration's clock: the machine's, shifted; it may be moved and runs on from there.

    Args:
        setting: a start or an offset; another one than the kept one begins anew.
        kept: file in which the shift is kept.
    """

    def __init__(self, setting: str, kept: Path, *, base: Clock | None = None) -> None:
        self._setting = setting
        self._kept = kept
        self._base = base or SystemClock()
        if self._read() is None:
            self._write(shift_of(setting, self._base.now()))

    def now(self) -> datetime:
        """The present instant of the demonstration, in UTC."""
        return self._base.now() + (self._read() or timedelta())

    def move_to(self, instant: datetime) -> None:
        """Go on from this instant."""
        self._write(instant - self._base.now())

    def _read(self) -> timedelta | None:
        try:
            told = json.loads(self._kept.read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        if told.get("setting") != self._setting:
            return None
        return timedelta(seconds=told["shift_seconds"])

    def _write(self, shift: timedelta) -> None:
        told = {"setting": self._setting, "shift_seconds": shift.total_seconds()}
        _replace(self._kept, json.dumps(told) + "\n")


class FileClock:
    """A clock that shows what a file says: an instant that stands still, or an offset."""

    def __init__(self, path: Path, *, base: Clock | None = None) -> None:
        self._path = path
        self._base = base or SystemClock()

    def now(self) -> datetime:
        """The present instant, in UTC."""
        text = self._path.read_text("utf-8").strip()
        if _OFFSET.fullmatch(text):
            return self._base.now() + shift_of(text, self._base.now())
        return _instant(text)

    def move_to(self, instant: datetime) -> None:
        """Show this instant from now on."""
        _replace(self._path, instant.isoformat() + "\n")


DemonstrationClock = RunningClock | FileClock


def build_runtime(
    settings: Settings,
    *,
    database: Database | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    looking: bool = False,
) -> Runtime:
    """Put the house together.

    Args:
        settings: what the environment decides.
        database: one that is open already.
        clock: instead of the one that the settings ask for.
        ids: instead of random ones, for a simulation.
        looking: for a check that makes nothing: no folder, no key. Without the key of the log there
            is none, and seals cannot be checked.

    Raises:
        ClockUnreadableError: the clock is none of its three forms.
        NotFound: `no_database`, when only looking.
        Invalid: the address of the evidence store cannot be read.
    """
    if looking:
        look_for_database(settings)
    else:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    opened = database or open_database(settings)
    runtime = Runtime(
        database=opened,
        registry=build_registry(),
        store=open_store(settings, make=not looking),
        log_key=b"" if looking and not settings.log_key_path.exists() else settings.log_key(),
        signing_key=b"" if looking else settings.signing_key(),
        clock=clock,
        ids=ids,
        publishing=None
        if looking and not settings.log_signing_key_path.exists()
        else Publishing(
            files=open_published(settings),
            keys=LogKeys(settings.log_signing_key_path),
            site=settings.site,
            outside=Outside() if looking else open_outside(settings),
        ),
    )
    runtime.pdfs = PdfSignatures(roots=settings.pdf_roots)
    if clock is None and settings.clock is not None and is_demonstration(runtime):
        runtime.clock = demonstration_clock(settings, settings.clock)
    return runtime


def build_registry() -> Registry:
    """Every registered name of every process."""
    registry = Registry()
    catalog(registry)
    return registry


def open_database(settings: Settings) -> Database:
    """The database that the settings name; the folder of the default one is made."""
    if settings.uses_default_database:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Database(settings.database_address)


def look_for_database(settings: Settings) -> None:
    """Refuse to go on where opening a database would make an empty one.

    Raises:
        NotFound: `no_database`: the address is that of a file, and there is none.
    """
    file = database_file(settings.database_address)
    if file is not None and not file.is_file():
        raise NotFound("no_database", file=str(file))


def open_store(settings: Settings, *, make: bool = True) -> EvidenceStore:
    """The evidence store that the settings name; with `make`, its folder is made where needed.

    A bucket is never made, nor asked for anything yet.

    Raises:
        Invalid: `evidence_url_unreadable` or `s3_endpoint_unreadable`.
    """
    folder = settings.evidence_folder
    if folder is None:
        bucket, prefix = _bucket(settings)
        return BucketStore(bucket, prefix=prefix, endpoint=settings.s3_endpoint)
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return DiskStore(folder)


def open_published(settings: Settings) -> PublishedFiles:
    """Where the logs are published: beside the evidence; nothing is made yet.

    Raises:
        Invalid: `evidence_url_unreadable` or `s3_endpoint_unreadable`.
    """
    folder = settings.evidence_folder
    if folder is not None:
        return PublishedFolder(folder)
    bucket, prefix = _bucket(settings)
    return PublishedBucket(bucket, prefix=prefix, endpoint=settings.s3_endpoint)


def _bucket(settings: Settings) -> tuple[str, str]:
    """Name and prefix of the bucket that the settings name."""
    url, endpoint = settings.evidence_url or "", settings.s3_endpoint
    named = _BUCKET.fullmatch(url)
    if named is None:
        # Somebody may have put credentials where other addresses have them.
        raise Invalid("evidence_url_unreadable", value=_USER.sub("//…@", url))
    if endpoint is not None and not _ENDPOINT.fullmatch(endpoint):
        raise Invalid("s3_endpoint_unreadable", value=_USER.sub("//…@", endpoint))
    return named["bucket"], named["prefix"] or ""


def upgrade_database(database: Database) -> None:
    """Run every revision that has not run yet, of the engine and of the processes.

    Raises:
        Unavailable, NotADatabase, DatabaseMalformed: it cannot be used.
    """
    with guarded():
        schema.upgrade(database, REVISIONS)


def database_is_current(database: Database) -> bool:
    """Whether every revision has run.

    Raises:
        Unavailable, NotADatabase, DatabaseMalformed: it cannot be used.
    """
    with guarded():
        return schema.is_current(database, REVISIONS)


def is_demonstration(runtime: Runtime) -> bool:
    """Whether the database holds demonstrations alone, and at least one."""
    try:
        found = runtime.organizations()
    except Unavailable:
        # A database without a schema holds nothing whose time could be played with.
        return False
    return bool(found) and all(organization.demonstration for organization in found)


def demonstration_clock(settings: Settings, setting: str) -> DemonstrationClock:
    """The clock of a demonstration, by one of its three forms.

    Raises:
        ClockUnreadableError: it has none of them.
    """
    if setting.startswith("file:"):
        return FileClock(Path(setting.removeprefix("file:").removeprefix("//")))
    return RunningClock(setting, settings.data_dir / KEPT_CLOCK)


def movable_clock(runtime: Runtime) -> DemonstrationClock | None:
    """The runtime's clock when it may be moved; None where time is real."""
    clock = runtime.clock
    return clock if isinstance(clock, RunningClock | FileClock) else None


def shift_of(setting: str, now: datetime) -> timedelta:
    """How far a start or an offset lies from the machine's time.

    Raises:
        ClockUnreadableError: it is neither.
    """
    found = _OFFSET.fullmatch(setting)
    if found is None:
        return _instant(setting) - now
    parts = {
        name: int(value) for name, value in found.groupdict().items() if name != "sign" and value
    }
    if not parts:
        raise ClockUnreadableError(setting)
    return timedelta(**parts) * (-1 if found["sign"] == "-" else 1)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ClockUnreadableError(text) from None
    if instant.tzinfo is None:
        raise ClockUnreadableError(text)
    return instant.astimezone(UTC)


def _replace(path: Path, text: str) -> None:
    """Write a file whole: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
