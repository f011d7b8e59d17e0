"""Lists in pages: a cursor that is opaque, signed, and bound to the query it came from.

A cursor holds where the page before ended. Whoever changes it, takes it from another query or from
another organisation gets 400, not a page that leaves something out.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Request

from api.dependencies import house_of
from api.problems import Unreadable
from engine.runtime import Caller

LIMIT_MAX: Final = 200
LIMIT: Final = 50
_TAG_BYTES: Final = 16

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str | None, Query(max_length=1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Cursors of one query of one organisation."""

    key: bytes
    query: str

    def open(self, cursor: str | None) -> list[Any] | None:
        """Where the page before ended; None at the beginning.

        Raises:
            Unreadable: the cursor is not of this query, or not ours at all.
        """
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Unreadable("cursor_invalid") from None
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(body)):
            raise Unreadable("cursor_invalid")
        position: list[Any] = json.loads(body)
        return position

    def seal(self, position: Sequence[Any] | None) -> str | None:
        """The cursor to go on from a position; None at the end."""
        if position is None:
            return None
        body = json.dumps(list(position), separators=(",", ":")).encode()
        return base64.b64encode(self._tag(body) + body, altchars=b"-_").decode()

    def _tag(self, body: bytes) -> bytes:
        message = b"cursor\0" + self.query.encode() + b"\0" + body
        return hmac.new(self.key, message, hashlib.sha256).digest()[:_TAG_BYTES]


def pager_of(request: Request, caller: Caller) -> Pager:
    """The pager of a request: its path and its query, without the page's own two parameters."""
    wanted = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"cursor", "limit"}
    )
    query = json.dumps([caller.organization_id, request.url.path, wanted])
    return Pager(key=house_of(request).signing_key, query=query)


def page(items: Sequence[Any], following: str | None) -> Mapping[str, Any]:
    """A list as it is sent."""
    return {"items": list(items), "next": following}


def slice_of(
    items: Sequence[Any], *, pager: Pager, cursor: str | None, limit: int
) -> tuple[Sequence[Any], str | None]:
    """A page of what is in memory whole, and the cursor to the next one."""
    opened = pager.open(cursor)
    start = 0 if opened is None else int(opened[0])
    end = start + limit
    return items[start:end], pager.seal([end] if end < len(items) else None)
