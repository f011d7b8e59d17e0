"""Papers over HTTP: which there are, and each as a page or as PDF in either language."""

import io

import docx
import pytest

from tests.api.web import SLOT, Web


@pytest.fixture
def audit(small_web: Web) -> str:
    found = small_web.open_audit(criteria="TCVN ISO 9001:2015; #panic() <b>&")
    path = f"/instances/{found['id']}"
    small_web.post("iso_secretary", f"{path}/records/slot", {"values": SLOT})
    return path


def test_the_papers_that_there_are_now_are_listed(small_web: Web, audit: str) -> None:
    found = small_web.get("director", f"{audit}/documents", headers={"Accept-Language": "en"})
    formats = ["html", "pdf", "docx"]
    assert found.json() == {
        "items": [
            {
                "name": "programme",
                "title": "Audit programme",
                "formats": formats,
                "issued": None,
            },
            {"name": "plan", "title": "Audit plan", "formats": formats, "issued": None},
            {
                "name": "team_decision",
                "title": "Decision forming the team",
                "formats": formats,
                "issued": None,
            },
        ],
        "next": None,
    }


def test_a_paper_comes_as_pdf_under_its_own_name(web: Web) -> None:
    path = f"/instances/{web.open_audit()['id']}"
    answer = web.get("director", f"{path}/documents/plan?format=pdf&language=vi")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-language"] == "vi"
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="IA-2026-01 Ke hoach danh gia.pdf"')
    assert "filename*=UTF-8''IA-2026-01%20K%E1%BA%BF%20ho%E1%BA%A1ch" in name
    assert answer.content.startswith(b"%PDF")
    again = web.get("director", f"{path}/documents/plan?format=pdf&language=vi")
    assert again.content == answer.content


def test_a_paper_comes_for_word(small_web: Web, audit: str) -> None:
    address = f"{audit}/documents/plan?format=docx&language=vi"
    answer = small_web.get("director", address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith("wordprocessingml.document")
    assert 'filename="IA-2026-01 Ke hoach danh gia.docx"' in answer.headers["content-disposition"]
    document = docx.Document(io.BytesIO(answer.content))
    heads = [cell.text for cell in document.tables[0].rows[0].cells]
    assert heads[0].split("\n")[0] == "UBND thành phố Hải Phòng"
    assert "Sở Khoa học và Công nghệ" in heads[0]
    assert "/KH-SKHCN" in heads[0], "the number is blank until the clerk gives one"
    assert "TCVN ISO 9001:2015; #panic() <b>&" in [one.text for one in document.paragraphs]
    assert small_web.get("director", address).content == answer.content


def test_a_paper_comes_as_a_page_that_can_do_nothing(small_web: Web, audit: str) -> None:
    answer = small_web.get("director", f"{audit}/documents/plan", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<h1 id="paper">PLAN</h1>' in answer.text
    assert "#panic() &lt;b&gt;&amp;" in answer.text
    assert "<script" not in answer.text
    assert "csrf" not in answer.text
    vietnamese = small_web.get("director", f"{audit}/documents/plan?language=vi")
    assert '<h1 id="paper">KẾ HOẠCH</h1>' in vietnamese.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("documents/plan?format=odt", 422, "unknown_format"),
        ("documents/plan?language=fr", 422, "invalid_input"),
        ("documents/audit_report", 404, "unknown_document"),
        ("documents/nothing?format=pdf", 404, "unknown_document"),
        ("documents/..%2Fplan", 404, None),
    ],
)
def test_what_there_is_not_is_said(
    small_web: Web, audit: str, path: str, status: int, code: str | None
) -> None:
    answer = small_web.get("director", f"{audit}/{path}")
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code


def test_a_neighbour_gets_no_paper(small_web: Web, audit: str) -> None:
    for form in ("html", "pdf", "docx"):
        answer = small_web.neighbour("director", "GET", f"{audit}/documents/plan?format={form}")
        assert answer.status_code == 404
