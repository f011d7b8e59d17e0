"""Who acts: a person (or the house itself) with the roles that hold at this moment.

1. A grant is (role, unit or whole organisation); only grants in force at the moment are handed in.
2. A grant taken over from somebody else carries that person in `on_behalf_of`: separation of duties
   looks at both, and the log names both.
3. `SYSTEM` is the house itself; it holds the role `system` and nothing else.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role held now.

    Attributes:
        unit: unit that the role is limited to; None for the whole organisation.
        on_behalf_of: the person who delegated the role, when it is not the holder's own.
        giver_unit: the unit that this person belongs to.
    """

    role: str
    unit: str | None = None
    on_behalf_of: str | None = None
    giver_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The one who acts.

    Attributes:
        person: opaque person id; `system` for the house itself.
        unit: the unit the person belongs to; None for the house.
        grants: what the person holds now, delegated grants included.
        token: id of the API token that was used, if any; the log names it beside the person.
    """

    person: str
    unit: str | None = None
    grants: tuple[Grant, ...] = field(default=())
    token: str | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The ids of all roles held now."""
        return frozenset(grant.role for grant in self.grants)


ADMINISTRATOR = "administrator"
"""The role that keeps accounts, calendars and keys; it takes no step of a case."""

SYSTEM = Actor(person="system", grants=(Grant(role="system"),))
