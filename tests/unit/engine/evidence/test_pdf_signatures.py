"""Signatures inside PDFs: really made, really damaged, and files that are made to hurt."""

import resource
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.sign.fields import MDPPerm

from engine.evidence.pdf_reading import report_of
from engine.evidence.pdf_signatures import PdfSignatures
from tests.signed_pdfs import (
    bit_flipped,
    form_filled,
    page_changed,
    roots_in,
    signed,
    signer,
    unsigned,
)

NATIONAL, GOVERNMENT = "Tổ chức công cộng", "Ban Cơ yếu"
PLAIN = unsigned()
AN, BINH, STRANGER = signer("An", NATIONAL), signer("Bình", GOVERNMENT), signer("Lạ", "Ai đó")


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("roots")
    sets = {"national": NATIONAL, "government": GOVERNMENT}
    return {name: list(roots_in(folder / name, of).iterdir()) for name, of in sets.items()}


Roots = dict[str, list[Path]]


def told(content: bytes, roots: Roots) -> list[tuple[str, list[str], str]]:
    report = report_of(BytesIO(content), roots)
    assert report["problem"] is None
    return [(s["level"], s.get("roots", []), s["modification"]) for s in report["signatures"]]


def test_a_good_signature_says_whose_and_which_set_of_roots_stands_behind_it(roots: Roots) -> None:
    report = report_of(BytesIO(signed(PLAIN, AN)), roots)
    (found,) = report["signatures"]
    assert (found["level"], found["roots"], found["covers"]) == (
        "trusted",
        ["national"],
        "entire_file",
    )
    assert "An" in found["signer"]
    assert NATIONAL in found["issuer"]
    assert len(found["certificate"]) == 64
    assert told(signed(PLAIN, BINH), roots) == [("trusted", ["government"], "none")]


def test_without_a_root_a_signature_is_intact_and_no_more(roots: Roots) -> None:
    assert told(signed(PLAIN, STRANGER), roots) == [("intact", [], "none")]
    assert told(signed(PLAIN, AN), {"national": [], "government": []}) == [("intact", [], "none")]
    assert told(PLAIN, roots) == []


def test_what_was_changed_afterwards_is_found(roots: Roots) -> None:
    whole = signed(PLAIN, AN)
    assert told(bit_flipped(whole), roots) == [("broken", [], "none")]
    assert told(page_changed(whole), roots) == [("broken", [], "other")]


def test_what_a_signature_permits_leaves_it_whole_and_is_told(roots: Roots) -> None:
    second = signed(signed(PLAIN, AN), STRANGER, "Sig2")
    assert told(second, roots) == [
        ("trusted", ["national"], "form_filling"),
        ("intact", [], "none"),
    ]
    assert told(form_filled(signed(unsigned(form=True), AN)), roots)[0] == (
        "trusted",
        ["national"],
        "form_filling",
    )
    closed = {"certify": True, "docmdp_permissions": MDPPerm.NO_CHANGES}
    filled = form_filled(signed(unsigned(form=True), AN, **closed))
    assert told(filled, roots)[0] == ("broken", [], "form_filling")


HOSTILE: dict[str, bytes] = {
    "cut short": signed(PLAIN, AN)[:-400],
    "nothing but a name": b"%PDF-1.7\n%%EOF\n",
    "a table that leads to itself": (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R/AcroForm<</Fields[1 0 R]/SigFlags 3>>"
        b"/Kids[1 0 R]/FT/Sig/T(x)/V 1 0 R>>\nendobj\n"
        b"xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
        b"trailer\n<</Root 1 0 R/Size 2/Prev 123>>\nstartxref\n123\n%%EOF\n"
    ),
    "a table of four thousand million objects": (
        b"%PDF-1.7\nxref\n0 4294967295\n0000000000 65535 f \n"
        b"trailer\n<</Root 1 0 R/Size 4294967295>>\nstartxref\n9\n%%EOF\n"
    ),
    "brackets without end": (
        b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000 + b"\nendobj\nxref\n0 2\n0000000000 65535 f \n"
        b"0000000009 00000 n \ntrailer\n<</Root 1 0 R/Size 2>>\nstartxref\n100025\n%%EOF\n"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_hurt_holds_no_signature(name: str, roots: Roots) -> None:
    report = report_of(BytesIO(HOSTILE[name]), roots)
    assert all(found["level"] == "broken" for found in report["signatures"])
    assert report["problem"] or not report["signatures"]


def test_a_process_of_its_own_answers_within_its_bounds(roots: Roots) -> None:
    folder = roots["national"][0].parent
    checker = PdfSignatures(roots={"national": folder})
    report = checker.report(BytesIO(signed(PLAIN, AN)))
    assert [found["roots"] for found in report["signatures"]] == [["national"]]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    poor = PdfSignatures(bytes_max=1 << 20)
    assert poor.report(BytesIO(PLAIN)) == {"problem": "too_much", "signatures": []}
    bomb = zlib.compress(bytes(1 << 26), 9)
    told = checker.report(BytesIO(_with_tables_in(bomb)))
    assert not told["signatures"]
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < before + (1 << 20)


def _with_tables_in(packed: bytes) -> bytes:
    """A PDF whose table of objects is one packed stream."""
    head = (
        b"%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 2/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length "
        + str(len(packed)).encode()
        + b">>\nstream\n"
    )
    return head + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
