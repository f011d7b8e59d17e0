"""The log as an auditor uses it: narrowed, counted, proven entry by entry, taken away, verified."""

import csv
import hashlib
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from api.pages.log_asking import days_of
from engine.audit.checkpoint import open_checkpoint
from engine.audit.merkle import leaf_hash, verify_inclusion
from engine.audit.note import NoteVerifier
from engine.audit.tlog_proof import read_proof
from engine.commands.check_log import cancel_check, request_check, run_checks
from engine.commands.export_log import ExportForm, begin_export, export_lines
from engine.commands.publish_log import publish_log
from engine.queries.entry_proofs import entry_proof
from engine.queries.log_pages import LogQuestion
from engine.queries.verifications import verification
from engine.storage.audit_log import LogFilter
from engine.storage.jobs import JobState
from tests.fixtures import OFFICE
from tests.pages.office_work import Audit
from tests.publishing import auditor_in

XES = "{http://www.xes-standard.org/}"


@pytest.fixture
def case(audit: Audit) -> str:
    """The audit with a step that was refused."""
    audit.at("lead_auditor").open(audit.address)
    audit.step("lead_auditor", "finish_site", f__closing_on="2026-07-20", expect=409)
    return audit.address.rpartition("/")[2]


def entries(audit: Audit, **wanted: str) -> list[dict[str, object]]:
    """What the log itself holds."""
    with audit.office.runtime.read(OFFICE) as uow:
        found = uow.tables.log.read(LogFilter(**wanted), limit=10_000)
    return [{"idx": one.idx, "entry": one, **json.loads(one.body)} for one in found]


def test_the_log_is_narrowed_by_everything_an_auditor_asks_for(audit: Audit, case: str) -> None:
    auditor = audit.at("external_auditor")
    everything = entries(audit)
    refused = [one for one in everything if one["outcome"] == "refused"]
    code = next(one["code"] for one in everything if one.get("instance") == case)
    for query, expected in {
        "outcome=refused": len(refused),
        "type=instance_created": sum(one["type"] == "instance_created" for one in everything),
        "transition=finish_site": 1,
        f"code={code}&outcome=refused": 1,
        f"instance={case}": sum(one.get("instance") == case for one in everything),
        "actor=p025&outcome=refused": sum(one["actor"] == "p025" for one in refused),
        "period=2026": len(everything),
        "period=2026-Q3": len(everything),
        "period=2026-06": 0,
        "period=2026-Q3&from=2026-10-01": 0,
    }.items():
        page = auditor.open(f"/log?{query}")
        assert f"Số mục {expected} " in page.text.replace(".", ""), (query, page.text[:900])


def test_a_unit_takes_the_units_below_it_along(audit: Audit) -> None:
    with audit.office.runtime.read(OFFICE) as uow:
        units = uow.tables.organization.units(uow.today)
    parent = next(unit.parent for unit in units if unit.parent is not None)
    below = {parent, *(unit.id for unit in units if unit.parent == parent)}
    expected = sum(one.get("unit") in below for one in entries(audit))
    page = audit.at("external_auditor").open(f"/log?unit={parent}")
    assert f"Số mục {expected} " in page.text


def test_what_is_asked_for_stays_in_every_link(audit: Audit, case: str) -> None:
    page = audit.at("external_auditor").open(f"/log?instance={case}&outcome=refused")
    exports = [link for link in page.links if link.startswith("/log/export")]
    assert {link.partition("format=")[2].partition("&")[0] for link in exports} >= {
        form.value for form in ExportForm
    }
    assert all(f"instance={case}" in link and "outcome=refused" in link for link in exports)


def test_pages_follow_one_another_to_the_first_entry(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    seen, address = [], "/log?period=2026"
    while address:
        page = auditor.open(address)
        seen += [int(one.removeprefix("entry-")) for one in page.ids if one.startswith("entry-")]
        older = [link for link in page.links if "before=" in link]
        assert all("period=2026" in link for link in older)
        address = older[0] if older else ""
    assert seen == list(range(len(entries(audit)) - 1, -1, -1))


def test_words_are_found_in_values_and_never_in_personal_ones(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    page = auditor.open("/log?q=PHIẾU KIỂM SOÁT")
    found = [one for one in page.ids if one.startswith("entry-")]
    assert len(found) == 1
    assert "Hồ sơ <b>thiếu</b> phiếu kiểm soát" in page.text
    with audit.office.runtime.read(OFFICE) as uow:
        rows = list(uow.tables.log.stored())
    personal = [row.personal.decode() for row in rows if row.personal is not None]
    for told in personal:
        for change in json.loads(told)["changes"]:
            if isinstance(change["new"], str) and len(change["new"]) > 12:
                assert "Không có mục nào" in auditor.open(f"/log?q={change['new']}").text


def test_a_refusal_says_who_could_have_brought_what_was_missing(audit: Audit, case: str) -> None:
    page = audit.at("external_auditor").open(f"/log?instance={case}&outcome=refused")
    assert "Biên bản họp kết thúc Người làm được: Trưởng đoàn đánh giá" in page.text


def test_who_approved_what_on_which_file_and_what_was_refused_before_takes_three_clicks(
    audit: Audit, case: str
) -> None:
    audit.at("external_auditor").open("/")
    # One: the log. Two: the step, chosen and sent. Three: the entry.
    page = audit.at("external_auditor").open("/log?process=internal_audit&transition=open_site")
    (entry,) = [one for one in page.links if one.startswith("/log/entries/")]
    page = audit.at("external_auditor").open(entry)
    del case
    assert "Trước mục này không có lần nào bị từ chối." in page.text
    approved = audit.at("external_auditor").open("/log?transition=approve")
    (entry,) = [one for one in approved.links if one.startswith("/log/entries/")]
    told = audit.at("external_auditor").open(entry).text
    assert "Phê duyệt kế hoạch" in told
    assert "Giám đốc" in told
    assert ".pdf" in told
    assert "SHA-256" in told


def test_what_was_refused_before_stands_on_the_entry(audit: Audit, case: str) -> None:
    audit.row(
        "lead_auditor",
        "finding",
        slot=audit.slots()[0],
        unit="science_management",
        auditor=audit.person("lead_auditor"),
        clause="9.2",
        criterion="Điều khoản 9.2",
        grade="minor",
        statement="Chưa lưu chương trình",
        objective_evidence="Hồ sơ số 16/2026",
        auditee_seen="true",
    )
    taken = entries(audit, type="record_changed", outcome="accepted")[-1]
    (refused,) = entries(audit, transition="finish_site", outcome="refused")
    page = audit.at("external_auditor").open(f"/log/entries/{taken['idx']}")
    assert f"/log/entries/{refused['idx']}" in page.links
    assert "Thiếu bằng chứng: Biên bản họp kết thúc" in page.text
    assert f"/log?instance={case}&outcome=refused" in page.links


def test_a_code_that_is_not_there_is_said(audit: Audit) -> None:
    page = audit.at("external_auditor").open("/log?code=IA-1999-77", expect=404)
    assert "IA-1999-77" in page.text


def test_an_entry_is_proven_with_nothing_but_what_its_page_gives_away(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    size = len(entries(audit))
    for idx in (0, 1, size // 2, size - 1):
        assert "dẫn đúng đến gốc" in auditor.open(f"/log/entries/{idx}").text
        body = auditor.client.get(f"/log/entries/{idx}/body").content
        proof = auditor.client.get(f"/log/entries/{idx}/proof").json()
        node = hashlib.sha256(b"\0" + body).digest()
        assert node.hex() == proof["leaf_hash"]
        place, last = proof["leaf_index"], proof["tree_size"] - 1
        for told in proof["audit_path"]:
            beside = bytes.fromhex(told)
            if place & 1 or place == last:
                node = hashlib.sha256(b"\1" + beside + node).digest()
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                node = hashlib.sha256(b"\1" + node + beside).digest()
            place, last = place >> 1, last >> 1
        assert node.hex() == proof["root_hash"]
        shown = entry_proof(audit.office.runtime, audit.office.as_("director"), idx)
        assert [step.node for step in shown.steps][-1] == proof["root_hash"]


def test_a_published_entry_is_proven_against_the_signed_checkpoint(
    audit: Audit, tmp_path: Path
) -> None:
    outside = auditor_in(audit.office.runtime, tmp_path / "published")
    published = publish_log(audit.office.runtime, OFFICE).size
    auditor = audit.at("external_auditor")
    page = auditor.open("/log/entries/3")
    assert "Gốc này nằm trong điểm kiểm đã ký" in page.text
    assert auditor.client.get("/log/entries/3/checkpoint").content == outside.note()
    receipt = read_proof(auditor.client.get("/log/entries/3/receipt").content)
    opened = open_checkpoint(
        receipt.checkpoint, [NoteVerifier.from_vkey(outside.vkey)], origin=outside.origin
    ).checkpoint
    body = auditor.client.get("/log/entries/3/body").content
    assert receipt.extra == body
    assert opened.size == published
    assert verify_inclusion(
        receipt.path, leaf_hash(body), index=3, size=opened.size, root=opened.root
    )
    # The login of the auditor came behind what was published.
    page = auditor.open(f"/log/entries/{published}")
    assert "chưa có trong điểm kiểm đã công bố" in page.text
    auditor.open(f"/log/entries/{published}/checkpoint", expect=404)


def test_an_entry_that_was_changed_in_the_table_does_not_prove(audit: Audit) -> None:
    with audit.office.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS log_entry_no_update")
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'log_entry'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(
            "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'accepted', 'acceptex')"
            " AS BLOB) WHERE organization_id = 'skhcn' AND idx = 3"
        )
    auditor = audit.at("external_auditor")
    assert "KHÔNG dẫn đến gốc" in auditor.open("/log/entries/3").text
    assert "dẫn đúng đến gốc" in auditor.open("/log/entries/4").text
    auditor.open("/log/verifications")
    auditor.send("/log/verifications")
    run_checks(audit.office.runtime, OFFICE)
    page = auditor.open(auditor.place)
    assert "/log/entries/3" in page.links
    assert "leaf_hash_differs" in page.text


def test_a_table_holds_every_entry_and_no_formula(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    answer = auditor.client.get("/log/export?format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    size = len(entries(audit))
    assert [row[0] for row in rows[1:]] == [str(idx) for idx in range(size - 1)]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    last = entries(audit)[-1]
    assert last["type"] == "data_exported"
    assert last["entry"].payload.details["count"] == size - 1


def test_a_register_is_a_pdf_and_says_when_it_would_be_too_long(
    audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = audit.at("external_auditor")
    answer = auditor.client.get("/log/export?format=pdf&outcome=refused&type=transition")
    assert answer.content.startswith(b"%PDF")
    monkeypatch.setattr("api.pages.log_exports.PDF_ENTRIES_MAX", 2)
    answer = auditor.client.get("/log/export?format=pdf")
    assert answer.status_code == 422
    assert "PDF chỉ lập được tới 2 mục" in answer.text


def happened(audit: Audit) -> dict[str, list[tuple[int, str]]]:
    """Openings and accepted steps by case, as the log has them."""
    found: dict[str, list[tuple[int, str]]] = {}
    for one in entries(audit, outcome="accepted"):
        if one["type"] in {"instance_created", "transition"}:
            known = found.setdefault(str(one["code"]), [])
            known.append((int(str(one["idx"])), str(one.get("transition", ""))))
    return found


def exported(audit: Audit, form: ExportForm, **wanted: str) -> str:
    runtime = audit.office.runtime
    question = LogQuestion(wanted=LogFilter(**wanted))
    begun = begin_export(runtime, OFFICE, None, question, form)
    return "".join(export_lines(runtime, begun, language="vi"))


def test_traces_of_xes_are_the_accepted_steps_of_each_case_in_order(
    audit: Audit, case: str
) -> None:
    del case
    log = ET.fromstring(exported(audit, ExportForm.XES))  # noqa: S314 - written here.
    assert log.attrib == {"xes.version": "1849.2023", "xes.features": ""}
    order = [child.tag.removeprefix(XES) for child in log]
    ranks = {"extension": 0, "global": 1, "classifier": 2, "string": 3, "trace": 4}
    assert [ranks[tag] for tag in order] == sorted(ranks[tag] for tag in order)
    found = {}
    for trace in log.iter(f"{XES}trace"):
        told = {one.get("key"): one.get("value") for one in trace if one.tag != f"{XES}event"}
        steps = []
        for event in trace.iter(f"{XES}event"):
            values = {str(one.get("key")): str(one.get("value")) for one in event}
            assert {"concept:name", "lifecycle:transition", "time:timestamp"} <= values.keys()
            assert values["org:resource"] in {*audit.office.people.values(), "system"}
            steps.append((int(values["entry"]), values.get("transition", "")))
        found[told["concept:name"]] = steps
    assert found == happened(audit)


def test_events_of_ocel_are_the_same_and_name_objects_that_are_there(
    audit: Audit, case: str
) -> None:
    log = json.loads(exported(audit, ExportForm.OCEL))
    assert log.keys() == {"events", "objects", "objectTypes", "eventTypes"}
    objects = {one["id"]: one for one in log["objects"]}
    assert len(objects) == len(log["objects"])
    types = {one["name"] for one in log["objectTypes"]}
    assert {one["type"] for one in log["objects"]} <= types
    assert {one["type"] for one in log["events"]} == {one["name"] for one in log["eventTypes"]}
    for told in (*log["events"], *log["objects"]):
        assert {one["objectId"] for one in told["relationships"]} <= objects.keys()
    steps: dict[str, list[tuple[int, str]]] = {}
    for event in log["events"]:
        values = {one["name"]: one["value"] for one in event["attributes"]}
        if event["type"].startswith("evidence_"):
            continue
        (about,) = [o["objectId"] for o in event["relationships"] if o["qualifier"] == "case"]
        codes = [a["value"] for a in objects[about]["attributes"] if a["name"] == "code"]
        known = steps.setdefault(codes[0], [])
        known.append((int(event["id"][1:]), values.get("transition", "")))
    assert steps == happened(audit)
    states = [a["value"] for a in objects[case]["attributes"] if a["name"] == "state"]
    assert states[-1] == "on_site"
    assert [one for one in objects.values() if one["type"] == "evidence"]


def test_names_leave_in_an_event_log_only_for_whom_the_office_trusts(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    (taken,) = [one["actor"] for one in entries(audit, transition="approve", outcome="accepted")]
    with audit.office.runtime.read(OFFICE) as uow:
        name = uow.tables.organization.known({str(taken)}, on=uow.today)[str(taken)].name
    assert name in auditor.client.get("/log/export?format=xes&names=1").text
    assert name not in auditor.client.get("/log/export?format=xes").text
    other = audit.at("lead_auditor")
    assert other.client.get("/log/export?format=xes&names=1").status_code == 403


def test_times_in_states_are_those_between_the_steps_of_the_log(audit: Audit, case: str) -> None:
    page = audit.at("external_auditor").open(f"/log/times?instance={case}")
    led = [
        one
        for one in entries(audit, instance=case, outcome="accepted")
        if one["type"] in {"instance_created", "transition"} and one.get("from") != one["to"]
    ]
    assert [f"/log/entries/{one['idx']}" for one in led] == [
        link for link in page.links if link.startswith("/log/entries/")
    ]
    assert "đang ở" in page.text
    over_all = audit.at("external_auditor").open("/log/times?process=internal_audit&year=2026")
    assert "Trung vị" in over_all.text
    none = audit.at("external_auditor").open("/log/times?process=internal_audit&year=2020")
    assert "Chưa có hồ sơ nào như vậy" in none.text


def test_a_verification_is_kept_with_who_and_what_and_one_at_a_time(audit: Audit) -> None:
    runtime, director = audit.office.runtime, audit.office.as_("director")
    first = request_check(runtime, director)
    assert request_check(runtime, audit.office.as_("external_auditor")).id == first.id
    assert run_checks(runtime, OFFICE) == 1
    view = verification(runtime, director, first.id)
    assert view.job.state is JobState.DONE
    assert view.result is not None
    assert view.result["intact"] is True
    assert view.result["entries"] == len(entries(audit))
    assert view.job.created_by == director.person
    again = request_check(runtime, director)
    assert again.id != first.id
    page = audit.at("external_auditor").open("/log/verifications")
    assert f"/log/verifications/{first.id}" in page.links


def test_a_verification_that_was_stopped_has_no_result(audit: Audit) -> None:
    runtime, director = audit.office.runtime, audit.office.as_("director")
    job = request_check(runtime, director)
    cancel_check(runtime, director, job.id)
    assert run_checks(runtime, OFFICE) == 0
    assert verification(runtime, director, job.id).result is None
    page = audit.at("director").open(f"/log/verifications/{job.id}")
    assert "Đã dừng trước khi xong" in page.text


def test_a_verification_at_work_shows_how_far_it_is_and_stops_when_told(
    audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, director = audit.office.runtime, audit.office.as_("director")
    job = request_check(runtime, director)
    seen: list[str] = []

    def watched(*args: object, watch: object, **more: object) -> object:
        assert callable(watch)
        watch("entries", 3, 10)
        browser = audit.at("director")
        seen.append(browser.open(f"/log/verifications/{job.id}").text)
        cancel_check(runtime, director, job.id)
        watch("instances", 0, 10)
        raise AssertionError(args, more)

    monkeypatch.setattr("engine.commands.check_log.verify_log", watched)
    assert run_checks(runtime, OFFICE) == 0
    assert "Đang đọc các mục: 3 trên 10" in seen[0]
    assert verification(runtime, director, job.id).job.state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("period", "first", "behind"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
    ],
)
def test_a_period_ends_before_the_next_one_begins(period: str, first: str, behind: str) -> None:
    days = days_of(period)
    assert days is not None
    assert [day.isoformat() for day in days] == [first, behind]


@pytest.mark.parametrize("period", ["", "2026-Q5", "2026-13", "20266", "0000", "9999", "x"])
def test_what_is_no_period_is_none(period: str) -> None:
    assert days_of(period) is None
