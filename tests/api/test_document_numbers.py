"""Issuing a paper and the register of numbers over HTTP."""

import csv
import hashlib
import io
from typing import Any

import openpyxl
import pytest

from tests.api.web import Web
from tests.security.test_people import approve, submitted

TODAY = "2026-07-06"


def issue(web: Web, audit: str, name: str, username: str = "clerk", **body: Any) -> Any:
    return web.post(
        username, f"/instances/{audit}/documents/{name}/issue", {"dated": TODAY, **body}
    )


def paper(web: Web, audit: str, name: str, form: str = "pdf", language: str = "vi") -> Any:
    path = f"/instances/{audit}/documents/{name}?format={form}&language={language}"
    return web.get("director", path)


def test_a_paper_is_issued_and_is_from_then_on_what_was_issued(web: Web) -> None:
    audit = submitted(web)
    early = issue(web, audit, "plan")
    assert (early.status_code, early.json()["code"]) == (409, "document_not_signed")
    assert approve(web, "director", audit).status_code == 200
    draft = paper(web, audit, "plan")
    answer = issue(web, audit, "plan", note="Bản chính")
    assert answer.status_code == 201, answer.text
    line = answer.json()
    assert line["reference"] == "01/KH-SKHCN"
    assert line["subject"].startswith("Kế hoạch đánh giá nội bộ")
    assert line["signer"] == "Nguyễn Khắc Hải Đăng"
    assert "Ban Chỉ đạo ISO" in line["recipients"]
    assert line["filing"] == "VT, VP (ISO)"
    # The PDF is the very file that was issued, whenever it is asked for.
    web.office.clock.forward(hours=3)
    kept = paper(web, audit, "plan").content
    assert kept != draft.content
    assert hashlib.sha256(kept).hexdigest() == line["sha256"]
    content = web.get("director", f"/evidence/{line['evidence']}/content")
    assert content.content == kept
    # Number and day stand on every face of it, in both languages.
    page = paper(web, audit, "plan", "html").text
    assert "01/KH-SKHCN" in page
    assert "ngày 06 tháng 7 năm 2026" in page
    assert "01/KH-SKHCN" in paper(web, audit, "plan", "html", "en").text
    listed = web.get("director", f"/instances/{audit}/documents").json()["items"]
    assert {one["name"]: one["issued"] and one["issued"]["reference"] for one in listed} == {
        "programme": None, "team_decision": None, "plan": "01/KH-SKHCN", "notice": None,
    }  # fmt: skip
    again = issue(web, audit, "plan")
    assert (again.status_code, again.json()["code"]) == (409, "document_issued_already")
    assert "01/KH-SKHCN" in again.json()["detail"]
    assert issue(web, audit, "notice").json()["reference"] == "01/TB-SKHCN"


def test_one_key_issues_once(small_web: Web) -> None:
    audit = submitted(small_web)
    approve(small_web, "director", audit)
    path = f"/instances/{audit}/documents/notice/issue"
    answers = [
        small_web.post("clerk", path, {"dated": TODAY}, headers={"Idempotency-Key": "k1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    items = small_web.get("clerk", "/document-numbers").json()["items"]
    assert [line["reference"] for line in items] == ["01/TB-SKHCN"]


def test_only_the_clerk_issues_and_the_attempt_is_written_down(small_web: Web) -> None:
    audit = submitted(small_web)
    approve(small_web, "director", audit)
    entries = small_web.entries()
    answer = issue(small_web, audit, "notice", "director")
    assert answer.status_code == 403
    assert answer.json()["unmet"][0]["who_can"] == ["clerk"]
    assert small_web.entries() == entries + 1
    assert small_web.get("director", "/document-numbers").json()["items"] == []


def test_the_register_is_read_by_page_searched_and_carried_away(small_web: Web) -> None:
    web = small_web
    for nth, subject in enumerate(("Nghỉ lễ 2/9", "=1+1", "Họp giao ban", "Trực cơ quan")):
        body = {"kind": "TB" if nth else "CV", "dated": TODAY, "subject": subject,
                "recipients": "Các phòng, đơn vị"}  # fmt: skip
        assert web.post("clerk", "/document-numbers", body).status_code == 201
    first = web.get("director", "/document-numbers?limit=3").json()
    assert [line["reference"] for line in first["items"]] == [
        "01/SKHCN-VP", "01/TB-SKHCN", "02/TB-SKHCN",
    ]  # fmt: skip
    rest = web.get("director", f"/document-numbers?limit=3&cursor={first['next']}").json()
    assert [line["reference"] for line in rest["items"]] == ["03/TB-SKHCN"]
    assert rest["next"] is None
    found = web.get("director", "/document-numbers?q=GIAO+BAN&year=2026&kind=TB").json()["items"]
    assert [line["subject"] for line in found] == ["Họp giao ban"]
    assert web.get("director", f"/document-numbers/{found[0]['id']}").json() == found[0]
    answer = web.post("clerk", f"/document-numbers/{found[0]['id']}/cancel", {"reason": "Hoãn"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")

    sheet = web.get("director", "/document-numbers/export?format=csv&year=2026")
    assert 'filename="document-numbers-2026.csv"' in sheet.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:3] == ["Số, ký hiệu", "Ngày ban hành", "Tên loại và trích yếu"]
    assert rows[2][2] == "'=1+1", "a cell is never a formula"
    assert rows[3][-1] == "Đã hủy: Hoãn"
    book = openpyxl.load_workbook(
        io.BytesIO(web.get("director", "/document-numbers/export?format=xlsx").content)
    )
    assert book.active.max_row == 5
    assert web.get("director", "/document-numbers/export?format=pdf").status_code == 422


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"dated": "2026-07-07"}, "number_day_in_future"),
        ({"issuer": "nobody"}, "unknown_issuer"),
        ({"subject": "  "}, "wrong_values"),
        ({"kind": "bc"}, "invalid_input"),
        ({"status": "cancelled"}, "invalid_input"),
        ({"number": 7}, "invalid_input"),
    ],
)
def test_a_number_that_cannot_be_given_is_refused_in_words(
    small_web: Web, body: dict[str, Any], code: str
) -> None:
    asked = {"kind": "TB", "dated": TODAY, "subject": "Nghỉ lễ", **body}
    answer = small_web.post("clerk", "/document-numbers", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert small_web.get("clerk", "/document-numbers").json()["items"] == []


def test_a_series_goes_on_after_an_older_register(small_web: Web) -> None:
    body = {"kind": "QĐ", "dated": TODAY, "last": 41}
    assert small_web.post("clerk", "/document-numbers/series", body).status_code == 201
    again = small_web.post("clerk", "/document-numbers/series", body)
    assert (again.status_code, again.json()["code"]) == (409, "series_begun_already")
    taken = small_web.post(
        "clerk", "/document-numbers", {"kind": "QĐ", "dated": TODAY, "subject": "Kiện toàn"}
    )
    assert taken.json()["reference"] == "42/QĐ-SKHCN"
