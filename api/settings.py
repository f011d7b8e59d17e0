"""Everything that the environment decides, read once: variables that start with `QUYTRINH_`.

1. Only this file reads the environment; below it a setting is an argument.
2. Keys that nobody gave are made here and kept in the data folder, readable by their owner alone.
   They are made whole or not at all: two processes that start together end with one key.
3. The default is a demonstration on this machine: SQLite and a folder under `var/`, loopback, http.
"""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

KEY_BYTES: Final = 32
JSON_BYTES: Final = 1024 * 1024
_SHARED_METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The name is prometheus-client's, which asks for it when it is imported."""
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _folders(value: object) -> object:
    """Read a list of folders as the shell writes one."""
    if isinstance(value, str):
        return tuple(Path(part) for part in value.split(os.pathsep) if part)
    return value


def _hosts(value: object) -> object:
    """Read a list of hosts as the shell writes one."""
    if isinstance(value, str):
        return frozenset(part.strip() for part in value.split(",") if part.strip())
    return value


class Settings(BaseSettings):
    """The settings of one installation.

    Attributes:
        database_url: SQLAlchemy form; without one a SQLite file in the data folder.
        evidence_url: `file:///…` or `s3://bucket/prefix`; else a folder in the data folder.
        data_dir: where keys, the default database and the default evidence folder lie.
        secret_key: signs cursors; made and kept in the data folder when absent.
        log_key_file: file with the key of the log's seals; outside the database, made when absent.
        log_signing_key_file: file with the keys that sign the published logs; likewise.
        witness_policy: file that names the witnesses to ask, and how many must sign.
        tsa_url: an RFC 3161 authority that stamps checkpoints; `tsa_roots`: PEM file of its roots.
        base_url: how the outside reaches the house; https makes cookies `Secure` and `__Host-`.
        definitions: further folders of definitions.
        timezone: zone of an organisation made here.
        clock: a start that runs on, an offset, or `file:PATH`; obeyed by demonstrations alone.
        demo: load the demonstration into a database that is not the default one.
        pdf_roots_national: folder with the certificates of public authorities whose signatures
            inside PDFs are trusted; `pdf_roots_government`: of the Government's own authority.
        login_per_minute: tries per account and address.
        smtp_url: `smtps://user:password@host:port?from=address`, `smtp://…` for STARTTLS; without
            one messages stand on the pages alone.
        own_hosts: hosts of the operator's own network to which events may be sent (`host:port`,
            separated by commas); to all others only over https at public addresses.
        metrics_token: what a monitor sends to read `/metrics`; without one it is not served.
        read_per_minute: reading requests per credential; `step_per_minute`: writing ones.
        answer_per_minute: forms that one public link takes, whoever sends them.
        upload_max_bytes: largest request with files; `import_max_bytes`: largest file of an import.
    """

    model_config = SettingsConfigDict(env_prefix="QUYTRINH_", frozen=True, extra="ignore")

    database_url: str | None = None
    evidence_url: str | None = None
    s3_endpoint: str | None = None
    data_dir: Path = Path("var")
    secret_key: SecretStr | None = None
    log_key_file: Path | None = None
    log_signing_key_file: Path | None = None
    witness_policy: Path | None = None
    tsa_url: str | None = None
    tsa_roots: Path | None = None
    base_url: str | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    definitions: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)] = ()
    timezone: str = "Asia/Ho_Chi_Minh"
    smtp_url: SecretStr | None = None
    own_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = frozenset()
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    clamd_url: str | None = None
    metrics_token: SecretStr | None = None
    pdf_roots_national: Path | None = None
    pdf_roots_government: Path | None = None
    clock: str | None = None
    demo: bool = False
    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    session_absolute_minutes: Annotated[int, Field(ge=1, le=10080)] = 720
    login_per_minute: Annotated[int, Field(ge=1)] = 5
    read_per_minute: Annotated[int, Field(ge=1)] = 600
    step_per_minute: Annotated[int, Field(ge=1)] = 120
    answer_per_minute: Annotated[int, Field(ge=1)] = 60
    upload_max_bytes: Annotated[int, Field(ge=JSON_BYTES)] = 100 * 1024 * 1024
    import_max_bytes: Annotated[int, Field(ge=JSON_BYTES)] = 1024 * 1024 * 1024

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object, info: object) -> object:
        """`NAME=` in a shell means that the name was not given."""
        field = cls.model_fields[info.field_name]  # type: ignore[attr-defined]
        return field.get_default() if value == "" else value

    @model_validator(mode="after")
    def _plain_http_stays_at_home(self) -> Self:
        """Refuse to send cookies in clear over a network."""
        if not self.secure and self.public_host not in LOOPBACK:
            raise ValueError("QUYTRINH_BASE_URL must be https unless it names this machine")
        return self

    @property
    def public_url(self) -> str:
        """The address under which the house is reached, without a slash at its end."""
        return (self.base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def public_host(self) -> str:
        """The host of the public address."""
        rest = self.public_url.partition("://")[2].partition("/")[0]
        if rest.startswith("["):
            return rest[1:].partition("]")[0]
        return rest.partition(":")[0]

    @property
    def secure(self) -> bool:
        """Whether the outside comes over https."""
        return self.public_url.startswith("https://")

    @property
    def uses_default_database(self) -> bool:
        """Whether it is the SQLite file of the data folder, which a demonstration may fill."""
        return self.database_url is None

    @property
    def database_address(self) -> str:
        """The database's address in SQLAlchemy's form."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'quytrinh.db'}"

    @property
    def evidence_folder(self) -> Path | None:
        """The folder of the evidence store; None when the store is a bucket."""
        if self.evidence_url is None:
            return self.data_dir.absolute() / "evidence"
        if self.evidence_url.startswith("file://"):
            return Path(self.evidence_url.removeprefix("file://"))
        return None

    @property
    def pdf_roots(self) -> dict[str, Path]:
        """Set of roots → its folder, for signatures inside PDFs."""
        sets = {"national": self.pdf_roots_national, "government": self.pdf_roots_government}
        return {name: folder for name, folder in sets.items() if folder is not None}

    def signing_key(self) -> bytes:
        """The key of what the house signs for itself: cursors, addresses."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return kept_key(self.data_dir / "secret.key")

    @property
    def log_key_path(self) -> Path:
        """The file with the key of the log's seals."""
        return self.log_key_file or self.data_dir / "log.key"

    @property
    def log_signing_key_path(self) -> Path:
        """The file with the keys that sign the published logs."""
        return self.log_signing_key_file or self.data_dir / "log-signing.key"

    @property
    def site(self) -> str:
        """How the outside calls this installation: the public address without its scheme."""
        return self.public_url.partition("://")[2]

    def log_key(self) -> bytes:
        """The key of the log's seals; made when absent."""
        return kept_key(self.log_key_path)


def kept_key(path: Path) -> bytes:
    """The key in a file; made there when absent, atomically and readable by its owner alone.

    Raises:
        ValueError: the file holds no key of the right length.
    """
    if not path.exists():
        _make(path)
    text = path.read_text(encoding="ascii").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        msg = f"{path} holds no key of {KEY_BYTES} bytes in hexadecimal"
        raise ValueError(msg)
    return key


def _make(path: Path) -> None:
    """Write a new key beside its place and link it there; whoever links first has made the key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes files that nobody but their owner can read.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            # Another process was faster; its key is the key.
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        Path(name).unlink()


def share_metrics(folder: str) -> None:
    """Let the web processes that are started from now on count requests in files of one folder."""
    os.environ[_SHARED_METRICS] = folder


def shared_metrics() -> str | None:
    """The folder in which the web processes count together; None where there is only one."""
    return os.environ.get(_SHARED_METRICS)
