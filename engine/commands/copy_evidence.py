"""Carry the evidence of an organisation into another store, each file hashed where it lay.

1. What a record refers to is carried; orphans stay behind.
2. Nothing is removed and nothing overwritten, so it may be run again, and again while people work.
3. A file that is missing or damaged is named and does not keep the others waiting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.evidence.store import BlobCorrupt, BlobNotFound, EvidenceStore, check_blob
from engine.runtime import Runtime


class Carried(StrEnum):
    """What became of one file."""

    COPIED = "copied"
    THERE = "there"
    MISSING = "missing"
    DAMAGED = "damaged"
    DAMAGED_THERE = "damaged_there"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedFile:
    """One content and what became of it."""

    sha256: str
    outcome: Carried


def copy_evidence(
    runtime: Runtime, organization_id: str, target: EvidenceStore
) -> Iterator[CarriedFile]:
    """Carry every content that a record refers to, and say of each what became of it.

    Raises:
        OSError: one of the two stores is away.
    """
    with runtime.read(organization_id) as uow:
        known = uow.tables.evidence.digests()
    for sha256 in sorted(known):
        outcome = _carry(runtime.store, target, organization_id, sha256)
        yield CarriedFile(sha256=sha256, outcome=outcome)


def _carry(
    source: EvidenceStore, target: EvidenceStore, organization_id: str, sha256: str
) -> Carried:
    try:
        check_blob(target, organization_id, sha256)
    except BlobCorrupt:
        return Carried.DAMAGED_THERE
    except BlobNotFound:
        pass
    else:
        return Carried.THERE
    try:
        # Before it is put: under the digest of its own bytes a damaged file would look sound.
        blob = check_blob(source, organization_id, sha256)
        with source.open(organization_id, sha256) as content:
            target.put(organization_id, content, max_bytes=blob.size)
    except BlobNotFound:
        return Carried.MISSING
    except BlobCorrupt:
        return Carried.DAMAGED
    return Carried.COPIED
