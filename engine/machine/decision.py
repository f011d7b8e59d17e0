"""The values of a decision: what is asked, what is unmet, what was accepted, what can be done.

1. `UnmetCode` is closed: sentences, waivers, cases and the log know these codes and no others.
2. `Unmet.key` is the code with its subject (`evidence_missing:plan`): what cases, waivers and the
   log write.
3. A refusal is *forbidden* when who acts is at fault: role, unit, assignment, separation, own unit,
   named in. Everything else can be mended by somebody, and `who_can` says by whom.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.errors import Conflict, Invalid
from engine.machine.instance import no_values
from engine.machine.intent import Intent


class UnmetCode(StrEnum):
    """Everything that can stand between a command and its acceptance."""

    ROLE = "role"
    UNIT = "unit"
    ASSIGNMENT = "assignment"
    SEPARATION = "separation"
    OWN_UNIT = "own_unit"
    NAMED_IN = "named_in"
    FIELD_MISSING = "field_missing"
    NOT_CHANGED = "not_changed"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_STALE = "evidence_stale"
    EVIDENCE_NOT_DISTINCT = "evidence_not_distinct"
    EVIDENCE_UNREVIEWED = "evidence_unreviewed"
    EVIDENCE_OUT_OF_WINDOW = "evidence_out_of_window"
    EVIDENCE_TOO_OLD = "evidence_too_old"
    EVIDENCE_UNSIGNED = "evidence_unsigned"
    REASON_MISSING = "reason_missing"
    CONDITION = "condition"
    GUARD = "guard"
    WINDOW = "window"
    NOT_BEFORE = "not_before"
    CHILDREN = "children"
    NEED = "need"
    APPROVAL = "approval"
    APPROVAL_STANDS = "approval_stands"
    SIGNATURE = "signature"
    SIGNATURE_KEY = "signature_key"
    NOT_UNIQUE = "not_unique"


FORBIDDING = frozenset(
    {
        UnmetCode.ROLE,
        UnmetCode.UNIT,
        UnmetCode.ASSIGNMENT,
        UnmetCode.SEPARATION,
        UnmetCode.OWN_UNIT,
        UnmetCode.NAMED_IN,
    }
)


@dataclass(frozen=True, slots=True)
class Unmet:
    """One requirement that does not hold.

    Attributes:
        subject: of what: an evidence id, a field, a guard, a transition, a process.
        params: values for the sentence that explains it.
        who_can: roles that could meet it (`system` among them); empty when only time, another
            process or a waiver can.
        fillable: the one who takes the step can meet it in the very same request, so that a page
            shows a form instead of an obstacle.
        waivable: whether a waiver for the key may lift it.
    """

    code: UnmetCode
    subject: str | None = None
    params: Mapping[str, Any] = field(default_factory=no_values, kw_only=True)
    who_can: tuple[str, ...] = field(default=(), kw_only=True)
    fillable: bool = field(default=False, kw_only=True)
    waivable: bool = field(default=True, kw_only=True)

    @property
    def key(self) -> str:
        """The code with its subject, as waivers, cases and the log write it."""
        return self.code.value if self.subject is None else f"{self.code.value}:{self.subject}"

    @property
    def forbids(self) -> bool:
        """Whether the fault lies in who acts; no waiver lifts that."""
        return self.code in FORBIDDING


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants to do.

    Attributes:
        fields: values given with the step, already typed; None empties a field.
        reauthenticated: the password was entered again for this very step.
        by_key: a key answered for this very step; what it signed is checked when it is written.
        has_key: the actor has a key to sign with.
    """

    transition: str
    fields: Mapping[str, Any] = field(default_factory=no_values)
    reason: str | None = field(default=None, kw_only=True)
    reauthenticated: bool = field(default=False, kw_only=True)
    by_key: bool = field(default=False, kw_only=True)
    has_key: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Yes: where the case goes, as whom, and what follows.

    Attributes:
        role: the role in which the actor took the step.
        on_behalf_of: who delegated that role, when it is not the actor's own.
        flags: marks on the step, those that effects raised among them: `outside_window`, `resumed`,
            `waived:<key>` for every waiver that was used. `RaiseFlag` is not repeated in `intents`.
        intents: what effects ask for, in the order of the file.
        fields: values that the step writes.
        evidence_used: ids of all files that counted; they are frozen with the step.
        internal: the step neither left nor entered the state: visit, due date and timers go on.
        resumed: the step returned to the state that was left before; not a new visit.
    """

    transition: str
    from_state: str
    to_state: str
    role: str
    on_behalf_of: str | None = None
    flags: tuple[str, ...] = ()
    intents: tuple[Intent, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=no_values)
    evidence_used: tuple[str, ...] = ()
    internal: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """No, with every reason at once."""

    unmet: tuple[Unmet, ...]

    @property
    def forbidden(self) -> bool:
        """Whether who acts is among the reasons: 403 instead of 409 outside."""
        return any(unmet.forbids for unmet in self.unmet)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all reasons, in their order."""
        return tuple(unmet.key for unmet in self.unmet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A step that leaves the present state, and what this actor would still lack for it.

    Attributes:
        to: every state that the step can lead to from here.
    """

    transition: str
    to: tuple[str, ...]
    unmet: tuple[Unmet, ...] = ()

    @property
    def forbidden(self) -> bool:
        """Whether the step is not this actor's to take."""
        return any(unmet.forbids for unmet in self.unmet)

    @property
    def ready(self) -> bool:
        """Whether the actor can take it now, filling in no more than the form of the step."""
        return all(unmet.fillable for unmet in self.unmet)


class UnknownTransition(Invalid):
    """The definition has no transition of that name."""

    def __init__(self, transition: str, known: tuple[str, ...]) -> None:
        super().__init__("unknown_transition", transition=transition, known=list(known))


class FieldNotOfStep(Invalid):
    """A value was sent that the step does not take."""

    def __init__(self, transition: str, fields: tuple[str, ...]) -> None:
        super().__init__("field_not_of_step", transition=transition, fields=list(fields))


class NotAvailable(Conflict):
    """The step does not leave the present state, or a record set may not be edited in it."""

    def __init__(self, wanted: str, *, state: str, available: tuple[str, ...]) -> None:
        super().__init__("not_available", transition=wanted, state=state, available=list(available))
