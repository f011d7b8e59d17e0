"""Real office files, made by real libraries: what people attach in a journey."""

from io import BytesIO

from docx import Document
from fpdf import FPDF
from openpyxl import Workbook
from PIL import Image

PDF, DOCX, XLSX, PNG = "pdf", "docx", "xlsx", "png"


def paper(kind: str, words: str) -> tuple[str, bytes]:
    """A file name and the bytes of a file of a kind that holds these words."""
    return f"{words}.{kind}", _MAKERS[kind](words)


def _pdf(words: str) -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=13)
    document.cell(text=words.encode("ascii", "replace").decode())
    return bytes(document.output())


def _docx(words: str) -> bytes:
    document = Document()
    document.add_heading(words, level=1)
    document.add_paragraph("Sở Khoa học và Công nghệ")
    return _saved(document.save)


def _xlsx(words: str) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    sheet.append(["TT", "Nội dung"])
    sheet.append([1, words])
    return _saved(workbook.save)


def _png(words: str) -> bytes:
    shade = sum(words.encode()) % 256
    image = Image.new("RGB", (64, 64), (shade, 120, 200))
    return _saved(lambda stream: image.save(stream, format="PNG"))


def _saved(save: object) -> bytes:
    stream = BytesIO()
    save(stream)  # type: ignore[operator]
    return stream.getvalue()


_MAKERS = {PDF: _pdf, DOCX: _docx, XLSX: _xlsx, PNG: _png}
