"""The form behind a public link, for whoever has it: no login, no cookie, no script.

1. A wrong link, a withdrawn one and one whose form is closed read the same, word for word.
2. Nothing of who sends is kept or counted: requests are throttled by link, never by address.
3. A form counts once: a reload, a second click and a way back lead to the thanks that were said.
4. What does not fit comes back with what was typed, each fault beside its input.
5. The body is read here, and no further than a form of ours can be long.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from api.auth import form_tokens
from api.auth.throttling import Traffic
from api.collation import alphabetical
from api.dependencies import Reply, house_of
from api.language import DEFAULT, LANGUAGES
from api.pages.forms import PREFIX, Choices, Entry, Typed, entry_of, values_of
from api.pages.rendering import Visit
from api.pages.showing import Message, Voice
from api.pages.visiting import go, renderer_of, stranger
from engine.commands.answer_publicly import PublicAnswer, TakenEnough, answer_publicly
from engine.errors import Conflict, Invalid
from engine.queries.public_forms import PublicFormView, public_form
from engine.runtime import OnceKey

router = APIRouter(prefix="/survey/{secret}")

BODY_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 60
SECRET_LENGTH_MAX: Final = 100
TRAP: Final = "website"
"""An input that people do not see: what fills it is a program, and is thanked for nothing."""
TOKEN: Final = "form_token"  # noqa: S105 - the name of an input.
KEY_PATH: Final = "public-form"
KIOSK: Final = "kiosk"
SCALE: Final = (1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A body as it came.

    Attributes:
        typed: its texts, without what no page can show again.
        code: why it cannot be taken as it is; empty when it can.
    """

    typed: Typed
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One thing that is asked: its input, and the wordings that it answers.

    Attributes:
        scale: the answer is one of five.
    """

    entry: Entry
    wordings: tuple[str, ...]
    scale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A form that comes back.

    Attributes:
        code: what is said of the form as a whole.
        error: what is wrong with its values.
        seconds: how long to wait.
    """

    typed: Typed
    code: str = ""
    error: Invalid | None = None
    seconds: int = 0

    @property
    def status(self) -> int:
        """The status of the answer."""
        return 422 if self.error is not None else _STATUS.get(self.code, 200)


NOTHING_TYPED: Final = Back(typed=Typed())


async def came_in(request: Request) -> Came:
    """The form that was sent, no longer than a form of ours can be."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return Came(typed=Typed(), code="form_unreadable")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return Came(typed=Typed(), code="too_long")
    return _read(bytes(body))


@router.get("")
def form_page(request: Request, secret: str) -> Response:
    """The form, empty."""
    wait = _wait(request, Traffic.READ, secret)
    if wait:
        return _told(request, "busy", status=429, seconds=wait)
    view = _view(request, secret)
    if view is None:
        return _told(request, "closed", status=404)
    if view.full:
        return _told(request, "full", status=429)
    return _show(request, secret, view)


@router.post("")
def send_form(request: Request, secret: str, came: Annotated[Came, Depends(came_in)]) -> Response:
    """Send the form: one row, once."""
    wait = _wait(request, Traffic.READ, secret)
    if wait:
        return _told(request, "busy", status=429, seconds=wait)
    view = _view(request, secret)
    if view is None:
        return _told(request, "closed", status=404)
    wait = _wait(request, Traffic.ANSWER, secret)
    if wait:
        back = Back(typed=came.typed, code="busy", seconds=wait)
        return _show(request, secret, view, back=back)
    return _taken(request, secret, view, came)


@router.get("/thanks")
def thanks_page(request: Request, secret: str) -> Response:
    """What is said when a form was taken."""
    wait = _wait(request, Traffic.READ, secret)
    if wait:
        return _told(request, "busy", status=429, seconds=wait)
    view = _view(request, secret)
    if view is None:
        return _told(request, "closed", status=404)
    again = KIOSK in view.link.given.values() and not view.full
    return _page(request, "public/thanks.html", view=view, place=_place(secret), again=again)


def _taken(request: Request, secret: str, view: PublicFormView, came: Came) -> Response:
    if came.code:
        return _show(request, secret, view, back=Back(typed=came.typed, code=came.code))
    if came.typed.text(TRAP):
        return go(_thanks(request, secret))
    house = house_of(request)
    now = house.runtime.clock.now()
    token = came.typed.text(TOKEN)
    nonce = form_tokens.nonce_of(token, view.link.id, now, key=house.signing_key)
    if nonce is None:
        return _show(request, secret, view, back=Back(typed=came.typed, code="outdated"))
    return _write(request, secret, view, came.typed, nonce=nonce)


def _write(
    request: Request, secret: str, view: PublicFormView, typed: Typed, *, nonce: str
) -> Response:
    house = house_of(request)
    values = values_of(typed, view.columns, stored={}, zone=stranger(request).zone)
    answer = PublicAnswer(secret=secret, values=values, key=_once(nonce, values))
    try:
        written = answer_publicly(house.runtime, answer)
    except TakenEnough:
        return _show(request, secret, view, back=Back(typed=typed, code="full"))
    except Conflict:
        # The same form with other words: it was counted already, and counts once.
        return _told(request, "counted", status=409)
    except Invalid as error:
        return _show(request, secret, view, back=Back(typed=typed, error=error))
    return _told(request, "closed", status=404) if written is None else go(_thanks(request, secret))


def _once(nonce: str, values: Mapping[str, Any]) -> OnceKey:
    """The key under which a form counts once; what is kept under it names no address."""
    told = json.dumps(values, ensure_ascii=True, sort_keys=True).encode("ascii")
    return OnceKey(
        path=KEY_PATH,
        value=nonce,
        body_digest=sha256(told).hexdigest(),
        render=lambda _: Reply(status=204, body=None).kept(),
    )


def _read(body: bytes) -> Came:
    """The texts of a body; what is no text is told, and shown without what no page can hold."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        return Came(typed=Typed(), code="form_unreadable")
    texts: dict[str, tuple[str, ...]] = {}
    broken = False
    for name, text in pairs:
        clean = "".join(sign for sign in text if _can_be_shown(sign))
        broken = broken or clean != text
        texts[name] = (*texts.get(name, ()), clean)
    return Came(typed=Typed(texts=texts), code="characters" if broken else "")


def _can_be_shown(sign: str) -> bool:
    return sign in "\t\r\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff" and sign != "\x7f")


def _view(request: Request, secret: str) -> PublicFormView | None:
    if len(secret) > SECRET_LENGTH_MAX:
        return None
    return public_form(house_of(request).runtime, secret)


def _wait(request: Request, traffic: Traffic, secret: str) -> int:
    """Seconds to wait: counted by link and kind alone, whoever sends."""
    return house_of(request).throttle.wait_seconds(traffic, KEY_PATH, secret)


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", DEFAULT)
    return wanted if wanted in LANGUAGES else DEFAULT


def _place(secret: str) -> str:
    return f"/survey/{secret}"


def _thanks(request: Request, secret: str) -> str:
    return f"{_place(secret)}/thanks?lang={_language(request)}"


def _told(request: Request, what: str, *, status: int, seconds: int = 0) -> Response:
    """A page that only says something, of no office and of no case."""
    answer = _page(request, "public/told.html", status=status, view=None, what=what)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _show(
    request: Request, secret: str, view: PublicFormView, *, back: Back = NOTHING_TYPED
) -> Response:
    """The form, with what was typed and what is wrong with it."""
    house = house_of(request)
    visit = _visit(request)
    voice = Voice(words=house.words, language=visit.language, zone=visit.zone, units=view.units)
    typed, said = back.typed, back.code
    if back.error is not None:
        told = back.error.params.get("faults", ())
        faults = {fault["field"]: _fault(fault, voice) for fault in told}
        typed, said = replace(typed, faults=faults), "faults"
    text = voice.ui(f"public.{said}", seconds=back.seconds) if said else ""
    fresh = form_tokens.new_token(view.link.id, house.runtime.clock.now(), key=house.signing_key)
    answer = _page(
        request,
        "public/form.html",
        status=back.status,
        view=view,
        place=_place(secret),
        message=Message(kind="bad", text=text) if said else None,
        asked=[_asking(name, view, visit, typed) for name in view.columns],
        token=_token_again(back) or fresh,
        trap=TRAP,
    )
    if back.seconds:
        answer.headers["Retry-After"] = str(back.seconds)
    return answer


_STATUS: Final[Mapping[str, int]] = {
    "busy": 429,
    "full": 429,
    "outdated": 409,
    "too_long": 413,
    "form_unreadable": 400,
    "characters": 422,
}


def _fault(fault: Mapping[str, Any], voice: Voice) -> str:
    """Why an answer does not fit; what is missing is asked for more kindly."""
    return voice.ui("public.missing") if fault["code"] == "required" else voice.fault(fault)


def _token_again(back: Back) -> str:
    """The token that the form already had, so that no way of coming back makes two forms of one."""
    return "" if back.code == "outdated" else back.typed.text(TOKEN)


def _asking(name: str, view: PublicFormView, visit: Visit, typed: Typed) -> Asking:
    spec = view.columns[name]
    units = sorted(
        ((unit, title[visit.language]) for unit, title in view.units.items()),
        key=lambda one: alphabetical(one[1]),
    )
    choices = Choices(units=units, language=visit.language, zone=visit.zone)
    return Asking(
        entry=entry_of(name, spec, choices=choices, required=spec.required, typed=typed),
        wordings=view.questions.get(name, ()),
        scale=spec.type == "integer" and (spec.min, spec.max) == SCALE,
    )


def _visit(request: Request) -> Visit:
    return replace(stranger(request), language=_language(request), fragment=False)


def _page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    visit = _visit(request)
    answer = renderer_of(request).page(visit, template, status=status, prefix=PREFIX, **values)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Content-Language"] = visit.language
    return answer
