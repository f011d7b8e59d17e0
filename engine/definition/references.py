"""Names that a definition uses: is each declared, of the right type, and is each declaration used?

1. One walk (`mentions`) yields every use of a name; what is unknown and what is unused both follow
   from it.
2. E11 a state · E12 a role told at an escalation · E30 an evidence requirement · E31 a role ·
   E32 a field, fact, record set or column, or one of the wrong type, or a window that is not there
   · E33 a registered name · E35 a transition, and a separation from a step that never comes before.
3. `system` is always known as somebody who acts or opens; it supplies and reviews nothing.
4. A guarantee speaks of things, it does not use them; a due date, a form and an effect do.
5. W40: a role, field, fact or requirement that nothing uses. States have E15, transitions cannot be
   unused, record sets are used by being edited.
6. W41: a field that may not be empty from a later state on, and that no step takes. Its value must
   be there before, since what an effect writes comes after the decision: the step would be refused.
7. A key that means nothing where it stands is E04 (`required_from` of a column, `required` of a
   field).
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.definition import guarantees
from engine.definition.conditions import parts, subject_of
from engine.definition.finding import Finding, Path, Places
from engine.definition.graph import Graph, can_reach
from engine.definition.model import (
    By,
    ChildrenSpec,
    Condition,
    Moment,
    Process,
    State,
    Transition,
)

SYSTEM = "system"


class Kind(StrEnum):
    """What a name is the name of."""

    STATE = "state"
    ROLE = "role"
    ACTOR = "actor"
    TOLD = "told"
    FIELD = "field"
    FACT = "fact"
    RECORD = "record"
    COLUMN = "column"
    EVIDENCE = "evidence"
    TRANSITION = "transition"
    MOMENT = "moment"
    WINDOW = "window"
    GUARD = "guard"
    EFFECT = "effect"


_CODES: Mapping[Kind, str] = {
    Kind.STATE: "E11",
    Kind.TOLD: "E12",
    Kind.EVIDENCE: "E30",
    Kind.ROLE: "E31",
    Kind.ACTOR: "E31",
    Kind.TRANSITION: "E35",
    Kind.FACT: "E32",
    Kind.RECORD: "E32",
}
_DATES = frozenset({"date", "datetime"})
_NAMING = ("text", "date", "unit", "person", "choice")
"""What can name an instance: values that are stored as text."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One use of a name.

    Attributes:
        types: field types that fit; empty means any.
        within: the record set that a column belongs to.
        uses: False where a name is only spoken of.
    """

    kind: Kind
    name: str
    path: Path
    types: frozenset[str] = frozenset()
    within: str = ""
    uses: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """The names that this house has registered; facts and figures as `process.name`.

    Attributes:
        media_types: short names that a requirement may accept; None: not judged.
    """

    guards: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    media_types: frozenset[str] | None = field(default=None)


def check(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield what is wrong with the names of a definition, registered ones left out."""
    process = graph.process
    found = tuple(mentions(process))
    for mention in found:
        yield from _unknown(process, mention, places)
    yield from _unused(process, found, places)
    yield from _never_taken(process, places)
    yield from _misplaced(process, places)
    yield from _apart_for_nothing(graph, places)


def check_registered(process: Process, names: Names, places: Places) -> Iterator[Finding]:
    """Yield E33 for every name that nobody registered."""
    for kind, name, path in _registered(process):
        registered: Mapping[str, frozenset[str]] = {
            "guard": names.guards,
            "effect": names.effects,
            "fact": names.facts,
            "figure": names.figures,
        }
        full = f"{process.process}.{name}" if kind in {"fact", "figure"} else name
        if full not in registered[kind]:
            yield places.finding("E33", path, kind=kind, name=full)
    for key, spec in process.evidence.items():
        for index, short in enumerate(spec.accept):
            if names.media_types is not None and short not in names.media_types:
                path = ("evidence", key, "accept", index)
                yield places.finding("E33", path, kind="media_type", name=short)


def mentions(process: Process) -> Iterator[Mention]:
    """Yield every use of a name in a definition, in the order of the file's sections."""
    yield from _listed(Kind.ACTOR, process.opens or (), ("opens",))
    yield from _listed(Kind.ROLE, process.waived_by, ("waived_by",))
    yield from _listed(Kind.FIELD, process.unique, ("unique",), *_NAMING)
    yield from _in_personal(process)
    yield from _in_fields(process)
    yield from _in_records(process)
    yield from _in_evidence(process)
    yield from _in_approvals(process)
    for state, state_spec in process.states.items():
        yield from _in_state(state_spec, ("states", state))
        for target, source in state_spec.carries.items():
            at: Path = ("states", state, "carries", target)
            yield Mention(Kind.FIELD, target, at)
            known = process.fields.get(target)
            types = frozenset({known.type}) if known is not None else frozenset[str]()
            yield Mention(Kind.FIELD, source, at, types)
    for name, step in process.transitions.items():
        yield from _in_transition(step, ("transitions", name))
        yield from _ways(step, ("transitions", name))
    yield from _in_documents(process)
    yield from _in_guarantees(process)


def _in_documents(process: Process) -> Iterator[Mention]:
    for key, document in process.documents.items():
        for part, named in (("after", document.after), ("signed", document.signed)):
            if named is not None:
                yield Mention(Kind.TRANSITION, named, ("documents", key, part))
        for part, field_name, type_ in (
            ("number", document.number, "text"),
            ("dated", document.dated, "date"),
        ):
            if field_name is not None:
                path: Path = ("documents", key, part)
                yield Mention(Kind.FIELD, field_name, path, frozenset({type_}))
        yield from _listed(Kind.RECORD, document.personal or (), ("documents", key, "personal"))


def _in_personal(process: Process) -> Iterator[Mention]:
    """Who reads personal columns; `of` is a column of some set, or a field of the case."""
    for index, by in enumerate(process.personal_to):
        path: Path = ("personal_to", index)
        yield Mention(Kind.ACTOR, by.role, (*path, "role"))
        sets = [name for name, spec in process.records.items() if by.of in spec.columns]
        kind, within = (Kind.COLUMN, sets[0]) if sets else (Kind.FIELD, "")
        if by.of is not None:
            yield Mention(kind, by.of, (*path, "of"), frozenset({"unit"}), within)
        yield from _in_condition(by.when, (*path, "when"))


def _in_approvals(process: Process) -> Iterator[Mention]:
    for key, spec in process.approvals.items():
        path: Path = ("approvals", key)
        yield from _listed(Kind.EVIDENCE, spec.evidence, (*path, "evidence"))
        yield from _listed(Kind.FIELD, spec.fields, (*path, "fields"))
        for record_set in spec.records:
            yield Mention(Kind.RECORD, record_set, (*path, "records", record_set))


def _in_evidence(process: Process) -> Iterator[Mention]:
    for key, spec in process.evidence.items():
        path: Path = ("evidence", key)
        yield from _listed(Kind.ROLE, spec.from_, (*path, "from"))
        if spec.reviewed is not None:
            yield Mention(Kind.ROLE, spec.reviewed, (*path, "reviewed"))
        if spec.per is not None:
            yield Mention(Kind.RECORD, spec.per, (*path, "per"))
        if spec.effective_within is not None:
            yield Mention(Kind.WINDOW, spec.effective_within, (*path, "effective_within"))


def _listed(
    kind: Kind, names: tuple[str, ...], path: Path, *types: str, within: str = ""
) -> Iterator[Mention]:
    for index, name in enumerate(names):
        yield Mention(kind, name, (*path, index), frozenset(types), within)


def _in_fields(process: Process) -> Iterator[Mention]:
    for key, spec in process.fields.items():
        if spec.required_from is not None:
            path = ("fields", key, "required_from")
            yield Mention(Kind.STATE, spec.required_from, path)
            yield Mention(Kind.FIELD, key, path)
        if spec.assigns is not None:
            yield Mention(Kind.ROLE, spec.assigns, ("fields", key, "assigns"))
            yield Mention(Kind.FIELD, key, ("fields", key, "assigns"))
        if spec.row_of is not None:
            yield Mention(Kind.RECORD, spec.row_of, ("fields", key, "row_of"))


def _in_records(process: Process) -> Iterator[Mention]:
    for key, spec in process.records.items():
        path: Path = ("records", key)
        yield from _listed(Kind.STATE, spec.edit_in, (*path, "edit_in"))
        yield from _in_edit_when(process, key, (*path, "edit_when"))
        yield from _in_by(spec.by, (*path, "by"), within=key, columns=spec.columns)
        yield from _listed(Kind.COLUMN, spec.unique, (*path, "unique"), within=key)
        for index, (name, type_) in enumerate(
            zip(spec.not_of_unit, ("person", "unit"), strict=False)
        ):
            types = frozenset({type_})
            yield Mention(Kind.COLUMN, name, (*path, "not_of_unit", index), types, key)
        for ends, column in spec.voided_by.items():
            yield Mention(Kind.RECORD, ends, (*path, "voided_by", ends))
            yield from _in_voided_by(process, key, (ends, column), (*path, "voided_by", ends))
        for column, column_spec in spec.columns.items():
            if column_spec.assigns is not None:
                at = (*path, "columns", column, "assigns")
                yield Mention(Kind.ROLE, column_spec.assigns, at)
            if column_spec.row_of is not None:
                at = (*path, "columns", column, "row_of")
                yield Mention(Kind.RECORD, column_spec.row_of, at)


def _in_edit_when(process: Process, record_set: str, path: Path) -> Iterator[Mention]:
    """The facts, and every column of each path, with the set that it belongs to."""
    for key, requirement in process.records[record_set].edit_when.items():
        that, at = requirement.that, (*path, key, "that")
        if that.fact is not None:
            yield Mention(Kind.FACT, that.fact, (*at, "fact"))
        within: str | None = record_set
        for name in that.column.split(".") if that.column is not None else ():
            if within is None:
                yield Mention(Kind.RECORD, name, (*at, "column"))
                break
            yield Mention(Kind.COLUMN, name, (*at, "column"), within=within)
            known = process.records[within].columns.get(name)
            if known is None or (known.row_of is not None and known.row_of not in process.records):
                break
            within = known.row_of


def _in_voided_by(
    process: Process, record_set: str, link: tuple[str, str], path: Path
) -> Iterator[Mention]:
    """The column here, and there too unless the one here names the row itself."""
    ends, column = link
    yield Mention(Kind.COLUMN, column, path, within=record_set)
    known = process.records[record_set].columns.get(column)
    if known is not None and known.row_of != ends:
        yield Mention(Kind.COLUMN, column, path, frozenset({known.type}), within=ends)


def _in_state(spec: State, path: Path) -> Iterator[Mention]:
    if spec.due is not None:
        yield from _in_moment(spec.due, (*path, "due"))
    for index, escalation in enumerate(spec.escalate):
        yield from _listed(Kind.TOLD, escalation.to, (*path, "escalate", index, "to"))
    for index, timed in enumerate(spec.checks):
        at = (*path, "checks", index)
        yield from _in_moment(timed.at, (*at, "at"))
        yield Mention(Kind.EFFECT, timed.effect, (*at, "effect"))
        yield from _in_condition(timed.when, (*at, "when"))
    if spec.children is not None:
        yield from _in_children(spec.children, (*path, "children"))


def _in_children(children: ChildrenSpec, at: Path) -> Iterator[Mention]:
    if children.for_each is not None:
        yield Mention(Kind.RECORD, children.for_each, (*at, "for_each"))
    within = children.for_each or ""
    if children.title is not None:
        yield Mention(Kind.COLUMN, children.title, (*at, "title"), within=within)
    for column in children.where:
        yield Mention(Kind.COLUMN, column, (*at, "where", column), within=within)
    for key, column in children.fields.items():
        yield Mention(Kind.COLUMN, column, (*at, "fields", key), within=within)


def _ways(step: Transition, path: Path) -> Iterator[Mention]:
    for key, names in (("from", step.from_), ("to", (step.to,))):
        for index, name in enumerate(names):
            if name is not None and name not in {"open", "previous", "="}:
                yield Mention(Kind.STATE, name, (*path, key, index))
    for index, arm in enumerate(step.choose):
        if arm.to not in {"previous", "="}:
            yield Mention(Kind.STATE, arm.to, (*path, "choose", index, "to"))
        yield from _in_condition(arm.when, (*path, "choose", index, "when"))


def _in_transition(step: Transition, path: Path) -> Iterator[Mention]:
    yield from _in_by(step.by, (*path, "by"))
    yield from _listed(Kind.TRANSITION, step.not_same_as, (*path, "not_same_as"))
    yield from _listed(Kind.FIELD, step.not_of_unit, (*path, "not_of_unit"), "unit")
    yield from _listed(Kind.FIELD, step.not_named_in, (*path, "not_named_in"), "person")
    yield from _listed(Kind.FIELD, step.fields, (*path, "fields"))
    yield from _listed(Kind.FIELD, step.may_set, (*path, "may_set"))
    yield from _listed(Kind.FIELD, step.must_change, (*path, "must_change"))
    yield from _listed(Kind.EVIDENCE, step.evidence, (*path, "evidence"))
    yield from _listed(Kind.GUARD, step.guards, (*path, "guards"))
    yield from _listed(Kind.EFFECT, step.effects, (*path, "effects"))
    for key, requirement in step.requires.items():
        yield from _in_condition(requirement.that, (*path, "requires", key, "that"))
    if step.in_window is not None:
        yield Mention(Kind.WINDOW, step.in_window, (*path, "in_window"))
        if step.in_window != "today":
            yield Mention(Kind.FIELD, step.in_window, (*path, "in_window"), _DATES)
    if step.not_before is not None:
        yield from _in_moment(step.not_before, (*path, "not_before"))


def _in_by(
    bys: tuple[By, ...], path: Path, *, within: str = "", columns: Container[str] = ()
) -> Iterator[Mention]:
    """Who may. In a record set `of` names a column, or a field where there is no such column."""
    for index, by in enumerate(bys):
        yield Mention(Kind.ACTOR, by.role, (*path, index, "role"))
        if by.of is not None:
            kind = Kind.COLUMN if by.of in columns else Kind.FIELD
            yield Mention(kind, by.of, (*path, index, "of"), frozenset({"unit"}), within)
        yield from _in_condition(by.when, (*path, index, "when"))


def _in_moment(moment: Moment, path: Path) -> Iterator[Mention]:
    if moment.before is not None:
        yield Mention(Kind.FIELD, moment.before, (*path, "before"), _DATES)
    if moment.after is not None:
        yield Mention(Kind.MOMENT, moment.after, (*path, "after"), _DATES)
    if moment.end_of_window:
        yield Mention(Kind.WINDOW, "end_of_window", path)


def _in_condition(condition: Condition | None, path: Path) -> Iterator[Mention]:
    kinds = {
        "field": Kind.FIELD,
        "fact": Kind.FACT,
        "visits": Kind.STATE,
        "taken": Kind.TRANSITION,
    }
    for leaf, at in parts(condition, path) if condition is not None else ():
        key, name = subject_of(leaf)
        yield Mention(kinds[key], name, (*at, key))


def _in_guarantees(process: Process) -> Iterator[Mention]:
    for index, sentence in enumerate(process.guarantees):
        promise = guarantees.parse(sentence)
        for kind, name in guarantees.named(promise) if promise is not None else ():
            yield Mention(Kind(kind), name, ("guarantees", index), uses=False)


def _unknown(process: Process, mention: Mention, places: Places) -> Iterator[Finding]:
    """Yield the finding of a mention whose name is not declared, or declared as something else."""
    match mention.kind:
        case Kind.GUARD | Kind.EFFECT:
            return
        case Kind.WINDOW:
            if process.window is None:
                yield places.finding("E32", mention.path, kind="window", name=mention.name)
        case Kind.MOMENT if mention.name in process.transitions:
            return
        case Kind.FIELD | Kind.MOMENT | Kind.COLUMN:
            yield from _unfit(process, mention, places)
        case kind if mention.name not in _declared(process, kind):
            params = {"kind": str(kind)} if kind in {Kind.FACT, Kind.RECORD} else {}
            code = _CODES[kind]
            yield places.finding(code, mention.path, name=mention.name, **params)
        case _:
            return


def _declared(process: Process, kind: Kind) -> frozenset[str]:
    """The names that may stand where a mention of this kind stands."""
    declared: Mapping[Kind, Iterable[str]] = {
        Kind.STATE: process.states,
        Kind.EVIDENCE: process.evidence,
        Kind.TRANSITION: process.transitions,
        Kind.FACT: process.facts,
        Kind.RECORD: process.records,
        Kind.ACTOR: (*process.roles, SYSTEM),
    }
    return frozenset(declared.get(kind, process.roles))


def _unfit(process: Process, mention: Mention, places: Places) -> Iterator[Finding]:
    """Yield E32 for a field or column that is not there or has another type."""
    if mention.kind is Kind.COLUMN:
        records = process.records.get(mention.within)
        if records is None and mention.within:
            return
        specs = records.columns if records is not None else {}
    else:
        specs = process.fields
    spec = specs.get(mention.name)
    if spec is None:
        yield places.finding("E32", mention.path, kind=str(mention.kind), name=mention.name)
    elif mention.types and spec.type not in mention.types:
        yield places.finding(
            "E32",
            mention.path,
            kind="type",
            name=mention.name,
            type=spec.type,
            wanted=", ".join(sorted(mention.types)),
        )


def _unused(process: Process, found: tuple[Mention, ...], places: Places) -> Iterator[Finding]:
    """Yield W40 for what is declared and never used."""
    used: dict[str, set[str]] = {"roles": set(), "fields": set(), "facts": set(), "evidence": set()}
    sections = {
        Kind.ROLE: "roles",
        Kind.ACTOR: "roles",
        Kind.TOLD: "roles",
        Kind.FIELD: "fields",
        Kind.MOMENT: "fields",
        Kind.FACT: "facts",
        Kind.EVIDENCE: "evidence",
    }
    for mention in found:
        if mention.uses and mention.kind in sections:
            used[sections[mention.kind]].add(mention.name)
    declared: Mapping[str, Any] = {
        "roles": process.roles,
        "fields": process.fields,
        "facts": process.facts,
        "evidence": process.evidence,
    }
    for section, names in declared.items():
        for index, name in enumerate(names):
            if name not in used[section]:
                path = (section, index if section == "roles" else name)
                yield places.finding("W40", path, kind=section, name=name)


def _never_taken(process: Process, places: Places) -> Iterator[Finding]:
    """Yield W41 for fields that a later state requires and that no step takes."""
    taken = {
        name
        for step in process.transitions.values()
        for name in (*step.fields, *step.must_change, *step.may_set)
    }
    for key, spec in process.fields.items():
        state = spec.required_from
        if state is not None and state != process.initial and key not in taken:
            path = ("fields", key, "required_from")
            yield places.finding("W41", path, name=key, state=state)


def _misplaced(process: Process, places: Places) -> Iterator[Finding]:
    """Yield E04 for keys that mean nothing where they stand."""
    for key, spec in process.fields.items():
        if spec.required:
            yield places.finding(
                "E04",
                ("fields", key, "required"),
                kind="near",
                key="required",
                near="required_from",
            )
    for key, records in process.records.items():
        for column, spec in records.columns.items():
            if spec.required_from is not None:
                path = ("records", key, "columns", column, "required_from")
                yield places.finding("E04", path, kind="near", key="required_from", near="required")


def _apart_for_nothing(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield E35 for a separation from a step that can never have been taken before."""
    for name, step in graph.process.transitions.items():
        sources = {edge.source for edge in graph.of(name)}
        if not sources:
            continue
        for index, other in enumerate(step.not_same_as):
            targets = {edge.target for edge in graph.of(other)}
            if targets and not targets & can_reach(graph, sources):
                path = ("transitions", name, "not_same_as", index)
                yield places.finding("E35", path, kind="never_before", name=other, transition=name)


def _registered(process: Process) -> Iterator[tuple[str, str, Path]]:
    """Yield kind, name and path of everything that a definition expects to be registered."""
    for mention in mentions(process):
        if mention.kind in {Kind.GUARD, Kind.EFFECT}:
            yield str(mention.kind), mention.name, mention.path
    for name in process.facts:
        yield "fact", name, ("facts", name)
    for name in process.figures:
        yield "figure", name, ("figures", name)
