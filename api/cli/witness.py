"""`audit witness`: a witness of one's own, to be run where the log's operator has no key.

1. It needs no database and no setting of the house: two files and the keys of the logs.
2. `--new NAME` makes both files and says the key that others shall trust; without them it does not
   start, since a witness that forgot what it saw would sign a second history.
3. What it says before it serves is the key and the address; a signal ends it in order.
"""

import logging
import re
import secrets
import signal
import socket
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer
import uvicorn

from api.cli.desk import desk_of
from engine.audit.note import SEED_BYTES, NoteVerifier
from engine.audit.profile import AuditInputError
from engine.errors import Conflict, Invalid
from engine.witness.key_file import read_key_file, write_key_file
from engine.witness.ledger import Ledger
from engine.witness.serving import Witness

CONCURRENT_MAX: Final = 64
KEEP_ALIVE_SECONDS: Final = 5

_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(?P<port>[0-9]{1,5})", re.ASCII)


def witness(
    context: typer.Context,
    *,
    key: Annotated[Path, typer.Option(help="Tệp khóa · Key file")],
    state: Annotated[Path, typer.Option(help="Tệp ghi những gì đã ký · File of what was cosigned")],
    listen: Annotated[str, typer.Option(help="HOST:PORT")] = "127.0.0.1:8100",
    log: Annotated[
        list[str] | None, typer.Option(help="Khóa công khai của nhật ký · Public key of a log")
    ] = None,
    new: Annotated[
        str | None, typer.Option(metavar="NAME", help="Lập nhân chứng mới · Begin a new witness")
    ] = None,
) -> None:
    """Cosign checkpoints of known logs, as c2sp.org/tlog-witness has it."""
    desk = desk_of(context)
    if new is not None:
        _begin(state, key, new)
        desk.tell("witness_made", vkey=read_key_file(key).key.vkey)
        return
    cosigner = read_key_file(key)
    keys = [_log_key(text).key for text in log or []]
    if not keys:
        raise Invalid("witness_without_log")
    ledger = Ledger.open(state)
    try:
        with _bound(listen) as address:
            desk.tell("witness_serving", address=listen, vkey=cosigner.key.vkey)
            _serve(Witness(ledger, [cosigner], keys, clock=_seconds), address)
    finally:
        ledger.close()


def _begin(state: Path, key: Path, name: str) -> None:
    # The key first: a state without a key can be begun again, a key without its state must not.
    if state.exists():
        raise Conflict("witness_state_exists", file=str(state))
    write_key_file(key, name, secrets.token_bytes(SEED_BYTES))
    Ledger.make(state)


def _log_key(text: str) -> NoteVerifier:
    try:
        return NoteVerifier.from_vkey(text)
    except AuditInputError:
        raise Invalid("log_key_unreadable", value=text) from None


def _seconds() -> int:
    # A witness is a house of its own, with no runtime to ask for the time.
    return int(time.time())


def _bound(listen: str) -> socket.socket:
    """The socket to listen on.

    Raises:
        Invalid: `listen_unreadable`.
        Conflict: `address_in_use`.
    """
    found = _LISTEN.fullmatch(listen)
    if found is None or int(found["port"]) > 65535:
        raise Invalid("listen_unreadable", value=listen)
    host, port = found["host"].strip("[]"), int(found["port"])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as fault:
        raise Conflict("address_in_use", host=host, port=port, problem=fault.strerror) from fault


def _serve(app: Witness, address: socket.socket) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # uvicorn ends in order and then raises the signal again: that must not kill the process.
    signal.signal(signal.SIGTERM, _leave)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONCURRENT_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[address])


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
