"""The common leaf, read in one look: what passes here passes the strict reader, and says the same.

1. One expression spells every leaf without a signature: its keys in canonical order, each value in
   its one form. A body that it matches to the last letter is canonical, and of a known form.
2. What an expression cannot say (that a day exists, that a type is known, that keys fit together)
   is asked afterwards; whatever is not sure is handed to the strict reader, which names the fault.
3. A property test holds the two together: this one never accepts what the strict one refuses.
"""

import re
from datetime import date
from typing import Final, NamedTuple

from engine.audit.leaf import INSTANCE_STREAM, EntryType, Outcome

_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.:@/+-]{0,199}"
_DIGEST: Final = r"[0-9a-f]{64}"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}"
_COUNT: Final = r"(?:0|[1-9][0-9]{0,14})"
_NAMES: Final = rf'\["{_NAME}"(?:,"{_NAME}")*\]'
_STREAM: Final = (
    r"organization|log|(?:instance|account|definition|register):[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
)
_FILE: Final = rf'\{{"id":"{_NAME}","requirement":"{_NAME}","sha256":"{_DIGEST}","size":{_COUNT}\}}'
_LEAF: Final = re.compile(
    rf'\{{"actor":"({_NAME})"'
    rf'(?:,"code":"{_NAME}")?'
    rf'(,"def":"{_DIGEST}")?'
    rf'(?:,"effective_date":"({_DAY})")?'
    rf'(?:,"evidence":\[{_FILE}(?:,{_FILE})*\])?'
    rf'(?:,"flags":{_NAMES})?'
    rf'(,"from":"{_NAME}")?'
    rf'(?:,"instance":"({_NAME})")?'
    rf'(?:,"on_behalf":"{_NAME}")?'
    r',"outcome":"(accepted|refused)"'
    rf'(?:,"payload":"({_DIGEST})")?'
    rf'(?:,"personal":"({_DIGEST})")?'
    rf'(?:,"prev":"({_DIGEST})")?'
    rf'(?:,"process":"({_NAME})")?'
    rf',"recorded_at":"({_DAY}T{_CLOCK}Z)"'
    rf'(?:,"role":"{_NAME}")?'
    rf',"seq":({_COUNT})'
    rf',"stream":"({_STREAM})"'
    rf'(?:,"subject":"{_NAME}")?'
    rf'(,"to":"{_NAME}")?'
    rf'(?:,"token":"{_NAME}")?'
    rf'(?:,"transition":"({_NAME})")?'
    r',"type":"([a-z_]+)"'
    rf'(?:,"unit":"({_NAME})")?'
    rf'(,"unmet":{_NAMES})?'
    r',"v":1\}',
    re.ASCII,
)
_TYPES: Final = frozenset(kind.value for kind in EntryType)
_DAYS_KEPT: Final = 100_000


class Swift(NamedTuple):
    """What a leaf says, as far as a row of the log is held against it."""

    actor: str
    definition: str | None
    effective_date: str | None
    from_state: str | None
    instance: str | None
    outcome: str
    payload: str | None
    personal: str | None
    prev: str | None
    process: str | None
    recorded_at: str
    seq: str
    stream: str
    to_state: str | None
    transition: str | None
    type: str
    unit: str | None
    unmet: str | None


class SwiftReader:
    """Reads leaves; days that were seen once are known."""

    def __init__(self) -> None:
        self._days: set[str] = set()

    def read(self, body: bytes) -> tuple[str | None, ...] | None:
        """What a body says, in the order of `Swift`; None: the strict reader is to be asked."""
        try:
            found = _LEAF.fullmatch(body.decode("ascii"))
        except (UnicodeDecodeError, AttributeError):
            return None
        if found is None:
            return None
        told = found.groups()
        return told if self._is_sound(*told) else None

    def _is_sound(  # noqa: PLR0913, PLR0917 - the groups, unpacked once for each of a million leaves.
        self,
        _actor: str,
        definition: str | None,
        effective: str | None,
        source: str | None,
        instance: str | None,
        outcome: str,
        _payload: str | None,
        _personal: str | None,
        prev: str | None,
        process: str | None,
        recorded: str,
        seq: str,
        stream: str,
        target: str | None,
        step: str | None,
        kind: str,
        _unit: str | None,
        unmet: str | None,
    ) -> bool:
        """Whether what the expression cannot say holds, too (`leaf.check_leaf`)."""
        days = self._days
        if recorded[:10] not in days and not self._is_day(recorded[:10]):
            return False
        if effective is not None and effective not in days and not self._is_day(effective):
            return False
        first, refused = seq == "0", outcome == Outcome.REFUSED
        if kind not in _TYPES or first != (prev is None) or refused != (unmet is not None):
            return False
        if refused and target is not None:
            return False
        if kind == EntryType.TRANSITION and (
            instance is None or step is None or source is None or refused == (target is not None)
        ):
            return False
        return not stream.startswith(INSTANCE_STREAM) or (
            stream[len(INSTANCE_STREAM) :] == instance
            and process is not None
            and definition is not None
            and (kind == EntryType.INSTANCE_CREATED) == first
        )

    def _is_day(self, told: str) -> bool:
        try:
            date.fromisoformat(told)
        except ValueError:
            return False
        if len(self._days) < _DAYS_KEPT:
            self._days.add(told)
        return True
