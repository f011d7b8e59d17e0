"""The key file of a witness: one line, readable by its owner alone.

The form is the one that Go's `note` package writes: `PRIVATE+KEY+name+id+base64(type ‖ seed)`, so
that a key can move between this witness and another program.
"""

import base64
import os
from pathlib import Path
from typing import Final

from engine.audit.cosignature import COSIGNATURE_TYPES, Cosigner
from engine.audit.note import SEED_BYTES, decoded_base64
from engine.audit.profile import AuditInputError
from engine.errors import Conflict, Invalid, NotFound

PREFIX: Final = "PRIVATE+KEY+"


def write_key_file(path: Path, name: str, seed: bytes) -> Cosigner:
    """Make the key file of a new witness.

    Raises:
        Conflict: `witness_key_exists`.
        Invalid: `witness_name_wrong`.
    """
    try:
        cosigner = Cosigner(name, seed)
    except AuditInputError:
        raise Invalid("witness_name_wrong", name=name) from None
    secret = base64.b64encode(bytes([cosigner.key.signature_type]) + seed).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("witness_key_exists", file=str(path)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{PREFIX}{name}+{cosigner.key.key_id.hex()}+{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    return cosigner


def read_key_file(path: Path) -> Cosigner:
    """Read the key of a witness.

    Raises:
        NotFound: `witness_key_missing`.
        Invalid: `witness_key_unreadable`.
    """
    if not path.is_file():
        raise NotFound("witness_key_missing", file=str(path))
    cosigner = _parsed(path.read_text("utf-8").strip())
    if cosigner is None:
        raise Invalid("witness_key_unreadable", file=str(path))
    return cosigner


def _parsed(text: str) -> Cosigner | None:
    parts = text.removeprefix(PREFIX).split("+", 2)
    secret = decoded_base64(parts[2]) if text.startswith(PREFIX) and len(parts) == 3 else None
    if secret is None or len(secret) != 1 + SEED_BYTES or secret[0] not in COSIGNATURE_TYPES:
        return None
    try:
        cosigner = Cosigner(parts[0], secret[1:], signature_type=secret[0])
    except AuditInputError:
        return None
    return cosigner if cosigner.key.key_id.hex() == parts[1] else None
