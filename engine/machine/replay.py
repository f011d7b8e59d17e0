"""The log of an instance, walked again by its definition: does it lead to what the database says?

1. The bodies of one stream are walked in order. A finding never stops the walk: what the log claims
   is followed, so that one fault is told once and not at every later entry.
2. Proved again: order without a gap, each step's source and target, the role, separation of duties,
   the evidence that a step asks for, nothing after an end, and `previous`.
3. Recorded, not recomputed: guards, facts, conditions, fields, windows and units. Which arm of a
   `choose` was right cannot be said from the leaves; that it is one of its arms can.
4. Refused attempts and entries that are no steps change neither state nor version.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition.model import Process, Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFinding:
    """Something in the log that its definition does not allow.

    Attributes:
        code: `gap`, `not_opened`, `opened_twice`, `wrong_initial`, `unknown_transition`,
            `wrong_source`, `wrong_target`, `wrong_role`, `same_person`, `evidence_absent`,
            `after_end`.
        seq: number of the entry in its stream.
    """

    code: str
    seq: int
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """Where the log leads.

    Attributes:
        state: None when the instance was never opened.
        version: number of accepted transitions.
    """

    state: str | None = None
    version: int = 0
    findings: tuple[ReplayFinding, ...] = ()


def replay(process: Process, bodies: Iterable[Mapping[str, Any]]) -> LogState:
    """Walk the bodies of an instance's stream, oldest first."""
    walk = _Walk()
    for position, body in enumerate(bodies):
        for code, params in _judge(process, walk, body, position):
            walk.findings.append(ReplayFinding(code=code, seq=body["seq"], params=params))
        _follow(walk, body)
    return LogState(state=walk.state, version=walk.version, findings=tuple(walk.findings))


@dataclass(slots=True)
class _Walk:
    """Where the walk stands, and who took which step last."""

    state: str | None = None
    previous: str | None = None
    version: int = 0
    last: dict[str, frozenset[str]] = field(default_factory=dict)
    findings: list[ReplayFinding] = field(default_factory=list)


_Found = Iterator[tuple[str, dict[str, Any]]]


def _judge(process: Process, walk: _Walk, body: Mapping[str, Any], position: int) -> _Found:
    if body["seq"] != position:
        yield "gap", {"expected": position}
    opens = body["type"] == "instance_created"
    if opens:
        yield from _judge_opening(process, walk, body)
    elif walk.state is None:
        yield "not_opened", {"type": body["type"]}
    if _is_step(body):
        yield from _judge_step(process, walk, body)


def _judge_opening(process: Process, walk: _Walk, body: Mapping[str, Any]) -> _Found:
    if walk.state is not None:
        yield "opened_twice", {}
    if body["to"] != process.initial:
        yield "wrong_initial", {"expected": process.initial, "found": body["to"]}


def _judge_step(process: Process, walk: _Walk, body: Mapping[str, Any]) -> _Found:
    name = body["transition"]
    step = process.transitions.get(name)
    if step is None:
        yield "unknown_transition", {"transition": name}
        return
    if walk.state in process.states and process.states[walk.state].final is not None:
        yield "after_end", {"state": walk.state}
    yield from _judge_way(process, walk, body)
    yield from _judge_people(walk, step, body)
    yield from _judge_evidence(process, step, body)


def _judge_way(process: Process, walk: _Walk, body: Mapping[str, Any]) -> _Found:
    name, source, target = body["transition"], body.get("from"), body["to"]
    if source != walk.state or source not in process.sources(name):
        yield "wrong_source", {"expected": walk.state, "found": source}
        return
    allowed = set(process.destinations(name, source))
    if process.transitions[name].targets == ("previous",):
        allowed &= {walk.previous}
    if target not in allowed:
        yield "wrong_target", {"allowed": sorted(allowed), "found": target}


def _judge_people(walk: _Walk, step: Transition, body: Mapping[str, Any]) -> _Found:
    role = body.get("role")
    if role not in {by.role for by in step.by}:
        yield "wrong_role", {"role": role}
    for earlier in step.not_same_as:
        both = walk.last.get(earlier, frozenset()) & _people(body)
        if both:
            yield "same_person", {"transition": earlier, "people": sorted(both)}


def _judge_evidence(process: Process, step: Transition, body: Mapping[str, Any]) -> _Found:
    there = {reference["requirement"] for reference in body.get("evidence", ())}
    waived = {flag.rpartition(":")[2] for flag in body.get("flags", ()) if "evidence_" in flag}
    # Where each row needs a file of its own there may be no row, hence no file.
    asked = [name for name in step.evidence if process.evidence[name].per is None]
    absent = [name for name in asked if name not in there | waived]
    if absent:
        yield "evidence_absent", {"requirements": absent}


def _follow(walk: _Walk, body: Mapping[str, Any]) -> None:
    if body["type"] == "instance_created":
        walk.state = body["to"]
    elif _is_step(body):
        if body["to"] != walk.state:
            walk.previous = walk.state
        walk.state = body["to"]
        walk.version += 1
        walk.last[body["transition"]] = _people(body)


def _is_step(body: Mapping[str, Any]) -> bool:
    return bool(body["type"] == "transition" and body.get("outcome", "accepted") == "accepted")


def _people(body: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(p for p in (body["actor"], body.get("on_behalf")) if p is not None)
