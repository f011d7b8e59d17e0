"""The description of the API by OpenAPI: what FastAPI cannot see for itself is added here.

Bodies are read by our own strict reader, so their schemas are taken from it; every address may
answer with a problem; what an answer leads to is linked.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.v1.reading import JsonBody
from api.v1.transitions import StepCommand, read_step

VERSION: Final = "1.0.0"
_REFERENCE: Final = "#/components/schemas/{model}"

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. `unmet` for refusals, `faults` for wrong values.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "unmet": {"type": "array", "items": {"$ref": _REFERENCE.format(model="UnmetBody")}},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "params", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "params": {"type": "object"},
                    "message": {"type": "string"},
                },
            },
        },
        "state": {"type": "string"},
        "version": {"type": "integer"},
        "available": {"type": "array", "items": {"$ref": _REFERENCE.format(model="OptionBody")}},
    },
    "example": {
        "type": "urn:quytrinh:problem:refused",
        "title": "Chưa thực hiện được",
        "status": 409,
        "detail": "Bước này chưa thực hiện được; “unmet” nêu đủ các lý do.",
        "code": "refused",
        "unmet": [
            {
                "code": "evidence_missing",
                "subject": "plan",
                "transition": "submit",
                "params": {"needed": 1, "found": 0, "rows": []},
                "message": "Thiếu hồ sơ “Kế hoạch đánh giá”: cần 1, mới có 0.",
                "who_can": ["lead_auditor"],
            }
        ],
    },
}

_INSTANCE_LINKS: Final[dict[str, Any]] = {
    "instance": {
        "operationId": "get_instance",
        "parameters": {"instance": "$response.body#/id"},
    },
    "step": {
        "operationId": "post_transition",
        "parameters": {
            "instance": "$response.body#/id",
            "If-Match": "$response.header.ETag",
        },
    },
    "attach": {
        "operationId": "post_evidence",
        "parameters": {"instance": "$response.body#/id"},
    },
    "log": {
        "operationId": "get_instance_log",
        "parameters": {"instance": "$response.body#/id"},
    },
}
LINKS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "post_instance": ("201", _INSTANCE_LINKS),
    "get_instance": ("200", _INSTANCE_LINKS),
    "post_evidence": (
        "201",
        {
            "content": {
                "operationId": "get_content",
                "parameters": {"evidence": "$response.body#/id"},
            }
        },
    ),
}
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": 'The version that the caller saw, such as "3".',
        "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,8})"$'},
        "example": '"3"',
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key with the same body gets the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
_VERSIONED: Final = frozenset({"post_transition", "post_signing", "patch_row", "delete_row"})


def describe(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    """The whole description of an application that is made of these routers."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    described = get_openapi(
        title="Quy Trình",
        version=VERSION,
        summary="ISO 9001 processes of a public agency",
        routes=app.routes,
        servers=[{"url": "/api/v1"}],
    )
    schemas = described["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    described["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    }
    described["security"] = [{"token": []}, {"session": []}]
    for route in routes:
        for method in route.methods or ():
            operation = described["paths"][route.path_format][method.lower()]
            _complete(operation, route, method, schemas)
    return described


def _complete(
    operation: dict[str, Any], route: APIRoute, method: str, schemas: dict[str, Any]
) -> None:
    operation["operationId"] = route.name
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "A problem",
        "content": {
            "application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}
        },
    }
    parameters = operation.setdefault("parameters", [])
    if route.name in _VERSIONED:
        parameters.append(HEADERS["If-Match"])
    if method == "POST":
        parameters.append(HEADERS["Idempotency-Key"])
    if route.name in LINKS:
        status, links = LINKS[route.name]
        responses[status]["links"] = links
    content = {
        media_type: {"schema": schema} for media_type, schema in _bodies(route.dependant, schemas)
    }
    if content:
        operation["requestBody"] = {"required": True, "content": content}


def _bodies(dependant: Dependant, schemas: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for found in dependant.dependencies:
        if isinstance(found.call, JsonBody):
            yield "application/json", _schema(found.call.model, schemas)
        elif found.call is read_step:
            step = _schema(StepCommand, schemas)
            yield "application/json", step
            yield (
                "multipart/form-data",
                {
                    "type": "object",
                    "required": ["command"],
                    "properties": {"command": step},
                    "additionalProperties": {"type": "string", "format": "binary"},
                },
            )


def _schema(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add a model to the components, with what it is made of; a reference to it."""
    made = model.model_json_schema(ref_template=_REFERENCE)
    schemas.update(made.pop("$defs", {}))
    schemas[model.__name__] = made
    return {"$ref": _REFERENCE.format(model=model.__name__)}
