"""Bad input: each gets its status, says what is wrong in both languages, and changes nothing."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.storage.database import Database
from tests.api.web import AUDIT_FIELDS, SLOT, Web, pdf, web_of
from tests.fixtures import Databases, MovedClock, Office, people_of, runtime_on, seed_data

Attempt = Callable[[Web, str, dict[str, str]], Any]


def opening(body: Any) -> Attempt:
    """Open an instance with a body."""

    def attempt(web: Web, _: str, headers: dict[str, str]) -> Any:
        return web.post("iso_secretary", "/instances", body, headers=headers)

    return attempt


def raw(content: bytes, media_type: str = "application/json") -> Attempt:
    """Open an instance with these very bytes."""

    def attempt(web: Web, _: str, headers: dict[str, str]) -> Any:
        told = {**headers, "Content-Type": media_type}
        return web.request("iso_secretary", "POST", "/instances", content=content, headers=told)

    return attempt


def attaching(content: bytes, name: str, **told: str) -> Attempt:
    """Attach a file to the plan's requirement, or to the one that is told."""

    def attempt(web: Web, instance: str, headers: dict[str, str]) -> Any:
        requirement = told.get("requirement", "plan")
        rest = {key: value for key, value in told.items() if key != "requirement"}
        return web.attach(
            "iso_secretary",
            instance,
            requirement,
            content=content,
            name=name,
            headers=headers,
            **rest,
        )

    return attempt


def stepping(username: str, transition: str, version: int = 0, **body: Any) -> Attempt:
    """Take a step."""

    def attempt(web: Web, instance: str, headers: dict[str, str]) -> Any:
        return web.step(username, instance, transition, version, headers=headers, **body)

    return attempt


def asking(path: str) -> Attempt:
    """Read an address."""

    def attempt(web: Web, _: str, headers: dict[str, str]) -> Any:
        return web.get("director", path, headers=headers)

    return attempt


def row_of_own_unit(web: Web, instance: str, headers: dict[str, str]) -> Any:
    values = {**SLOT, "unit": "planning_finance"}
    path = f"/instances/{instance}/records/slot"
    return web.post("iso_secretary", path, {"values": values}, headers=headers)


def cursor_from_elsewhere(web: Web, _: str, headers: dict[str, str]) -> Any:
    cursor = web.get("director", "/log?limit=1").json()["next"]
    return web.get("director", f"/instances?cursor={cursor}", headers=headers)


def without_a_file(web: Web, instance: str, headers: dict[str, str]) -> Any:
    return web.post(
        "iso_secretary",
        f"/instances/{instance}/evidence",
        headers=headers,
        data={"requirement": "plan"},
        files={"other": ("a.pdf", pdf("a"))},
    )


def replayed_with_another_body(web: Web, _: str, headers: dict[str, str]) -> Any:
    keyed = {**headers, "Idempotency-Key": "bad-input"}
    body = {"process": "nothing"}
    web.post("iso_secretary", "/instances", {**body, "year": 2026}, headers=keyed)
    return web.post("unit_staff", "/instances", body, headers={**keyed, "If-Match": "x"})


def bomb() -> bytes:
    """A small archive that unpacks to far more than a document may."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.'
            'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr("word/document.xml", b"\0" * (300 * 1024 * 1024))
    return packed.getvalue()


BAD: dict[str, tuple[Attempt, int, str]] = {
    "no json": (raw(b"{"), 400, "not_json"),
    "no body": (raw(b""), 400, "body_missing"),
    "no utf-8": (raw(b'{"process": "\xff"}'), 400, "not_utf8"),
    "a key twice": (raw(b'{"process": "a", "process": "b"}'), 400, "duplicate_key"),
    "not a number": (raw(b'{"year": NaN}'), 400, "not_json"),
    "nested too deeply": (raw(b"[" * 200_000), 400, "nested_too_deep"),
    "a deep body": (raw(b'{"fields": ' + b'{"a":' * 40 + b"1" + b"}" * 41), 400, "nested_too_deep"),
    "a number of ten thousand digits": (raw(b'{"year": ' + b"9" * 10_000 + b"}"), 400, "not_json"),
    "another type of body": (raw(b"a=b", "text/plain"), 415, "media_type_unknown"),
    "a body beyond the cap": (raw(b'"' + b"a" * 1_100_000 + b'"'), 413, "body_too_large"),
    "a list": (opening([]), 422, "invalid_input"),
    "false as a number": (
        opening({"process": "internal_audit", "year": False}),
        422,
        "invalid_input",
    ),
    "a number as text": (
        opening({"process": "internal_audit", "year": "2026"}),
        422,
        "invalid_input",
    ),
    "an unknown key": (opening({"process": "internal_audit", "odd": 1}), 422, "invalid_input"),
    "a missing key": (opening({}), 422, "invalid_input"),
    "U+0000": (opening({"process": "internal_audit", "title": "a\0b"}), 422, "wrong_values"),
    "U+0000 in a name": (opening({"process": "x", "fields": {"a\0": 1}}), 422, "wrong_values"),
    "a lone surrogate": (
        raw(b'{"process": "internal_audit", "title": "\\ud800"}'),
        422,
        "wrong_values",
    ),
    "a control character": (
        opening({"process": "internal_audit", "title": "a\x07"}),
        422,
        "invalid_input",
    ),
    "an unknown process": (opening({"process": "nothing"}), 404, "unknown_definition"),
    "an unknown unit": (
        opening({"process": "internal_audit", "unit": "nowhere"}),
        422,
        "wrong_values",
    ),
    "an unknown person": (
        opening({"process": "internal_audit", "fields": {"lead_auditor": "nobody"}}),
        422,
        "wrong_values",
    ),
    "a date that is none": (
        opening({"process": "internal_audit", "fields": {**AUDIT_FIELDS, "first_day": "31.2."}}),
        422,
        "wrong_values",
    ),
    "false where text belongs": (
        opening({"process": "internal_audit", "fields": {"scope": False}}),
        422,
        "wrong_values",
    ),
    "a stale version": (stepping("iso_secretary", "submit", 7), 412, "stale_version"),
    "an unknown step": (stepping("iso_secretary", "fly"), 422, "unknown_transition"),
    "a field of another step": (
        stepping("iso_secretary", "submit", fields={"closing_on": "2026-08-14"}),
        422,
        "field_not_of_step",
    ),
    "an unknown field": (
        stepping("iso_secretary", "submit", fields={"odd": 1}),
        422,
        "wrong_values",
    ),
    "evidence of nobody": (
        stepping("iso_secretary", "submit", evidence=["nothing"]),
        404,
        "unknown_evidence",
    ),
    "a wrong password": (
        stepping("iso_secretary", "submit", password="guessed"),  # noqa: S106 - a wrong one.
        403,
        "wrong_credentials",
    ),
    "an auditor of their own unit": (row_of_own_unit, 403, "forbidden"),
    "a wrong role": (stepping("unit_staff", "submit"), 403, "forbidden"),
    "an empty file": (attaching(b"", "a.pdf"), 422, "file_empty"),
    "no file": (without_a_file, 400, "file_part_missing"),
    "a file of another type": (attaching(b"MZ\x90", "a.exe"), 415, "extension_unknown"),
    "a type that is not wanted": (attaching(b"a,b\n", "a.csv"), 415, "type_not_accepted"),
    "a name that lies": (
        attaching(b"\x89PNG\r\n\x1a\n", "a.pdf"),
        415,
        "content_differs_from_name",
    ),
    "a damaged file": (attaching(b"%PDF-1.7\nbroken", "a.pdf"), 422, "file_damaged"),
    "a zip bomb": (attaching(bomb(), "a.docx"), 413, "archive_too_large"),
    "a file beyond the requirement": (
        attaching(pdf("a") + b"\n" * 20_971_521, "a.pdf"),
        413,
        "evidence_too_large",
    ),
    "a name with a path": (attaching(pdf("a"), "a/b.pdf"), 422, "filename_invalid"),
    "a name without an extension": (attaching(pdf("a"), "plan"), 415, "extension_unknown"),
    "an unknown requirement": (
        attaching(pdf("a"), "a.pdf", requirement="nothing"),
        422,
        "unknown_requirement",
    ),
    "a date in the future": (
        attaching(pdf("a"), "a.pdf", effective_date="2099-01-01"),
        422,
        "effective_date_in_future",
    ),
    "a date of a file that is none": (
        attaching(pdf("a"), "a.pdf", effective_date="yesterday"),
        422,
        "invalid_input",
    ),
    "a cursor from elsewhere": (cursor_from_elsewhere, 400, "cursor_invalid"),
    "a forged cursor": (
        asking("/instances?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        400,
        "cursor_invalid",
    ),
    "a cursor that is none": (asking("/instances?cursor=***"), 400, "cursor_invalid"),
    "a limit beyond the limit": (asking("/instances?limit=201"), 422, "invalid_input"),
    "a year that no database holds": (
        asking("/instances?year=99999999999999"),
        422,
        "invalid_input",
    ),
    "a process that is not there": (asking("/instances?process=bogus"), 422, "wrong_values"),
    "a state that no process has": (asking("/instances?state=bogus"), 422, "wrong_values"),
    "a state of another process": (
        asking("/instances?process=internal_audit&state=planned"),
        422,
        "wrong_values",
    ),
    "a log of no process": (asking("/log?process=bogus"), 422, "wrong_values"),
    "an entry of no type": (asking("/log?type=bogus"), 422, "invalid_input"),
    "U+0000 in an address": (asking("/instances/a%00b"), 400, "address_unreadable"),
    "U+0000 in a query": (asking("/instances?q=a%00b"), 400, "address_unreadable"),
    "an index beyond all": (asking("/log?after=99999999999999999999"), 422, "invalid_input"),
    "a day for an instant": (asking("/log?from=2026-07-06"), 422, "invalid_input"),
    "a mismatched header": (replayed_with_another_body, 404, "unknown_definition"),
}
LOGGED = {"a wrong role", "an auditor of their own unit"}
"""Refusals of somebody who may see the instance: these are entries."""


@pytest.fixture(scope="module")
def patient(
    sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Web, dict[str, Any]]]:
    """One office with one audit, for all that must leave it as it was."""
    folder = tmp_path_factory.mktemp("patient")
    database, clock = Database(sqlite_databases.founded()), MovedClock()
    people = people_of(seed_data())
    office = Office(runtime=runtime_on(database, folder, clock), clock=clock, people=people)
    web = web_of(office, folder)
    with web.client:
        yield web, web.open_audit()
    database.close()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_both_languages_and_changes_nothing(
    patient: tuple[Web, dict[str, Any]], name: str
) -> None:
    attempt, status, code = BAD[name]
    web, audit = patient
    before = web.get("director", f"/instances/{audit['id']}").json()
    entries = web.entries()
    told = {}
    for language in ("vi", "en"):
        answer = attempt(web, audit["id"], {"Accept-Language": language})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        told[language] = problem
        texts = [problem["title"], problem["detail"]]
        texts += [part["message"] for part in problem.get("faults", problem.get("unmet", []))]
        assert not any(text.startswith(("error.", "fault.", "unmet.", "status.")) for text in texts)
        assert "…" not in "".join(texts)
        if status == 422:
            assert problem["faults"]
            assert all(fault["field"] for fault in problem["faults"])
    assert told["vi"]["title"] != told["en"]["title"]
    assert told["vi"]["detail"] != told["en"]["detail"]
    assert web.entries() == entries + (2 if name in LOGGED else 0)
    assert web.get("director", f"/instances/{audit['id']}").json() == before
    assert web.get("director", f"/instances/{audit['id']}/evidence").json()["items"] == []
    assert len(web.get("director", "/instances").json()["items"]) == 1


def test_a_cursor_of_another_organisation_is_no_cursor(small_web: Web) -> None:
    for _ in range(2):
        small_web.open_audit()
    cursor = small_web.get("director", "/instances?limit=1").json()["next"]
    answer = small_web.neighbour("director", "GET", f"/instances?limit=1&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_a_date_outside_the_window_is_one_of_the_reasons(small_web: Web) -> None:
    audit = small_web.open_audit(first_day="2026-12-01", last_day="2026-12-11")
    answer = small_web.step("iso_secretary", audit["id"], "submit", 0)
    unmet = {reason["code"]: reason for reason in answer.json()["unmet"]}
    assert answer.status_code == 409
    assert "11/12/2026" in unmet["window"]["message"]
    assert "01/07/2026 – 30/09/2026" in unmet["window"]["message"]
    assert unmet["window"]["params"]["spans"] == [["2026-07-01", "2026-09-30"]]


def test_a_form_whose_command_is_no_json_is_unreadable(small_web: Web) -> None:
    audit = small_web.open_audit()
    for data, code in (({"command": "{"}, "not_json"), ({}, "command_part_missing")):
        answer = small_web.request(
            "iso_secretary",
            "POST",
            f"/instances/{audit['id']}/transitions",
            headers={"If-Match": '"0"'},
            data=data,
            files={"plan": ("a.pdf", pdf("a"))},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_form_that_is_cut_off_is_unreadable(small_web: Web) -> None:
    audit = small_web.open_audit()
    answer = small_web.request(
        "iso_secretary",
        "POST",
        f"/instances/{audit['id']}/evidence",
        headers={"Content-Type": "multipart/form-data"},
        content=b"--x\r\n",
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "form_unreadable")


def test_files_of_a_refused_step_leave_no_record(small_web: Web) -> None:
    audit = small_web.open_audit()
    answer = small_web.request(
        "iso_secretary",
        "POST",
        f"/instances/{audit['id']}/transitions",
        headers={"If-Match": '"0"'},
        data={"command": json.dumps({"transition": "submit"})},
        files={"plan": ("a.pdf", pdf("a"))},
    )
    assert answer.status_code == 409
    assert small_web.get("director", f"/instances/{audit['id']}/evidence").json()["items"] == []


def test_a_filter_that_names_nothing_says_what_there_is(small_web: Web) -> None:
    (fault,) = small_web.get("director", "/instances?process=bogus&state=draft").json()["faults"]
    assert fault["field"] == "process"
    assert "“bogus”" in fault["message"]
    assert "internal_audit" in fault["message"]
    answer = small_web.get("director", "/instances?process=internal_audit&state=bogus")
    (fault,) = answer.json()["faults"]
    assert fault["field"] == "state"
    assert "draft" in fault["params"]["known"]
    assert small_web.get("director", "/instances?state=draft").status_code == 200
    assert small_web.get("director", "/log?process=internal_audit&type=transition").json()["size"]
