"""Papers of a case: the sheet as HTML, on its own page, as PDF and for Word, said by one template.

1. The template of a paper is its only layout in words; what stands on its sheet is read back from
   the HTML and set again for PDF and Word, so that no two faces of a paper can differ.
2. What is for the screen alone (`noprint`, `unseen`) stands on no paper.
3. A tag that the reader does not know is passed through: its text is never lost.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from typing import Any, Final

from typing_extensions import override

from api.dependencies import House, standing
from api.language import DEFAULT
from api.pages.instance_page import names_of_case, with_rows
from api.pages.official import around, written
from api.pages.paper_charts import chart_of
from api.pages.paper_words import register_words
from api.pages.rendering import Renderer, Visit, code_part
from api.pages.seals import seal_of
from api.pages.showing import Voice
from api.pages.template_values import check_names, known_of, template_values
from engine.commands.issue_document import MadePaper, Make, Numbered
from engine.commands.keep_register import Written
from engine.definition.model import Process
from engine.errors import NotFound
from engine.evidence.content import check_content
from engine.evidence.file_type import FileType
from engine.evidence.store import check_blob
from engine.machine.instance import Case
from engine.queries.instances import InstanceView, case_of, instance_view
from engine.runtime import Caller
from engine.storage.document_numbers import DocumentNumber
from engine.storage.evidence import DISPOSED
from engine.storage.paper_templates import PaperTemplate
from workflows.documents.docx import write_docx
from workflows.documents.paper import (
    Block,
    Cell,
    Group,
    Heading,
    Listing,
    Pair,
    Paper,
    Paragraph,
    Picture,
    Run,
    Seal,
    Table,
)
from workflows.documents.pdf import write_pdf
from workflows.documents.word_template import fill_template

BARE: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "col"})
HIDDEN: Final = frozenset({"noprint", "unseen"})
NOT_TEXT: Final = frozenset({"script", "style", "svg", "template", "form", "nav"})
BOLD: Final = frozenset({"b", "strong", "th"})
ITALIC: Final = frozenset({"i", "em"})
OF_BLOCKS: Final = frozenset(
    {
        *("article", "section", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "table", "dl"),
        "figure",
    }
)
PAIRS: Final = frozenset({"heads", "closing", "signs"})
FOLLOWS: Final = "docx"
"""What follows a template of the agency."""
ISSUED_AS: Final = "pdf"
"""What a paper is issued as."""
CERTIFICATES: Final = "certificates"
WRITERS: Final = {"pdf": write_pdf, "docx": write_docx}

_BLANKS: Final = " \t\r\n\f"
_SPACES = re.compile(f"[{_BLANKS}]+")


class Papers:
    """Makes the papers of a case.

    Args:
        house: what every handler is given.
        renderer: of the pages, with their templates.
    """

    def __init__(self, house: House, renderer: Renderer) -> None:
        self._house = house
        self._renderer = renderer

    def names(self, view: InstanceView) -> tuple[str, ...]:
        """The papers that there are now, in the order of the definition."""
        return tuple(name for name in view.documents if self._has(view, name))

    def html(self, caller: Caller, view: InstanceView, name: str, language: str) -> str:
        """A paper as a page of its own.

        Raises:
            NotFound: the instance has no such paper yet.
        """
        values = self._values(caller, view, name, language)
        sheet = self._sheet(values)
        seal = (
            None
            if name == CERTIFICATES
            else seal_of(self._house, caller, values["voice"], values["view"].signatures)
        )
        code = "" if seal is None else code_part(seal.payload)
        return self._renderer.text(
            "documents/page.html", **values, sheet=sheet, seal=seal, code=code
        )

    def file(
        self,
        caller: Caller,
        view: InstanceView,
        name: str,
        language: str,
        *,
        form: str,
        own: bool = False,
    ) -> bytes:
        """A paper as a file: `pdf` to be signed, `docx` to be worked on.

        For Word it follows the agency's template where there is one, unless the house's own form
        is asked for (`own`); PDF always has the house's own form.

        Raises:
            NotFound: the instance has no such paper yet.
            BlobCorrupt: it was issued, and its file is no longer what it was.
        """
        line = view.issued.get(name)
        if line is not None and (form, language) == (ISSUED_AS, line.language):
            kept = self._issued(caller, line)
            if kept is not None:
                return kept
        values = self._values(caller, view, name, language)
        template = None if own or form != FOLLOWS else self.template(caller, view, name)
        if template is not None and template.content is not None:
            return self._filled(caller, values, template.content)
        return WRITERS[form](self._paper(caller, values), at=values["visit"].now)

    def template(self, caller: Caller, view: InstanceView, name: str) -> PaperTemplate | None:
        """The agency's template of a paper: of the day of issue, of today while it is a draft."""
        line = view.issued.get(name)
        with self._house.runtime.read(caller.organization_id) as uow:
            day = uow.today if line is None else line.dated
            return uow.tables.templates.in_force(view.summary.process, name, day)

    def check(self, process: Process, content: bytes) -> None:
        """Refuse what is no template for papers of a process.

        Raises:
            TypeNotAccepted, UnsafeContent: it is no Word file, or a trap.
            TemplateUnsafe, TemplateWrong: it holds or names what it may not.
        """
        check_content(BytesIO(content), filename="template.docx", accepted=(FileType.DOCX,))
        check_names(process, content)

    def names_for_templates(self, process: Process) -> tuple[str, ...]:
        """Every name that a template of a paper of a process may hold."""
        return known_of(process).names()

    def preview(
        self, caller: Caller, instance: str, name: str, language: str, content: bytes
    ) -> bytes:
        """A paper of a case as a template that is not in force would have it.

        Raises:
            Invalid: it is no template for it.
        """
        view = instance_view(self._house.runtime, caller, instance)
        view.document(name)
        self.check(view.process, content)
        return self._filled(caller, self._values(caller, view, name, language), content)

    def _filled(self, caller: Caller, values: Mapping[str, Any], content: bytes) -> bytes:
        view, form, voice = values["view"], values["form"], values["voice"]
        kind = voice.ui(f"kind.{form.type}") if form.type else voice.title(values["title"])
        told = template_values(self._paper(caller, values), view, voice, form, kind=kind)
        return fill_template(content, told)

    def maker(self, caller: Caller, instance: str, name: str, language: str) -> Make:
        """What makes a paper that is about to be issued, as the case stands then."""

        def make(numbered: Numbered) -> MadePaper:
            view = instance_view(self._house.runtime, caller, instance)
            view.document(name)
            values = self._values(caller, view, name, language, numbered=numbered)
            paper = self._paper(caller, values)
            told = register_words(paper, kind=values["voice"].ui(f"kind.{values['form'].type}"))
            content = write_pdf(paper, at=values["visit"].now) if numbered.file else b""
            return MadePaper(
                reference=values["form"].reference,
                content=content,
                media_type="application/pdf",
                filename=f"{paper.title}.{ISSUED_AS}",
                filing=values["form"].letterhead.filing,
                subject=told.subject,
                signer=told.signer,
                recipients=told.recipients,
            )

        return make

    def written(self, caller: Caller, *, issuer: str, kind: str, dated: date) -> Written:
        """How an issuer writes a number of a kind of paper on a day."""
        return written(self._house, caller, issuer=issuer, kind=kind, dated=dated, language=DEFAULT)

    def _issued(self, caller: Caller, line: DocumentNumber) -> bytes | None:
        """The file that was issued, if it is a PDF; its bytes are held against their digest."""
        with self._house.runtime.read(caller.organization_id) as uow:
            file = uow.tables.evidence.get(line.evidence_id or "")
        if file is None or file.status == DISPOSED or file.media_type != "application/pdf":
            return None
        check_blob(self._house.runtime.store, caller.organization_id, file.sha256)
        with self._house.runtime.store.open(caller.organization_id, file.sha256) as content:
            return content.read()

    def _paper(self, caller: Caller, values: Mapping[str, Any]) -> Paper:
        view, name = values["view"], values["document"]
        title = f"{values['voice'].title(view.documents[name])} {view.summary.code}"
        paper = paper_of(self._sheet(values), title=title, language=values["language"])
        if paper.form != "certificate":
            paper = sealed(paper, self._seal(caller, values))
        return paper

    def _seal(self, caller: Caller, values: Mapping[str, Any]) -> Seal | None:
        signatures = values["view"].signatures
        return seal_of(self._house, caller, values["voice"], signatures)

    def _sheet(self, values: Mapping[str, Any]) -> str:
        template = _template(values["view"], values["document"])
        return self._renderer.text(template, block="content", **values)

    def _has(self, view: InstanceView, name: str) -> bool:
        return self._renderer.has(_template(view, name))

    def _values(
        self,
        caller: Caller,
        view: InstanceView,
        name: str,
        language: str,
        *,
        numbered: Numbered | None = None,
    ) -> dict[str, Any]:
        if name not in view.documents or not self._has(view, name):
            raise NotFound("unknown_document", document=name)
        visit, voice = self._reader(caller, language)
        case, _ = case_of(self._house.runtime, caller, view.summary.id)
        voice = with_rows(voice, view)
        return {
            **paper_values(
                self._house, caller, view, case, voice=voice, name=name, numbered=numbered
            ),
            "visit": visit,
            "language": language,
            "alone": True,
        }

    def _reader(self, caller: Caller, language: str) -> tuple[Visit, Voice]:
        """Who reads, for a template that speaks as a page does."""
        with standing(self._house, caller) as (uow, _):
            people = {one.id: one.name for one in uow.tables.organization.people(uow.today)}
            units = {unit.id: unit.title for unit in uow.tables.organization.units(uow.today)}
            visit = Visit(
                path="/",
                language=language,
                csrf="",
                now=uow.now.astimezone(uow.zone),
                zone=uow.zone,
                person=caller.person,
                organization=uow.organization.title,
            )
        voice = Voice(
            words=self._house.words,
            language=language,
            zone=visit.zone,
            people=people,
            units=units,
        )
        return visit, voice


def paper_values(  # noqa: PLR0913 - a paper, of a case, for somebody.
    house: House,
    caller: Caller,
    view: InstanceView,
    case: Case,
    *,
    voice: Voice,
    name: str,
    numbered: Numbered | None = None,
) -> dict[str, Any]:
    """What the template of a paper is given, on a page and on a sheet alike."""
    document = (name, view.process.documents[name])
    frame = around(house, caller, case, document=document, voice=voice, numbered=numbered)
    return {
        "form": frame.form,
        "signature": frame.signature,
        "view": view,
        "voice": voice,
        "document": name,
        "title": view.documents[name],
        "paper": house.runtime.registry.documents[view.summary.process, name](case),
        "names": names_of_case(view, voice),
    }


def sealed(paper: Paper, seal: Seal | None) -> Paper:
    """The paper with its seal at its end."""
    return paper if seal is None else replace(paper, blocks=(*paper.blocks, seal))


def paper_of(html: str, *, title: str, language: str) -> Paper:
    """What stands on the sheet of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    sheet = next(iter(_found(reader.root, "sheet")), reader.root)
    across = CERTIFICATES in sheet.looks
    return Paper(
        title=title,
        language=language,
        blocks=_blocks(sheet.children),
        form="certificate" if across else "official",
    )


def _template(view: InstanceView, name: str) -> str:
    return f"documents/{view.summary.process}/{name}.html"


@dataclass(slots=True)
class _Node:
    """An element with what is in it."""

    tag: str
    looks: tuple[str, ...] = ()
    span: int = 1
    data: str | None = None
    children: list["_Node | str"] = field(default_factory=list)

    @property
    def seen(self) -> bool:
        """Whether it stands on paper."""
        return self.tag not in NOT_TEXT and not HIDDEN.intersection(self.looks)

    @property
    def look(self) -> str:
        """The first word of how it looks."""
        return self.looks[0] if self.looks else ""


class _Reader(HTMLParser):
    """Reads HTML that our own templates have made, which is well-formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("root")
        self._open = [self.root]

    @override
    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        span = given.get("colspan") or "1"
        node = _Node(
            tag,
            looks=tuple((given.get("class") or "").split()),
            span=int(span) if span.isdecimal() else 1,
            data=given.get("data-chart"),
        )
        self._open[-1].children.append(node)
        if tag not in BARE:
            self._open.append(node)

    @override
    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    @override
    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _found(node: _Node, look: str) -> Iterator[_Node]:
    if look in node.looks:
        yield node
        return
    for child in node.children:
        if isinstance(child, _Node):
            yield from _found(child, look)


def _blocks(children: Iterable[_Node | str]) -> tuple[Block, ...]:
    """The parts of a sheet; text that stands in none of them is a paragraph."""
    found: list[Block] = []
    loose: list[_Node | str] = []
    for child in children:
        if isinstance(child, _Node) and child.tag in OF_BLOCKS:
            found.extend(_paragraph(loose))
            loose = []
            found.extend(_part(child) if child.seen else ())
        else:
            loose.append(child)
    found.extend(_paragraph(loose))
    return tuple(found)


def _part(node: _Node) -> Iterator[Block]:
    match node.tag:
        case "h1" | "h2" | "h3" | "h4":
            yield Heading(level=min(int(node.tag[1]), 3), runs=_runs(node.children))
        case "p":
            yield from _paragraph(node.children, look=node.look)
        case "ul" | "ol":
            items = [_runs(one.children) for one in _of_tag(node, "li")]
            if items:
                yield Listing(items=tuple(items), numbered=node.tag == "ol")
        case "dl":
            yield from _facts(node)
        case "table":
            yield from _table(node)
        case "figure" if node.data is not None:
            yield Picture(chart=chart_of(node.data))
        case _:
            yield from _container(node)


def _container(node: _Node) -> Iterator[Block]:
    if node.look in PAIRS:
        sides = tuple(_blocks(one.children) for one in _of_tag(node, "div"))
        if sides:
            yield Pair(look=node.look, sides=sides)
    elif node.tag == "section":
        look = node.look if node.look == "appendix" else ""
        page = node.look in {"certificate", "appendix"}
        yield Group(blocks=_blocks(node.children), page=page, look=look)
    else:
        yield from _blocks(node.children)


def _paragraph(children: Iterable[_Node | str], *, look: str = "") -> Iterator[Paragraph]:
    runs = _runs(children)
    if runs:
        yield Paragraph(runs=runs, look=look)


def _facts(node: _Node) -> Iterator[Paragraph]:
    """Terms and what is said of them, a paragraph for each pair."""
    term: tuple[Run, ...] = ()
    for one in _of_tag(node, "dt", "dd"):
        if one.tag == "dt":
            term = (*_runs(one.children, bold=True), Run(text=": ", bold=True))
        else:
            yield Paragraph(runs=(*term, *_runs(one.children)))
            term = ()


def _table(node: _Node) -> Iterator[Block]:
    for caption in _of_tag(node, "caption"):
        if caption.seen:
            yield from _paragraph([_Node("i", children=caption.children)])
    heads = [row for part in _of_tag(node, "thead") for row in _of_tag(part, "tr")]
    bodies = [row for part in _of_tag(node, "tbody") for row in _of_tag(part, "tr")]
    bodies += _of_tag(node, "tr")
    table = Table(head=tuple(map(_cells, heads)), rows=tuple(map(_cells, bodies)))
    if table.head or table.rows:
        yield table


def _cells(row: _Node) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            runs=_runs(one.children),
            heading=one.tag == "th",
            span=one.span,
            look=one.look,
        )
        for one in _of_tag(row, "th", "td")
    )


def _of_tag(node: _Node, *tags: str) -> list[_Node]:
    return [one for one in node.children if isinstance(one, _Node) and one.tag in tags]


def _runs(
    children: Iterable[_Node | str], *, bold: bool = False, italic: bool = False, look: str = ""
) -> tuple[Run, ...]:
    """Text in stretches of one face; spaces as a browser shows them."""
    raw = list(_stretches(children, Run(text="", bold=bold, italic=italic, look=look)))
    runs: list[Run] = []
    for run in raw:
        before = runs[-1].text if runs else "\n"
        text = _SPACES.sub(" ", run.text) if run.text != "\n" else run.text
        if before.endswith((" ", "\n")):
            text = text.removeprefix(" ")
        if text:
            runs.append(_face(run, text))
    # A blank that does not break is kept: it holds a place open.
    while runs and not runs[-1].text.strip(_BLANKS) and not runs[-1].look:
        runs.pop()
    if runs:
        runs[-1] = _face(runs[-1], runs[-1].text.rstrip(" "))
    return tuple(runs)


def _face(run: Run, text: str) -> Run:
    return Run(text=text, bold=run.bold, italic=run.italic, look=run.look)


def _stretches(children: Iterable[_Node | str], face: Run) -> Iterator[Run]:
    for child in children:
        if isinstance(child, str):
            yield _face(face, child)
            continue
        if child.tag == "br":
            yield _face(face, "\n")
            continue
        if not child.seen:
            continue
        own = Run(
            text="",
            bold=face.bold or child.tag in BOLD,
            italic=face.italic or child.tag in ITALIC,
            look=child.look if child.look == "blank" else face.look,
        )
        inner = child.tag in OF_BLOCKS or child.tag == "li"
        yield from _stretches(child.children, own)
        if inner:
            yield _face(face, "\n")
