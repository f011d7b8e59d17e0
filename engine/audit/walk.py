"""A case walked through its logged definition, read as a table; the standard library alone.

1. The definition is the canonical JSON whose SHA-256 the entries name. What it does not say is what
   the language leaves out: a default.
2. Proved again: the opening, each step's source and target, a role that may take it, four eyes,
   the evidence asked for, attached earlier in the same case with the same bytes, nothing after an
   end, one definition from opening to end unless an entry says that the case moved to another.
3. Recorded, not recomputed: guards, facts, conditions, windows, units. Which arm of a `choose` was
   right is not said; that it is one of its arms is.
4. A fault never stops the walk: what the log claims is followed, so that one fault is told once.
5. The definition is as little believed as anything else: one that is no table is a fault.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.audit.leaf import EntryType, Outcome

SYSTEM = "system"
_BRINGS_FILES = frozenset({EntryType.EVIDENCE_ATTACHED, EntryType.EVIDENCE_SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Fault:
    """What a definition does not allow: its code, and what of it."""

    code: str
    detail: str = ""


class Table:
    """A definition as the walk asks it.

    Raises:
        ValueError: it is no table.
    """

    def __init__(self, told: Any) -> None:
        try:
            self.process, self.initial = _names((told["process"], told["initial"]))
            self.states: Mapping[str, Any] = dict(told["states"])
            self.steps: Mapping[str, Any] = dict(told.get("transitions", {}))
            self.per_row = frozenset(
                name for name, spec in told.get("evidence", {}).items() if spec.get("per")
            )
            self._open = tuple(n for n, s in self.states.items() if s.get("final") is None)
            self._ways = {name: self._way(step) for name, step in self.steps.items()}
            steps = self.steps.items()
            self.roles = {n: frozenset(_names(by["role"] for by in s["by"])) for n, s in steps}
            self.not_same_as = {n: _names(s.get("not_same_as", ())) for n, s in steps}
            self.evidence = {n: _names(s.get("evidence", ())) for n, s in steps}
            self.sign = {n: s.get("sign") for n, s in self.steps.items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(repr(error)) from error

    def is_end(self, state: str | None) -> bool:
        """Whether nothing follows this state."""
        known = None if state is None else self.states.get(state)
        return known is not None and known.get("final") is not None

    def sources(self, step: str) -> frozenset[str]:
        """The states that a step leaves."""
        return self._ways[step][0]

    def targets(self, step: str, source: str, previous: str | None) -> frozenset[str]:
        """The states that a step may lead to from a state."""
        found = set()
        for target in self._ways[step][1]:
            if target == "=":
                found.add(source)
            elif target == "previous":
                found |= {previous} & self._left_for(source) if previous else set()
            else:
                found.add(target)
        return frozenset(found)

    def _way(self, step: Any) -> tuple[frozenset[str], tuple[str, ...]]:
        told = step["from"]
        sources: set[str] = set()
        for name in [told] if isinstance(told, str) else told:
            sources.update(self._open if name == "open" else (name,))
        to = step.get("to")
        arms = tuple(arm["to"] for arm in step.get("choose", ())) if to is None else (to,)
        return frozenset(_names(sources)), _names(arms)

    def _left_for(self, state: str) -> set[str]:
        return {
            source
            for sources, arms in self._ways.values()
            if state in arms
            for source in sources
            if source != state
        }


@dataclass(slots=True)
class Walk:
    """Where the walk of one case stands."""

    definition: str | None = None
    state: str | None = None
    previous: str | None = None
    version: int = 0
    last: dict[str, frozenset[str]] = field(default_factory=dict)
    files: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, body: Mapping[str, Any], table: Table | None) -> Iterator[Fault]:
        """Judge one entry of the case by the definition that it names, and follow it.

        None where that definition is not at hand: the caller has told so, and the walk goes on.
        """
        yield from self._judge(body, table)
        self._follow(body)

    def _judge(self, body: Mapping[str, Any], table: Table | None) -> Iterator[Fault]:
        opens = body["type"] == EntryType.INSTANCE_CREATED
        if self.state is None and not opens:
            yield Fault("not_opened", body["type"])
        if opens and self.state is not None:
            yield Fault("opened_twice")
        moved = body["type"] == EntryType.INSTANCE_MIGRATED
        if self.definition not in {None, body["def"]} and not moved:
            yield Fault("definition_changed", body["def"])
        if table is None:
            return
        if table.process != body["process"]:
            yield Fault("definition_of_other_process", body["process"])
        if opens and body.get("to") != table.initial:
            yield Fault("wrong_initial", str(body.get("to")))
        if is_step(body):
            yield from self._judge_step(body, table)

    def _judge_step(self, body: Mapping[str, Any], table: Table) -> Iterator[Fault]:
        name = body["transition"]
        if name not in table.steps:
            yield Fault("unknown_transition", name)
            return
        if table.is_end(self.state):
            yield Fault("after_end", str(self.state))
        yield from self._judge_way(body, table)
        if body.get("role") not in table.roles[name]:
            yield Fault("wrong_role", str(body.get("role")))
        for earlier in table.not_same_as[name]:
            both = self.last.get(earlier, frozenset()) & people_of(body)
            if both:
                yield Fault("same_person", f"{earlier} {' '.join(sorted(both))}")
        yield from self._judge_evidence(body, table)

    def _judge_way(self, body: Mapping[str, Any], table: Table) -> Iterator[Fault]:
        name, source, target = body["transition"], body["from"], body["to"]
        if source != self.state or source not in table.sources(name):
            yield Fault("wrong_source", source)
        elif target not in table.targets(name, source, self.previous):
            yield Fault("wrong_target", target)

    def _judge_evidence(self, body: Mapping[str, Any], table: Table) -> Iterator[Fault]:
        references = body.get("evidence", ())
        there = {reference["requirement"] for reference in references}
        lifted = {flag.rpartition(":")[2] for flag in body.get("flags", ()) if "evidence_" in flag}
        # Where each row needs a file of its own there may be no row, hence no file.
        for name in table.evidence[body["transition"]]:
            if name not in table.per_row | there | lifted:
                yield Fault("evidence_absent", name)
        for reference in references:
            known = self.files.get(reference["id"])
            if known != (reference["sha256"], reference["size"]):
                yield Fault("evidence_unknown", reference["id"])

    def _follow(self, body: Mapping[str, Any]) -> None:
        if body["outcome"] != Outcome.ACCEPTED:
            return
        if body["type"] in {EntryType.INSTANCE_CREATED, EntryType.INSTANCE_MIGRATED}:
            self.state = body.get("to", self.state)
        if self.definition is None or body["type"] == EntryType.INSTANCE_MIGRATED:
            self.definition = body["def"]
        if body["type"] in _BRINGS_FILES:
            for file in body.get("evidence", ()):
                self.files[file["id"]] = (file["sha256"], file["size"])
        if is_step(body):
            if body["to"] != self.state:
                self.previous = self.state
            self.state = body["to"]
            self.version += 1
            self.last[body["transition"]] = people_of(body)


def _names(told: Iterable[Any]) -> tuple[str, ...]:
    """Names, and nothing else.

    Raises:
        TypeError: something else.
    """
    found = tuple(told)
    if isinstance(told, str) or any(not isinstance(name, str) for name in found):
        raise TypeError(told)
    return found


def is_step(body: Mapping[str, Any]) -> bool:
    """Whether a case went on with this entry."""
    return bool(body["type"] == EntryType.TRANSITION and body["outcome"] == Outcome.ACCEPTED)


def people_of(body: Mapping[str, Any]) -> frozenset[str]:
    """Who acted, and for whom."""
    return frozenset(p for p in (body["actor"], body.get("on_behalf")) if p is not None)
