"""The published log for anybody's program: checkpoint, tiles, proofs, and the keys to pin.

Under `/log` lies a tiled transparency log (c2sp.org/tlog-tiles): a client of those finds
`/log/checkpoint` and `/log/tile/…` where it looks for them. Which organisation's log it is follows
from the credential. What was published before the log was taken up from a backup stays under
`/log/generations/<number>/`.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from engine.audit.profile import AuditInputError
from engine.audit.tile import Tile
from engine.errors import NotFound
from engine.queries.publication import (
    log_identity,
    prove_consistency,
    prove_inclusion,
    published_checkpoint,
    published_tile,
)
from engine.runtime import Caller

router = APIRouter(tags=["log"])

SIZE_MAX = 2**53 - 1

Size = Annotated[int | None, Query(ge=0, le=SIZE_MAX)]
Generation = Annotated[int, Path(ge=1, le=1_000_000)]
TilePath = Annotated[str, Path(max_length=100)]


class LogKeysBody(BaseModel):
    """What an auditor pins, and how far the log is published.

    Attributes:
        vkeys: the keys that sign checkpoints, the present one first.
        generations: every name under which the log was published, the present one last.
        unpublished: how many entries wait for the next checkpoint.
        problem: code of what keeps the log from being published; `problem_entry` is at fault.
    """

    origin: str
    vkeys: list[str]
    generations: list[str]
    size: int | None
    unpublished: int
    published_at: str | None
    problem: str | None
    problem_entry: int | None


class InclusionBody(BaseModel):
    """RFC 6962, 2.1.1: that an entry stands in the log; hashes are hexadecimal."""

    entry: int
    size: int
    leaf_hash: str
    root_hash: str
    audit_path: list[str]


class ConsistencyBody(BaseModel):
    """RFC 6962, 2.1.2: that a log grew out of an earlier one; hashes are hexadecimal."""

    first: int
    second: int
    first_root_hash: str
    second_root_hash: str
    consistency_path: list[str]


@router.get("/log/keys", summary="Name and keys of the log", response_model=LogKeysBody)
def get_keys(caller: Reader, asked: Circumstances) -> Response:
    """What to pin out of band, and how far the log is published."""
    found = log_identity(asked.house.runtime, caller.organization_id)
    body = LogKeysBody(
        origin=found.origin,
        vkeys=list(found.vkeys),
        generations=list(found.generations),
        size=found.size,
        unpublished=found.unpublished,
        published_at=None
        if found.published_at is None
        else asked.at(found.published_at, caller.organization_id),
        problem=found.problem,
        problem_entry=found.problem_idx,
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


@router.get(
    "/log/checkpoint",
    summary="The signed checkpoint",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_checkpoint(caller: Reader, asked: Circumstances) -> Response:
    """The newest signed checkpoint (c2sp.org/tlog-checkpoint)."""
    return _checkpoint(asked, caller, None)


@router.get(
    "/log/generations/{generation}/checkpoint",
    summary="The last checkpoint of a former generation",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_former_checkpoint(caller: Reader, asked: Circumstances, generation: Generation) -> Response:
    """The newest signed checkpoint of one generation."""
    return _checkpoint(asked, caller, generation)


@router.get(
    "/log/tile/{tile:path}",
    summary="A tile",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def get_tile(caller: Reader, asked: Circumstances, tile: TilePath) -> Response:
    """A hash tile, `<L>/<N>[.p/<W>]`, or a bundle of entries, `entries/<N>[.p/<W>]`."""
    return _tile(asked, caller, tile, None)


@router.get(
    "/log/generations/{generation}/tile/{tile:path}",
    summary="A tile of a former generation",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def get_former_tile(
    caller: Reader, asked: Circumstances, generation: Generation, tile: TilePath
) -> Response:
    """A tile of one generation."""
    return _tile(asked, caller, tile, generation)


@router.get(
    "/log/proofs/inclusion",
    summary="The proof that an entry stands in the log",
    response_model=InclusionBody,
)
def get_inclusion(
    caller: Reader,
    asked: Circumstances,
    entry: Annotated[int, Query(ge=0, le=SIZE_MAX)],
    size: Size = None,
) -> Response:
    """Prove one entry in the log at a published size; the newest one, where none is named."""
    proof = prove_inclusion(asked.house.runtime, caller, entry=entry, size=size)
    body = InclusionBody(
        entry=proof.entry,
        size=proof.size,
        leaf_hash=proof.leaf_hash.hex(),
        root_hash=proof.root.hex(),
        audit_path=[node.hex() for node in proof.path],
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


@router.get(
    "/log/proofs/consistency",
    summary="The proof that the log only grew",
    response_model=ConsistencyBody,
)
def get_consistency(
    caller: Reader,
    asked: Circumstances,
    first: Annotated[int, Query(alias="from", ge=0, le=SIZE_MAX)],
    second: Annotated[Size, Query(alias="to")] = None,
) -> Response:
    """Prove that the log at `to` grew out of the log at `from` by appending alone."""
    proof = prove_consistency(asked.house.runtime, caller, first=first, second=second)
    body = ConsistencyBody(
        first=proof.first,
        second=proof.second,
        first_root_hash=proof.first_root.hex(),
        second_root_hash=proof.second_root.hex(),
        consistency_path=[node.hex() for node in proof.path],
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


def _checkpoint(asked: Asked, caller: Caller, generation: int | None) -> Response:
    note = published_checkpoint(asked.house.runtime, caller, generation=generation)
    return Response(note, media_type="text/plain; charset=utf-8")


def _tile(asked: Asked, caller: Caller, path: str, generation: int | None) -> Response:
    try:
        tile = Tile.parse(f"tile/{path}")
    except AuditInputError as error:
        raise NotFound("tile_not_published", tile=path) from error
    content = published_tile(asked.house.runtime, caller, tile, generation=generation)
    # It never changes, but it is for those alone who may read the log.
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Cache-Control": "private, max-age=31536000, immutable"},
    )
