"""Papers as pictures, left in `tests/artefacts/papers` to be looked at: nothing leaves the margins.

1. `dev` sets two sample papers; `ci` every paper of every kind that the demonstration has.
2. Each stands there as PDF, for Word, and page by page as a picture; where LibreOffice is, as it
   shows the Word file too.
"""

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import typst
from PIL import Image

from api.app import create_app
from api.bootstrap import build_runtime
from api.demonstration.loading import load_into_new_file
from api.pages.papers import paper_of
from api.settings import Settings
from engine.queries.instances import instance_view, list_instances
from engine.runtime import Caller
from engine.storage.instances import Filter
from tests.pages.sample_papers import Sample, set_paper
from tests.scale import at_scale
from tests.unit.workflows.documents.samples import AT, EVERYTHING, paper
from tests.unit.workflows.documents.test_reminder import NAMES, made
from workflows.documents import pdf
from workflows.documents.docx import write_docx
from workflows.documents.official_form import PAGE
from workflows.documents.paper import Paper
from workflows.documents.pdf import write_pdf

FOLDER = Path(__file__).parents[1] / "artefacts" / "papers"
DOTS_PER_INCH = 60
DARK = 160
PASSWORD = "mười-hai-ký-tự"  # noqa: S105 - of a demonstration that lives for a test.
SLACK_MM = 1.0
"""A line of a table stands on the margin, half of it outside."""


def samples(_folder: Path) -> Iterator[tuple[str, Paper]]:
    """Two papers of sample values."""
    yield "everything", paper(*EVERYTHING)
    letter = Sample(process="corrective_action", document="reminder_letter", type="CV")
    yield "reminder_letter", set_paper(letter, made(date(2026, 8, 14)), "vi", NAMES)


def demonstrated(folder: Path) -> Iterator[tuple[str, Paper]]:
    """Every kind of paper that a case of the demonstration has."""
    settings = Settings(data_dir=folder)
    load_into_new_file(settings, year=2026, password=PASSWORD)
    runtime = build_runtime(settings)
    papers = create_app(runtime, settings).state.papers
    with runtime.credentials() as (found, _):
        account = found.by_username("iso_secretary")
    assert account is not None
    caller = Caller(organization_id=account.organization_id, person=account.person)
    seen: set[tuple[str, str]] = set()
    for summary in list_instances(runtime, caller, Filter(), limit=200):
        view = instance_view(runtime, caller, summary.id)
        for name in papers.names(view):
            if (summary.process, name) not in seen:
                seen.add((summary.process, name))
                page = papers.html(caller, view, name, "vi")
                yield (
                    f"{summary.process}.{name}",
                    paper_of(page, title=summary.code, language="vi"),
                )
    runtime.database.close()


COLLECTED = at_scale(dev=[samples], ci=[samples, demonstrated])


def pictures(one: Paper) -> list[Image.Image]:
    """The pages of a paper."""
    data = json.dumps(pdf._as_data(one), ensure_ascii=False)  # noqa: SLF001 - pictures of it.
    made_pages = typst.compile(
        pdf.LAYOUT,
        root=pdf.HERE,
        font_paths=pdf._fonts(),  # noqa: SLF001
        format="png",
        ppi=DOTS_PER_INCH,
        sys_inputs={"paper": pdf._shown(data)},  # noqa: SLF001
    )
    pages = made_pages if isinstance(made_pages, list) else [made_pages]
    return [Image.open(io.BytesIO(page)).convert("L") for page in pages]


@pytest.mark.parametrize("source", COLLECTED, ids=lambda source: source.__name__)
def test_no_page_is_blank_and_nothing_leaves_its_margins(source: object, tmp_path: Path) -> None:
    assert callable(source)
    FOLDER.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, one in source(tmp_path):
        count += 1
        (FOLDER / f"{name}.pdf").write_bytes(write_pdf(one, at=AT))
        (FOLDER / f"{name}.docx").write_bytes(write_docx(one, at=AT))
        for number, page in enumerate(pictures(one), 1):
            page.save(FOLDER / f"{name}-{number}.png")
            # Dark dots are 255 in the mask, so that their box is what stands on the page.
            box = page.point(lambda dot: 255 if dot < DARK else 0).getbbox()
            assert box is not None, f"{name}: page {number} is blank"
            if one.form == "official":
                per_mm = DOTS_PER_INCH / 25.4
                left, right = box[0] / per_mm, box[2] / per_mm
                assert left > PAGE.left - SLACK_MM, f"{name}: page {number} begins at {left} mm"
                assert right < PAGE.width - PAGE.right + SLACK_MM, f"{name}: page {number}: {right}"
                assert box[3] / per_mm < PAGE.height - PAGE.bottom + SLACK_MM, f"{name}: {number}"
    assert count >= 2
    office = shutil.which("soffice")
    if office is not None and source is demonstrated:
        word = [str(path) for path in sorted(FOLDER.glob("*.docx"))]
        command = [office, "--headless", "--convert-to", "pdf", "--outdir", str(FOLDER / "word")]
        subprocess.run([*command, *word], check=True, capture_output=True, timeout=300)  # noqa: S603
        assert len(list((FOLDER / "word").glob("*.pdf"))) >= len(word)
