"""Problems: every family has its status, every refusal its reasons, every field its fault."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from api.language import load_words
from api.problems import (
    BodyTooLarge,
    Forbidden,
    MediaTypeUnknown,
    TooManyRequests,
    Unauthenticated,
    Unreadable,
    VersionNotNamed,
    body_of,
    plain,
    problem_of,
    problem_of_any,
    problem_of_refusal,
    problem_of_validation,
    response_of,
)
from engine.definition.values import WrongValues
from engine.errors import Conflict, Corrupt, Invalid, NotFound, QuyTrinhError, Refused
from engine.evidence.digest import FileTooLarge
from engine.evidence.file_type import TypeNotAccepted, UnsafeContent
from engine.machine import decision
from engine.machine.decision import NotAvailable, Unmet, UnmetCode
from engine.machine.registry import RegistryMissing
from engine.runtime import Unavailable

WORDS = load_words()


def explain(unmet: Unmet) -> str:
    return f"said {unmet.key}"


def request(path: str = "/api/v1/x") -> Request:
    scope = {"type": "http", "method": "PUT", "path": path, "headers": [], "state": {}}
    return Request(scope)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unreadable("not_json", position=3), 400),
        (Unauthenticated("unauthenticated"), 401),
        (Forbidden("scope_missing", scope="step"), 403),
        (Refused("anything"), 403),
        (NotFound("unknown_instance", instance="x"), 404),
        (Conflict("idempotency_mismatch", key="k"), 409),
        (NotAvailable("close", state="draft", available=("submit",)), 409),
        (Conflict("stale_version", state="draft", version=3, available=["submit"]), 412),
        (Conflict("stale_row", record_set="finding", row="r", version=2), 412),
        (BodyTooLarge("body_too_large", limit=1), 413),
        (FileTooLarge(5), 413),
        (UnsafeContent("archive_too_large", max_bytes=5), 413),
        (MediaTypeUnknown("media_type_unknown", accepted="application/json"), 415),
        (TypeNotAccepted("type_not_accepted", type="exe", accepted=["pdf"]), 415),
        (Invalid("reason_too_long", limit=3), 422),
        (UnsafeContent("file_empty"), 422),
        (WrongValues([{"field": "note", "code": "blank", "params": {}}]), 422),
        (VersionNotNamed("if_match_missing"), 428),
        (TooManyRequests("too_many_requests", seconds=7), 429),
        (Corrupt("blob_corrupt", sha256="x"), 500),
        (QuyTrinhError("anything"), 500),
        (Unavailable("database_unavailable"), 503),
        (RegistryMissing(("guard",)), 503),
    ],
)
def test_every_family_has_its_status(error: QuyTrinhError, status: int) -> None:
    problem = problem_of(error)
    assert problem.status == status
    body = body_of(problem, say=WORDS.say, language="vi")
    assert body["status"] == status
    assert body["code"] == error.code
    assert WORDS.knows(f"status.{status}")


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (Unauthenticated("unauthenticated"), "WWW-Authenticate", 'Bearer realm="quytrinh"'),
        (TooManyRequests("too_many_requests", seconds=7), "Retry-After", "7"),
        (Unavailable("database_unavailable"), "Retry-After", "5"),
        (Conflict("stale_version", state="x", version=3, available=[]), "ETag", '"3"'),
    ],
)
def test_a_status_brings_its_header(error: QuyTrinhError, header: str, value: str) -> None:
    assert problem_of(error).headers[header] == value


def test_a_stale_version_tells_where_the_case_stands() -> None:
    error = Conflict("stale_version", instance="i", state="draft", version=3, available=["go"])
    assert problem_of(error).members == {"state": "draft", "version": 3, "available": ["go"]}


def test_a_refusal_lists_every_reason_with_its_sentence() -> None:
    refused = decision.Refused(
        (
            Unmet(UnmetCode.EVIDENCE_MISSING, "plan", params={"needed": 1}, who_can=("clerk",)),
            Unmet(UnmetCode.NOT_BEFORE, params={"day": date(2026, 7, 6)}),
        )
    )
    problem = problem_of_refusal(refused, explain=explain, of="submit")
    assert (problem.status, problem.code) == (409, "refused")
    assert problem.members["unmet"] == [
        {
            "code": "evidence_missing",
            "subject": "plan",
            "transition": "submit",
            "params": {"needed": 1},
            "message": "said evidence_missing:plan",
            "who_can": ["clerk"],
        },
        {
            "code": "not_before",
            "subject": None,
            "transition": "submit",
            "params": {"day": "2026-07-06"},
            "message": "said not_before",
            "who_can": [],
        },
    ]


@pytest.mark.parametrize("code", sorted(decision.FORBIDDING))
def test_a_refusal_for_who_acts_is_forbidden_and_still_lists_the_rest(code: UnmetCode) -> None:
    refused = decision.Refused((Unmet(UnmetCode.REASON_MISSING), Unmet(code, "x")))
    problem = problem_of_refusal(refused, explain=explain)
    assert (problem.status, problem.code) == (403, "forbidden")
    assert len(problem.members["unmet"]) == 2


@pytest.mark.parametrize(
    ("error", "faults"),
    [
        (decision.UnknownTransition("fly", ("go",)), [("transition", "unknown_transition")]),
        (decision.FieldNotOfStep("go", ("a", "b")), [("fields.a", "unknown_field")] * 1),
        (Invalid("unknown_column", record_set="x", columns=["c"]), [("c", "unknown_field")]),
        (UnsafeContent("file_damaged", type="pdf"), [("file", "file_damaged")]),
        (WrongValues([{"field": "n", "code": "blank", "params": {}}]), [("n", "blank")]),
    ],
)
def test_each_wrong_field_is_named_in_both_languages(
    error: QuyTrinhError, faults: list[tuple[str, str]]
) -> None:
    for language in ("vi", "en"):
        body = body_of(problem_of(error), say=WORDS.say, language=language)
        told = [(fault["field"], fault["code"]) for fault in body["faults"]]
        assert told[: len(faults)] == faults
        assert all(
            not fault["message"].startswith(("fault.", "error.")) for fault in body["faults"]
        )


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    count: int = 0
    name: str


def test_what_a_schema_finds_is_a_fault_of_each_field() -> None:
    with pytest.raises(ValidationError) as raised:
        Strict.model_validate({"count": False, "stranger": 1})
    errors = [{**error, "loc": ("body", *error["loc"])} for error in raised.value.errors()]
    problem = problem_of_validation(errors)
    assert problem.status == 422
    told = {fault["field"]: fault["code"] for fault in problem.members["faults"]}
    assert told == {"count": "not_integer", "name": "required", "stranger": "unknown_field"}


def test_limits_and_choices_of_a_schema_reach_the_sentence() -> None:
    errors: list[Mapping[str, Any]] = [
        {"type": "string_too_long", "loc": ("body", "name"), "ctx": {"max_length": 5}},
        {"type": "literal_error", "loc": ("query", "kind"), "ctx": {"expected": "'a' or 'b'"}},
        {"type": "nul", "loc": ("body", "name"), "ctx": {}},
        {"type": "something_new", "loc": ("body",)},
    ]
    body = body_of(problem_of_validation(errors), say=WORDS.say, language="en")
    assert [fault["field"] for fault in body["faults"]] == ["name", "kind", "name", "body"]
    assert [fault["code"] for fault in body["faults"]] == [
        "too_long",
        "not_a_choice",
        "nul",
        "invalid",
    ]
    assert "5" in body["faults"][0]["message"]
    assert "'a' or 'b'" in body["faults"][1]["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (lambda: HTTPException(404), 404, "not_found"),
        (lambda: HTTPException(405, headers={"Allow": "GET"}), 405, "method_not_allowed"),
        (lambda: HTTPException(400), 400, "form_unreadable"),
        (lambda: RequestValidationError([]), 422, "invalid_input"),
        (lambda: OSError(28, "no space"), 503, "store_unavailable"),
        (lambda: ZeroDivisionError("secret"), 500, "internal"),
        (lambda: NotFound("unknown_plan", year=1), 404, "unknown_plan"),
    ],
)
def test_whatever_is_raised_becomes_a_problem(
    error: Callable[[], Exception], status: int, code: str
) -> None:
    problem = problem_of_any(error(), request())
    assert (problem.status, problem.code) == (status, code)


def test_an_accident_tells_nothing_of_the_inside() -> None:
    answer = response_of(
        problem_of_any(ZeroDivisionError("/srv/secret"), request()), say=WORDS.say, language="en"
    )
    assert answer.status_code == 500
    assert b"secret" not in answer.body
    assert b"ZeroDivision" not in answer.body


def test_the_answer_is_a_problem_document_in_its_language() -> None:
    answer = response_of(
        problem_of(NotFound("unknown_instance", instance="IA-1")), say=WORDS.say, language="vi"
    )
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "vi"
    assert json.loads(answer.body) == {
        "type": "urn:quytrinh:problem:unknown_instance",
        "title": "Không tìm thấy",
        "status": 404,
        "detail": "Không có hồ sơ “IA-1”.",
        "code": "unknown_instance",
    }


def test_values_are_sent_as_json_has_them() -> None:
    given = {
        "a": (date(2026, 7, 6), Decimal("1.50")),
        "b": None,
        "c": True,
        "d": {"e": frozenset()},
    }
    assert plain(given) == {"a": ["2026-07-06", "1.50"], "b": None, "c": True, "d": {"e": []}}
    assert plain(explain).startswith("<function")
