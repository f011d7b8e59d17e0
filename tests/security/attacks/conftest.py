"""The scene of all attacks, on both databases, and a copy of it for each attacker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.queries import audit_trail
from tests.fixtures import Databases
from tests.security.attacks.eyes import read_once
from tests.security.attacks.scene import Scene, Stage, build, staged


@pytest.fixture(autouse=True)
def _definitions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "loaded", read_once)


@pytest.fixture(scope="session")
def sqlite_scene(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return build(sqlite_databases, tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="session")
def postgresql_scene(
    postgresql_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    return build(postgresql_databases, tmp_path_factory.mktemp("scene"))


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest) -> Scene:
    found: Scene = request.getfixturevalue(f"{request.param}_scene")
    return found


@pytest.fixture
def stage(scene: Scene, tmp_path: Path) -> Iterator[Stage]:
    """A copy for one attacker, on both databases."""
    with staged(scene, tmp_path) as copy:
        yield copy


@pytest.fixture
def small_stage(sqlite_scene: Scene, tmp_path: Path) -> Iterator[Stage]:
    """A copy on SQLite, for what no database can change."""
    with staged(sqlite_scene, tmp_path) as copy:
        yield copy
