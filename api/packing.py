"""Evidence packs for whoever asks over REST or on a page: made in a file of no name, then sent.

1. A pack is made when it is asked for, and asking is an entry of the log.
2. Who asks gets what they may read: personal data only where every personal column is theirs.
3. A process makes one at a time; who comes meanwhile is asked to come again.
"""

import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from api.dependencies import House, standing
from api.pack_pages import ReadablePages
from api.problems import TooManyRequests
from engine.commands.export_pack import export_pack
from engine.machine.actor import Actor
from engine.queries.auditor_access import actor_behind
from engine.queries.evidence_pack import PackMade, PackWish
from engine.queries.publication import newest_checkpoint
from engine.runtime import Caller
from engine.storage.auditor_links import AuditorLink

WAIT_SECONDS: Final = 10
CHUNK_BYTES: Final = 1024 * 1024
HEADERS: Final = {
    "Content-Type": "application/zip",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
_MAKING: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """A pack in a file that nobody else can name.

    Attributes:
        name: how a browser shall call it.
    """

    file: IO[bytes]
    name: str
    made: PackMade

    def response(self) -> StreamingResponse:
        """The answer that carries it; the file is gone when it was sent."""
        headers: Mapping[str, str] = {
            **HEADERS,
            "Content-Length": str(self.made.bytes),
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "Digest": f"sha-256={self.made.sha256}",
        }
        return StreamingResponse(self._pieces(), headers=headers)

    def _pieces(self) -> Iterator[bytes]:
        with self.file:
            self.file.seek(0)
            while piece := self.file.read(CHUNK_BYTES):
                yield piece


def pack_for(house: House, caller: Caller, *, kind: str, value: str) -> PackFile:
    """The pack of a scope for somebody who is known.

    Raises:
        NotFound, NotPublished, PackTooLarge, LogDiffers: as `export_pack`.
        TooManyRequests: another one is being made.
    """
    with standing(house, caller) as (_, actor):
        pass
    return _made(house, caller.organization_id, kind, value, actor=actor)


def pack_behind(house: House, link: AuditorLink) -> PackFile:
    """The pack of what a door opens, without personal data.

    Raises:
        NotFound, NotPublished, PackTooLarge, LogDiffers: as `export_pack`.
        TooManyRequests: another one is being made.
    """
    return _made(house, link.organization_id, link.kind, link.value, actor=actor_behind(link))


def disposition(filename: str) -> str:
    """`Content-Disposition` by RFC 6266: the whole name, and an ASCII one for old readers."""
    letters = unicodedata.normalize("NFD", filename.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in letters if c.isascii() and c.isprintable() and c not in '"\\%;')
    return (
        f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(filename, safe='')}"
    )


def _made(house: House, organization_id: str, kind: str, value: str, *, actor: Actor) -> PackFile:
    checkpoint = newest_checkpoint(house.runtime, organization_id)
    wish = PackWish(kind=kind, value=value, note=checkpoint.note, actor=actor, keys=checkpoint.keys)
    pages = ReadablePages(house.words, house.zone(organization_id))
    with _one_at_a_time():
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it.
        try:
            made = export_pack(house.runtime, organization_id, wish, file, pages, actor=actor)
        except BaseException:
            file.close()
            raise
    name = f"{organization_id}-{made.scope.value}-{made.size}.zip"
    return PackFile(file=file, name=name, made=made)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _MAKING.acquire(blocking=False):
        raise TooManyRequests("too_many_requests", seconds=WAIT_SECONDS)
    try:
        yield
    finally:
        _MAKING.release()
