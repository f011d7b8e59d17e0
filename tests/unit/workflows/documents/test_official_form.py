"""The page of Decree 30/2020, Appendix I, as values: every figure within what the decree allows."""

from datetime import date

import pytest

from workflows.documents.docx import NAMES
from workflows.documents.official_form import (
    BLANK,
    PAGE,
    STYLES,
    Letterhead,
    OfficialForm,
)

HEAD = Letterhead(agency="Sở", place="Hải Phòng", symbol="SKHCN", drafter="VP")


def form(**given: object) -> OfficialForm:
    return OfficialForm(**{"letterhead": HEAD, "type": "BC", "year": 2026, **given})  # type: ignore[arg-type]


def test_the_page_is_the_decree_s() -> None:
    assert (PAGE.width, PAGE.height) == (210, 297)
    assert 20 <= PAGE.top <= 25
    assert 20 <= PAGE.bottom <= 25
    assert 30 <= PAGE.left <= 35
    assert 15 <= PAGE.right <= 20
    assert 13 <= PAGE.number <= 14
    assert 0 < PAGE.header < PAGE.top, "the number stands inside the top margin"


@pytest.mark.parametrize(
    ("look", "sizes", "bold", "italic", "caps"),
    [
        ("nation", (12, 13), True, False, True),
        ("motto", (13, 14), True, False, False),
        ("parent", (12, 13), False, False, True),
        ("agency", (12, 13), True, False, True),
        ("reference", (13, 13), False, False, False),
        ("place-date", (13, 14), False, True, False),
        ("type", (13, 14), True, False, True),
        ("abstract", (13, 14), True, False, False),
        ("about", (12, 13), False, False, False),
        ("", (13, 14), False, False, False),
        ("basis", (13, 14), False, True, False),
        ("part", (13, 14), True, False, True),
        ("section", (13, 14), True, False, False),
        ("to", (13, 14), False, False, False),
        ("authority", (13, 14), True, False, True),
        ("name", (13, 14), True, False, False),
        ("recipients", (12, 12), True, True, False),
        ("recipient", (11, 11), False, False, False),
        ("appendix", (14, 14), True, False, False),
        ("appendix-title", (13, 14), True, False, True),
        ("appendix-of", (13, 14), False, True, False),
    ],
)
def test_a_part_looks_as_the_decree_has_it(
    look: str, sizes: tuple[int, int], bold: bool, italic: bool, caps: bool
) -> None:
    style = STYLES[look]
    assert sizes[0] <= style.size <= sizes[1]
    assert (style.bold, style.italic, style.caps) == (bold, italic, caps)


def test_the_body_is_justified_indented_and_spaced() -> None:
    for look in ("", "basis", "end", "item"):
        style = STYLES[look]
        assert style.align == "justify"
        assert style.indent in (10, 12.7)
        assert style.after >= 6
        assert 1 <= style.spacing <= 1.5
    assert STYLES["about"].before >= 6
    assert STYLES["motto"].rule == 1, "as long as the words"
    assert all(1 / 3 <= STYLES[look].rule <= 1 / 2 for look in ("agency", "abstract"))  # type: ignore[operator]


def test_every_look_has_a_name_that_a_clerk_finds_and_none_twice() -> None:
    assert set(NAMES) == set(STYLES)
    assert len(set(NAMES.values())) == len(NAMES)


@pytest.mark.parametrize(
    ("given", "reference", "day", "month", "year"),
    [
        ({}, f"{BLANK * 8}/BC-SKHCN", BLANK * 5, BLANK * 5, "2026"),
        ({"number": "5"}, f"{BLANK * 8}/BC-SKHCN", BLANK * 5, BLANK * 5, "2026"),
        ({"dated": date(2027, 1, 9)}, f"{BLANK * 8}/BC-SKHCN", BLANK * 5, BLANK * 5, "2026"),
        ({"number": " ", "dated": date(2027, 1, 9)}, "/BC-SKHCN", BLANK * 5, BLANK * 5, "2026"),
        ({"number": "5", "dated": date(2027, 1, 9)}, "05/BC-SKHCN", "09", "01", "2027"),
        ({"number": "12", "dated": date(2027, 2, 10)}, "12/BC-SKHCN", "10", "02", "2027"),
        ({"number": "88/BC-BCĐ", "dated": date(2027, 3, 1)}, "88/BC-BCĐ", "01", "3", "2027"),
        (
            {"type": "CV", "number": "7", "dated": date(2027, 12, 31)},
            "07/SKHCN-VP",
            "31",
            "12",
            "2027",
        ),
        ({"type": "CV"}, f"{BLANK * 8}/SKHCN-VP", BLANK * 5, BLANK * 5, "2026"),
    ],
)
def test_a_draft_has_blanks_and_an_issued_paper_its_number_and_day(
    given: dict[str, object], reference: str, day: str, month: str, year: str
) -> None:
    found = form(**given)
    assert found.reference.strip(BLANK) == reference.strip(BLANK)
    assert found.reference == reference or not found.issued
    assert (found.day, found.month, found.year_shown) == (day, month, year)
