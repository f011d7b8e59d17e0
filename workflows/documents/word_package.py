"""A Word file of an agency as its parts, read as something that nobody trusts.

1. A part is XML without a document type: no entity is ever resolved, nothing is fetched.
2. Nothing leads outside the file: no relationship, no field, no mail merge, no attached template.
3. Nothing in it runs or is embedded: no macro, control, object, frame or foreign chunk.
4. Parts that no paper needs are left out; what is refused is refused by name.
5. Sizes are counted before anything is parsed; the archive itself was looked through before.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from engine.errors import Invalid
from workflows.documents.wordml import MAIN, RELATIONS

BYTES_MAX: Final = 2 * 1024 * 1024
UNPACKED_MAX: Final = 16 * 1024 * 1024
PARTS_MAX: Final = 150
ELEMENTS_MAX: Final = 60_000
DOCUMENT: Final = "word/document.xml"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES: Final = "[Content_Types].xml"
TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
KEPT_RELATIONS: Final = frozenset(
    {
        *("officeDocument", "styles", "settings", "fontTable", "numbering", "theme", "header"),
        *("footer", "image", "core-properties", "extended-properties"),
        *("footnotes", "endnotes"),
    }
)
LEFT_OUT: Final = frozenset(
    {
        *("customXml", "customXmlProps", "webSettings", "comments", "commentsExtended"),
        *("commentsIds", "commentsExtensible", "people", "thumbnail", "custom-properties"),
        *("glossaryDocument", "stylesWithEffects", "font"),
    }
)
"""What Word adds of its own and no paper needs."""
FORBIDDEN: Final[Mapping[str, str]] = {
    "altChunk": "template_foreign_part",
    "object": "template_embedded_object",
    "OLEObject": "template_embedded_object",
    "control": "template_active_control",
    "subDoc": "template_foreign_part",
    "frameset": "template_foreign_part",
    "mailMerge": "template_mail_merge",
    "attachedTemplate": "template_attached_template",
    "hlinkClick": "template_link_outside",
    "hlinkHover": "template_link_outside",
    "movie": "template_foreign_part",
}
"""Local names that a template may not hold, and what they are."""
FIELDS: Final = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
PICTURES: Final = frozenset({"png", "jpg", "jpeg"})
_W: Final = f"{{{MAIN}}}"
_PART: Final = re.compile(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_.\[\]-]+")


class TemplateUnsafe(Invalid):
    """The file holds what no template may hold."""

    def __init__(self, code: str, part: str) -> None:
        super().__init__(code, part=part)


@dataclass(slots=True)
class WordPackage:
    """The parts of a Word file: the XML ones parsed, pictures as they are."""

    trees: dict[str, Any]
    blobs: dict[str, bytes]

    @property
    def document(self) -> Any:
        """The root of the main part."""
        return self.trees[DOCUMENT]

    def stories(self) -> Iterator[tuple[str, Any]]:
        """The parts in which people write: the body, headers and footers, foot and end notes."""
        for name in sorted(self.trees):
            if re.fullmatch(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml", name):
                yield name, self.trees[name]

    def save(self) -> bytes:
        """The file, with no time in it."""
        made = io.BytesIO()
        with ZipFile(made, "w", ZIP_DEFLATED) as archive:
            parts = {
                **{
                    name: etree.tostring(
                        tree, xml_declaration=True, encoding="UTF-8", standalone=True
                    )
                    for name, tree in self.trees.items()
                },
                **self.blobs,
            }
            # The content types come first, as Word writes them.
            for name in sorted(parts, key=lambda one: (one != CONTENT_TYPES, one)):
                archive.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts[name], ZIP_DEFLATED)
        return made.getvalue()


def open_package(content: bytes) -> WordPackage:
    """Read a Word file that somebody handed in.

    Raises:
        TemplateUnsafe: it is too big, damaged, or holds what no template may hold.
    """
    if len(content) > BYTES_MAX:
        raise TemplateUnsafe("template_too_big", "")
    parts = _unpacked(content)
    if DOCUMENT not in parts or CONTENT_TYPES not in parts:
        raise TemplateUnsafe("template_no_word_file", DOCUMENT)
    trees = {
        name: _parsed(name, part)
        for name, part in parts.items()
        if name.endswith((".xml", ".rels"))
    }
    if sum(1 for tree in trees.values() for _ in tree.iter()) > ELEMENTS_MAX:
        raise TemplateUnsafe("template_too_many_parts", "")
    for name, tree in trees.items():
        if name.endswith(".rels"):
            _check_relations(name, tree)
        elif name.startswith("word/"):
            _check_story(name, tree)
    return _reachable(trees, parts)


def _unpacked(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    total = 0
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            if len(entries) > PARTS_MAX:
                raise TemplateUnsafe("template_too_many_parts", "")
            for entry in entries:
                if not _PART.fullmatch(entry.filename) or entry.filename in found:
                    raise TemplateUnsafe("template_strange_part", entry.filename[:100])
                with archive.open(entry) as stream:
                    # What an entry says of its own size is not believed.
                    found[entry.filename] = stream.read(UNPACKED_MAX - total + 1)
                total += len(found[entry.filename])
                if total > UNPACKED_MAX:
                    raise TemplateUnsafe("template_too_big", entry.filename)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as fault:
        raise TemplateUnsafe("template_no_word_file", "") from fault
    return found


def _parsed(name: str, content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        tree = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise TemplateUnsafe("template_unreadable_part", name) from fault
    if tree.getroottree().docinfo.doctype:
        raise TemplateUnsafe("template_document_type", name)
    return tree


def _check_relations(name: str, tree: Any) -> None:
    for relation in tree:
        kind = str(relation.get("Type", "")).rpartition("/")[2]
        if relation.get("TargetMode", "Internal") != "Internal":
            raise TemplateUnsafe("template_link_outside", name)
        if kind not in KEPT_RELATIONS | LEFT_OUT:
            raise TemplateUnsafe("template_foreign_part", f"{name} ({kind[:60]})")


def _check_story(name: str, tree: Any) -> None:
    for element in tree.iter():
        local = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if local in FORBIDDEN:
            raise TemplateUnsafe(FORBIDDEN[local], name)
    for instruction in _instructions(tree):
        words = instruction.split()
        if words and words[0].upper() not in FIELDS:
            raise TemplateUnsafe("template_field", f"{name}: {words[0][:40]}")


def _instructions(tree: Any) -> list[str]:
    """What the fields of a part ask for; the text of one may lie in several stretches."""
    found = [""]
    for element in tree.iter(f"{_W}fldChar", f"{_W}instrText", f"{_W}fldSimple"):
        if element.tag == f"{_W}instrText":
            found[-1] += element.text or ""
        else:
            found += [element.get(f"{_W}instr") or "", ""]
    return found


def _reachable(trees: Mapping[str, Any], parts: Mapping[str, bytes]) -> WordPackage:
    """The parts to which a relationship leads that is kept; the others are left behind."""
    kept_trees, kept_blobs = {CONTENT_TYPES: trees[CONTENT_TYPES]}, dict[str, bytes]()
    waiting = [("", "_rels/.rels")]
    seen: set[str] = set()
    while waiting:
        folder, rels = waiting.pop()
        tree = trees.get(rels)
        if tree is None or rels in seen:
            continue
        seen.add(rels)
        kept_trees[rels] = tree
        for relation in list(tree):
            kind = str(relation.get("Type", "")).rpartition("/")[2]
            target = _target(folder, str(relation.get("Target", "")))
            if kind in LEFT_OUT:
                tree.remove(relation)
                continue
            if target in trees:
                kept_trees[target] = trees[target]
                own_folder, _, own_name = target.rpartition("/")
                waiting.append((own_folder, f"{own_folder}/_rels/{own_name}.rels"))
            elif target in parts and target.rpartition(".")[2].lower() in PICTURES:
                kept_blobs[target] = parts[target]
            else:
                raise TemplateUnsafe("template_foreign_part", target[:100])
    if DOCUMENT not in kept_trees:
        raise TemplateUnsafe("template_no_word_file", DOCUMENT)
    _forget_types(kept_trees[CONTENT_TYPES], {*kept_trees, *kept_blobs})
    return WordPackage(trees=kept_trees, blobs=kept_blobs)


def _target(folder: str, target: str) -> str:
    """Where a relationship leads, from the root of the file."""
    steps: list[str] = [] if target.startswith("/") else [one for one in folder.split("/") if one]
    for step in target.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)


def _forget_types(tree: Any, kept: set[str]) -> None:
    for override in list(tree):
        name = override.get("PartName")
        if name is not None and name.lstrip("/") not in kept:
            tree.remove(override)


def add_picture(package: WordPackage, png: bytes) -> str:
    """Put a picture into the file; the relationship by which the main part knows it."""
    rels = package.trees.setdefault(
        "word/_rels/document.xml.rels", etree.Element(f"{{{PACKAGE}}}Relationships")
    )
    taken = {relation.get("Id") for relation in rels}
    number = next(n for n in range(1, len(taken) + 2) if f"rIdChart{n}" not in taken)
    package.blobs[f"word/media/chart{number}.png"] = png
    etree.SubElement(
        rels,
        f"{{{PACKAGE}}}Relationship",
        Id=f"rIdChart{number}",
        Type=f"{RELATIONS}/image",
        Target=f"media/chart{number}.png",
    )
    types = package.trees[CONTENT_TYPES]
    if not any(one.get("Extension", "").lower() == "png" for one in types):
        types.insert(
            0, etree.Element(f"{{{TYPES}}}Default", Extension="png", ContentType="image/png")
        )
    return f"rIdChart{number}"
