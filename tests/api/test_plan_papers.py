"""The papers of a year's plan: with its appendix as the office knows it, and its evaluation."""

import io

import docx

from tests.api.web import Web
from tests.engine.test_annual_objectives import Objectives, added, begun, running

HEADINGS = (
    "TT",
    "Nội dung",
    "Đơn vị chủ trì",
    "Đơn vị phối hợp",
    "Cách thức thực hiện",
    "Thời gian thực hiện",
    "Chỉ tiêu",
    "Nguồn lực",
    "Cách đánh giá kết quả",
)


def paper(web: Web, objectives: Objectives, name: str, how: str) -> bytes:
    answer = web.get("office", f"/instances/{objectives.id}/documents/{name}?{how}")
    assert answer.status_code == 200, answer.text
    return answer.content


def test_the_plan_has_its_appendix_in_word_and_as_pdf(small_web: Web) -> None:
    objectives = begun(small_web.office)
    running(objectives)
    made = docx.Document(
        io.BytesIO(paper(small_web, objectives, "plan", "format=docx&language=vi"))
    )
    table = max(made.tables, key=lambda one: len(one.rows))
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert tuple(cells[0]) == HEADINGS
    assert [row[0] for row in cells[1:4]] == ["1", "2", "2.1"]
    assert cells[1][7] == "Biên chế hiện có"
    # A heading reaches over its row.
    assert len(set(cells[2][1:])) == 1
    text = "\n".join(paragraph.text for paragraph in made.paragraphs)
    assert "Căn cứ Quyết định số 23/QĐ-SKHCN ngày 01/07/2026" in text
    assert "Thực hiện Mục tiêu chất lượng năm 2026" in text
    assert paper(small_web, objectives, "plan", "format=pdf&language=en").startswith(b"%PDF")


def test_the_evaluation_says_what_became_of_each_objective(small_web: Web) -> None:
    objectives = begun(small_web.office)
    running(objectives)
    small_web.office.clock.forward(days=170)
    met = [added(objective=n, verdict="met", result="Đạt") for n in range(1, 7)]
    missed = added(objective=7, verdict="not_met", result="60 %", cause="Thiếu kinh phí")
    objectives.write("evaluation", *met, missed)
    objectives.take("office", "evaluate", "evaluation_report", assessment="Khá")
    for language, verdict in (("vi", "Không đạt"), ("en", "Not met")):
        page = paper(small_web, objectives, "evaluation_sheet", f"language={language}").decode()
        assert verdict in page
        assert "Thiếu kinh phí" in page
