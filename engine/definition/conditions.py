"""Conditions judged without a case: do they fit their types, and do arms divide what can be?

1. E24: `lt le gt ge` compare numbers and dates only; a value has the type of its subject; a choice
   is compared with its own choices; a field with `many` values answers `is_set` alone; counts
   (`visits`, `taken`) and facts are never unset, so `is_set` is no question to counts.
2. E22: an arm of `choose` asks about a field that is not surely filled on some way to the step. A
   field is surely filled when the step itself or a step before it on every way lists it under
   `fields` or `must_change`, or when a state on the way has it as `required_from`. A field that the
   same `all` asks `is_set: true` about is guarded.
3. E21: an arm that no values choose: its condition cannot hold, or the arms before it take
   everything.
4. E23: two arms that lead to different states and can hold at the same time: the order of the file
   would decide in silence. The last arm, which has no condition, is everything else and overlaps
   nothing.
5. E34: a `by` or a requirement whose condition no values fulfil bars everybody for ever.
6. Values are tried, not solved: for each subject the constants of its conditions, their nearest
   neighbours and the limits of the field, in all combinations. With operators that only compare
   with constants this finds whatever there is. Beyond 20,000 combinations nothing is claimed.
7. A question to an unset value is false, whatever the operator, `is_set` excepted; `not` turns it.
"""

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.definition.finding import Finding, Path, Places
from engine.definition.graph import Edge, Graph, Node, Way, shortest, told
from engine.definition.model import Condition, FactSpec, FieldSpec, Process, Transition

COMBINATIONS: Final = 20_000
ORDERED: Final = frozenset({"integer", "decimal", "date", "datetime", "count"})

Subject = tuple[str, str]
Value = Any
_SPARE: Final = "~another~"


def subject_of(leaf: Condition) -> Subject:
    """What a leaf asks about: (`field`, `fact`, `visits` or `taken`, name)."""
    names = (("field", leaf.field), ("fact", leaf.fact), ("visits", leaf.visits))
    return next(((kind, name) for kind, name in names if name), ("taken", str(leaf.taken)))


def holds(condition: Condition, values: Mapping[Subject, Value]) -> bool:
    """Whether a condition holds for values that are already comparable; None is unset."""
    if condition.all:
        return all(holds(part, values) for part in condition.all)
    if condition.any:
        return any(holds(part, values) for part in condition.any)
    if condition.not_ is not None:
        return not holds(condition.not_, values)
    value = values[subject_of(condition)]
    if condition.op == "is_set":
        return (value is not None) == condition.value
    return value is not None and _compares(condition, value)


def check(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of a definition: E21, E22, E23, E24, E34."""
    process = graph.process
    for name, step in process.transitions.items():
        path: Path = ("transitions", name)
        conditions = tuple(_conditions(step, path))
        wrong = [
            finding
            for condition, at in conditions
            for finding in misfits(process, condition, at, places)
        ]
        yield from wrong
        yield from _unfilled(graph, name, places)
        if not wrong and all(_answerable(process, condition) for condition, _ in conditions):
            yield from _arms(graph, name, places)
            yield from _never(graph, name, places)
    for condition, at in _elsewhere(process):
        yield from misfits(process, condition, at, places)


def misfits(
    process: Process, condition: Condition, path: Path, places: Places
) -> Iterator[Finding]:
    """Yield E24 for every leaf whose operator or value does not fit the type of its subject."""
    for leaf, at in parts(condition, path):
        spec = _spec(process, subject_of(leaf))
        if spec is None:
            continue
        kind = _misfit(leaf, spec)
        if kind is not None:
            yield places.finding(
                "E24",
                at,
                kind=kind,
                name=subject_of(leaf)[1],
                type=_type(spec),
                op=str(leaf.op),
                value=str(leaf.value),
            )


def parts(condition: Condition, path: Path) -> Iterator[tuple[Condition, Path]]:
    """Yield every leaf of a condition with the path that leads to it."""
    if condition.op is not None:
        yield condition, path
    for key, branch in (("all", condition.all), ("any", condition.any)):
        for index, part in enumerate(branch):
            yield from parts(part, (*path, key, index))
    if condition.not_ is not None:
        yield from parts(condition.not_, (*path, "not"))


def fits(value: Value, type_: str, choices: Iterable[str] = ()) -> bool:
    """Whether a constant of a file can be compared with a subject of a type."""
    match type_:
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "count":
            return isinstance(value, int) and not isinstance(value, bool)
        case "choice":
            return isinstance(value, str) and value in choices
        case "text" | "person" | "unit":
            return isinstance(value, str)
        case _:
            return not isinstance(value, bool) and _read(value, type_) is not None


def filled_before(graph: Graph, transition: str, field: str) -> Way | None:
    """A way on which a step comes to be taken with a field empty; None when it is surely filled."""
    process = graph.process
    step = process.transitions[transition]
    if field in step.fields or field in step.must_change:
        return None
    fillers = {
        name for name, t in process.transitions.items() if field in (*t.fields, *t.must_change)
    }
    required = process.fields[field].required_from
    sources = frozenset(process.sources(transition))

    def after(filled: bool, edge: Edge) -> bool:
        return filled or edge.transition in fillers or edge.target.state == required

    def ends(filled: bool, node: Node) -> bool:
        return not filled and node.state in sources

    return shortest(graph, memory=process.initial == required, after=after, ends=ends)


def _conditions(step: Transition, path: Path) -> Iterator[tuple[Condition, Path]]:
    """Yield every condition of a step with its path."""
    for index, arm in enumerate(step.choose):
        if arm.when is not None:
            yield arm.when, (*path, "choose", index, "when")
    for index, by in enumerate(step.by):
        if by.when is not None:
            yield by.when, (*path, "by", index, "when")
    for name, requirement in step.requires.items():
        yield requirement.that, (*path, "requires", name, "that")


def _elsewhere(process: Process) -> Iterator[tuple[Condition, Path]]:
    """Yield the conditions that belong to no step: timed checks, writers of records."""
    for state, spec in process.states.items():
        for index, timed in enumerate(spec.checks):
            if timed.when is not None:
                yield timed.when, ("states", state, "checks", index, "when")
    for record, records in process.records.items():
        for index, by in enumerate(records.by):
            if by.when is not None:
                yield by.when, ("records", record, "by", index, "when")


def _spec(process: Process, subject: Subject) -> FieldSpec | FactSpec | str | None:
    """What is declared of a subject; `count` for what the engine counts; None when unknown."""
    kind, name = subject
    if kind == "field":
        return process.fields.get(name)
    if kind == "fact":
        return process.facts.get(name)
    known = process.states if kind == "visits" else process.transitions
    return "count" if name in known else None


def _type(spec: FieldSpec | FactSpec | str) -> str:
    return spec if isinstance(spec, str) else spec.type


def _misfit(leaf: Condition, spec: FieldSpec | FactSpec | str) -> str | None:
    """The kind of E24 that a leaf is; None when it fits."""
    type_ = _type(spec)
    if leaf.op == "is_set":
        return "count" if type_ == "count" else None
    if isinstance(spec, FieldSpec) and spec.many:
        return "many"
    if leaf.op in {"lt", "le", "gt", "ge"} and type_ not in ORDERED:
        return "order"
    choices = spec.choices if isinstance(spec, FieldSpec) else ()
    constants = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return None if all(fits(value, type_, choices) for value in constants) else "value"


def _answerable(process: Process, condition: Condition) -> bool:
    """Whether everything that a condition asks about is declared."""
    return all(_spec(process, subject_of(leaf)) is not None for leaf in condition.leaves())


def _unfilled(graph: Graph, name: str, places: Places) -> Iterator[Finding]:
    """Yield E22 for the arms of a step."""
    seen: set[str] = set()
    for index, arm in enumerate(graph.process.transitions[name].choose):
        path = ("transitions", name, "choose", index, "when")
        for leaf, at in _unguarded(arm.when, path) if arm.when is not None else ():
            field = leaf.field
            if field is None or field in seen or field not in graph.process.fields:
                continue
            seen.add(field)
            way = filled_before(graph, name, field)
            if way is not None:
                yield places.finding("E22", at, name=field, transition=name, way=told(graph, way))


def _unguarded(condition: Condition, path: Path) -> Iterator[tuple[Condition, Path]]:
    """Yield the leaves that ask about a field without having asked whether it is set."""
    guarded = {part.field for part in condition.all if part.op == "is_set" and part.value is True}
    for leaf, at in parts(condition, path):
        if leaf.op != "is_set" and leaf.field not in guarded:
            yield leaf, at


def _arms(graph: Graph, name: str, places: Places) -> Iterator[Finding]:
    """Yield E21 and E23 for the arms of a step."""
    arms = graph.process.transitions[name].choose
    whens = [arm.when for arm in arms if arm.when is not None]
    cases = _cases(graph, name, whens)
    if cases is None:
        return
    verdicts = [tuple(holds(when, values) for when in whens) for values in cases]
    chosen = {row.index(True) if True in row else len(whens) for row in verdicts}
    alive = [index for index in range(len(arms)) if index in chosen]
    for index, arm in enumerate(arms):
        if index not in chosen:
            path = ("transitions", name, "choose", index)
            yield places.finding("E21", path, transition=name, to=arm.to, arm=index + 1)
    for first, second in itertools.combinations([i for i in alive if i < len(whens)], 2):
        if arms[first].to != arms[second].to and any(r[first] and r[second] for r in verdicts):
            path = ("transitions", name, "choose", second)
            yield places.finding("E23", path, transition=name, first=first + 1, second=second + 1)


def _never(graph: Graph, name: str, places: Places) -> Iterator[Finding]:
    """Yield E34 where a condition bars a step for ever."""
    step = graph.process.transitions[name]
    if all(by.when is not None and _impossible(graph, name, by.when) for by in step.by):
        yield places.finding("E34", ("transitions", name, "by"), kind="never", transition=name)
    for key, requirement in step.requires.items():
        if _impossible(graph, name, requirement.that):
            path = ("transitions", name, "requires", key)
            yield places.finding("E34", path, kind="requires", transition=name, name=key)


def _impossible(graph: Graph, name: str, condition: Condition) -> bool:
    """Whether no values at all fulfil a condition."""
    cases = _cases(graph, name, [condition])
    return cases is not None and not any(holds(condition, values) for values in cases)


def _cases(
    graph: Graph, transition: str, conditions: Iterable[Condition]
) -> list[dict[Subject, Value]] | None:
    """Every combination of values worth trying; None when there are too many."""
    constants: dict[Subject, list[Value]] = {}
    for condition in conditions:
        for leaf in condition.leaves():
            given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
            known = constants.setdefault(subject_of(leaf), [])
            known.extend(value for value in given if leaf.op != "is_set")
    tried = {
        subject: _samples(graph, transition, subject, values)
        for subject, values in constants.items()
    }
    if math.prod(len(values) for values in tried.values()) > COMBINATIONS:
        return None
    return [dict(zip(tried, values, strict=True)) for values in itertools.product(*tried.values())]


def _samples(
    graph: Graph, transition: str, subject: Subject, constants: list[Value]
) -> list[Value]:
    """The values of one subject that are worth trying."""
    spec = _spec(graph.process, subject)
    match spec:
        case FieldSpec():
            found = _in_limits(spec, _near(spec.type, constants, spec))
            if filled_before(graph, transition, subject[1]) is not None:
                found.append(None)
            return found
        case FactSpec():
            return [*_near(spec.type, constants, None), None]
        case _:
            return [n for n in _near("integer", [0, *constants], None) if n >= 0]


def _near(type_: str, constants: list[Value], spec: FieldSpec | None) -> list[Value]:
    """The constants of a type, comparable, with what lies just below and above them."""
    match type_:
        case "boolean":
            return [True, False]
        case "choice":
            return list(spec.choices) if spec else []
        case "text" | "person" | "unit":
            return [*dict.fromkeys(constants), _SPARE]
        case _:
            return _around(type_, constants, spec)


def _around(type_: str, constants: list[Value], spec: FieldSpec | None) -> list[Value]:
    """Ordered constants and limits with their neighbours; any value where there are none."""
    limits = [x for x in (spec.min, spec.max) if x is not None] if spec else []
    known = {_read(value, type_) for value in (*constants, *limits)}
    step = _step(type_, spec)
    near = {value + sign * step for value in known for sign in (-1, 0, 1)}
    return sorted(near) or [_read(_ANY[type_], type_)]


_ANY: Final[Mapping[str, Value]] = {
    "integer": 0,
    "decimal": 0,
    "date": "2026-07-01",
    "datetime": "2026-07-01T00:00:00+00:00",
}


def _step(type_: str, spec: FieldSpec | None) -> Any:
    """The smallest difference that a type can show."""
    match type_:
        case "integer":
            return 1
        case "decimal":
            scale = spec.scale if spec and spec.scale is not None else 6
            return Decimal(1).scaleb(-scale)
        case "date":
            return timedelta(days=1)
        case _:
            return timedelta(seconds=1)


def _in_limits(spec: FieldSpec, values: list[Value]) -> list[Value]:
    """The values that the field's own limits allow."""
    low, high = spec.min, spec.max
    return [
        value
        for value in values
        if (low is None or value >= low) and (high is None or value <= high)
    ]


def _read(value: Value, type_: str) -> Value:
    """A constant of the file as something that compares; None when it is not of the type."""
    try:
        match type_:
            case "integer" | "count":
                return int(value)
            case "decimal":
                read = Decimal(value)
                return read if read.is_finite() else None
            case "date":
                return date.fromisoformat(value)
            case _:
                moment = datetime.fromisoformat(value)
                return moment if moment.tzinfo is not None else None
    except (TypeError, ValueError, InvalidOperation):
        return None


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _compares(leaf: Condition, value: Value) -> bool:
    """Whether a set value stands to the constant of a leaf as its operator asks."""
    constants = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    others = [_like(constant, value) for constant in constants]
    if leaf.op == "in":
        return value in others
    return bool(_OPERATORS[str(leaf.op)](value, others[0]))


def _like(constant: Value, value: Value) -> Value:
    """A constant turned into the kind of thing that it is compared with."""
    match value:
        case datetime():
            return _read(constant, "datetime")
        case date():
            return _read(constant, "date")
        case Decimal():
            return _read(constant, "decimal")
        case _:
            return constant
