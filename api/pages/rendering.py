"""Templates into pages: the only door to Jinja.

1. Everything is escaped. The one thing that is not is the diagram, an SVG that this house draws.
2. An undefined name is an error, in a template as elsewhere.
3. htmx gets a block of the template that the whole page is made of; there are no partial files.
4. Words come from `api.language`: `ui('inbox.title')` says `page.inbox.title`; a title of a
   definition or of the organisation is picked by `t`.
5. No cache keeps a page, and its policy allows nothing inline and nothing from elsewhere.
6. Styles and scripts are named by what is in them, so that a browser keeps them until they change.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import render_block
from markupsafe import Markup

from api.language import Words, show_day
from api.pages.paper_charts import chart_for, data_of
from engine.definition.diagram import draw as draw_process
from engine.definition.model import Process, Text
from engine.definition.picture import Language
from engine.queries.plan_standing import SOON_DAYS
from workflows.documents.chart import Chart, Kind, draw
from workflows.documents.qr_code import code_svg

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "HX-Request, Cookie, Accept-Language",
}
KIBIBYTE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What every page knows of the request it answers.

    Attributes:
        path: path with query, so that a change of language stays on the page.
        csrf: token that every form carries.
        person: id of the one who is logged in; None before.
        organization: its title in both languages; None before somebody is logged in.
        now: the present instant in the organisation's zone.
        fragment: htmx asks for a part of the page.
    """

    path: str
    language: str
    csrf: str
    now: datetime
    zone: tzinfo
    fragment: bool = False
    person: str | None = None
    name: str = ""
    roles: tuple[str, ...] = ()
    organization: Mapping[str, str] | None = None
    demonstration: bool = False

    @property
    def today(self) -> date:
        """The organisation's date."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Due:
    """A due day in words: `kind` is one of none, done, late, today, soon, later."""

    kind: str
    days: int = 0


class Renderer:
    """Makes pages in both languages.

    Args:
        words: every sentence of the house.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._environment = _environment(words)

    def page(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        block: str = "content",
        **values: Any,
    ) -> HTMLResponse:
        """The whole page; for htmx the named block of it."""
        context = {"visit": visit, "language": visit.language, **values}
        if visit.fragment:
            text = render_block(self._environment, template, block, context)
        else:
            text = self._environment.get_template(template).render(context)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    def text(self, template: str, *, block: str | None = None, **values: Any) -> Markup:
        """A template, or a block of it, as text that another template may hold.

        `values` have to hold `visit` and `language` as well.
        """
        if block is not None:
            text = render_block(self._environment, template, block, values)
        else:
            text = self._environment.get_template(template).render(values)
        # Everything in it was escaped by the template that made it.
        return Markup(text)  # noqa: S704

    def has(self, template: str) -> bool:
        """Whether there is such a template."""
        return (HERE / "templates" / template).is_file()


def is_fragment(request: Request) -> bool:
    """Whether htmx asks, and not for a page of its history."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def due_of(due_on: date | None, *, today: date, final: str | None = None) -> Due:
    """How near a due day is; days are counted as the calendar has them."""
    if final is not None:
        return Due("done")
    if due_on is None:
        return Due("none")
    days = (due_on - today).days
    if days < 0:
        return Due("late", -days)
    if days == 0:
        return Due("today")
    return Due("soon" if days <= SOON_DAYS else "later", days)


def diagram(process: Process, language: str, present: str | None = None) -> Markup:
    """The house's own drawing, as a part of the page; `present` is the state to point out."""
    spoken: Language = "en" if language == "en" else "vi"
    # Every title in it was escaped by the one who drew it, and no other text is in it.
    return Markup(draw_process(process, "svg", spoken, current=present))  # noqa: S704


def chart_part(chart: Chart) -> Markup:
    """A chart as a part of the page, with what it was drawn from."""
    # The drawing escapes its own words, and there is nothing else in it.
    drawn = Markup(draw(chart))  # noqa: S704
    part = Markup('<figure class="paper-chart" data-chart="{}">{}</figure>')
    return part.format(data_of(chart), drawn)


def code_part(payload: str) -> Markup:
    """A QR code as a part of the page."""
    # Dots are drawn: nothing of the payload stands in it as text.
    return Markup(code_svg(payload))  # noqa: S704


@cache
def _environment(words: Words) -> Environment:
    """The templates, each compiled once in a process: it ends before they change."""
    addresses = {path.name: _address(path) for path in STATIC.iterdir()}
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    @pass_context
    def ui(context: Context, code: str, /, **params: Any) -> str:
        return words.say(f"page.{code}", params, context["language"])

    @pass_context
    def word(context: Context, code: str) -> str:
        return words.say(code, {}, context["language"])

    @pass_context
    def coded(context: Context, code: str, family: str) -> str:
        return words.say(f"{family}.{code}", {}, context["language"])

    @pass_context
    def chart(context: Context, kind: Kind, *told: Any) -> Markup:
        found = chart_for(kind, *told, language=context["language"])
        return Markup() if found is None else chart_part(found)

    @pass_context
    def counted(context: Context, count: int, code: str) -> str:
        form = "one" if count == 1 else "many"
        return words.say(f"page.{code}.{form}", {"count": count}, context["language"])

    @pass_context
    def role(context: Context, name: str) -> str:
        return words.role(name, context["language"])

    environment.globals.update(
        ui=ui,
        word=word,
        chart=chart,
        counted=counted,
        static=addresses.__getitem__,
        diagram=diagram,
        due_of=due_of,
        nonce=lambda: secrets.token_urlsafe(18),
    )
    environment.filters.update(
        t=_title,
        coded=coded,
        role=role,
        named=_named,
        day=_day,
        instant=_instant,
        number=_number,
        share=_share,
        mean=_mean,
        size=_size,
    )
    return environment


def _address(path: Path) -> str:
    """Where a style or script is; another content has another address."""
    return f"/static/{path.name}?v={sha256(path.read_bytes()).hexdigest()[:12]}"


@pass_context
def _title(context: Context, text: Text | Mapping[str, str] | str) -> str:
    """A title in the language of the page."""
    language = context["language"]
    match text:
        case str():
            return text
        case Text():
            return text.en if language == "en" else text.vi
        case _:
            return text[language]


def _named(identifier: str, names: Mapping[str, str]) -> str:
    """What an id stands for; one that nobody knows is shown as it is."""
    return names.get(identifier, identifier)


@pass_context
def _day(context: Context, value: date | str | None) -> str:
    """`22/11/2026` or `22 November 2026`."""
    if value is None:
        return "—"
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return show_day(day, context["language"])


@pass_context
def _instant(context: Context, value: datetime | None) -> str:
    """An instant on the organisation's clock."""
    if value is None:
        return "—"
    local = value.astimezone(context["visit"].zone)
    return f"{local:%H:%M} {show_day(local.date(), context['language'])}"


@pass_context
def _number(context: Context, value: float | Decimal | str | None) -> str:
    """A number with the separators of the language."""
    if value is None:
        return "—"
    return str(format_decimal(Decimal(str(value)), locale=context["language"]))


@pass_context
def _share(context: Context, numerator: int | None, denominator: int | None) -> str:
    """A ratio in per cent, one digit after the point; a dash where there is none."""
    if numerator is None or not denominator:
        return "—"
    share = Decimal(100 * numerator) / Decimal(denominator)
    text = format_decimal(share, format="#,##0.0", locale=context["language"])
    return f"{text} %"


@pass_context
def _mean(context: Context, total: int | None, count: int | None) -> str:
    """A mean with one digit after the point at most; a dash where there is none."""
    if total is None or not count:
        return "—"
    mean = Decimal(total) / Decimal(count)
    return str(format_decimal(mean, format="#,##0.#", locale=context["language"]))


@pass_context
def _size(context: Context, count: int) -> str:
    """A file's size, in the largest unit that leaves a whole number before the point."""
    for unit, factor in (("MB", KIBIBYTE * KIBIBYTE), ("KB", KIBIBYTE)):
        if count >= factor:
            value = Decimal(count) / factor
            return f"{format_decimal(value, format='#,##0.#', locale=context['language'])} {unit}"
    return f"{count} B"
