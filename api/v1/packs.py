"""Evidence packs: a case, a process or a year in one file that a stranger can check.

Asking is an entry of the log, so it is a POST. Asked for again with the same idempotency key, a
pack is made again: at the same checkpoint it is the same file.
"""

from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from api.dependencies import Circumstances, Reader
from api.packing import pack_for
from api.v1.reading import Body, Identifier, JsonBody, Sent, Year

router = APIRouter(tags=["log"])

ZIP: Final[dict[str, Any]] = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


class PackBody(Body):
    """What to pack: exactly one of the three.

    Attributes:
        instance: id or code of a case.
        process: id of a process, all its cases.
        year: all cases of a year.
    """

    instance: Identifier | None = None
    process: Identifier | None = None
    year: Year | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise PydanticCustomError("pack_scope_unclear", "exactly one of the three")
        return self


@router.post(
    "/log/packs",
    summary="Make an evidence pack",
    response_class=StreamingResponse,
    responses={200: {"content": ZIP}},
)
def post_pack(
    caller: Reader,
    asked: Circumstances,
    body: Annotated[Sent[PackBody], Depends(JsonBody(PackBody))],
) -> Response:
    """Pack a case, a process or a year, with the bytes of every file and what proves them."""
    ((kind, value),) = body.value.model_dump(exclude_none=True).items()
    return pack_for(asked.house, caller, kind=kind, value=str(value)).response()
