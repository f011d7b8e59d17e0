"""Settings: what is given, what is made, what is refused."""

import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from api.settings import Settings, kept_key


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"QUYTRINH_{name.upper()}", raising=False)


def test_without_an_environment_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database_address == f"sqlite:///{tmp_path}/quytrinh.db"
    assert settings.evidence_folder == tmp_path / "evidence"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.uses_default_database
    assert not settings.secure


def test_the_environment_is_read_under_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUYTRINH_PORT", "8123")
    monkeypatch.setenv("QUYTRINH_DEFINITIONS", "/a:/b")
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", "")
    monkeypatch.setenv("QUYTRINH_EVIDENCE_URL", "file:///srv/evidence")
    settings = Settings()
    assert settings.port == 8123
    assert settings.public_url == "http://127.0.0.1:8123"
    assert settings.definitions == (Path("/a"), Path("/b"))
    assert settings.database_url is None
    assert settings.evidence_folder == Path("/srv/evidence")


def test_a_bucket_is_no_folder() -> None:
    assert Settings(evidence_url="s3://bucket/prefix").evidence_folder is None


@pytest.mark.parametrize("address", ["http://qms.example", "http://10.0.0.5:8000"])
def test_plain_http_is_refused_for_any_other_machine(address: str) -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(base_url=address)


@pytest.mark.parametrize(
    ("address", "secure", "host"),
    [
        ("https://qms.example/", True, "qms.example"),
        ("http://localhost:9000", False, "localhost"),
        ("http://[::1]:9000", False, "::1"),
    ],
)
def test_the_public_address_tells_host_and_safety(address: str, *, secure: bool, host: str) -> None:
    settings = Settings(base_url=address)
    assert (settings.secure, settings.public_host) == (secure, host)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log.key"
    key = kept_key(path)
    assert len(key) == 32
    assert kept_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["log.key"]


def test_processes_that_start_together_end_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(kept_key(path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", ["", "not hex", "abcd"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "log.key"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no key"):
        kept_key(path)


def test_a_given_secret_key_is_used_as_it_is(tmp_path: Path) -> None:
    given = Settings(data_dir=tmp_path, secret_key=SecretStr("a secret of the agency"))
    assert given.signing_key() == b"a secret of the agency"
    made = Settings(data_dir=tmp_path)
    assert made.signing_key() != made.log_key()
    assert "secret" not in repr(given.secret_key)
