"""Word templates over HTTP: checked, looked at, dated, followed by Word and by nothing else."""

import io
from typing import Any

import docx
import pytest

from engine.storage.audit_log import LogFilter
from tests.api.web import Web
from tests.fixtures import OFFICE
from tests.unit.workflows.documents.test_word_template import OUTSIDE, RELS, relation, with_xml
from tests.unit.workflows.documents.test_word_template import template as word

HEAD = ("MẪU RIÊNG CỦA SỞ", "Số: {{ reference }}", "{{ body }}", "{{ signer_title }}")
GOOD = word(
    *HEAD,
    "Phạm vi: {{ field.scope }}",
    rows=(("Đơn vị", "Điều khoản"), ("{{ row.slot.unit }}", "{{ row.slot.clauses }}")),
)
PAPER = {"process": "internal_audit", "document": "plan"}


def hand_in(web: Web, content: bytes, username: str = "administrator", **more: str) -> Any:
    return web.post(
        username,
        "/paper-templates",
        data={**PAPER, "valid_from": "2026-07-07", **more},
        files={"file": ("Mẫu kế hoạch.docx", content)},
    )


def plan(web: Web, audit: str, query: str = "format=docx") -> Any:
    return web.get("director", f"/instances/{audit}/documents/plan?language=vi&{query}")


def lines(content: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(content)).paragraphs]


def test_a_template_holds_from_its_day_until_it_is_taken_back(  # noqa: PLR0915 - a story.
    web: Web,
) -> None:
    opened = web.open_audit(scope="Ba đơn vị <&> {{ agency }}")
    audit = opened["id"]
    slot = {"unit": "science_management", "auditor": "p007", "audit_date": "2026-08-04",
            "clauses": ["7.5", "8.1"], "status": "planned"}  # fmt: skip
    web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": slot})
    made = hand_in(web, GOOD)
    assert made.status_code == 201, made.text
    before = plan(web, audit)
    assert "MẪU RIÊNG CỦA SỞ" not in lines(before.content), "it begins tomorrow"
    assert before.headers["x-paper-template"] == "none"
    web.office.clock.forward(days=1)
    answer = plan(web, audit)
    assert answer.headers["x-paper-template"] == made.json()["id"]
    found = lines(answer.content)
    assert found[0] == "MẪU RIÊNG CỦA SỞ"
    assert found[1].endswith("/KH-SKHCN")
    assert "1. Mục tiêu đánh giá" in found, "the body is ours"
    assert "Phạm vi: Ba đơn vị <&> {{ agency }}" in found, "a value is text"
    assert "GIÁM ĐỐC" in "\n".join(found).upper()
    table = docx.Document(io.BytesIO(answer.content)).tables[-1]
    assert [cell.text for cell in table.rows[1].cells] == ["Phòng Quản lý khoa học", "7.5, 8.1"]
    # PDF and whoever asks for it have the house's own form.
    pdf = plan(web, audit, "format=pdf")
    assert (pdf.status_code, pdf.headers["x-paper-template"]) == (200, "none")
    assert "MẪU RIÊNG CỦA SỞ" not in lines(plan(web, audit, "format=docx&own=true").content)

    body = {**PAPER, "valid_from": "2026-07-08"}
    assert web.post("administrator", "/paper-templates/withdraw", body).status_code == 201
    assert plan(web, audit).headers["x-paper-template"] != "none"
    web.office.clock.forward(days=1)
    assert plan(web, audit).headers["x-paper-template"] == "none"
    listed = web.get("clerk", "/paper-templates").json()["items"]
    assert [(one["withdrawn"], one["holds"]) for one in listed] == [(False, False), (True, True)]
    kept = web.get("clerk", f"/paper-templates/{made.json()['id']}/content")
    assert kept.content == GOOD
    with web.office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(type="setting_changed"), limit=100)
    assert [entry.payload.details["change"] for entry in entries if entry.payload][-2:] == [
        "paper_template_set", "paper_template_withdrawn",
    ]  # fmt: skip


def test_what_is_wrong_is_told_with_its_place_and_nothing_is_kept(small_web: Web) -> None:
    answer = hand_in(small_web, word("Kính gửi", "{{ agenci }} và {{ field.scop }}"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "template_wrong")
    assert [fault["code"] for fault in problem["faults"]] == ["template_unknown_name"] * 2
    assert "“agenci”" in problem["faults"][0]["message"]
    assert "đoạn 2" in problem["faults"][0]["message"]
    assert small_web.get("clerk", "/paper-templates").json()["items"] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "content_differs_from_name"),
        (with_xml("</Relationships>", relation("hyperlink", OUTSIDE, "External"), RELS),
         "template_link_outside"),
        (word("{{ x.__class__.__mro__ }}"), "template_wrong"),
        (b"x" * (2 * 1024 * 1024 + 1), "template_too_big"),
    ],
)  # fmt: skip
def test_a_trap_is_refused(small_web: Web, content: bytes, code: str) -> None:
    answer = hand_in(small_web, content)
    assert answer.status_code in {413, 415, 422}, answer.text
    assert answer.json()["code"] == code
    assert small_web.get("clerk", "/paper-templates").json()["items"] == []


def test_only_administrators_hand_one_in_and_unknown_papers_are_not_there(small_web: Web) -> None:
    assert hand_in(small_web, GOOD, "director").status_code == 403
    assert hand_in(small_web, GOOD, document="nothing").status_code == 404
    assert hand_in(small_web, GOOD, process="nothing").status_code == 404
    assert hand_in(small_web, GOOD, valid_from="mai").status_code == 422
    names = small_web.get("clerk", "/paper-templates/names?process=internal_audit").json()["names"]
    assert {"body", "agency", "field.scope", "row.finding.clause"} <= set(names)


def test_a_template_is_looked_at_with_a_case_before_it_is_set(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    answer = small_web.post(
        "administrator",
        "/paper-templates/preview",
        data={"instance": audit, "document": "plan"},
        files={"file": ("mẫu.docx", GOOD)},
    )
    assert answer.status_code == 200, answer.text
    assert lines(answer.content)[0] == "MẪU RIÊNG CỦA SỞ"
    assert small_web.get("clerk", "/paper-templates").json()["items"] == []
