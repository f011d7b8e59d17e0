"""What the log says that the tables hold: an instance built anew from the entries of its stream.

1. Everything is built from bodies and payloads, nothing from the tables: state and steps, fields
   and rows, files, waivers, approvals, assignments.
2. Where a payload was erased, what it held cannot be said any more, and is not compared; where only
   the personal one was, the personal columns are not.
3. Deadlines and timers are computed from the calendar of their day and are not in the log.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.audit.leaf import EntryType
from engine.audit.payload import Payload, payload_from_bytes
from engine.audit.verifier import StoredRow
from engine.definition.model import FieldSpec, Process

Projection = dict[str, dict[str, Any]]
"""Section → key → value.

Sections: instance, field, row, step, evidence, waiver, approval, assignees.
"""

_PAYLOAD_SECTIONS = ("instance", "field", "row", "waiver", "approval", "assignees", "evidence")
_OF_CREATION = (
    "title",
    "year",
    "definition_version",
    "unit",
    "qms",
    "period",
    "parent",
    "origin_set",
    "origin_row",
    "predecessor",
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the log says of one instance.

    Attributes:
        silent: sections of which it can say nothing any more.
        personal_gone: personal columns are not told.
    """

    projection: Projection
    silent: frozenset[str]
    personal_gone: bool


def told_by(process: Process, rows: Iterable[StoredRow]) -> Told:
    """Build an instance from the entries of its stream, oldest first."""
    building = _Building(process)
    for row in rows:
        building.take(row)
    return Told(
        projection=building.finished(),
        silent=frozenset(_PAYLOAD_SECTIONS) if building.payload_gone else frozenset(),
        personal_gone=building.personal_gone,
    )


def differences(told: Told, kept: Projection, process: Process) -> Iterator[tuple[str, str]]:
    """Where the tables hold something else than the log says: (section, key)."""
    for section, said in told.projection.items():
        if section in told.silent:
            continue
        found = kept[section]
        hide = _without_personal(process, section) if told.personal_gone else _as_it_is
        for key in sorted(said.keys() | found.keys()):
            if hide(key, said.get(key)) != hide(key, found.get(key)):
                yield section, key


def set_and_row(record_set: str, row: str) -> str:
    """The key of a row."""
    return f"{record_set}/{row}"


@dataclass(slots=True)
class _Row:
    """A row of a record set, as far as the entries have built it."""

    record_set: str
    created_by: str
    version: int = 0
    values: dict[str, Any] = field(default_factory=dict)


class _Building:
    """An instance while its entries are read."""

    def __init__(self, process: Process) -> None:
        self.payload_gone = False
        self.personal_gone = False
        self._process = process
        self._instance: dict[str, Any] = {}
        self._flags: dict[str, None] = {}
        self._fields: dict[str, Any] = {}
        self._rows: dict[str, _Row] = {}
        self._steps: dict[str, Any] = {}
        self._files: dict[str, dict[str, Any]] = {}
        self._waivers: dict[str, Any] = {}
        self._approvals: dict[str, Any] = {}
        self._assignees: dict[str, Any] = {}
        self._visits: Counter[str] = Counter()

    def take(self, row: StoredRow) -> None:
        """Follow one entry; what was refused has changed nothing."""
        body = json.loads(row.body)
        payload = self._payload(body, row)
        if body["outcome"] != "accepted":
            return
        follow = _FOLLOW.get(body["type"])
        if follow is not None:
            follow(self, body, payload)

    def finished(self) -> Projection:
        """Everything that was built."""
        state = self._instance.get("state")
        known = self._process.states.get(state) if state is not None else None
        final = known.final if known is not None else None
        return {
            "instance": {**self._instance, "final": final, "flags": list(self._flags)},
            "field": {name: v for name, v in self._fields.items() if v is not None},
            "row": {
                set_and_row(row.record_set, row_id): [row.version, row.created_by, row.values]
                for row_id, row in self._rows.items()
                if row.values
            },
            "step": self._steps,
            "evidence": self._files,
            "waiver": self._waivers,
            "approval": self._approvals,
            "assignees": self._assignees,
        }

    def _payload(self, body: Mapping[str, Any], row: StoredRow) -> Payload:
        self.payload_gone |= "payload" in body and row.payload is None
        self.personal_gone |= "personal" in body and row.personal is None
        plain = payload_from_bytes(row.payload) if row.payload is not None else Payload()
        personal = payload_from_bytes(row.personal) if row.personal is not None else Payload()
        changes = (*plain.changes, *personal.changes)
        return Payload(changes=changes, reason=plain.reason, details=plain.details)

    def created(self, body: Mapping[str, Any], payload: Payload) -> None:
        """Entry 0."""
        self._instance = {name: payload.details.get(name) for name in _OF_CREATION}
        self._instance |= {
            "code": body.get("code"),
            "process": body["process"],
            "definition_digest": body["def"],
            "state": body["to"],
            "version": 0,
            "previous_state": None,
            "opened_by": body["actor"],
            "opened_at": body["recorded_at"],
            "entered_at": body["recorded_at"],
        }
        self._assignees = dict(payload.details.get("assignees", {}))
        self._visits[body["to"]] += 1
        self._change(body, payload)
        self._steps["0"] = _step(body, payload, "open", internal=False)

    def stepped(self, body: Mapping[str, Any], payload: Payload) -> None:
        """An accepted transition."""
        spec = self._process.transitions.get(body["transition"])
        internal = spec is not None and spec.internal
        for file in body.get("evidence", ()):
            if spec is not None and spec.approves and file["requirement"] not in spec.evidence:
                # It was approved, not used: who replaces it ends the approval, and may.
                continue
            self._files.setdefault(file["id"], {}).update(
                status="frozen", used_state=body["from"], used_visit=self._visits[body["from"]]
            )
        if not internal and "resumed" not in body.get("flags", ()):
            self._visits[body["to"]] += 1
        if body["to"] != body["from"]:
            self._instance["previous_state"] = body["from"]
        if not internal:
            self._instance["entered_at"] = body["recorded_at"]
        self._instance["version"] = self._instance.get("version", 0) + 1
        self._instance["state"] = body["to"]
        self._flags.update(dict.fromkeys(body.get("flags", ())))
        self._change(body, payload)
        version = str(self._instance["version"])
        self._steps[version] = _step(body, payload, body["transition"], internal=internal)
        for name, parts in payload.details.get("approves", {}).items():
            self._approvals[name] = [int(version), body["actor"], parts, None, []]

    def voided(self, body: Mapping[str, Any], payload: Payload) -> None:
        """An approval that ended."""
        given = self._approvals.get(body["subject"])
        if given is not None:
            given[3:] = [body["actor"], payload.details.get("changed", [])]

    def marked(self, body: Mapping[str, Any], payload: Payload) -> None:
        """Fields and flags that a timed check wrote."""
        self._flags.update(dict.fromkeys(body.get("flags", ())))
        self._change(body, payload)

    def recorded(self, body: Mapping[str, Any], payload: Payload) -> None:
        """A row that was written, or many of one set, which the details name."""
        self._change(body, payload)
        for row_id in payload.details.get("rows", (body["subject"],)):
            if row_id in self._rows:
                self._rows[row_id].version += 1

    def attached(self, body: Mapping[str, Any], payload: Payload) -> None:
        """A file, and the one that it stands in for."""
        (file,) = body["evidence"]
        details = payload.details
        state = self._instance.get("state")
        spec = self._process.evidence.get(file["requirement"])
        reviewed = spec is not None and spec.reviewed is not None
        self._files[file["id"]] = {
            "requirement": file["requirement"],
            "sha256": file["sha256"],
            "size": file["size"],
            "media_type": details.get("media_type"),
            "filename": details.get("filename"),
            "note": details.get("note", ""),
            "row": details.get("row"),
            "effective_on": body.get("effective_date"),
            "received_by": body["actor"],
            "received_at": body["recorded_at"],
            "state": state,
            "visit": self._visits[str(state)],
            "status": "received" if reviewed else "accepted",
            "reviewed_by": None,
            "superseded_by": None,
            "used_state": None,
            "used_visit": None,
        }
        old = details.get("supersedes")
        if old is not None:
            self._files.setdefault(old, {}).update(status="superseded", superseded_by=file["id"])

    def issued(self, body: Mapping[str, Any], _payload: Payload) -> None:
        """A file that went out under a number."""
        for file in body.get("evidence", ()):
            self._files.setdefault(file["id"], {}).update(status="frozen")

    def disposed(self, body: Mapping[str, Any], _payload: Payload) -> None:
        """A file whose bytes were removed after its time."""
        self._files.setdefault(body["subject"], {}).update(status="disposed")

    def reviewed(self, body: Mapping[str, Any], payload: Payload) -> None:
        """The verdict on a file."""
        verdict = payload.details.get("verdict")
        known = self._files.setdefault(body["subject"], {})
        known.update(status=verdict, reviewed_by=body["actor"])

    def waived(self, body: Mapping[str, Any], payload: Payload) -> None:
        """A gate that was lifted."""
        told = [payload.details.get("gate"), payload.details.get("until"), payload.reason]
        self._waivers[str(len(self._waivers))] = [*told, body["actor"]]

    def assigned(self, _body: Mapping[str, Any], payload: Payload) -> None:
        """Roles that were narrowed."""
        self._assignees = dict(payload.details.get("new", {}))

    def _change(self, body: Mapping[str, Any], payload: Payload) -> None:
        for change in payload.changes:
            if change.record_set is None or change.row is None:
                values = self._fields
            else:
                row = self._rows.setdefault(
                    change.row, _Row(record_set=change.record_set, created_by=body["actor"])
                )
                values = row.values
            values[change.column] = change.new
            if change.new is None:
                del values[change.column]


_FOLLOW: Mapping[str, Callable[[_Building, Mapping[str, Any], Payload], None]] = {
    EntryType.INSTANCE_CREATED.value: _Building.created,
    EntryType.TRANSITION.value: _Building.stepped,
    EntryType.FIELDS_CHANGED.value: _Building.marked,
    EntryType.RECORD_CHANGED.value: _Building.recorded,
    EntryType.EVIDENCE_ATTACHED.value: _Building.attached,
    EntryType.EVIDENCE_SUPERSEDED.value: _Building.attached,
    EntryType.EVIDENCE_REVIEWED.value: _Building.reviewed,
    EntryType.EVIDENCE_DISPOSED.value: _Building.disposed,
    EntryType.DOCUMENT_ISSUED.value: _Building.issued,
    EntryType.WAIVER_GRANTED.value: _Building.waived,
    EntryType.APPROVAL_VOIDED.value: _Building.voided,
    EntryType.ASSIGNMENT_CHANGED.value: _Building.assigned,
}
"""Entries of other kinds change nothing that is compared."""


def _step(
    body: Mapping[str, Any], payload: Payload, transition: str, *, internal: bool
) -> dict[str, Any]:
    return {
        "transition": transition,
        "from": body.get("from", ""),
        "to": body["to"],
        "person": body["actor"],
        "on_behalf_of": body.get("on_behalf"),
        "role": body.get("role"),
        "unit": body.get("unit"),
        "at": body["recorded_at"],
        "internal": internal,
        "reason": payload.reason,
        "flags": body.get("flags", []),
    }


def _as_it_is(_key: str, value: Any) -> Any:
    return value


def _without_personal(process: Process, section: str) -> Callable[[str, Any], Any]:
    """What hides the personal columns of a section from a comparison."""

    def hide(key: str, value: Any) -> Any:
        if section == "field":
            return None if _is_personal(process.fields, key) else value
        if section == "row" and value is not None:
            columns = process.records[key.partition("/")[0]].columns
            kept = {n: v for n, v in value[2].items() if not _is_personal(columns, n)}
            return [*value[:2], kept]
        return value

    return hide


def _is_personal(specs: Mapping[str, FieldSpec], name: str) -> bool:
    return name in specs and specs[name].personal
