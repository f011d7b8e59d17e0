"""The composition root: clocks of a demonstration, stores, what is refused."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.bootstrap import (
    ClockUnreadableError,
    FileClock,
    RunningClock,
    build_registry,
    build_runtime,
    demonstration_clock,
    is_demonstration,
    movable_clock,
    open_store,
    shift_of,
)
from api.settings import Settings
from engine.errors import Invalid
from engine.evidence.disk import DiskStore
from engine.evidence.s3 import BucketStore
from engine.runtime import SystemClock

REAL = datetime(2026, 11, 22, 10, tzinfo=UTC)
START = "2026-07-06T08:00:00+07:00"


@dataclass
class Machine:
    """A machine's clock that a test moves."""

    instant: datetime = REAL

    def now(self) -> datetime:
        return self.instant


def test_a_start_runs_on(tmp_path: Path) -> None:
    machine = Machine()
    clock = RunningClock(START, tmp_path / "clock.json", base=machine)
    assert clock.now() == datetime(2026, 7, 6, 1, tzinfo=UTC)
    machine.instant += timedelta(minutes=90)
    assert clock.now() == datetime(2026, 7, 6, 2, 30, tzinfo=UTC)


def test_a_moved_clock_runs_on_from_there_after_a_restart_and_in_every_process(
    tmp_path: Path,
) -> None:
    machine = Machine()
    kept = tmp_path / "clock.json"
    clock = RunningClock(START, kept, base=machine)
    other_process = RunningClock(START, kept, base=machine)
    clock.move_to(datetime(2026, 8, 1, tzinfo=UTC))
    machine.instant += timedelta(hours=1)
    assert other_process.now() == datetime(2026, 8, 1, 1, tzinfo=UTC)
    assert RunningClock(START, kept, base=machine).now() == datetime(2026, 8, 1, 1, tzinfo=UTC)


def test_another_setting_begins_anew(tmp_path: Path) -> None:
    kept = tmp_path / "clock.json"
    RunningClock(START, kept, base=Machine()).move_to(datetime(2026, 8, 1, tzinfo=UTC))
    assert RunningClock("+P3D", kept, base=Machine()).now() == REAL + timedelta(days=3)


def test_a_kept_clock_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    kept = tmp_path / "clock.json"
    kept.write_text("{")
    assert RunningClock("+P3D", kept, base=Machine()).now() == REAL + timedelta(days=3)


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "now"
    path.write_text(START)
    clock = FileClock(path, base=Machine())
    assert clock.now() == datetime(2026, 7, 6, 1, tzinfo=UTC)
    path.write_text("-P1DT12H\n")
    assert clock.now() == REAL - timedelta(days=1, hours=12)
    clock.move_to(datetime(2026, 9, 1, tzinfo=UTC))
    assert clock.now() == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("setting", "shift"),
    [
        ("+P3D", timedelta(days=3)),
        ("-P2W", timedelta(weeks=-2)),
        ("+P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("+PT90M", timedelta(minutes=90)),
        ("2026-11-22T17:00:00+07:00", timedelta()),
    ],
)
def test_the_forms_of_a_clock(setting: str, shift: timedelta) -> None:
    assert shift_of(setting, REAL) == shift


@pytest.mark.parametrize("setting", ["", "+P", "P3D", "tomorrow", "2026-07-06T08:00:00", "+P3X"])
def test_everything_else_is_no_clock(setting: str) -> None:
    with pytest.raises(ClockUnreadableError):
        shift_of(setting, REAL)


def test_a_file_clock_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "now"
    path.write_text(START)
    clock = demonstration_clock(Settings(data_dir=tmp_path), f"file:{path}")
    assert clock.now() == datetime(2026, 7, 6, 1, tzinfo=UTC)


def test_time_is_real_where_no_demonstration_lives(tmp_path: Path) -> None:
    runtime = build_runtime(Settings(data_dir=tmp_path, clock=START))
    assert not is_demonstration(runtime)
    assert isinstance(runtime.clock, SystemClock)
    assert movable_clock(runtime) is None
    runtime.database.close()


def test_the_folder_store_is_made_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, evidence_url=f"file://{tmp_path}/files")
    assert isinstance(open_store(settings), DiskStore)
    assert (tmp_path / "files").is_dir()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://evidence", "s3://evidence"),
        ("s3://evidence/", "s3://evidence"),
        ("s3://evidence.so-khcn/iso/2026/", "s3://evidence.so-khcn/iso/2026"),
    ],
)
def test_a_bucket_is_named_and_not_yet_asked(tmp_path: Path, url: str, address: str) -> None:
    nowhere = "http://127.0.0.1:1"
    store = open_store(Settings(data_dir=tmp_path, evidence_url=url, s3_endpoint=nowhere))
    assert isinstance(store, BucketStore)
    assert store.address == address
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ftp://host/evidence", "ftp://host/evidence"),
        ("var/evidence", "var/evidence"),
        ("s3://", "s3://"),
        ("s3://Bucket", "s3://Bucket"),
        ("s3://bucket/../other", "s3://bucket/../other"),
        ("s3://bucket//x", "s3://bucket//x"),
        ("s3://bucket/x?versionId=1", "s3://bucket/x?versionId=1"),
        ("s3://key:bi-mat@bucket/x", "s3://…@bucket/x"),
    ],
)
def test_an_address_of_evidence_that_cannot_be_read_is_refused(
    tmp_path: Path, url: str, shown: str
) -> None:
    with pytest.raises(Invalid) as refused:
        open_store(Settings(data_dir=tmp_path, evidence_url=url))
    assert (refused.value.code, refused.value.params) == (
        "evidence_url_unreadable",
        {"value": shown},
    )


@pytest.mark.parametrize("endpoint", ["store:9000", "s3://store", "http://", "http://k:s@store"])
def test_an_endpoint_that_cannot_be_read_is_refused(tmp_path: Path, endpoint: str) -> None:
    settings = Settings(data_dir=tmp_path, evidence_url="s3://evidence", s3_endpoint=endpoint)
    with pytest.raises(Invalid) as refused:
        open_store(settings)
    assert refused.value.code == "s3_endpoint_unreadable"
    assert "k:s" not in str(refused.value.params)


def test_the_registry_knows_the_names_of_the_processes() -> None:
    assert any(name.startswith("internal_audit.") for name in build_registry().facts)
