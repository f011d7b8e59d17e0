"""A definition against the people of an organisation: can it be finished there at all?

1. W61: a role that a step, an opening, a review or an escalation asks for, and that nobody holds.
   `system` and `api_client` are nobody's roles. A role of a unit (`of`) is judged by the role.
2. W62: separation that leaves nobody. For a step with `not_same_as`, and the steps that it is kept
   apart from, and those that they are, people are sought such that no two kept apart share anyone.
3. A deputy acts with the person acted for: both names stand behind the step, and separation looks
   at both. A step by `system` alone has nobody behind it and is apart from everybody.
4. E53: a term in working days, and no calendar that says which days are working days.
5. Roles that nobody holds are W61 alone; a separation over them is not judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definition.finding import Finding, Path, Places, in_order
from engine.definition.model import Duration, Process
from engine.definition.references import SYSTEM, Kind, mentions

_NOBODYS = frozenset({SYSTEM, "api_client"})
_ROLES = frozenset({Kind.ACTOR, Kind.ROLE, Kind.TOLD})

People = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that a person holds; `for_person` where it is held as that person's deputy."""

    person: str
    role: str
    unit: str | None = None
    for_person: str | None = None

    @property
    def people(self) -> People:
        """Everybody who stands behind a step that is taken under this grant."""
        return frozenset(p for p in (self.person, self.for_person) if p is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What the checks ask of an organisation.

    Attributes:
        has_calendar: there are dated rows that say which days are working days.
    """

    grants: tuple[Grant, ...]
    has_calendar: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Why a case would come to a halt with the people of today.

    Attributes:
        code: W61 (nobody holds `role`) or W62 (nobody is left for `transition`, which has to be
            taken by others than `others`).
    """

    code: str
    role: str | None = None
    transition: str | None = None
    others: tuple[str, ...] = ()


def shortages_of(process: Process, organization: Organization) -> tuple[Shortage, ...]:
    """W61 and W62 as values, for who opens a case."""
    unheld = [
        Shortage(code="W61", role=finding.params["name"])
        for finding in _unheld(process, organization, Places())
    ]
    apart = [
        Shortage(
            code="W62",
            transition=finding.params["transition"],
            others=tuple(finding.params["others"].split(", ")),
        )
        for finding in _apart(process, organization, Places())
    ]
    return (*unheld, *apart)


def with_organization(
    process: Process, organization: Organization, *, places: Places | None = None
) -> list[Finding]:
    """Find E53, W61 and W62 for an organisation."""
    at = places or Places()
    return in_order(
        [
            *_unheld(process, organization, at),
            *_apart(process, organization, at),
            *_uncounted(process, organization, at),
        ]
    )


def _unheld(process: Process, organization: Organization, places: Places) -> Iterator[Finding]:
    held = {grant.role for grant in organization.grants} | _NOBODYS
    asked = {mention.name for mention in mentions(process) if mention.kind in _ROLES}
    for index, role in enumerate(process.roles):
        if role in asked and role not in held:
            yield places.finding("W61", ("roles", index), name=role)


def _apart(process: Process, organization: Organization, places: Places) -> Iterator[Finding]:
    actors = {name: _actors(process, name, organization.grants) for name in process.transitions}
    apart = _pairs(process)
    bad: set[str] = set()
    separated = [name for name, step in process.transitions.items() if step.not_same_as]
    for name in sorted(separated, key=lambda n: len(_bound(n, apart))):
        bound = _bound(name, apart)
        if len(bound) == 1 or bound & bad or not all(actors[other] for other in bound):
            continue
        if not _staffed(sorted(bound), {}, actors, apart):
            bad |= bound
            path: Path = ("transitions", name, "not_same_as")
            others = ", ".join(sorted(bound - {name}))
            yield places.finding("W62", path, transition=name, others=others)


def _actors(process: Process, name: str, grants: Iterable[Grant]) -> frozenset[People]:
    """The people behind each way in which a step can be taken by somebody of the organisation."""
    roles = {by.role for by in process.transitions[name].by}
    if roles <= _NOBODYS:
        return frozenset({frozenset()})
    return frozenset(grant.people for grant in grants if grant.role in roles)


def _pairs(process: Process) -> dict[str, frozenset[str]]:
    """Step → the other steps that it must not share anyone with, seen from both sides."""
    found: dict[str, set[str]] = {name: set() for name in process.transitions}
    for name, step in process.transitions.items():
        for other in step.not_same_as:
            if other in found and other != name:
                found[name].add(other)
                found[other].add(name)
    return {name: frozenset(others) for name, others in found.items()}


def _bound(name: str, apart: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """A step with all that hang together with it by separation."""
    found = {name}
    waiting = [name]
    while waiting:
        for other in apart[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return frozenset(found)


def _staffed(
    steps: list[str],
    chosen: dict[str, People],
    actors: Mapping[str, frozenset[People]],
    apart: Mapping[str, frozenset[str]],
) -> bool:
    """Whether people can be found for the steps, none of them on both sides of a separation."""
    if len(chosen) == len(steps):
        return True
    step = steps[len(chosen)]
    taken = frozenset().union(*(chosen[other] for other in apart[step] if other in chosen))
    return any(
        not people & taken and _staffed(steps, {**chosen, step: people}, actors, apart)
        for people in sorted(actors[step], key=sorted)
    )


def _uncounted(process: Process, organization: Organization, places: Places) -> Iterator[Finding]:
    if organization.has_calendar:
        return
    for path, duration in _durations(process):
        if duration.unit == "wd":
            yield places.finding("E53", path, value=str(duration))
            return


def _durations(node: Any, path: Path = ()) -> Iterator[tuple[Path, Duration]]:
    """Yield every length of time in a definition with its path."""
    if isinstance(node, Duration):
        yield path, node
    elif isinstance(node, dict):
        for key, below in node.items():
            yield from _durations(below, (*path, key))
    elif isinstance(node, tuple):
        for index, below in enumerate(node):
            yield from _durations(below, (*path, index))
    elif hasattr(type(node), "model_fields"):
        for name, info in type(node).model_fields.items():
            yield from _durations(getattr(node, name), (*path, info.alias or name))
