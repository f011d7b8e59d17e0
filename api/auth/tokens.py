"""Bearer tokens: how one is read from a request, and what its scopes let it do.

`qms_<id>_<32 bytes>`: scanners of leaked secrets know the prefix. Only a digest is stored.
"""

import re
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

_FORM: Final = re.compile(r"qms_[0-9a-f]{32}_[A-Za-z0-9_-]{43}", re.ASCII)


class Scope(StrEnum):
    """What a token may be narrowed to; its person's roles narrow it further."""

    READ = "read"
    STEP = "step"
    EVIDENCE = "evidence"
    IMPORT = "import"
    ADMIN = "admin"


def bearer(header: str | None) -> str | None:
    """The token in an `Authorization` header; None when it is absent or of another scheme."""
    scheme, _, value = (header or "").strip().partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def is_well_formed(secret: str) -> bool:
    """Whether it can be one of our tokens at all; everything else needs no look at the database."""
    return _FORM.fullmatch(secret) is not None


def allows(scopes: AbstractSet[str], needed: Scope) -> bool:
    """Whether the scopes of a token cover what is needed."""
    return needed.value in scopes
