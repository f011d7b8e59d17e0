"""Conditions of a definition as functions: over fields, facts, visits and taken.

1. A subject without a value (None, or never written) meets no comparison, `ne` neither: a gate
   must not open because something is unknown. Only `is_set` asks whether there is a value.
2. `not` turns the answer as it stands: `not: {eq}` holds for a missing value, `ne` does not.
3. `visits` and `taken` count what happened before the step that is being decided; 0 when never.
4. A literal is read in the type of its subject: a date as `2026-07-01`, a decimal as text. Values
   of different kinds are never equal, nor in any order; true is not 1.
5. A value that is a list (`many`) meets `eq` and `ne` by containing the literal or not, `in` by
   sharing an item, and has no order.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any

from engine.definition.model import Condition, Operator, Process
from engine.machine.instance import Instance

Holds = Callable[[Mapping[str, Any], Mapping[str, Any], Instance], bool]
_Reads = Callable[[Mapping[str, Any], Mapping[str, Any], Instance], Any]

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def compile_condition(condition: Condition, process: Process) -> Holds:
    """Turn a condition into a function of (fields, facts, instance)."""
    if condition.op is not None:
        return _leaf(condition, process)
    if condition.not_ is not None:
        inner = compile_condition(condition.not_, process)
        return lambda fields, facts, instance: not inner(fields, facts, instance)
    parts = tuple(compile_condition(part, process) for part in condition.all or condition.any)
    if condition.all:
        return lambda fields, facts, instance: all(p(fields, facts, instance) for p in parts)
    return lambda fields, facts, instance: any(p(fields, facts, instance) for p in parts)


def is_filled(value: Any) -> bool:
    """Whether there is a value at all: false and 0 are values, an empty text or list is none."""
    return value is not None and value not in ("", (), [])


def comparison(op: Operator | None, value: Any, kind: str) -> Callable[[Any], bool]:
    """The operator with its literal, as a question about one value of a declared type."""
    if op == "is_set":
        return lambda found: is_filled(found) is value
    if op == "in":
        literals = value if isinstance(value, tuple) else (value,)
        wanted = tuple(_literal(item, kind) for item in literals)
        return lambda found: is_filled(found) and any(_meets(found, item, kind) for item in wanted)
    literal = _literal(value, kind)
    if op == "eq":
        return lambda found: is_filled(found) and _meets(found, literal, kind)
    if op == "ne":
        return lambda found: is_filled(found) and not _meets(found, literal, kind)
    order = _ORDERS[op or ""]
    return lambda found: _ordered(found, literal, kind, order)


def _leaf(condition: Condition, process: Process) -> Holds:
    read, kind = _subject(condition, process)
    test = comparison(condition.op, condition.value, kind)
    return lambda fields, facts, instance: test(read(fields, facts, instance))


def _subject(condition: Condition, process: Process) -> tuple[_Reads, str]:
    """How the subject is read, and its declared type."""
    if condition.field is not None:
        name = condition.field
        spec = process.fields.get(name)
        return lambda fields, _facts, _instance: fields.get(name), spec.type if spec else "text"
    if condition.fact is not None:
        fact = condition.fact
        known = process.facts.get(fact)
        return lambda _fields, facts, _instance: facts.get(fact), known.type if known else "text"
    if condition.visits is not None:
        state = condition.visits
        return lambda _fields, _facts, instance: instance.visits(state), "integer"
    taken = condition.taken or ""
    return lambda _fields, _facts, instance: instance.taken(taken), "integer"


def _literal(value: Any, kind: str) -> Any:
    """The literal in the type of its subject; as it stands when it cannot be read so."""
    try:
        if kind == "date" and isinstance(value, str):
            return date.fromisoformat(value)
        if kind == "datetime" and isinstance(value, str):
            return datetime.fromisoformat(value)
        if kind == "decimal" and not isinstance(value, bool):
            return Decimal(str(value))
    except (ValueError, InvalidOperation):
        return value
    return value


def _meets(found: Any, literal: Any, kind: str) -> bool:
    if isinstance(found, tuple | list):
        return any(_same(item, literal, kind) for item in found)
    return _same(found, literal, kind)


def _same(found: Any, literal: Any, kind: str) -> bool:
    found = _literal(found, kind)
    return type(found) is type(literal) and bool(found == literal)


def _ordered(found: Any, literal: Any, kind: str, order: Callable[[Any, Any], bool]) -> bool:
    found = _literal(found, kind)
    if type(found) is not type(literal) or isinstance(found, bool | tuple | list):
        return False
    if isinstance(found, datetime) and (found.tzinfo is None) != (literal.tzinfo is None):
        return False
    return is_filled(found) and bool(order(found, literal))
