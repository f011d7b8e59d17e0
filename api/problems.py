"""Error families and refusals into RFC 9457 problems: the only place that knows an HTTP status.

1. A refusal is 403 when who acts is at fault, else 409; either way it lists everything unmet.
2. Invalid is 422 and names each field; what cannot be read at all is 400; what is too large 413;
   what is of a type that is not accepted, by content or by name, 415.
3. A stale version is 412 and tells state, version and what is available; none at all is 428.
4. What is away is 503 with `Retry-After`; what is broken is 500 and tells nothing of the inside.
5. What was disposed of by a decision is 410: it was there, and comes back no more.
6. `code` is stable and for programs; `title` and `detail` are for people, in their language.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine.errors import Conflict, Corrupt, Invalid, NotFound, QuyTrinhError, Refused
from engine.evidence.digest import FileTooLarge
from engine.evidence.file_type import TypeNotAccepted
from engine.machine import decision
from engine.machine.instance import no_values
from engine.machine.registry import RegistryMissing
from engine.runtime import Departed, Unavailable

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5

Say = Callable[[str, Mapping[str, Any], str], str]
Explain = Callable[[decision.Unmet], str]


class Unreadable(Invalid):
    """The request cannot be read at all."""


class Unauthenticated(Refused):
    """There is no credential, or a dead one."""


class Forbidden(Refused):
    """The credential is good, and this is not for it."""


class VersionNotNamed(Invalid):
    """A change must say which version it was decided upon."""


class TooManyRequests(Refused):
    """Too many requests in too short a time; `params["seconds"]` tells how long to wait."""


class BodyTooLarge(Invalid):
    """More bytes than a request may bring."""


class MediaTypeUnknown(Invalid):
    """The body is of a type that this address does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem before it is put into words.

    Attributes:
        params: values for the sentence `error.<code>`.
        members: further members of the answer, such as `unmet` or `faults`.
    """

    status: int
    code: str
    params: Mapping[str, Any] = field(default_factory=no_values)
    members: Mapping[str, Any] = field(default_factory=no_values)
    headers: Mapping[str, str] = field(default_factory=no_values)


def problem_of(error: QuyTrinhError) -> Problem:
    """The problem of an error, by its family and, for some, by its code."""
    status = _status(error)
    return Problem(
        status=status,
        code=error.code,
        params=error.params,
        members=_members(error, status),
        headers=_headers(error, status),
    )


def problem_of_refusal(
    refused: decision.Refused, *, explain: Explain, of: str | None = None
) -> Problem:
    """The problem of a refusal, with every reason.

    Args:
        refused: what the decision said.
        explain: puts one reason into words.
        of: the step, or the record set, that was wanted.
    """
    forbidden = refused.forbidden
    return Problem(
        status=403 if forbidden else 409,
        code="forbidden" if forbidden else "refused",
        members={"unmet": [unmet_body(unmet, explain=explain, of=of) for unmet in refused.unmet]},
    )


def unmet_body(unmet: decision.Unmet, *, explain: Explain, of: str | None) -> dict[str, Any]:
    """One reason, as it is sent."""
    return {
        "code": unmet.code.value,
        "subject": unmet.subject,
        "transition": of,
        "params": plain(unmet.params),
        "message": explain(unmet),
        "who_can": list(unmet.who_can),
    }


def problem_of_validation(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """The problem of what a schema found, each field named."""
    return Problem(
        status=422, code="invalid_input", members={"faults": [_fault(error) for error in errors]}
    )


def problem_of_http(error: HTTPException, request: Request) -> Problem:
    """The problem of what the framework itself refuses: no such path, no such method."""
    codes = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
    if error.status_code not in codes:
        # The framework raises 400 only for a body that it cannot take apart.
        return Problem(status=error.status_code, code="form_unreadable")
    return Problem(
        status=error.status_code,
        code=codes[error.status_code],
        params={"method": request.method},
        headers=dict(error.headers or {}),
    )


def body_of(problem: Problem, *, say: Say, language: str) -> dict[str, Any]:
    """The problem as JSON, in words."""
    body: dict[str, Any] = {
        "type": f"urn:quytrinh:problem:{problem.code}",
        "title": say(f"status.{problem.status}", {}, language),
        "status": problem.status,
        "detail": say(f"error.{problem.code}", problem.params, language),
        "code": problem.code,
    }
    for name, value in problem.members.items():
        body[name] = _worded(value, say, language) if name == "faults" else plain(value)
    return body


def response_of(problem: Problem, *, say: Say, language: str) -> Response:
    """The problem as an HTTP answer."""
    return Response(
        json.dumps(body_of(problem, say=say, language=language), ensure_ascii=False),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, **problem.headers},
    )


def problem_of_any(error: Exception, request: Request) -> Problem:
    """The problem of whatever was raised while a request was served."""
    match error:
        case QuyTrinhError():
            return problem_of(error)
        case RequestValidationError():
            return problem_of_validation(error.errors())
        case HTTPException():
            return problem_of_http(error, request)
        case OSError():
            return problem_of(Unavailable("store_unavailable"))
        case _:
            return Problem(
                status=500,
                code="internal",
                params={"request": getattr(request.state, "request_id", "—")},
            )


def said_of(fault: Mapping[str, Any], *, say: Say, language: str) -> str:
    """Why one value does not fit; of one row of many, in the words of a sheet where it has them."""
    if "row" in fault:
        code = f"cell.{fault['code']}"
        said = say(code, fault["params"], language)
        if said != code:
            return said
    family = "error" if fault.get("error") else "fault"
    return say(f"{family}.{fault['code']}", fault["params"], language)


def plain(value: Any) -> Any:
    """A value as JSON has it: dates and decimals as text, tuples as lists."""
    match value:
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case str() | int() | None:
            return value
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


_BY_CLASS: Final[Sequence[tuple[type[QuyTrinhError], int]]] = (
    (Unreadable, 400),
    (Unauthenticated, 401),
    (Departed, 401),
    (VersionNotNamed, 428),
    (TooManyRequests, 429),
    (BodyTooLarge, 413),
    (FileTooLarge, 413),
    (MediaTypeUnknown, 415),
    (TypeNotAccepted, 415),
    (Unavailable, 503),
    (RegistryMissing, 503),
    (NotFound, 404),
    (Refused, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Corrupt, 500),
)
"""The first class that fits decides."""

_BY_CODE: Final[Mapping[str, int]] = {
    "stale_version": 412,
    "stale_row": 412,
    "stale_calendar": 412,
    "unknown_requirement": 422,
    "evidence_disposed": 410,
    "archive_too_large": 413,
    "archive_too_many_entries": 413,
    "image_too_large": 413,
    "json_too_large": 413,
    "paper_too_long": 413,
}

_FIELD_OF: Final[Mapping[str, str]] = {
    "unknown_transition": "transition",
    "unknown_requirement": "requirement",
    "reason_too_long": "reason",
    "effective_date_in_future": "effective_date",
    "gate_not_waivable": "gate",
    "waiver_without_reason": "reason",
    "waiver_in_past": "until",
    "clock_moves_forward_only": "to",
    "calendar_day_without_source": "source",
    "calendar_day_unknown": "day",
    "calendar_day_repeated": "day",
    "calendar_file_invalid": "rule",
    "calendar_change_empty": "body",
    "delegation_to_oneself": "deputy",
    "delegation_without_document": "document",
    "ends_before_it_begins": "to",
    "expiry_in_past": "expires_at",
    "unknown_scope": "scopes",
    "unknown_role": "role",
    "unknown_format": "format",
    "password_too_short": "password",
    "password_too_long": "password",
}

_PYDANTIC: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "int_type": "not_integer",
    "int_from_float": "not_integer",
    "int_parsing": "not_integer",
    "bool_type": "not_boolean",
    "bool_parsing": "not_boolean",
    "list_type": "not_list",
    "dict_type": "not_object",
    "model_type": "not_object",
    "model_attributes_type": "not_object",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "string_pattern_mismatch": "pattern",
    "string_unicode": "lone_surrogate",
}


def _status(error: QuyTrinhError) -> int:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)


def _members(error: QuyTrinhError, status: int) -> dict[str, Any]:
    if status == 422:
        return {"faults": _faults(error)}
    if status == 412 or error.code in {"not_available", "records_closed"}:
        told = ("state", "version", "available", "edit_in")
        return {name: error.params[name] for name in told if name in error.params}
    if error.code == "opened_already":
        # `instance` means something else in a problem.
        return {"existing": {"id": error.params["instance"], "code": error.params["case"]}}
    return {}


def _faults(error: QuyTrinhError) -> list[dict[str, Any]]:
    """Each field that is wrong; an error that speaks of one field is a fault of that field."""
    if "faults" in error.params:
        return [dict(fault) for fault in error.params["faults"]]
    if error.code == "field_not_of_step":
        return [_said(f"fields.{name}", "unknown_field") for name in error.params["fields"]]
    if error.code == "unknown_column":
        return [_said(name, "unknown_field") for name in error.params["columns"]]
    name = _FIELD_OF.get(error.code, "file")
    return [{"field": name, "code": error.code, "params": plain(error.params), "error": True}]


def _said(name: str, code: str) -> dict[str, Any]:
    return {"field": name, "code": code, "params": {}}


def _headers(error: QuyTrinhError, status: int) -> dict[str, str]:
    match status:
        case 401:
            return {"WWW-Authenticate": 'Bearer realm="quytrinh"'}
        case 429:
            return {"Retry-After": str(error.params.get("seconds", 60))}
        case 503:
            return {"Retry-After": str(RETRY_SECONDS)}
        case 412 if "version" in error.params:
            return {"ETag": f'"{error.params["version"]}"'}
        case _:
            return {}


def _fault(error: Mapping[str, Any]) -> dict[str, Any]:
    """One finding of a schema as a fault; the name of the part of the request is left out."""
    kind, context = str(error["type"]), error.get("ctx", {})
    place = [str(part) for part in error["loc"] if part not in {"body", "query", "path", "header"}]
    code = _PYDANTIC.get(kind, kind if kind in _OWN else "invalid")
    params = {
        "most": context.get("max_length", context.get("le")),
        "least": context.get("min_length", context.get("ge")),
        "choices": context.get("expected"),
    }
    return {
        "field": ".".join(place) or "body",
        "code": code,
        "params": {name: value for name, value in params.items() if value is not None},
    }


_OWN: Final = frozenset(
    {"not_date", "not_datetime", "nul", "lone_surrogate", "control_character", "blank", "repeated"}
)
"""Kinds that the schemas of `v1` raise themselves."""


def _worded(faults: Iterable[Mapping[str, Any]], say: Say, language: str) -> list[dict[str, Any]]:
    return [
        {
            **({"row": fault["row"]} if "row" in fault else {}),
            "field": fault["field"],
            "code": fault["code"],
            "params": plain(fault["params"]),
            "message": said_of(fault, say=say, language=language),
        }
        for fault in faults
    ]
