"""The one file in which a pack travels: a ZIP that has one spelling only.

1. Members are stored, not compressed: no two compressors write the same bytes, and nothing can
   unfold into more than it is. Times, rights and order say nothing: the same content is the same
   file, byte for byte.
2. Names are short and ASCII, without `..`, an empty part or a leading slash; none comes twice.
3. Reading believes no byte: every header, the directory and the end are written again from what was
   read and must be the same, so that a flipped byte is found wherever it lies. Nothing is ever
   written to a disk.
4. Below 4 GB and 65,535 members, so that every old program opens it; more is refused, not split.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.audit.profile import AuditInputError

MEMBERS_MAX = 65_534
BYTES_MAX = 2**32 - 2
CHUNK_BYTES = 1 << 20

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)
_NAME_LETTERS_MAX = 200
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_NEEDED = 20
_MADE_BY = 3 << 8 | _NEEDED
_FIRST_DAY = 0x21
_RIGHTS = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside.

    Attributes:
        start: where its header begins.
        offset: where its content begins.
    """

    name: str
    start: int
    offset: int
    size: int
    crc: int


class ContainerWriter:
    """Writes a container into a file that can be sought.

    Raises, in every method:
        AuditInputError: `container_name`, `container_repeated` or `container_too_large`.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._members: dict[str, Member] = {}

    def add(self, name: str, content: bytes) -> None:
        """A member whose content is at hand."""
        self.add_pieces(name, (content,))

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> int:
        """A member whose content comes in pieces; its size."""
        check_name(name)
        if name in self._members:
            raise AuditInputError("container_repeated", name=name)
        start, offset = self._at, self._at + _LOCAL.size + len(name)
        self._write(bytes(offset - start))
        size = crc = 0
        for piece in pieces:
            self._write(piece)
            size, crc = size + len(piece), zlib.crc32(piece, crc)
        member = Member(name=name, start=start, offset=offset, size=size, crc=crc)
        self._members[name] = member
        if len(self._members) > MEMBERS_MAX:
            raise AuditInputError("container_too_large", members_max=MEMBERS_MAX)
        self._file.seek(start)
        self._file.write(_local(member))
        self._file.seek(self._at)
        return size

    def finish(self) -> int:
        """Write the directory; the size of the whole."""
        self._write(_directory(tuple(self._members.values()), self._at))
        self._file.flush()
        return self._at

    def _write(self, piece: bytes) -> None:
        self._at += len(piece)
        if self._at > BYTES_MAX:
            raise AuditInputError("container_too_large", bytes_max=BYTES_MAX)
        self._file.write(piece)


class Container:
    """A container that was read, its members by name.

    Args:
        file: can be sought; it stays the caller's to close.

    Raises:
        AuditInputError: `container_unreadable` with the place where reading ended.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: dict[str, Member] = {}
        self.faults: tuple[str, ...] = tuple(self._read())

    def content(self, name: str, *, bytes_max: int) -> bytes:
        """The whole content of a member.

        Raises:
            AuditInputError: `member_missing`, `member_too_large`.
        """
        member = self._member(name)
        if member.size > bytes_max:
            raise AuditInputError("member_too_large", name=name, bytes_max=bytes_max)
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a member, piece by piece."""
        member = self._member(name)
        at, left = member.offset, member.size
        while left:
            self._file.seek(at)
            piece = self._file.read(min(CHUNK_BYTES, left))
            if not piece:
                return
            at, left = at + len(piece), left - len(piece)
            yield piece

    def lines(self, name: str, *, bytes_max: int) -> Iterator[bytes]:
        """The lines of a member without their ends, one at a time.

        Raises:
            AuditInputError: `line_too_long`, `line_unfinished` where the last one has no end.
        """
        rest = b""
        for piece in self.pieces(name):
            first, *others = piece.split(b"\n")
            rest += first
            for line in others:
                yield rest
                rest = line
            if len(rest) > bytes_max:
                raise AuditInputError("line_too_long", name=name, bytes_max=bytes_max)
        if rest:
            raise AuditInputError("line_unfinished", name=name)

    def _member(self, name: str) -> Member:
        member = self.members.get(name)
        if member is None:
            raise AuditInputError("member_missing", name=name)
        return member

    def _read(self) -> Iterator[str]:
        """Read every header, and yield the names of members whose content is not what it was."""
        whole = self._file.seek(0, 2)
        if whole > BYTES_MAX:
            raise AuditInputError("container_unreadable", at=BYTES_MAX)
        at = 0
        while (member := self._header(at, whole)) is not None:
            self.members[member.name] = member
            crc = 0
            for piece in self.pieces(member.name):
                crc = zlib.crc32(piece, crc)
            if crc != member.crc:
                yield member.name
            at = member.offset + member.size
        expected = _directory(tuple(self.members.values()), at)
        self._file.seek(at)
        if whole - at != len(expected) or self._file.read(len(expected)) != expected:
            raise AuditInputError("container_unreadable", at=at)

    def _header(self, at: int, whole: int) -> Member | None:
        """The member that begins here; None where the directory begins."""
        self._file.seek(at)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
            return None
        *_, crc, _, size, letters, _ = _LOCAL.unpack(head)
        spelled = self._file.read(min(letters, _NAME_LETTERS_MAX + 1))
        offset = at + _LOCAL.size + letters
        name = spelled.decode("ascii", "replace")
        member = Member(name=name, start=at, offset=offset, size=size, crc=crc)
        sound = (
            is_name(name)
            and name not in self.members
            and len(self.members) < MEMBERS_MAX
            and offset + size <= whole
        )
        if not sound or head + spelled != _local(member):
            raise AuditInputError("container_unreadable", at=at)
        return member


def is_name(name: str) -> bool:
    """Whether a member may be called so (rule 2)."""
    return len(name) <= _NAME_LETTERS_MAX and _NAME.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Refuse a name that no member may have.

    Raises:
        AuditInputError: `container_name`.
    """
    if not is_name(name):
        raise AuditInputError("container_name", name=name)


def _local(member: Member) -> bytes:
    name = member.name.encode("ascii")
    told = (_NEEDED, 0, 0, 0, _FIRST_DAY, member.crc, member.size, member.size, len(name), 0)
    return _LOCAL.pack(b"PK\3\4", *told) + name


def _directory(members: tuple[Member, ...], at: int) -> bytes:
    central = b"".join(map(_central, members))
    count = len(members)
    return central + _END.pack(b"PK\5\6", 0, 0, count, count, len(central), at, 0)


def _central(member: Member) -> bytes:
    name = member.name.encode("ascii")
    told = (_MADE_BY, _NEEDED, 0, 0, 0, _FIRST_DAY, member.crc, member.size, member.size)
    rest = (len(name), 0, 0, 0, 0, _RIGHTS, member.start)
    return _CENTRAL.pack(b"PK\1\2", *told, *rest) + name
