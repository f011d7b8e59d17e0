"""Who visits a page: the house, the caller, the language, and what every page shows of them.

1. Without a live session there is no page but the login; the way back is kept.
2. The language is the account's; for who is not logged in, the one chosen on a page, else
   Vietnamese. What was chosen before the login becomes the account's with it.
3. A form is taken only from a page of ours, with the session's token; each carries a nonce that
   makes a second click the same request.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from api.auth.sessions import SessionCookie
from api.auth.throttling import Traffic
from api.collation import alphabetical, by_given_name
from api.dependencies import (
    LANGUAGE_COOKIE,
    Asked,
    House,
    Reply,
    Visitor,
    check_page,
    digest_of_body,
    house_of,
    reauthenticated,
    session_visitor,
    standing,
)
from api.language import DEFAULT, LANGUAGES
from api.pages.forms import Choices, Typed, typed_in
from api.pages.rendering import Renderer, Visit, is_fragment
from api.pages.showing import Voice
from api.problems import Forbidden, TooManyRequests, Unauthenticated, Unreadable
from engine.machine.actor import ADMINISTRATOR
from engine.runtime import Caller, OnceKey, Replayed

NONCE_LENGTH_MAX: Final = 200
FORM_FIELDS_MAX: Final = 2000
FORM_PART_BYTES_MAX: Final = 8 * 1024 * 1024
"""The rows of a file, looked at and not yet written, come back in one hidden input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a page's handler is given.

    Attributes:
        visitor: who is logged in, and by which session.
        visit: what every page shows.
        choices: people and units to choose from.
    """

    request: Request
    house: House
    renderer: Renderer
    visitor: Visitor
    visit: Visit
    choices: Choices
    voice: Voice

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.visitor.caller

    @property
    def is_administrator(self) -> bool:
        """Whether the visitor may administer."""
        return ADMINISTRATOR in self.visit.roles

    def page(
        self, template: str, *, status: int = 200, block: str = "content", **v: Any
    ) -> Response:
        """A page, or for htmx a block of it."""
        return self.renderer.page(self.visit, template, status=status, block=block, **v)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form that a page of ours sent.

    Attributes:
        form: with its files.
        typed: its texts, for the form that may come back.
        digest: of all texts and files, for the nonce.
    """

    desk: Desk
    form: FormData
    typed: Typed
    digest: str

    def demand_password(self, name: str) -> None:
        """Let only those on who entered the password of their own account.

        Raises:
            Forbidden: `wrong_password`.
            TooManyRequests: it was tried too often.
        """
        if not reauthenticated(self.desk.house, self.desk.caller, self.typed.text(name)):
            raise Forbidden("wrong_password")

    def once(self, render: Callable[[Any], Reply]) -> OnceKey | None:
        """The key that makes a second click the first one's answer; `render` says what to keep."""
        nonce = self.typed.text("form_nonce")
        usable = 0 < len(nonce) <= NONCE_LENGTH_MAX and nonce.isascii() and nonce.isprintable()
        asked = Asked(
            house=self.desk.house,
            language=self.desk.visit.language,
            path=f"{self.desk.request.method} {self.desk.request.url.path}",
            key=nonce if usable else None,
        )
        return asked.once(self.digest, render)


def renderer_of(request: Request) -> Renderer:
    """The renderer of the house, made with its words when the first page is asked for."""
    state = request.app.state
    if not hasattr(state, "renderer"):
        state.renderer = Renderer(house_of(request).words)
    renderer: Renderer = state.renderer
    return renderer


def desk_of(request: Request) -> Desk:
    """The circumstances of a page for somebody who is logged in.

    Raises:
        Unauthenticated: nobody is.
        TooManyRequests: the session sends more than it may.
    """
    house = house_of(request)
    visitor = session_visitor(request)
    if visitor is None or visitor.session is None:
        raise Unauthenticated("unauthenticated")
    caller = visitor.caller
    reads = request.method == "GET"
    wait = house.throttle.wait_seconds(
        Traffic.READ if reads else Traffic.STEP, caller.organization_id, caller.person
    )
    if wait:
        raise TooManyRequests("too_many_requests", seconds=wait)
    with standing(house, caller) as (uow, actor):
        account = uow.accounts.of_person(caller.organization_id, caller.person)
        language = chosen_language(request) if account is None else account.language
        people = {person.id: person for person in uow.tables.organization.people(uow.today)}
        units = {unit.id: unit.title for unit in uow.tables.organization.units(uow.today)}
        me = people.get(caller.person)
        visit = Visit(
            path=path_of(request),
            language=language,
            csrf=visitor.session.csrf,
            now=uow.now.astimezone(uow.zone),
            zone=uow.zone,
            fragment=is_fragment(request),
            person=caller.person,
            name=me.name if me is not None else caller.person,
            roles=tuple(dict.fromkeys(grant.role for grant in actor.grants)),
            organization=uow.organization.title,
            demonstration=uow.organization.demonstration,
        )
    return Desk(
        request=request,
        house=house,
        renderer=renderer_of(request),
        visitor=visitor,
        visit=visit,
        choices=Choices(
            people=[
                (person.id, person.name)
                for person in sorted(people.values(), key=lambda one: by_given_name(one.name))
            ],
            units=sorted(
                ((unit, title[language]) for unit, title in units.items()),
                key=lambda one: alphabetical(one[1]),
            ),
            language=language,
            zone=visit.zone,
        ),
        voice=Voice(
            words=house.words,
            language=language,
            zone=visit.zone,
            people={person.id: person.name for person in people.values()},
            units=units,
        ),
    )


async def sent_form(request: Request) -> AsyncIterator[Sent]:
    """A form from somebody who is logged in; its files are closed when it is answered.

    Raises:
        Unauthenticated: nobody is.
        Forbidden: the form is not from a page of ours.
    """
    desk = await run_in_threadpool(desk_of, request)
    async with request.form(max_fields=FORM_FIELDS_MAX, max_part_size=FORM_PART_BYTES_MAX) as form:
        typed = typed_in(form)
        _refuse_nul(typed)
        session = desk.visitor.session
        if session is None:
            raise Unauthenticated("unauthenticated")
        check_page(request, session, typed.text("csrf_token"))
        digest = await run_in_threadpool(_digest, form)
        yield Sent(desk=desk, form=form, typed=typed, digest=digest)


def _refuse_nul(typed: Typed) -> None:
    """Refuse what no browser lets anybody type, and no database can keep."""
    if any("\0" in text for texts in typed.texts.values() for text in texts):
        raise Unreadable("form_unreadable")


def stranger(request: Request) -> Visit:
    """What a page shows to somebody who is not logged in."""
    house = house_of(request)
    zone = ZoneInfo(house.settings.timezone)
    return Visit(
        path=path_of(request),
        language=chosen_language(request),
        csrf="",
        now=datetime.fromtimestamp(house.runtime.clock.now().timestamp(), UTC).astimezone(zone),
        zone=zone,
        fragment=is_fragment(request),
    )


def language_kept(request: Request) -> str | None:
    """The language that was chosen in this browser before anybody logged in."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else None


def chosen_language(request: Request) -> str:
    """The language of a page for somebody who has no account to keep it in."""
    return language_kept(request) or DEFAULT


def keep_language(response: Response, language: str, cookie: SessionCookie) -> None:
    """Let the browser remember the language for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=365 * 24 * 3600,
        path="/",
        secure=cookie.secure,
        httponly=True,
        samesite="lax",
    )


def path_of(request: Request) -> str:
    """Path and query of a page; for a form, the page itself is not known."""
    if request.method != "GET":
        return "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def local_address(text: str) -> str:
    """An address of this house to go on to; anything else leads to the first page."""
    inside = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if inside and "\\" not in text else "/"


def gone(address: str) -> Reply:
    """Going there, as an answer that can be kept under a nonce."""
    return Reply(status=303, body="", headers={"Location": address})


def went(replayed: Replayed) -> str | None:
    """Where the first answer to a nonce led; None when it was no."""
    location = json.loads(replayed.answer.headers).get("Location")
    return None if location is None else str(location)


def go(address: str) -> RedirectResponse:
    """Answer a form: go there and read."""
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})


def _digest(form: FormData) -> str:
    """What distinguishes this sending from another one under the same nonce."""
    parts: list[bytes] = []
    for name, value in form.multi_items():
        parts.append(name.encode("utf-8", "backslashreplace"))
        if isinstance(value, str):
            parts.append(value.encode("utf-8", "backslashreplace"))
            continue
        digest = sha256()
        while chunk := value.file.read(1 << 20):
            digest.update(chunk)
        value.file.seek(0)
        parts.append(digest.digest())
    return digest_of_body(*parts)


Desked = Annotated[Desk, Depends(desk_of)]
Posted = Annotated[Sent, Depends(sent_form)]
