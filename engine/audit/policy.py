"""Whom an auditor trusts: logs, witnesses, and how many of them, as a C2SP tlog-policy file.

1. The file is the auditor's own and is never taken from what it judges.
2. It is read as octets: names are whatever stands between spaces and tabs; text that is no UTF-8 is
   kept as it is. Every fault is named with its line; a file with one fault is no policy at all.
3. A name is defined once, above where it is used, and is a member of one group at most: a witness
   counts in one way only. Two keys with the same bytes are one key, whatever they are called.
4. Exactly one line says what the quorum is; `none` asks for no witness.
5. Who asks for a witness must not be satisfied by two names of one key, nor by the log itself: a
   key that signs as a log cannot be a witness.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.audit.cosignature import COSIGNATURE_TYPES, CosignatureVerifier
from engine.audit.note import ED25519, NoteVerifier, VerifierKey
from engine.audit.profile import AuditInputError

POLICY_BYTES_MAX: Final = 1024 * 1024
NONE: Final = "none"

_STRANGE = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """What is wrong with a line.

    Attributes:
        line: its number, from 1; 0 where the file as a whole is at fault.
        detail: the word at fault, where one is.
    """

    line: int
    code: str
    detail: str = ""


class PolicyError(AuditInputError):
    """The file is no policy; `faults` names each line."""

    def __init__(self, faults: tuple[PolicyFault, ...]) -> None:
        first = faults[0]
        super().__init__("policy_invalid", line=first.line, problem=first.code, word=first.detail)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is accepted."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness; `name` has no meaning outside the file."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """A group, which has witnessed what `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A policy as read.

    Attributes:
        groups: each after those that it names.
        quorum: name of a witness or group; None asks for none.
    """

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: str | None = None


def quorum_met(policy: TrustPolicy, witnessed: Collection[str]) -> bool:
    """Whether these witnesses, by their names in the policy, are strong enough together."""
    if policy.quorum is None:
        return True
    standing = {witness.name for witness in policy.witnesses} & set(witnessed)
    for group in policy.groups:
        if sum(member in standing for member in group.members) >= group.threshold:
            standing.add(group.name)
    return policy.quorum in standing


def read_policy(content: bytes) -> TrustPolicy:
    """Reads a policy file.

    Raises:
        PolicyError: with every fault that was found.
    """
    if len(content) > POLICY_BYTES_MAX:
        raise PolicyError((PolicyFault(0, "file_too_large"),))
    reading = _Reading()
    lines = content.split(b"\n")
    if lines.pop():
        # A file that was cut in the middle of its last line would otherwise ask for less.
        reading.find(len(lines) + 1, "line_unfinished")
    for number, line in enumerate(lines, start=1):
        reading.take(number, line)
    reading.finish()
    if reading.faults:
        raise PolicyError(tuple(reading.faults))
    return TrustPolicy(
        logs=tuple(reading.logs),
        witnesses=tuple(reading.witnesses),
        groups=tuple(reading.groups),
        quorum=None if reading.quorum == NONE else reading.quorum,
    )


def write_policy(policy: TrustPolicy) -> bytes:
    """The file that reads as this policy."""
    return "".join(f"{line}\n" for line in _lines(policy)).encode("utf-8", "surrogateescape")


def _lines(policy: TrustPolicy) -> Iterator[str]:
    for log in policy.logs:
        yield " ".join(filter(None, ("log", log.key.vkey, log.url)))
    for witness in policy.witnesses:
        yield " ".join(filter(None, ("witness", witness.name, witness.key.vkey, witness.url)))
    for group in policy.groups:
        yield " ".join(("group", group.name, str(group.threshold), *group.members))
    yield f"quorum {policy.quorum or NONE}"


@dataclass(slots=True)
class _Reading:
    """The state of one pass over a file."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: str | None = None
    faults: list[PolicyFault] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _grouped: set[str] = field(default_factory=set)
    _keys: set[bytes] = field(default_factory=set)

    def find(self, line: int, code: str, detail: str = "") -> None:
        self.faults.append(PolicyFault(line, code, detail))

    def take(self, number: int, line: bytes) -> None:
        """Reads one line; a fault in it does not hide those below."""
        if _STRANGE.search(line):
            self.find(number, "control_character")
            return
        words = [word for word in re.split("[ \t]+", _text(line)) if word]
        if not words or words[0].startswith("#"):
            return
        readers = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        reader = readers.get(words[0])
        if reader is None:
            self.find(number, "word_unknown", words[0])
        else:
            reader(number, words[1:])

    def finish(self) -> None:
        """Finds what only the whole file can show."""
        if self.quorum is None:
            self.find(0, "quorum_missing")

    def _log(self, number: int, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            self.find(number, "words_wrong", "log")
            return
        key = self._key(number, words[0], kinds=(ED25519,), of="log")
        if key is not None:
            self.logs.append(PolicyLog(key, words[1] if len(words) == 2 else None))

    def _witness(self, number: int, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            self.find(number, "words_wrong", "witness")
            return
        named = self._define(number, words[0])
        key = self._key(number, words[1], kinds=COSIGNATURE_TYPES, of="witness")
        if named and key is not None:
            url = words[2] if len(words) == 3 else None
            self.witnesses.append(PolicyWitness(words[0], key, url))

    def _group(self, number: int, words: list[str]) -> None:
        if len(words) < 3:
            self.find(number, "words_wrong", "group")
            return
        name, wanted, *members = words
        threshold = _threshold(wanted, len(members))
        if threshold is None:
            self.find(number, "threshold_wrong", wanted)
        for member in members:
            if member not in self._names:
                self.find(number, "name_unknown", member)
            elif member in self._grouped:
                self.find(number, "member_repeated", member)
            self._grouped.add(member)
        if self._define(number, name) and threshold is not None:
            self.groups.append(PolicyGroup(name, threshold, tuple(members)))

    def _quorum(self, number: int, words: list[str]) -> None:
        if len(words) != 1:
            self.find(number, "words_wrong", "quorum")
        elif self.quorum is not None:
            self.find(number, "quorum_repeated", words[0])
        elif words[0] != NONE and words[0] not in self._names:
            self.find(number, "name_unknown", words[0])
        self.quorum = words[0] if words else NONE

    def _define(self, number: int, name: str) -> bool:
        if name == NONE or name in self._names:
            self.find(number, "name_taken", name)
            return False
        self._names.add(name)
        return True

    def _key(
        self, number: int, text: str, *, kinds: Collection[int], of: str
    ) -> VerifierKey | None:
        """The key of a word, whose use must be that of its line."""
        try:
            key = VerifierKey.parse(text)
            if key.signature_type not in kinds:
                self.find(number, "key_of_other_use", text)
                return None
            _ = NoteVerifier(key) if of == "log" else CosignatureVerifier(key)
        except AuditInputError as error:
            self.find(number, error.code, text)
            return None
        if key.public_key in self._keys:
            self.find(number, "key_repeated", text)
            return None
        self._keys.add(key.public_key)
        return key


def _threshold(word: str, members: int) -> int | None:
    words: Mapping[str, int] = {"any": 1, "all": members}
    if word in words:
        return words[word]
    if not _THRESHOLD.fullmatch(word) or int(word) > members:
        return None
    return int(word)


def _text(line: bytes) -> str:
    # One to one: octets that are no UTF-8 come back as they were.
    return line.decode("utf-8", "surrogateescape")
