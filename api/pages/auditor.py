"""The pages of an auditor from outside, who has no account: one scope, for reading, until a day.

1. The address names the door and holds no secret; the secret is typed once, and goes into a cookie.
2. A wrong secret, an unknown door, an ended and an expired one read the same. Tries are counted.
3. Every request opens the door anew. What lies outside its scope is not there.
4. What can be read is what a pack of the same scope holds, under the same names.
5. Coming in, each file and each pack is an entry of the log.
"""

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, BinaryIO, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import StreamingResponse

from api.auth import csrf
from api.auth.auditor_door import clear_door, read_door, write_door
from api.auth.throttling import Traffic
from api.dependencies import House, address_of, house_of
from api.pack_pages import STYLE, ReadablePages
from api.packing import HEADERS, disposition, pack_behind
from api.pages.showing import Message
from api.pages.visiting import go, renderer_of, stranger
from api.problems import Forbidden, TooManyRequests
from engine.commands.manage_auditor_links import note_reading, open_link
from engine.errors import NotFound
from engine.evidence.store import verified_pieces
from engine.queries.auditor_access import cover_behind, evidence_behind, story_behind
from engine.storage.auditor_links import AuditorLink

router = APIRouter(prefix="/auditor/{link}")

FORM_COOKIE: Final = "auditor_form"
TEXT_LENGTH_MAX: Final = 200
_CASE: Final = re.compile(r"(?P<code>[A-Z]{1,6}-[0-9]{4}-[0-9]{2,6})(?P<ending>(?:\.en)?\.html)")
_FILE: Final = re.compile(r"(?P<digest>[0-9a-f]{64})(?:\.[a-z0-9]{1,8})?", re.ASCII)
_STYLE_HASH: Final = base64.b64encode(sha256(STYLE.encode()).digest()).decode("ascii")
_READABLE: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}

Text = Annotated[str, Form(max_length=TEXT_LENGTH_MAX)]


@router.get("")
def door_page(request: Request, link: str) -> Response:
    """What the door opens, or the form that asks for its secret."""
    opened = _opened(request, link)
    return _form(request) if opened is None else _inside(request, opened)


@router.post("")
def enter(request: Request, link: str, secret: Text = "", csrf_token: Text = "") -> Response:
    """Come in."""
    house = house_of(request)
    _check_form(request, house, csrf_token)
    wait = house.throttle.wait_seconds(Traffic.LOGIN, "auditor", link, address_of(request))
    if wait:
        return _form(request, code="too_many_requests", status=429, seconds=wait)
    given = secret.strip()
    opened = open_link(house.runtime, link, given, enters=True)
    if opened is None:
        return _form(request, code="wrong_auditor_secret", status=401)
    answer = go(f"/auditor/{opened.id}")
    write_door(answer, opened.id, given, secure=house.cookie.secure)
    answer.delete_cookie(FORM_COOKIE, path="/auditor")
    return answer


@router.post("/leave")
def leave(request: Request, link: str, csrf_token: Text = "") -> Response:
    """Go, and leave nothing in the browser."""
    house = house_of(request)
    _check_inside(request, house, link, csrf_token)
    answer = go(f"/auditor/{link}")
    clear_door(answer, secure=house.cookie.secure)
    return answer


@router.post("/pack")
def get_pack(request: Request, link: str, csrf_token: Text = "") -> Response:
    """The evidence pack of the scope."""
    house = house_of(request)
    opened = _opened(request, link)
    _check_inside(request, house, link, csrf_token)
    if opened is None:
        return go(f"/auditor/{link}")
    return pack_behind(house, opened).response()


@router.get("/read/{name}")
def cover_page(request: Request, link: str, name: str) -> Response:
    """The first page of what can be read, as `index.html` or `index.en.html`."""
    opened = _opened(request, link)
    if opened is None:
        return go(f"/auditor/{link}")
    pages = _pages(request, opened).cover(cover_behind(house_of(request).runtime, opened))
    if not name.endswith(".html") or name not in pages:
        raise NotFound("unknown_page", page=name)
    return Response(pages[name], headers=_READABLE)


@router.get("/read/cases/{name}")
def case_page(request: Request, link: str, name: str) -> Response:
    """The page of one case."""
    opened = _opened(request, link)
    if opened is None:
        return go(f"/auditor/{link}")
    found = _CASE.fullmatch(name)
    if found is None:
        raise NotFound("unknown_page", page=name)
    story = story_behind(house_of(request).runtime, opened, found["code"])
    page = _pages(request, opened).case(story)[found["ending"].removeprefix(".")]
    return Response(page, headers=_READABLE)


@router.get("/read/evidence/{name}")
def evidence_file(request: Request, link: str, name: str) -> Response:
    """A file of a case, as it was received."""
    opened = _opened(request, link)
    if opened is None:
        return go(f"/auditor/{link}")
    found = _FILE.fullmatch(name)
    if found is None:
        raise NotFound("unknown_page", page=name)
    runtime = house_of(request).runtime
    evidence = evidence_behind(runtime, opened, found["digest"])
    evidence.check_there()
    content = runtime.store.open(opened.organization_id, evidence.sha256)
    note_reading(runtime, opened, evidence=evidence.id)
    headers = {
        **HEADERS,
        "Content-Type": "application/octet-stream",
        "Content-Length": str(evidence.size),
        "Content-Disposition": disposition(evidence.filename),
    }
    return StreamingResponse(_whole(content, evidence.sha256), headers=headers)


def _whole(content: BinaryIO, digest: str) -> Iterator[bytes]:
    with content:
        yield from verified_pieces(content, digest)


def _opened(request: Request, link_id: str) -> AuditorLink | None:
    """The door, if the browser has its secret and it is open now.

    Raises:
        TooManyRequests: more is asked for than anybody reads.
    """
    house = house_of(request)
    secret = read_door(request, link_id, secure=house.cookie.secure)
    if secret is None:
        return None
    wait = house.throttle.wait_seconds(Traffic.READ, "auditor", link_id, address_of(request))
    if wait:
        raise TooManyRequests("too_many_requests", seconds=wait)
    return open_link(house.runtime, link_id, secret)


def _pages(request: Request, link: AuditorLink) -> ReadablePages:
    house = house_of(request)
    return ReadablePages(house.words, house.zone(link.organization_id), proven=False)


def _inside(request: Request, link: AuditorLink) -> Response:
    house, visit = house_of(request), stranger(request)
    cover = cover_behind(house.runtime, link)
    answer = renderer_of(request).page(
        visit,
        "auditor/inside.html",
        link=link,
        cover=cover,
        cases=len(cover.cases),
        expires=link.expires_at.astimezone(house.zone(link.organization_id)),
        token=_token(request, house, link.id),
        reading="index.html" if visit.language == "vi" else "index.en.html",
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _form(request: Request, *, code: str = "", status: int = 200, seconds: int = 0) -> Response:
    house, visit = house_of(request), stranger(request)
    nonce = csrf.new_nonce()
    text = house.words.say(f"error.{code}", {"seconds": seconds}, visit.language)
    answer = renderer_of(request).page(
        visit,
        "auditor/enter.html",
        status=status,
        message=Message(kind="bad", text=text) if code else None,
        token=csrf.login_token(nonce, key=house.signing_key),
    )
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.set_cookie(
        FORM_COOKIE,
        nonce,
        path="/auditor",
        max_age=3600,
        secure=house.cookie.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _check_form(request: Request, house: House, given: str) -> None:
    """Refuse a form that is not ours."""
    nonce = request.cookies.get(FORM_COOKIE, "")
    expected = csrf.login_token(nonce, key=house.signing_key)
    same = csrf.is_same_origin(request.headers, origin=house.settings.public_url)
    if not (nonce and same and csrf.is_token(given, expected)):
        raise Forbidden("csrf")


def _check_inside(request: Request, house: House, link_id: str, given: str) -> None:
    same = csrf.is_same_origin(request.headers, origin=house.settings.public_url)
    if not (same and csrf.is_token(given, _token(request, house, link_id))):
        raise Forbidden("csrf")


def _token(request: Request, house: House, link_id: str) -> str:
    """The token of forms inside: it goes with the secret in the cookie."""
    secret = read_door(request, link_id, secure=house.cookie.secure) or csrf.new_nonce()
    return csrf.login_token(f"auditor:{secret}", key=house.signing_key)
