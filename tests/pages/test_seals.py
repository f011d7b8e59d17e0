"""Paper is a witness: whoever keeps a printed report holds the log of that day in his hands."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
import typst
import zxingcpp
from PIL import Image

from engine.commands.publish_log import publish_log
from engine.evidence.published_disk import PublishedFolder
from engine.storage.database import Database
from tests.api.web import Web, web_of
from tests.fixtures import OFFICE, Databases, MovedClock, Office, people_of, runtime_on, seed_data
from tests.publishing import Auditor, auditor_in, publish_in
from workflows.documents.pdf import HERE, PICTURE
from workflows.documents.qr_code import code_png, code_svg

NOTE = "iso.example.vn/log/skhcn\n5\nAAAA\n\n— iso.example.vn/log/skhcn " + "x" * 96 + "\n"


@pytest.fixture(scope="module")
def site(
    sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Web, Auditor, str]]:
    """An audit whose papers can be printed, and a log that was published."""
    folder = tmp_path_factory.mktemp("seals")
    database = Database(sqlite_databases.founded())
    clock = MovedClock()
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    auditor = auditor_in(office.runtime, folder / "published")
    web = web_of(office, folder)
    with web.client:
        audit = web.open_audit()["id"]
        publish_log(office.runtime, OFFICE)
        yield web, auditor, f"/instances/{audit}/documents/plan"
    database.close()


def read(picture: bytes) -> str:
    """What a scanner reads."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return str(found.text)


def drawn(svg: str) -> bytes:
    """What a printer makes of a code in lines."""
    inputs = {"svg": svg, "width": "120"}
    content: bytes = typst.compile(PICTURE, root=HERE, format="png", ppi=150, sys_inputs=inputs)
    return content


def test_both_faces_of_a_code_are_read_back() -> None:
    assert read(code_png(NOTE)) == NOTE
    assert read(drawn(code_svg(NOTE))) == NOTE
    assert code_png(NOTE) == code_png(NOTE)


def test_a_paper_for_word_bears_the_checkpoint_as_a_code_and_in_words(
    site: tuple[Web, Auditor, str],
) -> None:
    web, auditor, path = site
    content = web.get("director", f"{path}?format=docx&language=vi").content
    with ZipFile(io.BytesIO(content)) as file:
        (picture,) = [name for name in file.namelist() if name.startswith("word/media/")]
        assert read(file.read(picture)) == auditor.note().decode()
        words = file.read("word/document.xml").decode()
    head = auditor.checkpoint()
    assert f"{head.origin}: {head.size} mục, gốc {head.text().split()[2][:12]}…" in words
    assert "quytrinh audit verify --held" in words


def test_a_paper_as_a_page_bears_it_too(site: tuple[Web, Auditor, str]) -> None:
    web, auditor, path = site
    page = web.get("director", f"{path}?format=html&language=en").text
    (svg,) = re.findall(r'<div class="code"[^>]*>(<svg.*?</svg>)', page, flags=re.DOTALL)
    assert read(drawn(svg)) == auditor.note().decode()
    assert f"{auditor.checkpoint().size} entries" in page


def test_a_paper_as_pdf_is_longer_by_its_seal_and_the_same_each_time(
    site: tuple[Web, Auditor, str],
) -> None:
    web, auditor, path = site
    address = f"{path}?format=pdf&language=vi"
    sealed = web.get("director", address).content
    assert web.get("director", address).content == sealed
    publishing = web.office.runtime.publishing
    web.office.runtime.publishing = None
    try:
        bare = web.get("director", address).content
    finally:
        web.office.runtime.publishing = publishing
    assert bare.startswith(b"%PDF")
    assert len(bare) < len(sealed)
    assert auditor.note()


def test_a_paper_is_made_without_a_seal_where_none_can_be_had(
    site: tuple[Web, Auditor, str], tmp_path: Path
) -> None:
    web, _, path = site
    kept = web.office.runtime.publishing
    (tmp_path / "file").touch()
    try:
        # Nothing published yet; then files that cannot be reached.
        for folder in (tmp_path / "empty", tmp_path / "file"):
            publish_in(web.office.runtime, PublishedFolder(folder))
            page = web.get("director", f"{path}?format=html")
            assert page.status_code == 200
            assert 'class="seal"' not in page.text
    finally:
        web.office.runtime.publishing = kept
