"""Templates of an agency: names are filled, everything else is refused or is text."""

import io
import re
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scale import at_scale
from tests.unit.workflows.documents.samples import CHART, EVERYTHING, paper, runs
from workflows.documents.docx import styles_xml
from workflows.documents.paper import Cell, Paragraph, Picture, Table
from workflows.documents.pdf import draw_png
from workflows.documents.word_package import BYTES_MAX, DOCUMENT, TemplateUnsafe
from workflows.documents.word_template import (
    PARAGRAPHS_MAX,
    Known,
    TemplateTooLong,
    Values,
    check_template,
    fill_template,
)

KNOWN = Known(
    texts=frozenset({"agency", "reference", "recipients", "field.scope"}),
    sets={"finding": frozenset({"clause", "statement"}), "slot": frozenset({"unit"})},
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def template(*lines: str, rows: tuple[tuple[str, ...], ...] = (), header: str = "") -> bytes:
    """A Word file with these paragraphs and a table of these rows."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    if rows:
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    if header:
        document.sections[0].header.paragraphs[0].text = header
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def changed(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The file with its parts changed."""
    with ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


def with_xml(before: str, xml: str, part: str = DOCUMENT) -> bytes:
    """A template in whose part this stands before that tag."""

    def put(parts: dict[str, bytes]) -> None:
        parts[part] = parts[part].replace(before.encode(), f"{xml}{before}".encode(), 1)

    return changed(template("{{ agency }}"), put)


def filled(content: bytes, **more: Any) -> Any:
    values: dict[str, Any] = {
        "texts": {"agency": "Sở KH&CN <X>", "reference": "05/BC", "recipients": "- A;\n- B;"},
        "rows": {},
        "body": paper(Paragraph(runs=runs("Nội dung"))),
        "styles": styles_xml("vi"),
        "draw": lambda picture: draw_png(picture.chart),
        **more,
    }
    return docx.Document(io.BytesIO(fill_template(content, Values(**values))))


def codes(content: bytes) -> list[str]:
    return [fault.code for fault in check_template(content, KNOWN)]


def test_names_are_filled_wherever_people_write() -> None:
    content = template(
        "Kính gửi: {{agency}} ({{  reference }})", "{{ recipients }}", header="{{ agency }}"
    )
    assert check_template(content, KNOWN) == ()
    made = filled(content)
    first, second = made.paragraphs
    assert first.text == "Kính gửi: Sở KH&CN <X> (05/BC)"
    assert second.text == "- A;\n- B;"
    assert made.sections[0].header.paragraphs[0].text == "Sở KH&CN <X>"


def test_a_name_that_word_tore_apart_is_found_and_keeps_its_face() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Số: ")
    for piece, bold in (("{", False), ("{ ref", True), ("erence", False), (" }} ngày", True)):
        paragraph.add_run(piece).bold = bold
    made = io.BytesIO()
    document.save(made)
    (one,) = filled(made.getvalue()).paragraphs
    assert one.text == "Số: 05/BC ngày"


def test_a_value_is_text_and_never_looked_at_again() -> None:
    texts = {"agency": "{{ reference }}</w:t><w:p/>", "reference": "{{ agency }}"}
    (one,) = filled(template("{{ agency }} {{ reference }}"), texts=texts).paragraphs
    assert one.text == "{{ reference }}</w:t><w:p/> {{ agency }}"


def test_a_row_stands_there_once_for_each_row_of_its_set() -> None:
    content = template(
        rows=(("Điều", "Nội dung"), ("{{ row.finding.clause }}", "{{ row.finding.statement }}"))
    )
    assert check_template(content, KNOWN) == ()
    rows = [{"clause": "7.5", "statement": "{{ agency }}"}, {"clause": "8.1"}]
    (table,) = filled(content, rows={"finding": rows}).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Điều", "Nội dung"], ["7.5", "{{ agency }}"], ["8.1", ""],
    ]  # fmt: skip
    (none,) = filled(content).tables
    assert [cell.text for cell in none.rows[1].cells] == ["", ""], "blank, to be written in"


def test_the_body_brings_our_parts_with_their_looks_and_pictures() -> None:
    table = Table(head=(), rows=((Cell(runs=runs("ô")),),))
    body = paper(*EVERYTHING, table, Picture(chart=CHART))
    made = filled(template("Trước", "{{ body }}", "Sau"), body=body)
    texts = [one.text for one in made.paragraphs]
    assert texts[0] == "Trước"
    assert texts[-1] == "Sau"
    assert "1. Mục tiêu" in texts
    assert len(made.inline_shapes) >= 1
    assert len(made.sections) == 1, "pages and headers are the template's"
    styles = {style.style_id for style in made.styles}
    assert {"section", "cell", "ruled"} <= styles


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (template("{{ agenci }}"), ["unknown_name"]),
        (template("{{ agency.__class__ }}"), ["unknown_name"]),
        (template("{{ ''.__class__.__mro__[1].__subclasses__() }}"), ["unknown_name"]),
        (template("{{ field.scope | upper }}"), ["unknown_name"]),
        (template("{{ row.finding.__class__ }}"), ["unknown_name"]),
        (template("{{ row.nothing.clause }}"), ["unknown_name"]),
        (template("{{ agency"), ["unclosed"]),
        (template("agency }}"), ["unclosed"]),
        (template("{% for x in y %}"), ["code"]),
        (template("{# lời bàn #}"), ["code"]),
        (template("{{ row.finding.clause }}"), ["row_outside_table"]),
        (
            template(rows=(("{{ row.finding.clause }}", "{{ row.slot.unit }}"),)),
            ["two_sets", "two_sets"],
        ),
        (template("{{ body }} và"), ["body_not_alone"]),
        (template("{{ body }}", "{{ body }}"), ["body_twice"]),
        (template(header="{{ body }}"), ["body_outside"]),
        (template("{{ agency }} " * 501), ["too_many_names"]),
    ],
)
def test_what_a_template_may_not_say_is_told_with_its_place(
    content: bytes, expected: list[str]
) -> None:
    assert codes(content) == expected


def test_a_fault_names_part_paragraph_and_text() -> None:
    faults = check_template(template("Một", "Hai {{ agenci }}"), KNOWN)
    assert [(one.part, one.paragraph, one.text, one.name) for one in faults] == [
        (DOCUMENT, 2, "Hai {{ agenci }}", "agenci")
    ]


def relation(kind: str, target: str, mode: str = "") -> str:
    schema = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    outside = f' TargetMode="{mode}"' if mode else ""
    return f'<Relationship Id="rIdX" Type="{schema}/{kind}" Target="{target}"{outside}/>'


RELS = "word/_rels/document.xml.rels"
OUTSIDE = "https://example.org/x"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (with_xml("</Relationships>", relation("hyperlink", OUTSIDE, "External"), RELS),
         "link_outside"),
        (with_xml("</Relationships>", relation("image", OUTSIDE, "External"), RELS),
         "link_outside"),
        (with_xml("</Relationships>", relation("attachedTemplate", "file:///x.dotm", "External"),
                  RELS), "link_outside"),
        (with_xml("</Relationships>", relation("oleObject", "embeddings/a.bin"), RELS),
         "foreign_part"),
        (with_xml("</Relationships>", relation("vbaProject", "vbaProject.bin"), RELS),
         "foreign_part"),
        (with_xml("</Relationships>", relation("aFChunk", "a.html"), RELS), "foreign_part"),
        (with_xml("</Relationships>", relation("image", "../../../etc/passwd"), RELS),
         "foreign_part"),
        (with_xml("<w:sectPr", '<w:altChunk r:id="rIdX"/>'), "foreign_part"),
        (with_xml("<w:sectPr", "<w:p><w:r><w:object/></w:r></w:p>"), "embedded_object"),
        (with_xml("<w:sectPr", "<w:p><w:r><w:control/></w:r></w:p>"), "active_control"),
        (with_xml("<w:sectPr", '<w:p><w:fldSimple w:instr="INCLUDETEXT C:\\x"/></w:p>'), "field"),
        (with_xml("<w:sectPr", '<w:p><w:fldSimple w:instr=" ddeauto cmd "/></w:p>'), "field"),
        (with_xml("<w:sectPr",
                  '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE'
                  "</w:instrText></w:r><w:r><w:instrText>AUTO c</w:instrText></w:r></w:p>"),
         "field"),
        (with_xml("</w:settings>", "<w:mailMerge/>", "word/settings.xml"), "mail_merge"),
        (with_xml("</w:settings>", '<w:attachedTemplate r:id="a" xmlns:r="r"/>',
                  "word/settings.xml"), "attached_template"),
    ],
)  # fmt: skip
def test_what_leads_outside_runs_or_is_embedded_is_refused(content: bytes, what: str) -> None:
    for read in (lambda: check_template(content, KNOWN), lambda: filled(content)):
        with pytest.raises(TemplateUnsafe) as refused:
            read()
        assert refused.value.code == f"template_{what}"


def test_a_document_type_is_refused_and_no_entity_is_resolved() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>'

    def put(parts: dict[str, bytes]) -> None:
        parts[DOCUMENT] = re.sub(
            rb"(<w:document)", bomb.encode() + rb"\1", parts[DOCUMENT], count=1
        )

    with pytest.raises(TemplateUnsafe) as refused:
        check_template(changed(template("x"), put), KNOWN)
    assert refused.value.code in {"template_document_type", "template_unreadable_part"}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no_word_file"),
        (b"PK\x03\x04 broken", "no_word_file"),
        (changed(template("x"), lambda parts: parts.pop(DOCUMENT)), "no_word_file"),
        (changed(template("x"), lambda parts: parts.update({"../x": b"x"})), "strange_part"),
        (changed(template("x"), lambda parts: parts.update({DOCUMENT: b"<w:broken"})),
         "unreadable_part"),
        (changed(template("x"), lambda parts: parts.update(
            {f"word/p{n}.xml": b"<x/>" for n in range(200)})), "too_many_parts"),
        (changed(template("x"), lambda parts: parts.update(
            {"word/bomb.xml": b"<x>" + b" " * 20_000_000 + b"</x>"})), "too_big"),
        (b"x" * (BYTES_MAX + 1), "too_big"),
        (changed(template("x"), lambda parts: parts.update(
            {"word/many.xml": b"<x>" + b"<a/>" * 70_000 + b"</x>"})), "too_many_parts"),
    ],
)  # fmt: skip
def test_what_is_no_word_file_or_too_much_of_one_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(TemplateUnsafe) as refused:
        check_template(content, KNOWN)
    assert refused.value.code == f"template_{what}"


def test_what_word_adds_of_its_own_is_left_behind() -> None:
    def put(parts: dict[str, bytes]) -> None:
        parts["word/comments.xml"] = f'<w:comments xmlns:w="{W}"/>'.encode()
        parts["customXml/item1.xml"] = b"<secret>x</secret>"
        parts[RELS] = parts[RELS].replace(
            b"</Relationships>", relation("comments", "comments.xml").encode() + b"</Relationships>"
        )

    content = changed(template("{{ agency }}"), put)
    assert check_template(content, KNOWN) == ()
    values = Values(
        texts={}, rows={}, body=paper(), styles=styles_xml("vi"), draw=lambda _picture: b""
    )
    made = fill_template(content, values)
    with ZipFile(io.BytesIO(made)) as archive:
        names = archive.namelist()
        assert b"comments" not in archive.read(RELS)
    assert not [name for name in names if "comments" in name or "customXml" in name]
    assert fill_template(content, values) == made, "the same template is the same file"


def test_rows_without_end_are_refused() -> None:
    content = template(rows=(("{{ row.slot.unit }}",),))
    with pytest.raises(TemplateTooLong):
        filled(content, rows={"slot": [{"unit": "x"}] * (PARAGRAPHS_MAX + 1)})


TWO = template("{{ agency }}·{{ reference }}")


@settings(max_examples=at_scale(dev=8, ci=100))
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_a_value(one: str, other: str) -> None:
    made = filled(TWO, texts={"agency": one, "reference": other})
    assert "·" in "".join(paragraph.text for paragraph in made.paragraphs)
