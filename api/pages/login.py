"""In and out, and the language.

1. The login form has no session yet; its token is bound to a cookie of its own.
2. Tries are counted per account and address. Unknown name, wrong password and closed account read
   the same and take the same time.
3. Where one goes afterwards is an address of this house, whatever the form says.
4. Who is logged in keeps the language on the account, and finds it again elsewhere; others in a
   cookie, which the next login takes over and takes away: it is not the next person's.
"""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response

from api.auth import csrf
from api.auth.throttling import Traffic
from api.dependencies import (
    LANGUAGE_COOKIE,
    House,
    address_of,
    check_page,
    house_of,
    session_visitor,
)
from api.language import LANGUAGES
from api.pages.showing import Message
from api.pages.visiting import (
    go,
    keep_language,
    language_kept,
    local_address,
    renderer_of,
    stranger,
)
from api.problems import Forbidden, TooManyRequests
from engine.commands.manage_accounts import choose_language as keep_with_account
from engine.commands.manage_accounts import log_in, log_out
from engine.runtime import Caller
from engine.storage.accounts import PageSession

router = APIRouter()

FORM_COOKIE: Final = "login"
TEXT_LENGTH_MAX: Final = 1000

Text = Annotated[str, Form(max_length=TEXT_LENGTH_MAX)]


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form to log in with."""
    if session_visitor(request) is not None:
        return go(local_address(next))
    return _form(request, next)


@router.post("/login")
def enter(
    request: Request,
    username: Text,
    password: Text,
    csrf_token: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """Log in."""
    house = house_of(request)
    _check_form(request, house, csrf_token)
    name = username.strip()
    wait = house.throttle.wait_seconds(Traffic.LOGIN, name, address_of(request))
    if wait:
        error = TooManyRequests("too_many_requests", seconds=wait)
        return _form(request, next, username=name, code=error.code, status=429, seconds=wait)
    entered = log_in(house.runtime, name, lambda kept: house.passwords.matches(password, kept))
    if entered is None:
        return _form(request, next, username=name, code="wrong_credentials", status=401)
    old = session_visitor(request)
    if old is not None and old.session is not None and old.secret is not None:
        log_out(house.runtime, old.secret, old.session)
    answer = go(local_address(next))
    house.cookie.write(answer, entered.secret)
    answer.delete_cookie(FORM_COOKIE, path="/login")
    chosen = language_kept(request)
    if chosen is not None:
        _keep_on_account(house, answer, entered.session, chosen)
    return answer


@router.post("/logout")
def leave(request: Request, csrf_token: Text = "") -> Response:
    """Log out; without a session that is done already."""
    house = house_of(request)
    visitor = session_visitor(request)
    if visitor is not None and visitor.session is not None and visitor.secret is not None:
        check_page(request, visitor.session, csrf_token)
        log_out(house.runtime, visitor.secret, visitor.session)
    answer = go("/login")
    house.cookie.clear(answer)
    return answer


@router.post("/language")
def choose_language(request: Request, language: Text, next: Text = "/") -> Response:  # noqa: A002
    """Change the language and stay on the page."""
    house = house_of(request)
    if not csrf.is_same_origin(request.headers, origin=house.settings.public_url):
        raise Forbidden("csrf")
    answer = go(local_address(next))
    visitor = session_visitor(request)
    if language in LANGUAGES and visitor is not None and visitor.session is not None:
        _keep_on_account(house, answer, visitor.session, language)
    elif language in LANGUAGES:
        keep_language(answer, language, house.cookie)
    return answer


def _keep_on_account(house: House, answer: Response, session: PageSession, language: str) -> None:
    caller = Caller(organization_id=session.organization_id, person=session.person)
    keep_with_account(house.runtime, caller, language)
    answer.delete_cookie(LANGUAGE_COOKIE, path="/")


def _form(
    request: Request,
    next: str,  # noqa: A002
    *,
    username: str = "",
    code: str = "",
    status: int = 200,
    seconds: int = 0,
) -> Response:
    house, visit = house_of(request), stranger(request)
    nonce = csrf.new_nonce()
    visit = replace(visit, csrf=csrf.login_token(nonce, key=house.signing_key))
    text = house.words.say(f"error.{code}", {"seconds": seconds}, visit.language)
    answer = renderer_of(request).page(
        visit,
        "login.html",
        status=status,
        message=Message(kind="bad", text=text) if code else None,
        next=local_address(next),
        username=username,
    )
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    answer.set_cookie(
        FORM_COOKIE,
        nonce,
        path="/login",
        max_age=3600,
        secure=house.cookie.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _check_form(request: Request, house: House, given: str) -> None:
    """Refuse a login form that is not ours."""
    nonce = request.cookies.get(FORM_COOKIE, "")
    expected = csrf.login_token(nonce, key=house.signing_key)
    same = csrf.is_same_origin(request.headers, origin=house.settings.public_url)
    if not (nonce and same and csrf.is_token(given, expected)):
        raise Forbidden("csrf")
