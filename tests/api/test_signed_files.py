"""A requirement that asks for signatures inside a PDF: what is kept of them, and what they open."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from typing_extensions import override

from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.evidence.pdf_reading import report_of
from engine.evidence.pdf_signatures import PdfSignatures, Report
from tests.api.web import Web
from tests.fixtures import OFFICE
from tests.signed_paper import WORDS
from tests.signed_pdfs import bit_flipped, page_changed, roots_in, signed, signer, unsigned

GOVERNMENT = "Ban Cơ yếu"


class InThisProcess(PdfSignatures):
    """Reads a file as the process of its own does, without the second that one takes to start."""

    @override
    def report(self, stream: BinaryIO) -> Report:
        stream.seek(0)
        return report_of(stream, {name: list(f.iterdir()) for name, f in self.roots.items()})


@pytest.fixture
def case(small_web: Web, tmp_path: Path) -> str:
    """A case that asks for a letter signed by anybody, and a decision by the Government's."""
    folder = roots_in(tmp_path / "government", GOVERNMENT)
    small_web.office.runtime.pdfs = InThisProcess(roots={"government": folder})
    wanted = {"trust": "trusted", "roots": ["government"], "changes": "none"}
    process = {
        "format": 1,
        "process": "signed_files",
        "version": 1,
        "title": WORDS,
        "code": "SF",
        "roles": ["director"],
        "opens": ["director"],
        "evidence": {
            "letter": {"title": WORDS, "accept": ["pdf"], "signed": "pdf"},
            "decision": {"title": WORDS, "accept": ["pdf"], "signed": wanted},
        },
        "initial": "drafted",
        "states": {
            "drafted": {"title": WORDS, "due": "5d"},
            "filed": {"title": WORDS, "final": "success"},
        },
        "transitions": {
            "file": {
                "title": WORDS,
                "from": "drafted",
                "to": "filed",
                "by": ["director"],
                "evidence": ["letter", "decision"],
            }
        },
    }
    publish_definitions(small_web.office.runtime, OFFICE, [Process.model_validate(process)])
    opened = small_web.post("director", "/instances", {"process": "signed_files"})
    return str(opened.json()["id"])


def attach(web: Web, case: str, requirement: str, content: bytes) -> Any:
    kept = web.attach("director", case, requirement, content=content, name="văn bản.pdf")
    assert kept.status_code == 201, kept.text
    return kept.json()


def unmet(web: Web, case: str) -> list[tuple[str, str]]:
    answer = web.step("director", case, "file", 0, dry_run=True)
    return [(reason["code"], reason["subject"]) for reason in answer.json()["unmet"]]


def test_files_count_by_the_signatures_in_them(small_web: Web, case: str) -> None:
    web, plain = small_web, unsigned()
    anybody, minister = signer("Lạ", "Ai đó"), signer("Bộ trưởng", GOVERNMENT)

    bare = attach(web, case, "letter", plain)
    assert bare["signatures"] == {"problem": None, "signatures": []}
    assert ("evidence_unsigned", "letter") in unmet(web, case)
    letter = attach(web, case, "letter", signed(plain, anybody))
    assert [found["level"] for found in letter["signatures"]["signatures"]] == ["intact"]
    assert ("evidence_unsigned", "letter") not in unmet(web, case)

    # Of a stranger, changed since, or with something added: none of them is the decision.
    whole = signed(plain, minister)
    attach(web, case, "decision", signed(unsigned("other"), anybody))
    attach(web, case, "decision", page_changed(whole))
    attach(web, case, "decision", signed(whole, anybody, "Sig2"))
    refused = web.step("director", case, "file", 0, dry_run=True).json()["unmet"]
    assert [reason["code"] for reason in refused] == ["evidence_unsigned"]
    assert "chưa đạt yêu cầu" in refused[0]["message"]
    kept = attach(web, case, "decision", whole)
    assert web.step("director", case, "file", 0).status_code == 200

    with web.office.runtime.read(OFFICE) as uow:
        entry = uow.tables.log.get(kept["entry"])
        assert entry is not None
        assert entry.payload is not None
        told = entry.payload.details["signatures"]
    assert told["signatures"][0]["roots"] == ["government"]
    assert "Bộ trưởng" not in json.dumps(json.loads(entry.body), ensure_ascii=False)


def test_one_flipped_bit_and_a_file_that_cannot_be_read_are_kept_as_what_they_are(
    small_web: Web, case: str
) -> None:
    whole = signed(unsigned(), signer("Bộ trưởng", GOVERNMENT))
    broken = attach(small_web, case, "letter", bit_flipped(whole))
    assert [found["level"] for found in broken["signatures"]["signatures"]] == ["broken"]
    cut = attach(small_web, case, "letter", whole[:500] + b"\n%%EOF\n")
    assert cut["signatures"]["problem"] == "unreadable"
    assert ("evidence_unsigned", "letter") in unmet(small_web, case)
