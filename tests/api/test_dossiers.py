"""The register of dossiers over HTTP: looked at, imported once, asked, told in both languages."""

import csv
import hashlib
import io
import json
from typing import Any

import openpyxl

from api.settings import JSON_BYTES
from engine.worker.jobs import run_waiting_imports
from tests.api.web import EXPORT, EXPORT_ROW, Web, web_of
from tests.fixtures import Office

BAD_ROW = "=HYPERLINK(1);Cấp giấy phép;Phòng lạ;02/06/2026;31/02/2026;Đang xử lý;;Lê Thị Hoa\n"
DONE_ROW = "HS-2;Cấp giấy phép;Văn phòng Sở;02/06/2026;01/07/2026;Đã trả;13/07/2026;Lê Thị Hoa\n"


def send(web: Web, content: str, *, by: str = "one_stop", **texts: Any) -> Any:
    headers = texts.pop("headers", {})
    files = {"file": ("tuần 27.csv", content.encode())}
    data = {"source": "một cửa", **texts}
    return web.post(by, "/dossiers/import", headers=headers, data=data, files=files)


def test_exports_of_two_weeks_from_a_look_to_the_register(web: Web) -> None:
    content = EXPORT + EXPORT_ROW + BAD_ROW
    looked = send(web, content, dry_run="true").json()
    assert (looked["personal"], looked["rows_seen"], looked["faults_seen"]) == (["Người nộp"], 3, 3)
    assert [row["values"]["code"] for row in looked["rows"]] == ["HS-1", "HS-2"]
    assert "Bình" not in json.dumps(looked, ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    answer = send(web, content, rows="4", sha256=digest)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    job = answer.headers["location"].removeprefix("/api/v1")
    assert send(web, content).json()["known"] is True
    run_waiting_imports(web.office.runtime)
    told = web.get("one_stop", job).json()
    assert (told["state"], told["sha256"], told["difference"]) == ("done", digest, -1)
    expected = {"rows": 3, "new": 2, "faulty": 1, "faults": 3, "opened": 1}
    assert {name: count for name, count in told["counts"].items() if count} == expected
    faults = web.get("one_stop", f"{job}/faults", headers={"Accept-Language": "en"}).json()
    messages = {fault["column"]: fault["message"] for fault in faults["items"]}
    assert set(messages) == {"unit", "due_on", "code"}
    assert {fault["row"] for fault in faults["items"]} == {4}
    assert "unit" in messages["unit"]
    check_files(web, job)
    web.office.clock.forward(days=7)
    later = send(web, EXPORT + DONE_ROW).headers["location"].removeprefix("/api/v1")
    run_waiting_imports(web.office.runtime)
    counts = web.get("one_stop", later).json()["counts"]
    assert (counts["same"], counts["changed"], counts["new"]) == (1, 1, 0)
    check_register(web)
    check_analysis(web)
    check_store(web)


def check_files(web: Web, job: str) -> None:
    """Faults as files, which no spreadsheet runs."""
    text = web.get("one_stop", f"{job}/faults?format=csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["Dòng", "Cột", "Lỗi"]
    assert ["4", "Đơn vị giải quyết"] in [row[:2] for row in rows]
    book = openpyxl.load_workbook(
        io.BytesIO(web.get("one_stop", f"{job}/faults?format=xlsx").content)
    )
    assert (4, "Đơn vị giải quyết") in [row[:2] for row in book.active.values]
    assert web.get("one_stop", f"{job}/faults?format=pdf").status_code == 422


def check_store(web: Web) -> None:
    """No applicant's name is left in any file."""
    store, organization = web.office.runtime.store, web.office.organization_id
    for blob in store.list(organization):
        with store.open(organization, blob.sha256) as kept:
            assert "Bình".encode() not in kept.read()


def check_register(web: Web) -> None:
    """The list in pages, one dossier with its history, and its case."""
    first = web.get("unit_staff", "/dossiers?limit=1").json()
    assert [item["code"] for item in first["items"]] == ["HS-1"]
    second = web.get("unit_staff", f"/dossiers?limit=1&cursor={first['next']}").json()
    (late,) = second["items"]
    assert (late["status"], late["ended_on"], late["unit"]) == ("finished", "2026-07-13", "office")
    assert web.get("unit_staff", f"/dossiers?unit=x&cursor={first['next']}").status_code == 400
    assert web.get("director", "/dossiers?late_on=2026-07-06").json()["items"][0]["code"] == "HS-2"
    assert (
        web.get("director", "/dossiers?from=2026-07-14&to=2026-07-20").json()["items"]
        == first["items"]
    )
    whole = web.get("director", "/dossiers/2026-07-01/HS-2").json()
    assert whole["history"][0]["changes"]["status"] == ["pending", "finished"]
    case = web.get("director", f"/instances/{whole['case']}").json()
    assert (case["process"], case["state"]) == ("overdue_case", "overdue")
    assert case["fields"]["dossier_code"] == "HS-2"
    assert web.get("director", "/dossiers/2026-07-02/HS-2").status_code == 404


def check_analysis(web: Web) -> None:
    """Figures with their denominators, the rows behind them, and the same as files."""
    span = "from=2026-07-01&to=2026-07-13"
    answer = web.get("director", f"/dossiers/analysis?{span}&by=unit")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["total"]["late"], told["total"]["finished"]) == (1, 1)
    assert told["total"]["on_time_share"] == {"numerator": 0, "denominator": 1}
    (group,) = told["groups"]
    rows = web.get("director", group["rows"].removeprefix("/api/v1")).json()["items"]
    assert {row["code"] for row in rows} == {"HS-1", "HS-2"}
    assert len(told["weeks"]) == 12
    assert told["weeks"][-1]["figures"]["late"] == 1
    text = web.get("director", f"/dossiers/analysis?{span}&format=csv").content.decode("utf-8-sig")
    assert "Văn phòng Sở" in text
    book = openpyxl.load_workbook(
        io.BytesIO(web.get("director", f"/dossiers/analysis?{span}&format=xlsx").content)
    )
    assert len(book.worksheets) == 4
    wrong = ("from=2026-07-13&to=2026-07-01", "from=2020-01-01&to=2026-07-01", "from=x&to=y")
    for query in wrong:
        assert web.get("director", f"/dossiers/analysis?{query}").status_code == 422, query


def test_what_is_said_wrongly_is_named_in_both_languages(small_web: Web) -> None:
    wrong: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"source": ""}, 422, "invalid_input"),
        ({"as_of": "2026-07-07T00:00:00+07:00"}, 422, "wrong_values"),
        ({"as_of": "hôm qua"}, 422, "invalid_input"),
        ({"mapping": "{"}, 400, "not_json"),
        ({"mapping": '{"no_column": "x"}'}, 422, "wrong_values"),
        ({"aliases": '{"VP": "nowhere"}'}, 422, "wrong_values"),
        ({"rows": "-1"}, 422, "invalid_input"),
        ({"sha256": "0" * 64}, 422, "digest_differs"),
        ({"other": "x"}, 422, "wrong_values"),
    )
    for texts, status, code in wrong:
        answer = send(small_web, EXPORT, **texts)
        assert (answer.status_code, answer.json()["code"]) == (status, code), texts
    lacking = EXPORT.replace("Ngày hẹn trả", "Cột lạ")
    for language, word in (("vi", "Ngày hẹn trả ban đầu"), ("en", "Day first appointed")):
        answer = send(small_web, lacking, headers={"Accept-Language": language})
        assert answer.json()["code"] == "columns_missing"
        assert word in answer.json()["detail"]
    not_csv = small_web.post(
        "one_stop",
        "/dossiers/import",
        data={"source": "x"},
        files={"file": ("a.pdf", b"%PDF-1.7\n%%EOF\n")},
    )
    assert not_csv.status_code == 415
    assert small_web.get("one_stop", "/dossiers/sources").json()["items"] == []
    assert small_web.get("director", "/dossiers").json()["items"] == []


def test_a_key_makes_a_second_request_the_first_ones_answer(small_web: Web) -> None:
    key = {"Idempotency-Key": "tuần-27".encode().hex()}
    first, again = send(small_web, EXPORT, headers=key), send(small_web, EXPORT, headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert send(small_web, EXPORT + EXPORT_ROW, headers=key).status_code == 409


def test_an_import_is_stopped_and_the_next_file_of_a_source_is_read_alike(small_web: Web) -> None:
    renamed = EXPORT.replace("Ngày hẹn trả", "Cột lạ").replace("Văn phòng Sở", "VP")
    told = {"mapping": '{"due_on": "Cột lạ"}', "aliases": '{"VP": "office"}'}
    job = send(small_web, renamed, **told).json()
    stopped = small_web.post("office", f"/jobs/{job['id']}/cancel")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert small_web.post("office", f"/jobs/{job['id']}/cancel").status_code == 409
    (source,) = small_web.get("one_stop", "/dossiers/sources").json()["items"]
    assert (source["source"], source["mapping"]["due_on"]) == ("một cửa", "Cột lạ")
    send(small_web, renamed + EXPORT_ROW.replace("Văn phòng Sở", "VP"))
    run_waiting_imports(small_web.office.runtime)
    assert len(small_web.get("director", "/dossiers").json()["items"]) == 2


def test_imports_may_be_larger_than_evidence_and_no_larger_than_allowed(
    sqlite_office: Office, tmp_path: Any
) -> None:
    most = 2 * JSON_BYTES
    web = web_of(sqlite_office, tmp_path, upload_max_bytes=JSON_BYTES, import_max_bytes=most)
    with web.client:
        filler = "\n" * (most - JSON_BYTES // 2)
        assert send(web, EXPORT + filler).status_code == 202
        assert send(web, EXPORT + filler + filler).status_code == 413
