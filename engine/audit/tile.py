"""The files of a log, as c2sp.org/tlog-tiles has them: hash tiles and entry bundles.

1. A hash tile of level L is a run of up to 256 hashes, one beside the other. At level 0 they are
   those of the leaves, above it those of full tiles of the level below.
2. An entry bundle is a run of up to 256 leaves, each behind its length in two bytes.
3. Tile N is found at `tile/<L>/<N>` or `tile/entries/<N>`, N in groups of three digits of which all
   but the last begin with an x. A tile with fewer than 256 members is partial and says how many it
   has: `….p/<W>`. A partial tile is never hashed into the level above.
4. A full tile never changes. Which tiles a tree has follows from its size alone.
5. A partial tile may be removed once its full one is there: it is the beginning of that one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from engine.audit.leaf import BODY_BYTES_MAX
from engine.audit.merkle import HASH_BYTES, SIZE_MAX
from engine.audit.profile import AuditInputError

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LEVEL_MAX = 63
ENTRIES = -1
"""The level under which entry bundles stand: below the hashes of the leaves."""

CHECKPOINT_PATH = "checkpoint"

_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Which tile.

    Attributes:
        level: of its hashes, or `ENTRIES` for a bundle of entries.
        index: its number among the tiles of its level.
        width: how many members it has; 256 for a full one.

    Raises:
        AuditInputError: `tile_invalid`.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        inside = ENTRIES <= self.level <= LEVEL_MAX and 1 <= self.width <= TILE_WIDTH
        if not inside or not 0 <= self.index <= SIZE_MAX >> TILE_HEIGHT:
            raise AuditInputError("tile_invalid", level=self.level, index=self.index)

    @property
    def full(self) -> bool:
        """Whether nothing can be added to it."""
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it is found under the prefix of its log (rule 3)."""
        rest, last = divmod(self.index, 1000)
        groups = [f"{last:03}"]
        while rest:
            rest, last = divmod(rest, 1000)
            groups.append(f"x{last:03}")
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.full else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{part}"

    @classmethod
    def parse(cls, path: str) -> Self:
        """The tile at this path, which must be the only spelling of it.

        Raises:
            AuditInputError: `tile_path_invalid`.
        """
        read = _PATH.fullmatch(path)
        if read is None:
            raise AuditInputError("tile_path_invalid")
        level = ENTRIES if read["level"] == "entries" else int(read["level"])
        index = int(read["index"].replace("/", "").replace("x", ""))
        try:
            tile = cls(level, index, int(read["width"] or TILE_WIDTH))
        except AuditInputError as error:
            raise AuditInputError("tile_path_invalid") from error
        if tile.path != path:
            raise AuditInputError("tile_path_invalid")
        return tile


def members_at(level: int, size: int) -> int:
    """How many hashes, or entries, stand at a level of a tree of this size."""
    return size if level == ENTRIES else size >> (TILE_HEIGHT * level)


def tile_at(level: int, index: int, *, size: int) -> Tile:
    """The tile of this number as wide as it is in a tree of this size.

    Raises:
        AuditInputError: `tile_invalid` when that tree has no such tile.
    """
    width = min(TILE_WIDTH, members_at(level, size) - index * TILE_WIDTH)
    return Tile(level, index, width)


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of this size, bundles of entries first."""
    return changed_tiles(0, size)


def changed_tiles(old: int, new: int) -> Iterator[Tile]:
    """The tiles that a tree has at one size and did not have at a smaller one.

    Raises:
        AuditInputError: `index_outside_tree` unless 0 ≤ old ≤ new.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise AuditInputError("index_outside_tree", index=old, size=new)
    level = ENTRIES
    while members_at(level, new):
        before, after = members_at(level, old), members_at(level, new)
        if before != after:
            for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
                yield tile_at(level, index, size=new)
        level += 1


def write_hashes(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a hash tile.

    Raises:
        AuditInputError: `tile_malformed` when the hashes cannot be one.
    """
    if not 1 <= len(hashes) <= TILE_WIDTH or any(len(node) != HASH_BYTES for node in hashes):
        raise AuditInputError("tile_malformed", members=len(hashes))
    return b"".join(hashes)


def read_hashes(content: bytes, *, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile that must have this many.

    Raises:
        AuditInputError: `tile_malformed`.
    """
    if len(content) != width * HASH_BYTES or not 1 <= width <= TILE_WIDTH:
        raise AuditInputError("tile_malformed", bytes=len(content), width=width)
    return tuple(
        content[start : start + HASH_BYTES] for start in range(0, len(content), HASH_BYTES)
    )


def write_entries(bodies: Sequence[bytes]) -> bytes:
    """The bytes of a bundle of leaves.

    Raises:
        AuditInputError: `tile_malformed` when there are none or too many; `entry_too_large`.
    """
    if not 1 <= len(bodies) <= TILE_WIDTH:
        raise AuditInputError("tile_malformed", members=len(bodies))
    for body in bodies:
        if len(body) > BODY_BYTES_MAX:
            raise AuditInputError("entry_too_large", bytes=len(body), bytes_max=BODY_BYTES_MAX)
    return b"".join(len(body).to_bytes(_LENGTH_BYTES, "big") + body for body in bodies)


def read_entries(content: bytes, *, width: int) -> tuple[bytes, ...]:
    """The leaves of a bundle that must have this many, to its last byte.

    Raises:
        AuditInputError: `tile_malformed`.
    """
    bodies: list[bytes] = []
    start = 0
    while start < len(content):
        begin = start + _LENGTH_BYTES
        end = begin + int.from_bytes(content[start:begin], "big")
        if end > len(content) or begin > len(content):
            raise AuditInputError("tile_malformed", bytes=len(content), width=width)
        bodies.append(content[begin:end])
        start = end
    if len(bodies) != width or not 1 <= width <= TILE_WIDTH:
        raise AuditInputError("tile_malformed", members=len(bodies), width=width)
    return tuple(bodies)


def beginning_of(whole: bytes, tile: Tile) -> bytes:
    """The bytes of a partial tile out of those of its full one (rule 5).

    Raises:
        AuditInputError: `tile_malformed` when that is no full tile.
    """
    if tile.level == ENTRIES:
        return write_entries(read_entries(whole, width=TILE_WIDTH)[: tile.width])
    return write_hashes(read_hashes(whole, width=TILE_WIDTH)[: tile.width])
