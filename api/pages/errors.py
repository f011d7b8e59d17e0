"""What goes wrong on a page, said on a page: what it was, and what to do now.

1. Without a session the way leads to the login, and back.
2. Everything else is a page in words, with the status that the API would give.
3. Nothing of the inside is told; what was typed is shown again where a form was refused outright.
"""

import traceback
from typing import Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.dependencies import house_of
from api.pages.rendering import Visit
from api.pages.showing import Message, Reason
from api.pages.visiting import desk_of, go, path_of, renderer_of, stranger
from api.problems import Problem, Unauthenticated, problem_of_any
from engine.errors import QuyTrinhError

_log = structlog.stdlib.get_logger("quytrinh.pages")

FRAMES: Final = 8
HIDDEN: Final = frozenset({"csrf_token", "form_nonce", "version", "password", "next"})
CODES_OF_PAGES: Final = frozenset({"csrf", "wrong_values", "invalid_input", "stale_row"})
"""Codes whose sentence speaks to programs; pages have their own."""


def answer_errors(pages: FastAPI) -> None:
    """Let this application answer errors with pages."""
    for kind in (QuyTrinhError, HTTPException, RequestValidationError, OSError, Exception):
        pages.add_exception_handler(kind, _answer)


def error_page(
    request: Request, visit: Visit, problem: Problem, *, typed: tuple[tuple[str, str], ...] = ()
) -> Response:
    """A problem as a page."""
    words, language = house_of(request).words, visit.language
    family = "page.error" if problem.code in CODES_OF_PAGES else "error"
    text = words.say(f"{family}.{problem.code}", problem.params, language)
    faults = tuple(
        Reason(text=words.say(f"fault.{fault['code']}", fault["params"], language))
        for fault in problem.members.get("faults", ())
        if not fault.get("error")
    )
    ways = [(words.say("page.error.home", {}, language), "/")]
    if request.method == "GET" and problem.status >= 500:
        ways.insert(0, (words.say("page.error.again", {}, language), path_of(request)))
    return renderer_of(request).page(
        visit,
        "error.html",
        status=problem.status,
        heading=words.say(f"status.{problem.status}", {}, language),
        message=Message(kind="bad", text=text, faults=faults),
        typed=typed,
        ways=ways,
    )


async def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, Unauthenticated):
        return go(f"/login?next={quote(path_of(request), safe='')}")
    problem = problem_of_any(error, request)
    if problem.status >= 500:
        _log.error(
            "accident",
            request=getattr(request.state, "request_id", "-"),
            error=type(error).__name__,
            frames=[f"{f.filename}:{f.lineno} {f.name}" for f in _frames(error)],
        )
    typed = await _typed(request) if request.method == "POST" else ()
    return error_page(request, _visit(request), problem, typed=typed)


def _frames(error: Exception) -> list[traceback.FrameSummary]:
    """Where it happened, innermost last; no value of anybody is among it."""
    return list(traceback.extract_tb(error.__traceback__))[-FRAMES:]


def _visit(request: Request) -> Visit:
    """What the page shows of the visitor; where even that fails, as of a stranger."""
    try:
        return desk_of(request).visit
    except (QuyTrinhError, OSError):
        return stranger(request)


async def _typed(request: Request) -> tuple[tuple[str, str], ...]:
    """What the form held, so that nobody has to think of it again."""
    try:
        form = await request.form()
    except (HTTPException, RuntimeError):
        # The form itself could not be read, or was read in part and is gone.
        return ()
    return tuple(
        (name.removeprefix("f."), value)
        for name, value in form.multi_items()
        if isinstance(value, str) and value.strip() and name not in HIDDEN
    )
