"""A definition against the versions that were published before it.

1. E70: the same number was published with other content. A published version never changes.
2. E71: `migrate` strands cases: an open state of the older version that is neither mapped nor there
   any more, a map from or to a state that does not exist, an older version that was never
   published.
3. W72: the version drops a gate that the last one had, and gives no reason under `weakens`. Gates
   of a step that both have: evidence, roles (somebody more may take it), separation, reason,
   password, fields, conditions, guards, join, order, window. Gates of a requirement: number, types,
   age, freshness, distinctness, review, signature, who may supply it. What closes the rows of a
   set, whom it keeps out, what ends them, and which of their columns are personal. And every
   guarantee, who may lift a gate, and who reads personal columns.
4. What is written otherwise is not weighed: a step that is gone is judged by the guarantees alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.definition.digest import digest
from engine.definition.finding import Finding, Path, Places, in_order
from engine.definition.model import (
    ApprovalSpec,
    By,
    EvidenceSpec,
    Process,
    RecordSetSpec,
    SignedSpec,
    Transition,
)

_LISTS = (
    "evidence",
    "not_same_as",
    "not_of_unit",
    "not_named_in",
    "fields",
    "must_change",
    "guards",
    "approved",
)
_SINGLES = ("reason", "wait_for", "in_window", "not_before")
_SIGNED = ("any", "key_or_password", "key")
"""Ways to sign, the weakest first."""
_EVIDENCE_SINGLES = ("distinct", "reviewed", "effective_within", "per")


def against(
    process: Process, published: Iterable[Process], *, places: Places | None = None
) -> list[Finding]:
    """Find E70, E71 and W72 against the published versions of the same process."""
    at = places or Places()
    versions = {p.version: p for p in published if p.process == process.process}
    found = [*_same_number(process, versions, at), *_stranded(process, versions, at)]
    older = [number for number in versions if number < process.version]
    if older and process.weakens is None:
        found.extend(_weaker(process, versions[max(older)], at))
    return in_order(found)


def weaker(process: Process, old: Process, *, places: Places | None = None) -> list[Finding]:
    """Find W72 against one older definition, whatever reason `weakens` gives."""
    return in_order(list(_weaker(process, old, places or Places())))


def _same_number(
    process: Process, versions: Mapping[int, Process], places: Places
) -> Iterator[Finding]:
    known = versions.get(process.version)
    if known is not None and digest(known) != digest(process):
        yield places.finding("E70", ("version",), version=process.version)


def _stranded(
    process: Process, versions: Mapping[int, Process], places: Places
) -> Iterator[Finding]:
    migrate = process.migrate
    if migrate is None:
        return
    old = versions.get(migrate.from_)
    if old is None:
        path: Path = ("migrate", "from")
        yield places.finding("E71", path, kind="version", version=migrate.from_)
        return
    for source, target in migrate.states.items():
        path = ("migrate", "states", source)
        if source not in old.states:
            yield places.finding("E71", path, kind="source", name=source, version=old.version)
        if target not in process.states:
            yield places.finding("E71", path, kind="target", name=target)
    for state in old.open_states:
        if state not in migrate.states and state not in process.states:
            path = ("migrate", "states")
            yield places.finding("E71", path, name=state, version=old.version)


def _weaker(process: Process, old: Process, places: Places) -> Iterator[Finding]:
    for name in process.transitions.keys() & old.transitions.keys():
        for gate, what in _dropped(old.transitions[name], process.transitions[name]):
            yield places.finding("W72", ("transitions", name, gate), gate=gate, of=name, what=what)
    for name in process.evidence.keys() & old.evidence.keys():
        for gate in _looser(old.evidence[name], process.evidence[name]):
            yield places.finding("W72", ("evidence", name, gate), gate=gate, of=name, what=gate)
    yield from _of_rows(process, old, places)
    yield from _of_people(process, old, places)
    for name in process.approvals.keys() & old.approvals.keys():
        for gate in _narrower(old.approvals[name], process.approvals[name]):
            yield places.finding("W72", ("approvals", name, gate), gate=gate, of=name, what=gate)
    for sentence in (known for known in old.guarantees if known not in process.guarantees):
        of = process.process
        yield places.finding("W72", ("guarantees",), gate="guarantees", of=of, what=sentence)


def _dropped(old: Transition, new: Transition) -> Iterator[tuple[str, str]]:
    """Yield the gates of a step that are gone: the key, and what it held."""
    for key in _LISTS:
        gone = [name for name in getattr(old, key) if name not in getattr(new, key)]
        yield from ((key, str(name)) for name in gone)
    yield from ((key, key) for key in _changed(old, new, _SINGLES))
    if _strength(new) < _strength(old):
        yield "sign", "sign"
    for name, requirement in old.requires.items():
        if name not in new.requires or new.requires[name].that != requirement.that:
            yield "requires", name
    yield from (("needs", f"{n.process}.{n.state}") for n in old.needs if n not in new.needs)
    for by in new.by:
        if not any(_covers(known, by) for known in old.by):
            yield "by", by.role


def _narrower(old: ApprovalSpec, new: ApprovalSpec) -> Iterator[str]:
    """Yield what an approval was bound to and is no more."""
    if set(old.evidence) - set(new.evidence):
        yield "evidence"
    if set(old.fields) - set(new.fields):
        yield "fields"
    if any(set(columns) - set(new.records.get(name, ())) for name, columns in old.records.items()):
        yield "records"


def _strength(step: Transition) -> int:
    return -1 if step.signing is None else _SIGNED.index(step.signing.with_)


def _of_people(process: Process, old: Process, places: Places) -> Iterator[Finding]:
    """Who may lift a gate or read personal columns, and might not before."""
    of = process.process
    for by in process.personal_to:
        if not any(_covers(known, by) for known in old.personal_to):
            path: Path = ("personal_to",)
            yield places.finding("W72", path, gate="personal_to", of=of, what=by.role)
    for role in sorted(set(process.waived_by) - set(old.waived_by)):
        yield places.finding("W72", ("waived_by",), gate="waived_by", of=of, what=role)


def _of_rows(process: Process, old: Process, places: Places) -> Iterator[Finding]:
    for name in process.records.keys() & old.records.keys():
        for gate, what in _opened(old.records[name], process.records[name]):
            yield places.finding("W72", ("records", name, gate), gate=gate, of=name, what=what)


def _opened(old: RecordSetSpec, new: RecordSetSpec) -> Iterator[tuple[str, str]]:
    """Yield what closed rows of a set, or ended them, and does not any more."""
    for name, requirement in old.edit_when.items():
        if name not in new.edit_when or new.edit_when[name].that != requirement.that:
            yield "edit_when", name
    if old.not_of_unit and (gate := _let_in(old, new)):
        yield gate, old.not_of_unit[0]
    for name, column in old.voided_by.items():
        if new.voided_by.get(name) != column:
            yield "voided_by", name
    for name, spec in old.columns.items():
        if spec.personal and name in new.columns and not new.columns[name].personal:
            yield "personal", name


def _let_in(old: RecordSetSpec, new: RecordSetSpec) -> str | None:
    """The gate that lets in whom rows of their own unit kept out."""
    if new.not_of_unit != old.not_of_unit:
        return "not_of_unit"
    return "own_unit" if (old.own_unit, new.own_unit) == ("refuse", "waiver") else None


def _changed(old: Any, new: Any, keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys that asked for something and do not ask for the same any more."""
    for key in keys:
        if getattr(old, key) and getattr(new, key) != getattr(old, key):
            yield key


def _covers(old: By, new: By) -> bool:
    """Whether whoever may act under the new words could act under the old ones."""
    return old.role == new.role and old.of in {None, new.of} and (old.when is None or old == new)


def _looser(old: EvidenceSpec, new: EvidenceSpec) -> Iterator[str]:
    """Yield the keys under which a requirement asks for less than it did."""
    if new.min < old.min:
        yield "min"
    if set(new.accept) - set(old.accept):
        yield "accept"
    if old.fresh == "per_visit" != new.fresh:
        yield "fresh"
    if old.max_age is not None and new.max_age != old.max_age:
        yield "max_age"
    if old.from_ and (not new.from_ or set(new.from_) - set(old.from_)):
        yield "from"
    if old.signing is not None and not _as_strict(old.signing, new.signing):
        yield "signed"
    yield from _changed(old, new, _EVIDENCE_SINGLES)


def _as_strict(old: SignedSpec, new: SignedSpec | None) -> bool:
    """Whether what is asked of signatures inside a file is no less than before."""
    if new is None or new.min < old.min:
        return False
    roots = not old.roots or (new.roots and set(new.roots) <= set(old.roots))
    return (
        (old.trust, new.trust) != ("trusted", "intact")
        and (old.changes, new.changes) != ("none", "permitted")
        and bool(roots)
    )
