"""`audit publish`, `audit key`, `audit accept-restore`, and what `serve` and `worker` refuse."""

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from api.bootstrap import build_runtime, open_published
from api.cli.main import run
from api.settings import Settings
from engine.commands.manage_accounts import add_account
from engine.evidence.published_disk import PublishedFolder
from tests.engine.test_publishing import write
from tests.fixtures import OFFICE, Databases, people_of, seed_data
from tests.publishing import Auditor

KEY = b"a key of thirty-two bytes or more"
"""What the founded databases of the tests are sealed with."""
SITE = "https://iso.example.vn"
ORIGIN = "iso.example.vn/log/skhcn"

Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def installation(
    sqlite_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """An installation at work, as the environment tells it; its people speak English."""
    (tmp_path / "log.key").write_text(KEY.hex(), "ascii")
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", sqlite_databases.founded())
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUYTRINH_BASE_URL", SITE)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    return Settings()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs a command; its exit code and what it said."""

    def one(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return one


def auditor_of(settings: Settings, vkey: str, generation: int = 1) -> Auditor:
    origin = ORIGIN if generation == 1 else f"{ORIGIN}/g{generation}"
    return Auditor(open_published(settings), OFFICE, generation, origin, vkey)


def more(settings: Settings, count: int = 3) -> None:
    """Let something happen."""
    runtime = build_runtime(settings)
    write(runtime, count)
    runtime.database.close()


def file_of(settings: Settings) -> Path:
    return Path(str(make_url(settings.database_address).database))


def test_what_is_printed_is_what_an_auditor_needs(installation: Settings, tell: Tell) -> None:
    code, out, _ = tell("audit", "key", "show", "--organization", "skhcn")
    assert code == 0
    vkey = out.strip()
    assert vkey.startswith(f"{ORIGIN}+")
    code, out, _ = tell("audit", "publish")
    assert code == 0
    auditor = auditor_of(installation, vkey)
    size = len(auditor.entries())
    assert f"{ORIGIN}: published up to {size} entries, {size} of them new." in out
    assert "iso.example.vn/log/neighbour" in out
    more(installation)
    _, out, _ = tell("audit", "publish", "--organization", "skhcn")
    assert out.strip() == f"{ORIGIN}: published up to {size + 3} entries, 3 of them new."
    assert (installation.data_dir / "log-signing.key").stat().st_mode & 0o777 == 0o600


def test_files_that_were_lost_are_written_anew(installation: Settings, tell: Tell) -> None:
    tell("audit", "publish")
    _, out, _ = tell("audit", "key", "show", "--organization", "skhcn")
    shutil.rmtree(installation.data_dir / "evidence" / OFFICE / "log" / "1" / "tile")
    more(installation)
    code, _, error = tell("audit", "publish")
    assert (code, "quytrinh audit publish --anew" in error) == (2, True)
    assert tell("audit", "publish", "--anew")[0] == 0
    assert auditor_of(installation, out.strip()).entries()


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nobody_is_served_on_a_database_that_was_put_back(
    installation: Settings, tell: Tell, command: str
) -> None:
    tell("audit", "publish")
    file = file_of(installation)
    kept = file.with_suffix(".kept")
    shutil.copyfile(file, kept)
    more(installation)
    tell("audit", "publish")
    shutil.copyfile(kept, file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = ("--port", str(port)) if command == "serve" else ()
    code, out, error = tell(command, *served)
    assert (code, out) == (2, "")
    assert "quytrinh audit accept-restore --user NAME --reason TEXT" in error
    assert f"The log {ORIGIN} was published with" in error
    assert "Traceback" not in error


def test_a_restore_is_accepted_by_somebody_and_the_log_goes_on(
    installation: Settings, tell: Tell
) -> None:
    runtime = build_runtime(installation)
    person = people_of(seed_data())["administrator"]
    add_account(runtime, OFFICE, person=person, username="quan.tri", password_hash="hash")  # noqa: S106
    runtime.database.close()
    accept = ("audit", "accept-restore", "--reason", "Ổ đĩa hỏng ngày 3/8", "--user")
    code, _, error = tell(*accept, "quan.tri")
    # Nothing was published yet: there is nothing to accept.
    assert (code, "nothing to accept" in error) == (2, True)
    tell("audit", "publish")
    file = file_of(installation)
    kept = file.with_suffix(".kept")
    shutil.copyfile(file, kept)
    more(installation)
    tell("audit", "publish")
    shutil.copyfile(kept, file)
    assert tell(*accept, "nobody")[0] == 2
    code, out, error = tell(*accept, "quan.tri")
    assert (code, error) == (0, "")
    assert f"The log {ORIGIN} goes on as {ORIGIN}/g2" in out
    _, out, _ = tell("audit", "key", "show", "--organization", "skhcn")
    entries = auditor_of(installation, out.strip(), 2).entries()
    body = json.loads(entries[-1])
    assert (body["type"], body["actor"]) == ("log_restored", person)
    assert tell("audit", "publish")[0] == 0


def test_a_key_is_changed_in_two_steps(installation: Settings, tell: Tell) -> None:
    tell("audit", "publish")
    show = ("audit", "key", "show", "--organization", "skhcn")
    old = tell(*show)[1].strip()
    code, out, _ = tell("audit", "key", "rotate")
    assert (code, "2 logs tell of it" in out) == (0, True)
    new, former = tell(*show)[1].split()
    assert former == old != new
    assert new in out
    for vkey in (old, new):
        assert auditor_of(installation, vkey).checkpoint()
    assert tell("audit", "key", "rotate")[0] == 2
    assert tell("audit", "key", "rotate", "--finish")[0] == 0
    assert tell(*show)[1].split() == [new]
    more(installation)
    assert tell("audit", "publish")[0] == 0
    assert len((installation.data_dir / "log-signing.key").read_text("ascii").split()) == 1


def test_the_log_moves_with_the_evidence(
    installation: Settings, tell: Tell, tmp_path: Path
) -> None:
    tell("audit", "publish")
    vkey = tell("audit", "key", "show", "--organization", "skhcn")[1].strip()
    code, out, _ = tell("evidence", "copy", f"file://{tmp_path / 'moved'}")
    assert code == 0
    assert "files of the published log copied" in out
    before = auditor_of(installation, vkey)
    there = Auditor(PublishedFolder(tmp_path / "moved"), OFFICE, 1, ORIGIN, vkey)
    assert there.entries() == before.entries()
