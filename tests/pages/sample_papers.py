"""Papers of sample values, set as the house sets them, without any case or database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.pages.papers import paper_of
from api.pages.rendering import Renderer, Visit
from tests.pages.equipment import WORDS
from workflows.documents.official_form import Letterhead, OfficialForm, Signature
from workflows.documents.paper import Paper

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
RENDERER = Renderer(WORDS)
HEADS = {
    "vi": Letterhead(
        agency="Văn phòng",
        parent="Sở Khoa học và Công nghệ",
        place="Hải Phòng",
        symbol="VP",
        drafter="TH",
        filing="VP (ISO)",
    ),
    "en": Letterhead(
        agency="Office",
        parent="Department of Science and Technology",
        place="Hải Phòng",
        symbol="VP",
        drafter="TH",
        filing="VP (ISO)",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a template is given beside its value."""

    process: str
    document: str
    type: str = ""
    number: str | None = None
    dated: date | None = None


def html(sample: Sample, value: Any, language: str, names: Mapping[str, str]) -> str:
    """The sheet as a page has it."""
    form = OfficialForm(
        letterhead=HEADS[language],
        type=sample.type,
        number=sample.number,
        dated=sample.dated,
        year=2026,
    )
    text: str = RENDERER.text(
        f"documents/{sample.process}/{sample.document}.html",
        block="content",
        visit=Visit(
            path="/",
            language=language,
            csrf="",
            now=datetime(2026, 8, 10, 8, tzinfo=ZONE),
            zone=ZONE,
            organization={"vi": "Sở", "en": "Department"},
        ),
        language=language,
        alone=True,
        view=None,
        document=sample.document,
        title={"vi": "Văn bản", "en": "Paper"},
        paper=value,
        names=names,
        form=form,
        signature=lambda role, _step="": Signature(lines=(role,), name="Trịnh Thanh Hà My"),
    )
    return text


def set_paper(sample: Sample, value: Any, language: str, names: Mapping[str, str]) -> Paper:
    """The paper as the writers are given it."""
    return paper_of(html(sample, value, language, names), title="T", language=language)


def texts(blocks: Any) -> list[str]:
    """Every text of a paper, part by part."""
    found: list[str] = []
    for block in blocks:
        for inner in (getattr(block, "blocks", ()), *getattr(block, "sides", ())):
            found += texts(inner)
        for row in (*getattr(block, "head", ()), *getattr(block, "rows", ())):
            found += ["".join(run.text for run in cell.runs) for cell in row]
        for item in getattr(block, "items", ()):
            found.append("".join(run.text for run in item))
        if getattr(block, "runs", None):
            found.append("".join(run.text for run in block.runs))
    return found
