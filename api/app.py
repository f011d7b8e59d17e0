"""The web application: what stands around v1 and the pages.

1. A request gets an id and a line in the log that names no person, no title and no address of
   anybody; what goes wrong unforeseen is logged by its kind and its place, never by its values.
2. Bodies are capped before anything reads them.
3. Every answer carries headers that let a browser do nothing with it; pages allow what they need.
4. `HEAD` is `GET` without its body; every other method that an address does not know is 405.
"""

import json
import logging
import secrets
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from datetime import timedelta
from functools import cache
from typing import Any, Final

import anyio.to_thread
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.passwords import Passwords
from api.auth.sessions import SessionCookie
from api.auth.throttling import Throttle, Traffic
from api.bootstrap import movable_clock
from api.dependencies import House, house_of, language_of
from api.language import load_words
from api.metrics import CONTENT_TYPE, Metrics, is_let_in
from api.pages.mounting import mount_pages
from api.pages.papers import Papers
from api.pages.rendering import Renderer
from api.problems import BodyTooLarge, Problem, Unreadable, problem_of, problem_of_any, response_of
from api.settings import JSON_BYTES, Settings
from api.v1 import (
    accounts,
    auditor_links,
    calendar,
    comments,
    coverage,
    deadlines,
    definitions,
    demo,
    document_numbers,
    documents,
    dossier_analysis,
    dossiers,
    evidence,
    inbox,
    instances,
    jobs,
    letterheads,
    log,
    log_publication,
    me,
    organization,
    packs,
    paper_templates,
    plans,
    public_links,
    receipts,
    record_sheets,
    records,
    signing,
    steering,
    tokens,
    transitions,
    verifications,
    webhooks,
    work,
)
from api.v1.describing import describe
from engine.errors import NotFound, QuyTrinhError
from engine.evidence.store import EvidenceStore
from engine.queries.publication import logs_are_sound
from engine.queries.witnesses import alarming
from engine.queries.workers import live_workers
from engine.runtime import Runtime, Unavailable

SQLITE_THREADS: Final = 4
"""More threads than this only wait for one another on SQLite, and make the slowest slower."""
FORM_OVERHEAD_BYTES: Final = 64 * 1024
IMPORTS: Final = frozenset({"/api/v1/dossiers/import", "/dossiers/import"})
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CHATTY: Final = ("transitions",)
"""Libraries that tell of each of their steps, thousands of lines a day."""
HSTS: Final = "max-age=31536000; includeSubDomains"

Background = Callable[[], AbstractContextManager[object]]

_log = structlog.stdlib.get_logger("quytrinh.web")


def create_app(
    runtime: Runtime,
    settings: Settings,
    *,
    background: Background | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """Build the application.

    Args:
        runtime: the engine, put together.
        settings: what the environment decides.
        background: entered while the application serves, such as a worker in this process.
        passwords: instead of the ones with the full cost, for tests.
    """
    app = FastAPI(
        title="Quy Trình",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(runtime, background),
    )
    house = build_house(runtime, settings, passwords=passwords)
    app.state.house = house
    app.state.renderer = Renderer(house.words)
    app.state.metrics = Metrics(runtime)
    app.state.papers = Papers(house, app.state.renderer)
    app.add_api_route("/healthz", _healthz, methods=["GET"])
    app.add_api_route("/readyz", _readyz, methods=["GET"])
    app.add_api_route("/metrics", _metrics, methods=["GET"])
    _answer_problems(app)
    app.mount("/api/v1", _v1(app))
    mount_pages(app)
    app.add_middleware(
        Capped,
        upload_max_bytes=settings.upload_max_bytes,
        import_max_bytes=settings.import_max_bytes,
    )
    app.add_middleware(Guarded, hsts=settings.secure)
    app.add_middleware(Logged, metrics=app.state.metrics)
    return app


def build_house(
    runtime: Runtime, settings: Settings, *, passwords: Passwords | None = None
) -> House:
    """What every handler is given."""
    return House(
        runtime=runtime,
        settings=settings,
        words=load_words(),
        passwords=passwords or Passwords(),
        throttle=Throttle(
            {
                Traffic.LOGIN: settings.login_per_minute,
                Traffic.READ: settings.read_per_minute,
                Traffic.STEP: settings.step_per_minute,
                Traffic.ANSWER: settings.answer_per_minute,
            }
        ),
        cookie=SessionCookie(
            secure=settings.secure,
            idle=timedelta(minutes=settings.session_idle_minutes),
            absolute=timedelta(minutes=settings.session_absolute_minutes),
        ),
        signing_key=settings.signing_key(),
        clock=movable_clock(runtime),
    )


def configure_logging() -> None:
    """Write every log line as one JSON object to standard error, with the time in UTC."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Logged:
    """Gives each request its id, one line in the log, and, when nothing else does, an answer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing may fall through.
            # Where an answer went out already, the one who answered has logged it.
            if not status:
                _log.error("accident", request=request_id, **_place_of(error))
                problem = problem_of_any(error, Request(scope))
                await _answer(problem, scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            method, route = scope["method"], _template(scope)
            self._metrics.count(method=method, route=route, status=status, seconds=seconds)
            _log.info(
                "request",
                request=request_id,
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000),
            )


class Guarded:
    """Puts the headers on every answer, and turns `HEAD` into `GET` without its body."""

    def __init__(self, app: ASGIApp, *, hsts: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": HSTS} if hsts else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bodiless = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if bodiless else scope

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            elif bodiless and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(inner, receive, sending)
        # What was matched inside is what the log line names.
        scope.setdefault("state", {})["route"] = _template(inner)


class Capped:
    """Refuses a body that is too large before anything reads it, and an address with U+0000."""

    def __init__(self, app: ASGIApp, *, upload_max_bytes: int, import_max_bytes: int) -> None:
        self._app = app
        self._upload_max_bytes = upload_max_bytes
        self._import_max_bytes = import_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        limit = self._limit(scope) + FORM_OVERHEAD_BYTES if is_form else JSON_BYTES
        fault = _fault_before_reading(scope, headers, limit)
        if fault is not None:
            await _answer(problem_of(fault), scope, receive, send)
            return
        came = 0

        async def receiving() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                raise BodyTooLarge("body_too_large", limit=limit)
            return message

        await self._app(scope, receiving, send)

    def _limit(self, scope: Scope) -> int:
        """What a form may bring: exports of a year are larger than any piece of evidence."""
        imports = scope["path"] in IMPORTS
        return self._import_max_bytes if imports else self._upload_max_bytes


def _lifespan(
    runtime: Runtime, background: Background | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if runtime.database.is_sqlite:
            anyio.to_thread.current_default_thread_limiter().total_tokens = SQLITE_THREADS
        work = background() if background is not None else nullcontext()
        await run_in_threadpool(work.__enter__)
        try:
            yield
        finally:
            await run_in_threadpool(work.__exit__, None, None, None)

    return lifespan


def _v1(app: FastAPI) -> FastAPI:
    """REST, as an application of its own: what it does not know is its own 404 or 405."""
    v1 = FastAPI(title="Quy Trình", openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    v1.state = app.state
    v1.router.routes.extend(_routes())
    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(describe(v1, _routers()))
        return described

    v1.openapi = openapi  # type: ignore[method-assign]
    _answer_problems(v1)
    return v1


def _routers() -> list[APIRouter]:
    """The rooms of REST, in the order in which an address is looked for."""
    rooms = (
        definitions,
        instances,
        transitions,
        signing,
        evidence,
        records,
        record_sheets,
        public_links,
        documents,
        steering,
        log,
        verifications,
        log_publication,
        receipts,
        packs,
        auditor_links,
    )
    shared = (
        organization,
        comments,
        calendar,
        letterheads,
        document_numbers,
        paper_templates,
        plans,
        coverage,
    )
    more = (
        inbox,
        work,
        me,
        accounts,
        tokens,
        webhooks,
        deadlines,
        *shared,
        dossiers,
        dossier_analysis,
        jobs,
        demo,
    )
    return [room.router for room in (*rooms, *more)]


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """The routes of every room, joined once a process: working out what each takes is slow."""
    joined = APIRouter()
    for router in _routers():
        joined.include_router(router)
    return tuple(joined.routes)


def _answer_problems(app: FastAPI) -> None:
    """Answer whatever is raised with a problem."""

    def answer(request: Request, error: Exception) -> Response:
        problem = problem_of_any(error, request)
        if problem.status >= 500:
            _log.error("accident", request=request.state.request_id, **_place_of(error))
        house = house_of(request)
        return response_of(problem, say=house.words.say, language=language_of(request))

    for kind in (QuyTrinhError, RequestValidationError, HTTPException, OSError, Exception):
        app.add_exception_handler(kind, answer)


async def _answer(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    house = house_of(request)
    response = response_of(problem, say=house.words.say, language=language_of(request))
    await response(scope, receive, send)


def _fault_before_reading(scope: Scope, headers: Headers, limit: int) -> QuyTrinhError | None:
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return Unreadable("address_unreadable")
    _, told_of_body = parse_options_header(headers.get("content-type"))
    # Whoever reads a form would follow any codec that Python knows, even one that is no encoding.
    if told_of_body.get(b"charset", b"utf-8").lower() not in {b"utf-8", b"utf8"}:
        return Unreadable("not_utf8")
    told = headers.get("content-length")
    if told is None:
        return None
    if not (told.isascii() and told.isdigit()):
        return Unreadable("length_unreadable")
    return BodyTooLarge("body_too_large", limit=limit) if int(told) > limit else None


def _template(scope: Scope) -> str:
    """The pattern of the address, which names nothing that somebody chose."""
    known = scope.get("state", {}).get("route")
    route = scope.get("route")
    if known is not None:
        return str(known)
    return str(getattr(route, "path", "-"))


def _place_of(error: BaseException) -> dict[str, Any]:
    """The kind of an accident and where it happened, without a value of anybody."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _healthz() -> Response:
    """The process lives."""
    return Response('{"status":"ok"}', media_type="application/json")


def _readyz(request: Request) -> Response:
    """What the process needs is there: the database, the evidence store, a worker, a sound log."""
    runtime = house_of(request).runtime
    checks = {
        "database": _holds(lambda: bool(runtime.organizations()) or True),
        "evidence": _holds(lambda: _answers(runtime.store)),
        "worker": _holds(lambda: bool(live_workers(runtime))),
        "log": _holds(lambda: logs_are_sound(runtime)),
    }
    ready = all(checks.values())
    body = {
        "status": "ok" if ready else "waiting",
        "checks": checks,
        # Nobody signs what a witness cries, so that a liar cannot close the house.
        "alarms": {"witness": not _holds(lambda: not alarming(runtime))},
    }
    return Response(
        json.dumps(body), status_code=200 if ready else 503, media_type="application/json"
    )


def _metrics(request: Request) -> Response:
    """What a monitor reads, for who sends the token.

    Raises:
        NotFound: no token is set, so that there is no such address.
    """
    settings = house_of(request).settings
    if settings.metrics_token is None:
        raise NotFound("not_found")
    token = settings.metrics_token.get_secret_value()
    if not is_let_in(request.headers.get("authorization"), token):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE)


def _answers(store: EvidenceStore) -> bool:
    """Whether the store can keep its rules, and is there now."""
    store.prove()
    return not store.exists("readiness", "0" * 64)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Unavailable, OSError):
        return False
