"""A paper as a Word file: the only door to python-docx.

1. It is set in real features of Word: named styles, a page number in the header that the first page
   does not show, repeated heads of tables, lines that stay together, the language of the text.
2. There is no macro, no field but the page number, and no address outside in it.
3. The same paper at the same instant is the same file, to the byte.
"""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.oxml.parser import parse_xml

from workflows.documents.letters import legal
from workflows.documents.official_form import ACROSS, FACE, PAGE, POINTS_PER_MM, SEAL_MM, STYLES
from workflows.documents.paper import Paper, Picture, Seal
from workflows.documents.pdf import draw_png
from workflows.documents.qr_code import code_png
from workflows.documents.wordml import CELL_GAP, CELL_MARGIN, MAIN, Placed, Story, style_xml

LANGUAGES: Final[Mapping[str, str]] = {"vi": "vi-VN", "en": "en-GB"}
NAMES: Final[Mapping[str, str]] = {
    "": "Nội dung",
    "nation": "Quốc hiệu",
    "motto": "Tiêu ngữ",
    "parent": "Cơ quan chủ quản",
    "agency": "Cơ quan ban hành",
    "reference": "Số, ký hiệu",
    "about": "Về việc",
    "place-date": "Địa danh, thời gian",
    "type": "Tên loại",
    "abstract": "Trích yếu",
    "subject": "Chủ đề",
    "to": "Kính gửi",
    "end": "Câu kết",
    "basis": "Căn cứ",
    "part": "Phần",
    "section": "Mục",
    "point": "Khoản",
    "item": "Gạch đầu dòng",
    "caption": "Tên bảng",
    "cell": "Ô bảng",
    "cell-narrow": "Ô bảng hẹp",
    "picture": "Hình",
    "recipients": "Nơi nhận",
    "recipient": "Nơi nhận, dòng",
    "authority": "Quyền hạn, chức vụ",
    "signed-note": "Ghi chú ký",
    "name": "Họ tên người ký",
    "appendix": "Phụ lục",
    "appendix-title": "Tên phụ lục",
    "appendix-of": "Kèm theo",
    "certificate-title": "Giấy chứng nhận",
    "certificate-lead": "Giấy chứng nhận, dẫn",
    "certificate-name": "Giấy chứng nhận, họ tên",
    "certificate-line": "Giấy chứng nhận, dòng",
    "certificate-number": "Giấy chứng nhận, số",
}
"""A look → the name of its style, as a clerk finds it in Word."""
OUTLINE: Final[Mapping[str, int]] = {"part": 0, "appendix": 0, "section": 1, "point": 2}
"""What Word's navigation shows, and how deep."""
DROPPED: Final = ("stylesWithEffects", "thumbnail", "customXml", "numbering", "webSettings")
"""What the library's own template has and no paper needs."""


def write_docx(paper: Paper, *, at: datetime) -> bytes:
    """The bytes of a paper, made at an instant."""
    certificate = paper.form == "certificate"
    document = docx.Document(io.BytesIO(_frame(paper.language)))
    (header,) = (
        relation.rId
        for relation in document.part.rels.values()
        if relation.reltype.endswith("/header")
    )

    def place(picture: Picture | Seal) -> Placed:
        if isinstance(picture, Seal):
            png, side = code_png(picture.payload), SEAL_MM * POINTS_PER_MM
            width, height = side, side
        else:
            png = draw_png(picture.chart)
            width, height = picture.chart.width, picture.chart.height
        relation, _ = document.part.get_or_add_image(io.BytesIO(png))
        return Placed(relation=relation, width=width, height=height)

    story = Story(
        page=ACROSS if certificate else PAGE,
        header="" if certificate else header,
        certificate=certificate,
        place=place,
    )
    body = document.element.body
    body.getparent().replace(body, parse_xml(story.body(paper)))
    about = document.core_properties
    about.title, about.language = legal(paper.title)[:255], LANGUAGES[paper.language]
    about.created = about.modified = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return _sealed(document)


@cache
def _frame(language: str) -> bytes:
    """An empty paper with its styles and its header, made of the library's template once."""
    document = docx.Document()
    for part in (document.part, document.part.package):
        for name in [key for key, one in part.rels.items() if one.reltype.endswith(DROPPED)]:
            del part.rels[name]
    styles = document.styles.element
    for child in list(styles):
        styles.remove(child)
    for child in parse_xml(styles_xml(language)):
        styles.append(child)
    section = document.sections[0]
    section.header.is_linked_to_previous = False
    header = section.header._element  # noqa: SLF001 - the library has no fields.
    for child in list(header):
        header.remove(child)
    header.append(parse_xml(_PAGE_NUMBER))
    about = document.core_properties
    about.author = about.comments = about.keywords = about.last_modified_by = ""
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


_PAGE_NUMBER: Final = (
    f'<w:p xmlns:w="{MAIN}"><w:pPr><w:pStyle w:val="page-number"/></w:pPr>'
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>2</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)


def styles_xml(language: str) -> str:
    """Every look as a style of Word, in the language of the text."""
    tag = LANGUAGES[language]
    size = round(STYLES[""].size * 2)
    number = round(PAGE.number * 2)
    faces = " ".join(f'w:{kind}="{FACE}"' for kind in ("ascii", "hAnsi", "eastAsia", "cs"))
    margins = "".join(
        f'<w:{side} w:w="{round(points * 20)}" w:type="dxa"/>'
        for side, points in zip(
            ("top", "left", "bottom", "right"), (CELL_GAP, CELL_MARGIN) * 2, strict=True
        )
    )
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    own = "".join(style_xml(look, NAMES[look], outline=OUTLINE.get(look)) for look in STYLES)
    return (
        f'<w:styles xmlns:w="{MAIN}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts {faces}/>'
        f'<w:color w:val="000000"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
        f'<w:lang w:val="{tag}" w:eastAsia="{tag}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        "<w:qFormat/><w:pPr><w:widowControl/></w:pPr></w:style>"
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr>'
        "</w:style>"
        '<w:style w:type="table" w:customStyle="1" w:styleId="ruled"><w:name w:val="Bảng kẻ"/>'
        '<w:basedOn w:val="TableNormal"/>'
        f"<w:tblPr><w:tblBorders>{lines}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar>"
        "</w:tblPr></w:style>"
        '<w:style w:type="paragraph" w:customStyle="1" w:styleId="page-number">'
        '<w:name w:val="Số trang"/><w:basedOn w:val="Normal"/><w:pPr><w:jc w:val="center"/></w:pPr>'
        f'<w:rPr><w:sz w:val="{number}"/><w:szCs w:val="{number}"/></w:rPr></w:style>'
        f"{own}</w:styles>"
    )


def _sealed(document: Any) -> bytes:
    """The file with no other time in it than the paper's own."""
    loose, sealed = io.BytesIO(), io.BytesIO()
    document.save(loose)
    with ZipFile(loose) as found, ZipFile(sealed, "w", ZIP_DEFLATED) as made:
        for name in found.namelist():
            # 1980 is the first year that the format knows.
            made.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), found.read(name), ZIP_DEFLATED)
    return sealed.getvalue()
