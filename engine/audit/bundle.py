"""What lies where in an evidence pack, and how its lines are spelled.

1. `log/entries.tsv`: `index TAB body`, by index; the body is the leaf itself, byte for byte.
   Canonical JSON has no line end, so a line is an entry.
2. `log/payloads.tsv`: `index TAB payload|personal TAB salt TAB content`, in the order of entries.
3. `log/tile/0/…`: the hash of every leaf of the log up to the size of the checkpoint, by the public
   tile format (C2SP tlog-tiles): with them any earlier size can be held against what is known.
4. `log/checkpoint`: the signed note; size and root are read from it alone.
5. `log/heads.tsv`: `stream TAB place TAB number TAB leaf hash TAB path`, for each stream that is
   whole in the pack: the newest entry which recorded all heads knew no later entry of it.
6. `definitions/<digest>.json`: the canonical form of every definition that an entry names.
7. `evidence/<digest>.<ending>`: the bytes of every file; the ending is for people.
8. `manifest.json` says what was asked for, what was left out, and the digest of each other file. It
   proves nothing, and is believed in nothing but what was left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.audit.container import Container
from engine.audit.heads import HeadProof, StreamHead
from engine.audit.leaf import BODY_BYTES_MAX
from engine.audit.profile import AuditInputError, read_canonical

FORMAT: Final = "quytrinh-evidence-pack/1"

MANIFEST: Final = "manifest.json"
CHECKPOINT: Final = "log/checkpoint"
ENTRIES: Final = "log/entries.tsv"
PAYLOADS: Final = "log/payloads.tsv"
HEADS: Final = "log/heads.tsv"
LOG: Final = "log/"
DEFINITIONS: Final = "definitions/"
EVIDENCE: Final = "evidence/"
TIMESTAMPS: Final = "log/timestamps/"
READABLE: Final = ("README.txt", "index.html", "index.en.html")
BESIDE: Final = ("cases/", "verifier/", "keys/")
"""For people, or for reference: nothing in these folders is evidence of anything."""

PAYLOAD_KINDS: Final = ("payload", "personal")
PAYLOAD_CONTENT_MAX: Final = 4 * 1024 * 1024
MANIFEST_BYTES_MAX: Final = 64 * 1024 * 1024
NOTE_BYTES_MAX: Final = 1024 * 1024
DEFINITION_BYTES_MAX: Final = 16 * 1024 * 1024
TOKEN_BYTES_MAX: Final = 1024 * 1024
HEAD_LINE_MAX: Final = 8192

_INDEX = re.compile(rb"0|[1-9][0-9]{0,15}")
_SALT = re.compile(rb"[0-9a-f]{32}")
_EVIDENCE = re.compile(r"evidence/([0-9a-f]{64})(?:\.[a-z0-9]{1,8})?", re.ASCII)
_DEFINITION = re.compile(r"definitions/([0-9a-f]{64})\.json", re.ASCII)
_HEAD = re.compile(
    r"([A-Za-z0-9_:.-]{1,120})\t(0|[1-9][0-9]{0,15})\t(0|[1-9][0-9]{0,15})\t([0-9a-f]{64})"
    r"\t((?:[0-9a-f]{64}(?:,[0-9a-f]{64})*)?)",
    re.ASCII,
)
_SCOPES = ("instance", "process", "year")


@dataclass(frozen=True, slots=True)
class PackedEntry:
    """An entry as a pack carries it."""

    idx: int
    body: bytes


@dataclass(frozen=True, slots=True)
class PackedPayload:
    """What stood beside an entry."""

    idx: int
    kind: str
    salt: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Scope:
    """What a pack was asked for: an instance, a process or a year, and which."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself (rule 8).

    Attributes:
        withheld: how many payloads of which kind were left out for whoever asked.
        files: digest of every other member, by name.
    """

    scope: Scope
    origin: str
    withheld: Mapping[str, int]
    files: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """The manifest as it is written, in canonical form."""
        return {
            "files": dict(self.files),
            "format": FORMAT,
            "origin": self.origin,
            "scope": {"kind": self.scope.kind, "value": self.scope.value},
            "withheld": dict(self.withheld),
        }


def read_manifest(content: bytes) -> Manifest:
    """Reads a manifest.

    Raises:
        AuditInputError: `manifest_unreadable`, `format_unknown`.
    """
    try:
        told = read_canonical(content)
    except AuditInputError as error:
        raise AuditInputError("manifest_unreadable", reason=error.code) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise AuditInputError("format_unknown")
    try:
        scope = Scope(kind=told["scope"]["kind"], value=told["scope"]["value"])
        manifest = Manifest(scope, told["origin"], told["withheld"], told["files"])
        sound = (
            scope.kind in _SCOPES
            and manifest.to_json() == told
            and all(type(count) is int for count in manifest.withheld.values())
            and all(isinstance(d, str) for d in (scope.value, told["origin"], *told["files"]))
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AuditInputError("manifest_unreadable") from error
    if not sound:
        raise AuditInputError("manifest_unreadable")
    return manifest


def entry_line(entry: PackedEntry) -> bytes:
    """An entry as one line."""
    return b"%d\t%b\n" % (entry.idx, entry.body)


def payload_line(payload: PackedPayload) -> bytes:
    """A payload as one line."""
    kind, salt = payload.kind.encode("ascii"), payload.salt.hex().encode("ascii")
    return b"%d\t%b\t%b\t%b\n" % (payload.idx, kind, salt, payload.content)


def read_entries(container: Container) -> Iterator[PackedEntry]:
    """Every entry of a pack, in its order.

    Raises:
        AuditInputError: `entries_unreadable`, or as `Container.lines`.
    """
    for line in container.lines(ENTRIES, bytes_max=BODY_BYTES_MAX + 20):
        idx, tab, body = line.partition(b"\t")
        if not tab or not _INDEX.fullmatch(idx):
            raise AuditInputError("entries_unreadable")
        yield PackedEntry(int(idx), body)


def read_payloads(container: Container) -> Iterator[PackedPayload]:
    """Every payload of a pack, in its order; none where the pack carries none.

    Raises:
        AuditInputError: `payloads_unreadable`, or as `Container.lines`.
    """
    if PAYLOADS not in container.members:
        return
    for line in container.lines(PAYLOADS, bytes_max=PAYLOAD_CONTENT_MAX + 100):
        parts = line.split(b"\t", 3)
        sound = len(parts) == 4 and _INDEX.fullmatch(parts[0]) and _SALT.fullmatch(parts[2])
        kind = parts[1].decode("ascii", "replace") if sound else ""
        if kind not in PAYLOAD_KINDS:
            raise AuditInputError("payloads_unreadable")
        yield PackedPayload(int(parts[0]), kind, bytes.fromhex(parts[2].decode("ascii")), parts[3])


def head_line(proof: HeadProof) -> bytes:
    """The proof of a head as one line."""
    head, path = proof.head, ",".join(node.hex() for node in proof.path)
    told = (head.stream, str(proof.index), str(head.seq), head.leaf_hash.hex(), path)
    return "\t".join(told).encode("ascii") + b"\n"


def read_heads(container: Container) -> Iterator[HeadProof]:
    """Every proof of a head in a pack; none where it carries none.

    Raises:
        AuditInputError: `heads_unreadable`, or as `Container.lines`.
    """
    if HEADS not in container.members:
        return
    for line in container.lines(HEADS, bytes_max=HEAD_LINE_MAX):
        found = _HEAD.fullmatch(line.decode("ascii", "replace"))
        if found is None:
            raise AuditInputError("heads_unreadable")
        stream, index, seq, head, path = found.groups()
        nodes = tuple(map(bytes.fromhex, path.split(","))) if path else ()
        yield HeadProof(StreamHead(stream, int(seq), bytes.fromhex(head)), int(index), nodes)


def evidence_name(sha256: str, filename: str) -> str:
    """Where a file lies in a pack: by its digest, with an ending that its name suggests."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    fits = re.fullmatch(r"[a-z0-9]{1,8}", ending, re.ASCII) is not None
    return f"{EVIDENCE}{sha256}.{ending}" if fits else f"{EVIDENCE}{sha256}"


def digest_of_evidence(name: str) -> str | None:
    """The digest in the name of a file of evidence; None for another member."""
    found = _EVIDENCE.fullmatch(name)
    return found[1] if found else None


def digest_of_definition(name: str) -> str | None:
    """The digest in the name of a definition; None for another member."""
    found = _DEFINITION.fullmatch(name)
    return found[1] if found else None
