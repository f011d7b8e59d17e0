"""Who held which role on which day, as the log itself tells it.

1. The founding entry tells the first grants and delegations, later entries each one more, and each
   end of one. What stands in their payloads is believed only after its hash was found right.
2. A day is taken with one day of grace to either side: the log keeps instants in UTC and grants
   keep local days, and no zone is known here.
3. Where the founding tells no grants (an older house wrote it), or a payload is not at hand, what
   is known is not whole: then a role that is not found says nothing, and that is told instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from engine.audit.leaf import EntryType, Outcome

SYSTEM: Final = "system"
FOUNDED: Final = "founded"
CHANGES_ROLES: Final = frozenset(
    {EntryType.GRANT_CHANGED, EntryType.DELEGATION_CHANGED, EntryType.ORGANIZATION_CHANGED}
)
_GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role for a time.

    Attributes:
        giver: who lent it; None for one's own.
    """

    person: str
    role: str
    first: date
    last: date | None
    giver: str | None = None

    def covers(self, day: date) -> bool:
        """Whether it was in force (rule 2)."""
        return self.first - _GRACE <= day and (self.last is None or day <= self.last + _GRACE)


@dataclass(slots=True)
class Holders:
    """What was told so far; entries are taken in the order of the log.

    Attributes:
        whole: nothing is missing before the present entry (rule 3).
    """

    whole: bool = False
    _grants: dict[str, Held] = field(default_factory=dict)
    _by_person: dict[str, list[str]] = field(default_factory=dict)

    def take(self, body: Mapping[str, Any], details: Mapping[str, Any] | None) -> None:
        """Follow an entry; `details` is None where its payload is not at hand."""
        if body["outcome"] != Outcome.ACCEPTED or body["type"] not in CHANGES_ROLES:
            return
        try:
            self._follow(body, details or {})
        except (AttributeError, KeyError, TypeError, ValueError):
            self.whole = False

    def held(self, body: Mapping[str, Any]) -> bool:
        """Whether the actor of an entry held the role that it names, or acted for one who did."""
        actor, role, giver = body["actor"], body.get("role"), body.get("on_behalf")
        if actor == SYSTEM:
            return role == SYSTEM
        day = datetime.fromisoformat(body["recorded_at"]).date()
        lent = giver is None or self._has(actor, role, day, giver=giver)
        return lent and self._has(giver or actor, role, day, giver=None)

    def _has(self, person: str, role: str | None, day: date, *, giver: str | None) -> bool:
        grants = (self._grants[name] for name in self._by_person.get(person, ()))
        return any(g.role == role and g.giver == giver and g.covers(day) for g in grants)

    def _follow(self, body: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        kind, subject = body["type"], body["subject"]
        if kind == EntryType.ORGANIZATION_CHANGED:
            if details.get("change") == FOUNDED:
                self.whole = "grants" in details
                self._add_all(details.get("grants", ()))
                self._add_all(details.get("delegations", ()))
            return
        if "role" in details:
            name = details.get("grant", f"entry {len(self._grants)}")
            self._add(name, {**details, "person": subject})
        else:
            # The end of a grant, which is known by its own id; of an unknown one nothing is known.
            ended = self._grants[subject]
            self._grants[subject] = replace(ended, last=_day(details["valid_to"]))

    def _add_all(self, told: Iterable[Mapping[str, Any]]) -> None:
        for one in told:
            self._add(one["id"], one)

    def _add(self, name: str, told: Mapping[str, Any]) -> None:
        held = Held(
            person=told["person"],
            role=told["role"],
            first=date.fromisoformat(told["valid_from"]),
            last=_day(told.get("valid_to")),
            giver=told.get("giver"),
        )
        self._grants[name] = held
        self._by_person.setdefault(held.person, []).append(name)


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)
