"""A Word template of an agency: names in double braces, filled with text and never with code.

1. A name stands for a text. There is no expression, no filter, no loop: what stands between braces
   is looked up, and nothing else can be said. A value is text and is not looked at again.
2. `{{ body }}`, alone in its paragraph, stands for what the house says on the paper, between its
   head and its signatures; a style of the template that has the name of one of ours sets its look.
3. A row of a table that names columns (`{{ row.finding.clause }}`) is there once for each row of
   that record set; one row names columns of one set.
4. Every name that is not known is told with its place when the template is handed in.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from lxml import etree

from engine.errors import Invalid
from workflows.documents.letters import legal
from workflows.documents.official_form import PAGE
from workflows.documents.paper import Block, Group, Paper, Picture, Seal
from workflows.documents.word_package import DOCUMENT, WordPackage, add_picture, open_package
from workflows.documents.wordml import MAIN, Placed, Story

BODY: Final = "body"
ROW: Final = "row."
NAMES_MAX: Final = 500
PARAGRAPHS_MAX: Final = 30_000
SHOWN_MAX: Final = 80
_W: Final = f"{{{MAIN}}}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_NAME: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_CODE: Final = re.compile(r"\{[%#]|[%#]\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a template of one paper may name.

    Attributes:
        texts: names of single texts.
        sets: record set → its columns.
    """

    texts: frozenset[str]
    sets: Mapping[str, frozenset[str]]

    def names(self) -> tuple[str, ...]:
        """Every name that may stand between braces."""
        rows = (f"{ROW}{name}.{column}" for name, known in self.sets.items() for column in known)
        return (BODY, *sorted(self.texts), *sorted(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """Something wrong in a template, and where.

    Attributes:
        code: `unknown_name`, `unclosed`, `code`, `row_outside_table`, `two_sets`, `body_not_alone`,
            `body_twice`, `body_outside`, `too_many_names`.
        part: `word/document.xml`, or a header or footer.
        paragraph: counted from one in that part.
        text: the paragraph, shortened.
    """

    code: str
    part: str
    paragraph: int
    text: str
    name: str = ""


class TemplateTooLong(Invalid):
    """The filled template would have more paragraphs than are set at once."""

    def __init__(self) -> None:
        super().__init__("template_too_long", most=PARAGRAPHS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a template is filled with.

    Attributes:
        body: the parts of the paper for `{{ body }}`.
        styles: the looks of those parts, as a part `styles` of Word has them.
        draw: makes dots of a chart.
    """

    texts: Mapping[str, str]
    rows: Mapping[str, Sequence[Mapping[str, str]]]
    body: Paper
    styles: str
    draw: Callable[[Picture], bytes]


def check_template(content: bytes, known: Known) -> tuple[TemplateFault, ...]:
    """Everything that is wrong with the names of a template.

    Raises:
        TemplateUnsafe: the file holds what no template may hold.
    """
    package = open_package(content)
    checking = _Checking(known)
    for part, root in package.stories():
        for number, paragraph in enumerate(root.iter(f"{_W}p"), 1):
            checking.paragraph(part, number, paragraph)
    return tuple(checking.faults)


def fill_template(content: bytes, values: Values) -> bytes:
    """The template with its names replaced.

    Raises:
        TemplateUnsafe: the file holds what no template may hold.
        TemplateTooLong: it would have too many paragraphs.
    """
    package = open_package(content)
    bodies = []
    for part, root in package.stories():
        of_row = _repeat_rows(root, values)
        paragraphs = list(root.iter(f"{_W}p"))
        if len(paragraphs) > PARAGRAPHS_MAX:
            raise TemplateTooLong
        for paragraph in paragraphs:
            texts = list(_own_texts(paragraph))
            whole = "".join(one.text or "" for one in texts)
            if part == DOCUMENT and _names(whole) == [BODY]:
                bodies.append(paragraph)
            elif "{{" in whole:
                _replace(texts, whole, {**values.texts, **of_row.get(paragraph, {})})
    for paragraph in bodies:
        _set_body(package, paragraph, values)
    return package.save()


@dataclass(slots=True)
class _Checking:
    """Finds the faults of a template, paragraph by paragraph."""

    known: Known
    faults: list[TemplateFault] = field(default_factory=list)
    bodies: int = 0
    count: int = 0

    def paragraph(self, part: str, number: int, paragraph: Any) -> None:
        """Look at one paragraph."""
        text = "".join(one.text or "" for one in _own_texts(paragraph))
        for code, name in self._found(part, paragraph, text):
            shown = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
            self.faults.append(
                TemplateFault(code=code, part=part, paragraph=number, text=shown, name=name)
            )

    def _found(self, part: str, paragraph: Any, text: str) -> Iterator[tuple[str, str]]:
        rest = _NAME.sub("", text)
        if "{{" in rest or "}}" in rest:
            yield "unclosed", ""
        if _CODE.search(text):
            yield "code", ""
        names = _names(text)
        self.count += len(names)
        if names and self.count > NAMES_MAX:
            yield "too_many_names", ""
            return
        for name in names:
            if name == BODY:
                yield from self._body(part, text)
            elif name.startswith(ROW):
                yield from self._row(name, paragraph)
            elif name not in self.known.texts:
                yield "unknown_name", name[:SHOWN_MAX]

    def _body(self, part: str, text: str) -> Iterator[tuple[str, str]]:
        self.bodies += 1
        if part != DOCUMENT:
            yield "body_outside", BODY
        if self.bodies > 1:
            yield "body_twice", BODY
        if _NAME.sub("", text).strip() or len(_names(text)) > 1:
            yield "body_not_alone", BODY

    def _row(self, name: str, paragraph: Any) -> Iterator[tuple[str, str]]:
        record_set, _, column = name.removeprefix(ROW).partition(".")
        if column not in self.known.sets.get(record_set, ()):
            yield "unknown_name", name[:SHOWN_MAX]
            return
        row = _row_of(paragraph)
        if row is None:
            yield "row_outside_table", name
        elif _sets_of(row) != {record_set}:
            yield "two_sets", name


def _names(text: str) -> list[str]:
    return [found[1] for found in _NAME.finditer(text)]


def _own_texts(paragraph: Any) -> Iterator[Any]:
    """The texts of a paragraph, without those of paragraphs inside it, as in a text box."""
    for text in paragraph.iter(f"{_W}t"):
        owner = next(text.iterancestors(f"{_W}p"))
        if owner is paragraph:
            yield text


def _row_of(paragraph: Any) -> Any | None:
    return next(paragraph.iterancestors(f"{_W}tr"), None)


def _sets_of(row: Any) -> set[str]:
    """The record sets that a row of a table names."""
    found = set()
    for paragraph in row.iter(f"{_W}p"):
        text = "".join(one.text or "" for one in _own_texts(paragraph))
        for name in _names(text):
            if name.startswith(ROW):
                found.add(name.removeprefix(ROW).partition(".")[0])
    return found


def _repeat_rows(root: Any, values: Values) -> dict[Any, Mapping[str, str]]:
    """Repeat each row that names columns; paragraph → what its columns are in that row."""
    found: dict[Any, Mapping[str, str]] = {}
    paragraphs = 0
    for row in list(root.iter(f"{_W}tr")):
        sets = _sets_of(row)
        if len(sets) != 1 or row.find(f".//{_W}tr") is not None:
            continue
        (record_set,) = sets
        rows = values.rows.get(record_set, ())
        each = sum(1 for _ in row.iter(f"{_W}p"))
        paragraphs += each * len(rows)
        if paragraphs > PARAGRAPHS_MAX:
            raise TemplateTooLong
        copies = [row, *(deepcopy(row) for _ in rows[1:])]
        for before, copy in pairwise(copies):
            before.addnext(copy)
        # Where there is no row, one stays, blank, to be written in.
        for copy, told in zip(copies, rows or [_Blank()], strict=True):
            texts = {f"{ROW}{record_set}.{name}": text for name, text in told.items()}
            named = texts if rows else _Blank()
            found.update((paragraph, named) for paragraph in copy.iter(f"{_W}p"))
    return found


class _Blank(dict[str, str]):
    """Every column of a row that is not there: nothing."""


def _replace(texts: Sequence[Any], whole: str, values: Mapping[str, str]) -> None:
    """Put values where the names stand; each begins in the stretch where its name began."""
    starts, place = [], 0
    for one in texts:
        starts.append(place)
        place += len(one.text or "")
    parts = [one.text or "" for one in texts]
    # From the last to the first: what was put in is never looked at again.
    for found in reversed(list(_NAME.finditer(whole))):
        value = legal(values.get(found[1], ""))
        for index in range(len(parts) - 1, -1, -1):
            first = max(found.start(), starts[index]) - starts[index]
            last = min(found.end(), starts[index] + len(texts[index].text or "")) - starts[index]
            if first >= last:
                continue
            begins = found.start() >= starts[index]
            parts[index] = parts[index][:first] + (value if begins else "") + parts[index][last:]
    for one, text in zip(texts, parts, strict=True):
        _write(one, text)


def _write(element: Any, text: str) -> None:
    """Write a text, each line after a break of its own."""
    first, *more = text.split("\n")
    element.text = first
    element.set(_SPACE, "preserve")
    for line in reversed(more):
        following = etree.Element(f"{_W}t")
        following.text = line
        following.set(_SPACE, "preserve")
        element.addnext(following)
        element.addnext(etree.Element(f"{_W}br"))


def _set_body(package: WordPackage, paragraph: Any, values: Values) -> None:
    """Put what the house says in the place of a paragraph."""

    def place(picture: Picture | Seal) -> Placed:
        if isinstance(picture, Seal):
            # `_plain` leaves seals out: they belong to the house's own form.
            raise TypeError(picture.said)
        relation = add_picture(package, values.draw(picture))
        return Placed(relation=relation, width=picture.chart.width, height=picture.chart.height)

    told = Paper(
        title=values.body.title,
        language=values.body.language,
        blocks=tuple(_plain(values.body.blocks)),
    )
    story = Story(page=PAGE, header="", certificate=False, place=place)
    # Ours, made of escaped text: nothing of the template is in it.
    body = etree.fromstring(story.body(told).encode())
    for child in list(body):
        if child.tag != f"{_W}sectPr":
            paragraph.addprevious(child)
    parent = paragraph.getparent()
    parent.remove(paragraph)
    if parent.tag == f"{_W}tc" and parent[-1].tag != f"{_W}p":
        parent.append(etree.Element(f"{_W}p"))
    _add_styles(package, values.styles)


def _plain(blocks: Iterable[Block]) -> Iterator[Block]:
    """The parts without sections of their own: page and header are the template's."""
    for block in blocks:
        if isinstance(block, Seal):
            continue
        if isinstance(block, Group):
            yield Group(blocks=tuple(_plain(block.blocks)), page=block.page)
        else:
            yield block


def _add_styles(package: WordPackage, styles: str) -> None:
    """Add our looks that the template has not."""
    own = package.trees.get("word/styles.xml")
    if own is None:
        return
    known = {style.get(f"{_W}styleId") for style in own.iter(f"{_W}style")}
    for style in etree.fromstring(styles.encode()):
        if style.tag == f"{_W}style" and style.get(f"{_W}styleId") not in known:
            default = style.attrib.pop(f"{_W}default", None)
            if default is None:
                own.append(style)
