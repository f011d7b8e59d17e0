"""The readable pages of an evidence pack: plain HTML that opens from a folder, in both languages.

1. No script, no network, no font or picture from elsewhere; the page itself forbids them.
2. Every text goes through the element tree, which escapes it: what somebody typed is never markup.
3. They tell what the entries of the pack say, in the words of the house. They prove nothing, and
   say so where they begin.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from api.language import LANGUAGES, Words, show_day, title
from engine.definition.model import FieldSpec, Process, Text
from engine.queries.evidence_pack import Cover, Outline, Story, StoryEntry, StoryFile

_ENDINGS: Final = {"vi": "html", "en": "en.html"}
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; color: #1a2330;
  background: #fff; max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
a { color: #0b5394; }
a:focus-visible { outline: 3px solid #0b5394; outline-offset: 2px; }
p { max-width: 46rem; }
.note { border-left: 4px solid #8a6d1a; background: #fbf6e6; padding: .6rem .9rem; }
.quiet { color: #55606e; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: 1.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: .75rem 0; }
dt { color: #55606e; } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem .45rem 0;
  border-bottom: 1px solid #d8dee6; }
th { color: #55606e; font-weight: 600; white-space: nowrap; }
td ul { margin: .2rem 0 0; padding-left: 1.1rem; }
code { font: .85em/1.4 ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }
.refused { color: #9c1c1c; font-weight: 600; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
  thead { display: none; }
  tr { display: block; padding: .6rem 0; border-bottom: 1px solid #d8dee6; }
  td { display: block; border: 0; padding: .1rem 0; } }
@media print { body { padding: 0; } nav { display: none; } }
"""


class ReadablePages:
    """Makes them.

    Args:
        words: of the house.
        zone: in which instants are shown.
        proven: whether they lie in a pack, beside what proves what they tell.
    """

    def __init__(self, words: Words, zone: tzinfo, *, proven: bool = True) -> None:
        self._words = words
        self._zone = zone
        self.note = "pack.proves_nothing" if proven else "pack.read_online"

    def case(self, story: Story) -> Mapping[str, bytes]:
        """The page of one case in each language, by its ending."""
        return {_ENDINGS[lang]: self._case(_Page(self, lang), story) for lang in LANGUAGES}

    def cover(self, cover: Cover) -> Mapping[str, bytes]:
        """The first page in each language, and how to check."""
        pages = {
            f"index.{_ENDINGS[lang]}": self._cover(_Page(self, lang), cover) for lang in LANGUAGES
        }
        readme = "\n\n".join(
            self.say(f"pack.readme.{part}", lang, origin=cover.checkpoint.origin)
            for lang in LANGUAGES
            for part in ("what", "verifier", "policy", "run", "held")
        )
        return {**pages, "README.txt": f"{readme}\n".encode()}

    def say(self, code: str, language: str, **params: Any) -> str:
        """A sentence of the house."""
        return self._words.say(code, params, language)

    def role(self, role: str, language: str) -> str:
        """The title of a role."""
        return self._words.role(role, language)

    def instant(self, told: str, language: str) -> str:
        """A moment as people of the organisation write it."""
        at = datetime.fromisoformat(told).astimezone(self._zone)
        return f"{at:%H:%M:%S} {show_day(at.date(), language)}"

    def _cover(self, page: "_Page", cover: Cover) -> bytes:
        other = next(lang for lang in LANGUAGES if lang != page.language)
        page.links([(f"index.{_ENDINGS[other]}", page.say("pack.other_language"))])
        page.text("h1", page.say("pack.title"))
        name = cover.organization.get(page.language, "")
        page.text("p", f"{name} · {page.scope(cover)}", cls="quiet")
        page.text("p", page.say(self.note), cls="note")
        page.facts(
            [
                (page.say("pack.log"), cover.checkpoint.origin),
                (page.say("pack.size"), str(cover.checkpoint.size)),
                (page.say("pack.root"), cover.checkpoint.root.hex()),
            ]
        )
        for kind, count in sorted(cover.withheld.items()):
            page.text("p", page.say(f"pack.withheld.{kind}", count=count), cls="quiet")
        page.text("h2", page.say("pack.cases", count=len(cover.cases)))
        page.table(
            [page.say(f"pack.column.{name}") for name in ("case", "state", "entries", "files")],
            [_outline(page, outline) for outline in cover.cases],
        )
        return page.finish(page.say("pack.title"))

    def _case(self, page: "_Page", story: Story) -> bytes:
        other = next(lang for lang in LANGUAGES if lang != page.language)
        page.links(
            [
                (f"../index.{_ENDINGS[page.language]}", page.say("pack.all_cases")),
                (f"{story.code}.{_ENDINGS[other]}", page.say("pack.other_language")),
            ]
        )
        page.text("h1", f"{story.code} · {story.title}")
        state = story.process.states.get(story.state)
        shown = page.title(state.title) if state is not None else story.state
        page.text("p", f"{page.title(story.process.title)} · {shown}", cls="quiet")
        page.text("p", page.say(self.note), cls="note")
        page.text("h2", page.say("pack.files", count=len(story.files)))
        if story.files:
            page.table(
                [page.say(f"pack.column.{name}") for name in ("file", "requirement", "digest")],
                [_file_row(page, file, story.process) for file in story.files],
            )
        page.text("h2", page.say("pack.entries", count=len(story.entries)))
        page.table(
            [page.say(f"pack.column.{name}") for name in ("entry", "at", "who", "what")],
            [_entry_row(page, entry, story) for entry in story.entries],
        )
        return page.finish(f"{story.code} · {story.title}")


class _Page:
    """One page while it is put together."""

    def __init__(self, house: ReadablePages, language: str) -> None:
        self.house = house
        self.language = language
        self.body = ET.Element("body")

    def say(self, code: str, **params: Any) -> str:
        return self.house.say(code, self.language, **params)

    def title(self, text: Text) -> str:
        return title(text, self.language)

    def scope(self, cover: Cover) -> str:
        return self.say(f"pack.scope.{cover.scope.kind}", value=cover.scope.value)

    def text(self, tag: str, text: str, *, cls: str | None = None) -> None:
        """An element with a text."""
        _text(self.body, tag, text, cls=cls)

    def links(self, links: Iterable[tuple[str, str]]) -> None:
        """Where to go from here."""
        nav = ET.SubElement(self.body, "nav")
        for href, text in links:
            _text(nav, "a", text).set("href", href)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Names with their values, which nobody shall break."""
        found = ET.SubElement(self.body, "dl")
        for name, value in facts:
            _text(found, "dt", name)
            _text(ET.SubElement(found, "dd"), "code", value)

    def table(self, heads: Iterable[str], rows: Iterable[list[ET.Element]]) -> None:
        """A table whose cells were made before."""
        scroll = ET.SubElement(self.body, "div", {"class": "scroll"})
        table = ET.SubElement(scroll, "table")
        head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
        for name in heads:
            _text(head, "th", name).set("scope", "col")
        inside = ET.SubElement(table, "tbody")
        for row in rows:
            ET.SubElement(inside, "tr").extend(row)

    def finish(self, name: str) -> bytes:
        """The whole document."""
        root = ET.Element("html", {"lang": self.language})
        head = ET.SubElement(root, "head")
        ET.SubElement(head, "meta", {"charset": "utf-8"})
        policy = {"http-equiv": "Content-Security-Policy", "content": _POLICY}
        ET.SubElement(head, "meta", policy)
        ET.SubElement(head, "meta", {"name": "viewport", "content": "width=device-width"})
        _text(head, "title", name)
        _text(head, "style", STYLE)
        root.append(self.body)
        text = ET.tostring(root, encoding="unicode", method="html")
        return f"<!doctype html>\n{text}\n".encode()


def _text(parent: ET.Element, tag: str, text: str, *, cls: str | None = None) -> ET.Element:
    made = ET.SubElement(parent, tag, {} if cls is None else {"class": cls})
    made.text = text
    return made


def _cell(text: str = "") -> ET.Element:
    cell = ET.Element("td")
    cell.text = text
    return cell


def _outline(page: _Page, outline: Outline) -> list[ET.Element]:
    case = _cell()
    link = _text(case, "a", outline.code)
    link.set("href", f"{outline.page}.{_ENDINGS[page.language]}")
    link.tail = f" {outline.title}"
    state = outline.process.states.get(outline.state)
    shown = page.title(state.title) if state is not None else outline.state
    return [case, _cell(shown), _cell(str(outline.entries)), _cell(str(outline.files))]


def _file_row(page: _Page, file: StoryFile, process: Process) -> list[ET.Element]:
    name = _cell()
    if file.member is None:
        name.text = f"{file.filename} ({page.say('pack.file_gone')})"
    else:
        link = _text(name, "a", file.filename)
        link.set("href", f"../{file.member}")
        link.set("download", file.filename)
    spec = process.evidence.get(file.requirement)
    digest = _cell()
    _text(digest, "code", file.sha256)
    return [name, _cell(page.title(spec.title) if spec else file.requirement), digest]


def _entry_row(page: _Page, entry: StoryEntry, story: Story) -> list[ET.Element]:
    body = entry.body
    who = _cell(story.people.get(body["actor"], body["actor"]))
    if "role" in body:
        _text(who, "div", page.house.role(body["role"], page.language), cls="quiet")
    what = _cell()
    _text(what, "strong", _what(page, body, story.process))
    if body["outcome"] == "refused":
        _text(what, "div", page.say("pack.refused"), cls="refused")
    for line in _details(page, entry, story):
        _text(what, "div", line)
    at = page.house.instant(body["recorded_at"], page.language)
    return [_cell(str(entry.idx)), _cell(at), who, what]


def _what(page: _Page, body: Mapping[str, Any], process: Process) -> str:
    step = process.transitions.get(body.get("transition", ""))
    return page.title(step.title) if step is not None else page.say(f"entry.{body['type']}")


def _details(page: _Page, entry: StoryEntry, story: Story) -> Iterator[str]:
    body, process = entry.body, story.process
    if "to" in body:
        path = [body[name] for name in ("from", "to") if name in body]
        states = (process.states.get(name) for name in path)
        yield " → ".join(
            page.title(state.title) if state is not None else name
            for state, name in zip(states, path, strict=True)
        )
    if "effective_date" in body:
        yield page.say("pack.effective", day=body["effective_date"])
    payload = entry.payload or {}
    if "reason" in payload:
        yield page.say("pack.reason", reason=payload["reason"])
    for change in payload.get("changes", ()):
        name = _name(page, change, process)
        yield f"{name}: {_change(change, story.people)}"
    if "payload" in body and entry.payload is None:
        yield page.say("pack.erased")
    files = {file.id: file.filename for file in story.files}
    for reference in body.get("evidence", ()):
        yield page.say("pack.rests_on", file=files.get(reference["id"], reference["id"]))
    if "on_behalf" in body:
        giver = body["on_behalf"]
        yield page.say("pack.on_behalf", person=story.people.get(giver, giver))


def _name(page: _Page, change: Mapping[str, Any], process: Process) -> str:
    rows = process.records.get(change["set"] or "")
    specs: Mapping[str, FieldSpec] = rows.columns if rows is not None else process.fields
    spec = specs.get(change["column"])
    own = change["column"] if spec is None else page.title(spec.title)
    return own if rows is None else f"{page.title(rows.title)} · {own}"


def _change(change: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """What a value was and is; one that was not there before is told alone."""
    new = _value(change["new"], people)
    return new if change["old"] is None else f"{_value(change['old'], people)} → {new}"


def _value(value: Any, people: Mapping[str, str]) -> str:
    if value is None:
        return "—"
    if isinstance(value, list):
        return ", ".join(_value(one, people) for one in value) or "—"
    return people.get(value, value) if isinstance(value, str) else str(value)
