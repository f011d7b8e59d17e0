"""What a handler is given: the house, who asks, the language, the version, the key.

1. Every address under `/api/v1` names a scope; without a credential there is no answer at all.
2. The organisation comes from the credential, never from the address.
3. A cookie speaks for an unsafe request only when a page of ours sent it, with the session's token.
4. A session may do what its person may; a token only what its scopes name besides.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, Request, Response

from api.auth import csrf, tokens
from api.auth.passwords import Passwords
from api.auth.sessions import SessionCookie
from api.auth.throttling import Throttle, Traffic
from api.auth.tokens import Scope
from api.language import DEFAULT, LANGUAGES, Words, negotiate
from api.problems import (
    Forbidden,
    Problem,
    TooManyRequests,
    Unauthenticated,
    Unreadable,
    VersionNotNamed,
    body_of,
    response_of,
)
from api.settings import Settings
from engine.commands.issue_document import Make
from engine.commands.keep_register import Written
from engine.commands.manage_accounts import session_of, token_of
from engine.commands.move_clock import MovableClock
from engine.definition.model import Process
from engine.machine.actor import ADMINISTRATOR, Actor
from engine.machine.compiler import Compiled
from engine.machine.instance import no_values
from engine.queries.instances import InstanceView
from engine.runtime import Caller, OnceKey, Replayed, Runtime, Unfinished, UnitOfWork
from engine.storage.accounts import PageSession
from engine.storage.audit_log import LogFilter
from engine.storage.idempotency import Answer
from engine.storage.instances import Filter
from engine.storage.paper_templates import PaperTemplate

LANGUAGE_COOKIE: Final = "language"
WAITS: Final = 200
WAIT_SECONDS: Final = 0.05
"""Ten seconds for the answer of another request with the same key, looked for often."""
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,8})"', re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What lives as long as the process does, for every face.

    Attributes:
        signing_key: of cursors and login forms.
        clock: the clock of a demonstration, which may be moved; None where time is real.
    """

    runtime: Runtime
    settings: Settings
    words: Words
    passwords: Passwords
    throttle: Throttle
    cookie: SessionCookie
    signing_key: bytes
    clock: MovableClock | None = None
    _zones: dict[str, tzinfo] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def zone(self, organization_id: str) -> tzinfo:
        """The zone in which an organisation's instants are shown and sent."""
        with self._lock:
            found = self._zones.get(organization_id)
        if found is None:
            with self.runtime.read(organization_id) as uow:
                found = uow.zone
            with self._lock:
                self._zones[organization_id] = found
        return found


class PaperWriter(Protocol):
    """Makes papers of a case; the pages do, for every face."""

    def names(self, view: InstanceView) -> tuple[str, ...]:
        """The papers that there are now."""
        ...

    def html(self, caller: Caller, view: InstanceView, name: str, language: str) -> str:
        """A paper as a page of its own."""
        ...

    def file(
        self,
        caller: Caller,
        view: InstanceView,
        name: str,
        language: str,
        *,
        form: str,
        own: bool = False,
    ) -> bytes:
        """A paper as a file, `pdf` or `docx`; a paper that was issued as it was issued."""
        ...

    def template(self, caller: Caller, view: InstanceView, name: str) -> PaperTemplate | None:
        """The agency's Word template of a paper."""
        ...

    def check(self, process: Process, content: bytes) -> None:
        """Refuse what is no template for papers of a process."""
        ...

    def names_for_templates(self, process: Process) -> tuple[str, ...]:
        """Every name that a template of a paper of a process may hold."""
        ...

    def preview(
        self, caller: Caller, instance: str, name: str, language: str, content: bytes
    ) -> bytes:
        """A paper of a case as a template that is not in force would have it."""
        ...

    def maker(self, caller: Caller, instance: str, name: str, language: str) -> Make:
        """What makes a paper that is about to be issued."""
        ...

    def written(self, caller: Caller, *, issuer: str, kind: str, dated: date) -> Written:
        """How an issuer writes a number of a kind of paper on a day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks, and by which credential.

    Attributes:
        scopes: what a token is narrowed to; None for a session, which is not narrowed.
        expires_at: when the token ends; None when it does not, and for a session.
        session: the page session, with the secret of its cookie.
    """

    caller: Caller
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    session: PageSession | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is sent, so that it can be kept under an idempotency key."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=no_values)
    media_type: str = "application/json"

    def kept(self) -> Answer:
        """The answer as it is kept under an idempotency key."""
        headers = {**self.headers, "Content-Type": self.media_type}
        return Answer(status=self.status, headers=json.dumps(headers), body=_text(self.body))


def house_of(request: Request) -> House:
    """The house that serves this request."""
    house: House = request.app.state.house
    return house


def papers_of(request: Request) -> PaperWriter:
    """Who makes the papers of this house."""
    papers: PaperWriter = request.app.state.papers
    return papers


def language_of(request: Request) -> str:
    """The language of the answer: the header's, else the one chosen on a page, else Vietnamese."""
    wanted = negotiate(request.headers.get("accept-language"))
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return wanted or (chosen if chosen in LANGUAGES else DEFAULT)


def address_of(request: Request) -> str:
    """The network address that sent the request, for throttling alone."""
    return request.client.host if request.client else "unknown"


def session_visitor(request: Request) -> Visitor | None:
    """The visitor whom a session cookie names; None without a live session."""
    house = house_of(request)
    secret = house.cookie.read(request)
    if secret is None:
        return None
    session = session_of(
        house.runtime, secret, idle=house.cookie.idle, absolute=house.cookie.absolute
    )
    if session is None:
        return None
    caller = Caller(organization_id=session.organization_id, person=session.person)
    return Visitor(caller=caller, session=session, secret=secret)


def visitor_of(request: Request) -> Visitor:
    """Who sent a request to the API.

    Raises:
        Unauthenticated: there is no credential, or a dead one.
        Forbidden: a cookie came without the proof that a page of ours sent it.
        TooManyRequests: the credential sends more than it may.
    """
    given = tokens.bearer(request.headers.get("authorization"))
    visitor = _token_visitor(request, given) if given is not None else session_visitor(request)
    if visitor is None:
        house = house_of(request)
        _count(house, Traffic.READ, "unknown", address_of(request))
        came = given is not None or house.cookie.read(request) is not None
        raise Unauthenticated("credential_dead" if came else "unauthenticated")
    safe = request.method in csrf.SAFE_METHODS
    if visitor.session is not None and not safe:
        check_page(request, visitor.session, request.headers.get("x-csrf-token"))
    traffic = Traffic.READ if safe else Traffic.STEP
    caller = visitor.caller
    _count(house_of(request), traffic, caller.organization_id, caller.token or caller.person)
    return visitor


def public_request(request: Request) -> None:
    """Count a request that bears no credential but the one in its address.

    Raises:
        TooManyRequests: too many came from there.
    """
    _count(house_of(request), Traffic.READ, "public", address_of(request))


def check_page(request: Request, session: PageSession, given: str | None) -> None:
    """Refuse an unsafe request that no page of ours has sent.

    Raises:
        Forbidden: another origin, or not the session's token.
    """
    origin = house_of(request).settings.public_url
    same = csrf.is_same_origin(request.headers, origin=origin)
    if not (same and csrf.is_token(given, session.csrf)):
        raise Forbidden("csrf")


def needs(scope: Scope) -> Callable[[Request], Caller]:
    """What lets only those in whose credential covers a scope."""

    def caller_with_scope(request: Request) -> Caller:
        visitor = visitor_of(request)
        request.state.scopes = visitor.scopes
        request.state.expires_at = visitor.expires_at
        if visitor.scopes is not None and not tokens.allows(visitor.scopes, scope):
            raise Forbidden("scope_missing", scope=scope.value)
        return visitor.caller

    return caller_with_scope


def visitor_scopes(request: Request) -> frozenset[str] | None:
    """What the credential that was let in is narrowed to; None for a session, which is not."""
    scopes: frozenset[str] | None = request.state.scopes
    return scopes


def visitor_expiry(request: Request) -> datetime | None:
    """When the credential that was let in ends; None when it does not."""
    expires_at: datetime | None = request.state.expires_at
    return expires_at


def administrator(request: Request) -> Caller:
    """An administrator, with a credential for it.

    Raises:
        Forbidden: the role or the scope is missing.
    """
    caller = needs(Scope.ADMIN)(request)
    with house_of(request).runtime.read(caller.organization_id) as uow:
        if ADMINISTRATOR not in uow.actor(caller).roles:
            raise Forbidden("role_missing", roles=[ADMINISTRATOR])
    return caller


def expected_version(request: Request) -> int:
    """The version that the caller decided upon.

    Raises:
        VersionNotNamed: `If-Match` is missing.
        Unreadable: it is something else than `"<version>"`.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise VersionNotNamed("if_match_missing")
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise Unreadable("if_match_unreadable")
    return int(found[1])


def idempotency_key(request: Request) -> str | None:
    """The key under which the answer shall be kept.

    Raises:
        Unreadable: it is not 1 to 200 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Unreadable("idempotency_key_invalid")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The circumstances of a request, gathered: what most handlers need besides who asks."""

    house: House
    language: str
    path: str
    key: str | None

    def say(self, code: str, /, **params: Any) -> str:
        """A sentence in the language of the request."""
        return self.house.words.say(code, params, self.language)

    def at(self, instant: datetime | None, organization_id: str) -> str | None:
        """An instant as RFC 3339 in the organisation's zone."""
        if instant is None:
            return None
        return instant.astimezone(self.house.zone(organization_id)).isoformat()

    def once(self, digest: str, render: Callable[[Any], Reply]) -> OnceKey | None:
        """The idempotency key with what it covers; None when the request has none."""
        if self.key is None:
            return None
        return OnceKey(
            path=self.path,
            value=self.key,
            body_digest=digest,
            render=lambda outcome: render(outcome).kept(),
        )

    def respond(self, outcome: Any, render: Callable[[Any], Reply]) -> Response:
        """The answer to a command: the first one again when the key was answered before."""
        if isinstance(outcome, Replayed):
            return _again(outcome.answer)
        return send(render(outcome))

    def reply(self, problem: Problem) -> Reply:
        """A problem as an answer that can be kept."""
        return Reply(
            status=problem.status,
            body=body_of(problem, say=self.house.words.say, language=self.language),
            headers={"Content-Language": self.language, **problem.headers},
            media_type="application/problem+json",
        )

    def problem(self, problem: Problem) -> Response:
        """A problem as the answer itself."""
        return response_of(problem, say=self.house.words.say, language=self.language)


def asked_of(request: Request) -> Asked:
    """The circumstances of this request."""
    return Asked(
        house=house_of(request),
        language=language_of(request),
        path=f"{request.method} {request.url.path}",
        key=idempotency_key(request),
    )


def digest_of_body(*parts: bytes) -> str:
    """SHA-256 over the parts of a body, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def send(reply: Reply) -> Response:
    """An answer as it goes out."""
    return Response(
        _text(reply.body) if reply.status != 204 else None,
        status_code=reply.status,
        headers=dict(reply.headers),
        media_type=reply.media_type,
    )


@contextmanager
def standing(house: House, caller: Caller) -> Iterator[tuple[UnitOfWork, Actor]]:
    """A reading transaction with the caller's roles of today.

    Raises:
        NotFound: the person has left.
    """
    with house.runtime.read(caller.organization_id) as uow:
        yield uow, uow.actor(caller)


def standpoint(house: House, caller: Caller, instance_id: str) -> tuple[Actor, Compiled | None]:
    """Who the caller is and what the instance is pinned to; None for an instance that is not there.

    Both are needed to put the outcome of a command into words inside its transaction.
    """
    with standing(house, caller) as (uow, actor):
        stored = uow.tables.instances.get(instance_id)
        if stored is None:
            return actor, None
        return actor, uow.definition(stored.process, stored.definition_version)


def instance_filter(**wanted: Any) -> Filter:
    """What a list of instances is narrowed to."""
    return Filter(**wanted)


def log_filter(**wanted: Any) -> LogFilter:
    """What a reading of the log is narrowed to."""
    return LogFilter(**wanted)


def answer_once(asked: Asked, caller: Caller, *, digest: str, run: Callable[[], Reply]) -> Response:
    """Answer under the key for commands that keep no answer of their own.

    Raises:
        Unfinished: what was begun under the key has no answer yet, or lost it in a crash.
    """
    once = asked.once(digest, lambda reply: reply)
    outcome = run_once(asked.house.runtime, caller, once, run)
    return _again(outcome.answer) if isinstance(outcome, Replayed) else send(outcome)


def run_once(
    runtime: Runtime, caller: Caller, once: OnceKey | None, run: Callable[[], Reply]
) -> Reply | Replayed:
    """Run a command that keeps no answer of its own, once for a key.

    The key is noted as begun before the command, and the answer after it. Whoever sends the key
    meanwhile waits. A crash in between leaves it begun: no second try can do it twice. A command
    that raises has done nothing, and gives the key back.

    Raises:
        Unfinished: what was begun under the key has no answer yet, or lost it in a crash.
    """
    if once is None:
        return run()
    replayed = _begun(runtime, caller, once)
    if replayed is not None:
        return replayed
    try:
        reply = run()
    except BaseException:
        with runtime.write(caller.organization_id) as uow:
            uow.forget(caller, once)
            uow.commit()
        raise
    with runtime.write(caller.organization_id) as uow:
        uow.remember(caller, once, reply)
        uow.commit()
    return reply


Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Stepper = Annotated[Caller, Depends(needs(Scope.STEP))]
Supplier = Annotated[Caller, Depends(needs(Scope.EVIDENCE))]
Importer = Annotated[Caller, Depends(needs(Scope.IMPORT))]
Administering = Annotated[Caller, Depends(needs(Scope.ADMIN))]
Administrator = Annotated[Caller, Depends(administrator)]
PaperDesk = Annotated[PaperWriter, Depends(papers_of)]
Circumstances = Annotated[Asked, Depends(asked_of)]
Version = Annotated[int, Depends(expected_version)]


def _token_visitor(request: Request, secret: str) -> Visitor | None:
    if not tokens.is_well_formed(secret):
        return None
    token = token_of(house_of(request).runtime, secret)
    if token is None:
        return None
    caller = Caller(organization_id=token.organization_id, person=token.person, token=token.id)
    return Visitor(caller=caller, scopes=token.scopes, expires_at=token.expires_at)


def _begun(runtime: Runtime, caller: Caller, once: OnceKey) -> Replayed | None:
    """Note that the key is begun, or wait for the answer of who began it before."""
    for _ in range(WAITS):
        try:
            with runtime.write(caller.organization_id) as uow:
                replayed = uow.replay(caller, once)
                if replayed is None:
                    uow.begin(caller, once)
                    uow.commit()
                return replayed
        except Unfinished:
            time.sleep(WAIT_SECONDS)
    raise Unfinished("idempotency_unfinished", key=once.value)


def reauthenticated(house: House, caller: Caller, password: str | None) -> bool:
    """Whether the caller's password came with the request, and is right; tries are counted.

    Raises:
        TooManyRequests: it came too often: a session left open is no way to guess it.
    """
    if not password:
        return False
    _count(house, Traffic.LOGIN, caller.organization_id, caller.person)
    with house.runtime.credentials() as (accounts, _):
        account = accounts.of_person(caller.organization_id, caller.person)
    return house.passwords.matches(password, account.password_hash if account else None)


def _count(house: House, traffic: Traffic, *key: str) -> None:
    seconds = house.throttle.wait_seconds(traffic, *key)
    if seconds:
        raise TooManyRequests("too_many_requests", seconds=seconds)


def _again(answer: Answer) -> Response:
    headers = {**json.loads(answer.headers), "Idempotency-Replayed": "true"}
    body = None if answer.status == 204 else answer.body
    return Response(body, status_code=answer.status, headers=headers)


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
