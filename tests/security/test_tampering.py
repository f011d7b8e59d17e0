"""Somebody writes into the database behind the house: the verification names what they touched.

What it cannot see by design: a tail that is cut away together with the head and with every table
that it speaks of. Only a checkpoint that is kept outside shows that.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.audit.chain import entry_hmac
from engine.audit.merkle import CompactRange, leaf_hash
from engine.machine.compiler import CompiledVersions
from engine.queries.audit_trail import Verdict, verify_log
from engine.runtime import Runtime
from engine.storage.database import Database
from tests.api.web import SLOT, Web, pdf, web_of
from tests.fixtures import (
    OFFICE,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.security.sealed import open_case

SQLITE_TRIGGERS = ("log_entry_no_update", "log_entry_no_delete", "log_entry_no_replace")
POSTGRESQL_TRIGGERS = ("log_entry_no_change", "log_entry_no_truncate")


@dataclass(frozen=True, slots=True)
class Kept:
    """A database with two cases in it, and where the bytes of its evidence lie."""

    database: Path
    folder: Path
    audit: str
    case: str


def at_work(web: Web) -> tuple[str, str]:
    """Let the office work on an audit and on a case; their ids."""
    audit = web.open_audit(units=["science_management"])["id"]
    waiver = {"gate": "window", "reason": "Vì sao", "until": "2026-12-31"}
    named = {"assignees": {"lead_auditor": ["p006"]}}
    files = {"programme": ("ct.pdf", pdf("programme")), "plan": ("kh.pdf", pdf("plan"))}
    answers = [
        web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": SLOT}),
        web.post("director", f"/instances/{audit}/waivers", waiver),
        web.post("iso_secretary", f"/instances/{audit}/assignment", named),
        web.attach("iso_secretary", audit, "notice"),
        web.post(
            "iso_secretary",
            f"/instances/{audit}/transitions",
            data={"command": '{"transition": "submit"}'},
            files=files,
            headers={"If-Match": '"0"'},
        ),
    ]
    case = open_case(web)
    sheet = web.attach("office", case, "sheet").json()["id"]
    answers += [
        web.post("clerk", f"/evidence/{sheet}/review", {"accepted": True}),
        web.step("internal_auditor_2", case, "judge", 0),
        web.step("clerk", case, "seal", 1),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201, 201, 200, 201, 200, 200, 200, 403], [a.text for a in answers]
    return audit, case


@pytest.fixture(scope="module")
def kept(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    address = sqlite_databases.founded()
    database = Database(address)
    office = Office(
        runtime=runtime_on(database, folder, MovedClock()),
        clock=MovedClock(),
        people=people_of(seed_data()),
    )
    web = web_of(office, folder)
    with web.client:
        audit, case = at_work(web)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return Kept(Path(address.removeprefix("sqlite:///")), folder, audit, case)


@dataclass(slots=True)
class Intruder:
    """Somebody with the whole database and the folder of the evidence, but not with the key."""

    runtime: Runtime
    audit: str
    case: str
    folder: Path

    def run(self, statement: str, **values: Any) -> None:
        """Change something; what was meant to change must be there."""
        told = {"org": OFFICE, "audit": self.audit, "case": self.case, **values}
        used = {name: value for name, value in told.items() if f":{name}" in statement}
        with self.runtime.database.writing() as session:
            done = session.connection().execute(text(statement), used)
            assert done.rowcount != 0, statement
            session.commit()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Look something up."""
        with self.runtime.database.reading() as session:
            return list(session.connection().execute(text(statement), values))

    def open_the_log(self) -> None:
        """Drop the triggers."""
        with self.runtime.database.writing() as session:
            sqlite = self.runtime.database.is_sqlite
            for trigger in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
                where = "" if sqlite else " ON log_entry"
                session.connection().execute(text(f"DROP TRIGGER {trigger}{where}"))
            session.commit()

    def bodies(self, **wanted: str) -> list[tuple[int, dict[str, Any]]]:
        """Index and body of the entries whose body has these values, oldest first."""
        found = self.rows(
            "SELECT idx, body FROM log_entry WHERE organization_id = :o ORDER BY idx", o=OFFICE
        )
        read = [(idx, json.loads(body)) for idx, body in found]
        return [
            (idx, body)
            for idx, body in read
            if all(body.get(name) == value for name, value in wanted.items())
        ]

    def rebuild_head(self) -> None:
        """Fold the tree again over what there is now: everybody can, it has no key."""
        tree = CompactRange()
        rows = self.rows(
            "SELECT body FROM log_entry WHERE organization_id = :o ORDER BY idx", o=OFFICE
        )
        for (body,) in rows:
            tree = tree.append(leaf_hash(bytes(body)))
        self.run(
            "UPDATE log_head SET size = :size, compact_range = :tree WHERE organization_id = :org",
            size=len(rows),
            tree=tree.to_bytes(),
        )


@pytest.fixture
def intruder(kept: Kept, tmp_path: Path) -> Iterator[Intruder]:
    """An intruder in a copy of their own."""
    shutil.copyfile(kept.database, tmp_path / "copy.db")
    shutil.copytree(kept.folder / "evidence", tmp_path / "evidence")
    database = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    runtime = runtime_on(database, tmp_path, MovedClock())
    yield Intruder(runtime, kept.audit, kept.case, tmp_path / "evidence")
    database.close()


def found(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def test_what_nobody_touched_is_intact(intruder: Intruder) -> None:
    verdict = verify_log(intruder.runtime, OFFICE)
    assert verdict.findings == ()
    assert (verdict.instances, verdict.files) == (2, 4)
    assert set(verdict.not_checked) == {
        "time_order",
        "outside_checkpoint",
        "deadlines",
        "organization",
    }


TABLES: dict[str, tuple[str, str]] = {
    "state": ("UPDATE instance SET state = 'approved' WHERE id = :audit", "state_differs"),
    "version": ("UPDATE instance SET version = 7 WHERE id = :audit", "version_differs"),
    "field": (
        """UPDATE instance SET fields = json_set(fields, '$.scope', 'Không gì cả')
           WHERE id = :audit""",
        "field_differs",
    ),
    "field taken away": (
        "UPDATE instance SET fields = json_remove(fields, '$.last_day') WHERE id = :audit",
        "field_differs",
    ),
    "field added": (
        "UPDATE instance SET fields = json_set(fields, '$.report_number', '1') WHERE id = :audit",
        "field_differs",
    ),
    "title": ("UPDATE instance SET title = 'Khác' WHERE id = :audit", "instance_differs"),
    "year": ("UPDATE instance SET year = 2025 WHERE id = :audit", "instance_differs"),
    "opener": ("UPDATE instance SET opened_by = 'p001' WHERE id = :audit", "instance_differs"),
    "flag": ("UPDATE instance SET flags = '[\"resumed\"]' WHERE id = :audit", "instance_differs"),
    "end": ("UPDATE instance SET final = 'success' WHERE id = :audit", "instance_differs"),
    "way back": (
        "UPDATE instance SET previous_state = 'closed' WHERE id = :audit",
        "instance_differs",
    ),
    "entry into the state": (
        "UPDATE instance SET entered_at = '2026-01-01 00:00:00.000000' WHERE id = :audit",
        "instance_differs",
    ),
    "assignees": (
        'UPDATE instance SET assignees = \'{"lead_auditor": ["p007"]}\' WHERE id = :audit',
        "assignees_differs",
    ),
    "step's transition": (
        "UPDATE step SET transition = 'approve' WHERE instance_id = :audit AND version = 1",
        "history_differs",
    ),
    "step's person": (
        "UPDATE step SET person = 'p012' WHERE instance_id = :audit AND version = 1",
        "step_differs",
    ),
    "step's time": (
        """UPDATE step SET at = '2026-07-01 00:00:00.000000'
           WHERE instance_id = :audit AND version = 1""",
        "step_differs",
    ),
    "step's reason": (
        "UPDATE step SET reason = 'r' WHERE instance_id = :audit AND version = 1",
        "step_differs",
    ),
    "step taken away": (
        "DELETE FROM step WHERE instance_id = :audit AND version = 1",
        "history_differs",
    ),
    "row's value": (
        "UPDATE internal_audit_slot SET auditor = 'p008' WHERE instance_id = :audit",
        "row_differs",
    ),
    "row's version": (
        "UPDATE internal_audit_slot SET version = 5 WHERE instance_id = :audit",
        "row_differs",
    ),
    "row's author": (
        "UPDATE internal_audit_slot SET created_by = 'p001' WHERE instance_id = :audit",
        "row_differs",
    ),
    "row taken away": (
        "DELETE FROM internal_audit_slot WHERE instance_id = :audit",
        "row_differs",
    ),
    "row added": (
        """INSERT INTO internal_audit_slot
           SELECT organization_id, 'forged', instance_id, version, created_by, created_at,
                  retired_at, unit, auditor, audit_date, place, clauses, procedures, status, excuse
           FROM internal_audit_slot WHERE instance_id = :audit""",
        "row_differs",
    ),
    "row retired": (
        """UPDATE internal_audit_slot SET retired_at = '2026-07-06 01:00:00.000000'
           WHERE instance_id = :audit""",
        "row_differs",
    ),
    "file's requirement": (
        "UPDATE evidence SET requirement = 'plan' WHERE requirement = 'notice'",
        "evidence_differs",
    ),
    "file's digest": (
        """UPDATE evidence SET sha256 = (SELECT sha256 FROM evidence WHERE requirement = 'plan')
           WHERE requirement = 'notice'""",
        "evidence_differs",
    ),
    "file's name": (
        "UPDATE evidence SET filename = 'khác.pdf' WHERE requirement = 'notice'",
        "evidence_differs",
    ),
    "file thawed": (
        """UPDATE evidence SET status = 'accepted', used_state = NULL, used_visit = NULL
           WHERE requirement = 'plan'""",
        "evidence_differs",
    ),
    "file's visit": (
        "UPDATE evidence SET used_visit = 9 WHERE requirement = 'plan'",
        "evidence_differs",
    ),
    "file's reviewer": (
        "UPDATE evidence SET reviewed_by = 'p001' WHERE requirement = 'sheet'",
        "evidence_differs",
    ),
    "file's supplier": (
        "UPDATE evidence SET received_by = 'p001' WHERE requirement = 'sheet'",
        "evidence_differs",
    ),
    "file taken away": (
        "DELETE FROM evidence WHERE requirement = 'notice'",
        "evidence_differs",
    ),
    "digest that is none": (
        "UPDATE evidence SET sha256 = '../../etc/passwd' WHERE requirement = 'notice'",
        "blob_missing",
    ),
    "waiver": ("UPDATE waiver SET until = '2099-12-31'", "waiver_differs"),
    "waiver taken away": ("DELETE FROM waiver", "waiver_differs"),
    "definition": (
        """UPDATE definition_version SET body = replace(body, '"director"', '"iso_secretary"')
           WHERE organization_id = :org AND process = 'internal_audit'""",
        "definition_differs",
    ),
    "definition that is none": (
        """UPDATE definition_version SET body = '{"process"'
           WHERE organization_id = :org AND process = 'internal_audit'""",
        "definition_differs",
    ),
    "definition taken away": (
        """DELETE FROM definition_version
           WHERE organization_id = :org AND process = 'training_campaign'""",
        "definition_differs",
    ),
    "definition of another version": (
        """UPDATE instance SET definition_digest =
           '0000000000000000000000000000000000000000000000000000000000000000' WHERE id = :audit""",
        "instance_differs",
    ),
    "value of another type": (
        "UPDATE instance SET fields = json_set(fields, '$.units', 7) WHERE id = :audit",
        "field_differs",
    ),
    "fields that are none": (
        "UPDATE instance SET fields = '[]' WHERE id = :audit",
        "instance_unreadable",
    ),
    "instant that is none": (
        "UPDATE instance SET opened_at = 'hôm qua' WHERE id = :audit",
        "instances_unreadable",
    ),
    "day of a file that is none": (
        "UPDATE evidence SET received_on = 'hôm qua' WHERE requirement = 'notice'",
        "files_unreadable",
    ),
    "head": ("UPDATE log_head SET size = size + 1 WHERE organization_id = :org", "truncated"),
    "tree of the head": (
        "UPDATE log_head SET compact_range = x'00' WHERE organization_id = :org",
        "head_unreadable",
    ),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_was_written_into_is_named(intruder: Intruder, what: str) -> None:
    statement, code = TABLES[what]
    intruder.run(statement)
    verdict = verify_log(intruder.runtime, OFFICE)
    assert not verdict.intact
    assert code in found(verdict), verdict.findings


def test_a_definition_made_weaker_with_its_digest_is_named(intruder: Intruder) -> None:
    """Whoever changes the rules and all digests in the tables still meets the log."""
    (body,) = intruder.rows(
        "SELECT body FROM definition_version WHERE organization_id = :o AND process = :p",
        o=OFFICE,
        p="sealed_case",
    )[0]
    from engine.definition.digest import digest  # noqa: PLC0415 - the intruder's own tool.
    from engine.definition.source import load  # noqa: PLC0415

    weaker = body.replace('"not_of_unit": ["unit"]', '"not_of_unit": []')
    assert weaker != body
    identity = digest(load(weaker))
    intruder.run(
        """UPDATE definition_version SET body = :body, digest = :digest
           WHERE organization_id = :org AND process = 'sealed_case'""",
        body=weaker,
        digest=identity,
    )
    intruder.run("UPDATE instance SET definition_digest = :d WHERE id = :case", d=identity)
    codes = found(verify_log(intruder.runtime, OFFICE))
    assert {"definition_differs", "instance_differs"} <= codes


def test_an_instance_taken_away_whole_is_missed(intruder: Intruder) -> None:
    for table in ("step", "evidence", "waiver", "timer"):
        with intruder.runtime.database.writing() as session:
            statement = f"DELETE FROM {table} WHERE instance_id = :id"  # noqa: S608 - ours.
            session.connection().execute(text(statement), {"id": intruder.audit})
            session.commit()
    intruder.run("DELETE FROM internal_audit_slot WHERE instance_id = :audit")
    intruder.run("DELETE FROM instance WHERE id = :audit")
    verdict = verify_log(intruder.runtime, OFFICE)
    assert ("instance_missing", intruder.audit) in {(f.code, f.detail) for f in verdict.findings}


def test_an_instance_that_nobody_opened_is_named(intruder: Intruder) -> None:
    names = "process, definition_version, definition_digest, title, unit, qms, year, state, final"
    more = "version, fields, assignees, flags, opened_by, opened_at, entered_at, due_on, due_at"
    intruder.run(
        f"""INSERT INTO instance (organization_id, id, code, {names}, {more})
            SELECT organization_id, 'forged', 'IA-2026-99', {names}, {more}
            FROM instance WHERE id = :audit"""  # noqa: S608
    )
    verdict = verify_log(intruder.runtime, OFFICE)
    assert ("instance_without_entries", "forged") in {(f.code, f.detail) for f in verdict.findings}


def other_body(body: bytes) -> bytes:
    return body.replace(b'"actor":"p005"', b'"actor":"p012"')


def edit_body(intruder: Intruder) -> None:
    idx, _ = intruder.bodies(transition="submit")[-1]
    (body,) = intruder.rows(
        "SELECT body FROM log_entry WHERE organization_id = :o AND idx = :i", o=OFFICE, i=idx
    )[0]
    changed = other_body(bytes(body))
    intruder.run(
        """UPDATE log_entry SET body = :body, leaf_hash = :leaf, actor = 'p012'
           WHERE organization_id = :org AND idx = :idx""",
        body=changed,
        leaf=leaf_hash(changed),
        idx=idx,
    )
    intruder.run("UPDATE step SET person = 'p012' WHERE instance_id = :audit AND version = 1")
    intruder.rebuild_head()


def break_body(intruder: Intruder) -> None:
    intruder.run(
        "UPDATE log_entry SET body = x'7b22' WHERE organization_id = :org AND instance = :audit"
    )


def edit_payload(intruder: Intruder) -> None:
    intruder.run(
        """UPDATE log_entry SET payload = replace(payload, 'Hai', 'Ba')
           WHERE organization_id = :org AND instance = :audit AND type = 'instance_created'"""
    )


def break_payload(intruder: Intruder) -> None:
    intruder.run(
        "UPDATE log_entry SET payload = x'ff' WHERE organization_id = :org AND payload IS NOT NULL"
    )


def take_payload(intruder: Intruder) -> None:
    intruder.run(
        """UPDATE log_entry SET payload = NULL, payload_salt = NULL
           WHERE organization_id = :org AND instance = :audit AND type = 'instance_created'"""
    )


def break_instant(intruder: Intruder) -> None:
    intruder.run(
        "UPDATE log_entry SET recorded_at = 'hôm qua' WHERE organization_id = :org AND idx = 3"
    )


def edit_projection(intruder: Intruder) -> None:
    intruder.run(
        "UPDATE log_entry SET actor = 'p012' WHERE organization_id = :org AND transition = 'submit'"
    )


def delete_middle(intruder: Intruder) -> None:
    idx, _ = intruder.bodies(type="waiver_granted")[0]
    intruder.run("DELETE FROM log_entry WHERE organization_id = :org AND idx = :idx", idx=idx)
    intruder.rebuild_head()


def delete_middle_and_close_ranks(intruder: Intruder) -> None:
    idx, _ = intruder.bodies(type="waiver_granted")[0]
    delete_middle(intruder)
    last = intruder.rows("SELECT max(idx) FROM log_entry WHERE organization_id = :o", o=OFFICE)[0][
        0
    ]
    for place in range(idx + 1, last + 1):
        intruder.run(
            "UPDATE log_entry SET idx = idx - 1 WHERE organization_id = :org AND idx = :idx",
            idx=place,
        )
    intruder.rebuild_head()


def swap(intruder: Intruder) -> None:
    (first, _), (second, _) = intruder.bodies(type="evidence_attached")[:2]
    for old, new in ((first, 10**6), (second, first), (10**6, second)):
        intruder.run(
            "UPDATE log_entry SET idx = :new WHERE organization_id = :org AND idx = :old",
            old=old,
            new=new,
        )
    intruder.rebuild_head()


def forge(intruder: Intruder) -> None:
    """Approve the audit as the director: a whole entry, its links right, its seal made up."""
    tip, body = intruder.bodies(instance=intruder.audit)[-1]
    size = intruder.rows("SELECT size FROM log_head WHERE organization_id = :o", o=OFFICE)[0][0]
    prev = intruder.rows(
        "SELECT leaf_hash FROM log_entry WHERE organization_id = :o AND idx = :i", o=OFFICE, i=tip
    )[0][0]
    forged = {
        **{name: body[name] for name in ("v", "stream", "instance", "process", "def", "code")},
        "type": "transition",
        "outcome": "accepted",
        "transition": "approve",
        "from": "submitted",
        "to": "approved",
        "actor": "p001",
        "role": "director",
        "unit": "leadership",
        "recorded_at": body["recorded_at"],
        "seq": body["seq"] + 1,
        "prev": bytes(prev).hex(),
    }
    leaf = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode()
    seal = entry_hmac(
        b"another key of thirty-two bytes and more",
        organization_id=OFFICE,
        idx=size,
        leaf_hash=leaf_hash(leaf),
    )
    intruder.run(
        """INSERT INTO log_entry (organization_id, idx, stream, seq, prev, body, leaf_hash, hmac,
             type, outcome, instance, process, transition, actor, unit, recorded_at)
           SELECT organization_id, :idx, stream, seq + 1, :prev, :body, :leaf, :seal, 'transition',
             'accepted', instance, process, 'approve', 'p001', 'leadership', recorded_at
           FROM log_entry WHERE organization_id = :org AND idx = :tip""",
        idx=size,
        prev=bytes(prev),
        body=leaf,
        leaf=leaf_hash(leaf),
        seal=seal,
        tip=tip,
    )
    intruder.run("UPDATE instance SET state = 'approved', version = 2 WHERE id = :audit")
    intruder.rebuild_head()


def cut_tail(intruder: Intruder) -> None:
    intruder.run(
        """DELETE FROM log_entry WHERE organization_id = :org
           AND idx = (SELECT size - 1 FROM log_head WHERE organization_id = :org)"""
    )


def cut_tail_and_head(intruder: Intruder) -> None:
    """The step into `judged` and all after it are gone from the log; the tables still know it."""
    idx, _ = intruder.bodies(transition="judge")[0]
    intruder.run("DELETE FROM log_entry WHERE organization_id = :org AND idx >= :idx", idx=idx)
    intruder.rebuild_head()


def empty_log(intruder: Intruder) -> None:
    intruder.run("DELETE FROM log_entry WHERE organization_id = :org")
    intruder.rebuild_head()


LOG: dict[str, tuple[Callable[[Intruder], None], set[str]]] = {
    "body": (edit_body, {"hmac_differs"}),
    "body that is none": (break_body, {"body_unreadable", "instance_unreadable"}),
    "payload": (edit_payload, {"payload_differs", "field_differs"}),
    "payload that is none": (break_payload, {"payload_differs", "instance_unreadable"}),
    "payload taken away": (take_payload, {"payload_missing"}),
    "projection": (edit_projection, {"projection_differs"}),
    "instant that is none": (break_instant, {"projection_differs"}),
    "entry deleted": (delete_middle, {"index_gap", "waiver_differs"}),
    "entry deleted, ranks closed": (
        delete_middle_and_close_ranks,
        {"hmac_differs", "waiver_differs"},
    ),
    "entries swapped": (swap, {"hmac_differs"}),
    "entry forged": (forge, {"hmac_differs", "evidence_absent"}),
    "tail cut": (cut_tail, {"truncated"}),
    "tail cut with the head": (cut_tail_and_head, {"state_differs", "version_differs"}),
    "everything": (empty_log, {"instance_without_entries"}),
}


@pytest.mark.parametrize("what", LOG)
def test_a_log_that_was_written_into_is_named(intruder: Intruder, what: str) -> None:
    attack, codes = LOG[what]
    intruder.open_the_log()
    attack(intruder)
    verdict = verify_log(intruder.runtime, OFFICE)
    assert codes <= found(verdict), verdict.findings


def test_a_flipped_byte_of_a_file_and_a_file_that_is_gone_are_named(intruder: Intruder) -> None:
    blobs = sorted(path for path in intruder.folder.rglob("*") if path.is_file())
    content = bytearray(blobs[0].read_bytes())
    content[10] ^= 1
    blobs[0].chmod(0o600)
    blobs[0].write_bytes(content)
    blobs[1].unlink()
    verdict = verify_log(intruder.runtime, OFFICE)
    assert [f.code for f in verdict.findings].count("blob_differs") == 1
    assert [f.code for f in verdict.findings].count("blob_missing") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET actor = 'p012'",
        "DELETE FROM log_entry",
        "INSERT OR REPLACE INTO log_entry SELECT * FROM log_entry",
        "REPLACE INTO log_entry SELECT * FROM log_entry WHERE idx = 0",
        "UPDATE OR REPLACE log_entry SET idx = 0",
    ],
)
def test_the_log_only_grows_by_sqlites_own_word(intruder: Intruder, statement: str) -> None:
    before = intruder.rows("SELECT count(*), max(actor) FROM log_entry")
    with pytest.raises(DBAPIError, match="append-only"):
        intruder.run(statement)
    assert intruder.rows("SELECT count(*), max(actor) FROM log_entry") == before


def test_a_tampered_definition_decides_nothing(intruder: Intruder, tmp_path: Path) -> None:
    """A server that starts on a changed definition does not step by it."""
    intruder.run(TABLES["definition"][0])
    intruder.runtime.compiled_versions = CompiledVersions()
    office = Office(runtime=intruder.runtime, clock=MovedClock(), people=people_of(seed_data()))
    web = web_of(office, tmp_path)
    with web.client:
        answer = web.step("iso_secretary", intruder.audit, "approve", 1)
    assert (answer.status_code, answer.json()["code"]) == (500, "definition_corrupt")


def test_on_both_databases_the_verification_reads_what_was_stored(web: Web) -> None:
    audit, case = at_work(web)
    intruder = Intruder(web.office.runtime, audit, case, Path())
    verdict = verify_log(web.office.runtime, OFFICE)
    assert verdict.findings == ()
    statement = "UPDATE log_entry SET actor = 'p012' WHERE transition = 'submit'"
    with pytest.raises(DBAPIError, match="append-only"):
        intruder.run(statement)
    intruder.open_the_log()
    intruder.run(statement)
    intruder.run("UPDATE internal_audit_slot SET auditor = 'p008' WHERE instance_id = :audit")
    intruder.run("UPDATE evidence SET used_visit = 9 WHERE requirement = 'plan'")
    intruder.run("UPDATE instance SET entered_at = opened_at, title = 'Khác' WHERE id = :audit")
    codes = found(verify_log(web.office.runtime, OFFICE))
    assert codes == {"projection_differs", "row_differs", "evidence_differs", "instance_differs"}
