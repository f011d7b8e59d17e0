"""One entry of the log: in words, in bytes, and proven up to the root.

1. What is proven are the bytes; the words beside them are only a reading of them.
2. Everything that a check by hand takes can be taken away: the bytes, the way up, the checkpoint.
"""

import json
from typing import Any, Final

from fastapi import APIRouter, Response

from api.pages.audit_log import newest_definitions
from api.pages.log_asking import place_of
from api.pages.log_differences import difference_words
from api.pages.log_words import told
from api.pages.visiting import Desk, Desked
from engine.audit.tlog_proof import MEDIA_TYPE, LogProof, write_proof
from engine.errors import NotFound
from engine.queries.entry_proofs import EntryProof, entry_proof
from engine.queries.log_pages import log_entry

router = APIRouter(prefix="/log/entries")

AS_FILE: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


@router.get("/{idx}")
def page(desk: Desked, idx: str) -> Response:
    """An entry with its proof."""
    view = log_entry(desk.house.runtime, desk.caller, _place(idx))
    proof = entry_proof(desk.house.runtime, desk.caller, view.entry.idx)
    newest = newest_definitions(desk)
    words, *refused = (
        told(
            entry,
            desk.voice,
            people=view.people,
            definitions=view.definitions,
            newest=newest,
            files=view.files,
        )
        for entry in (view.entry, *view.refused_before)
    )
    return desk.page(
        "log/one.html",
        view=view,
        entry=words,
        refused=refused,
        proof=proof,
        text=_readable(view.entry.body),
        note="" if proof.note is None else proof.note.decode("utf-8", "replace"),
        differences=()
        if view.difference is None
        else difference_words(view.difference, desk.voice),
    )


@router.get("/{idx}/body")
def body(desk: Desked, idx: str) -> Response:
    """The very bytes that were hashed."""
    proof = _proof(desk, idx)
    return _file(proof.body, f"entry-{proof.index}.json", "application/json")


@router.get("/{idx}/proof")
def proof_file(desk: Desked, idx: str) -> Response:
    """The way from the leaf up to the root."""
    proof = _proof(desk, idx)
    content = json.dumps(proof_as_json(proof), indent=1).encode()
    return _file(content, f"entry-{proof.index}-proof.json", "application/json")


@router.get("/{idx}/checkpoint")
def checkpoint_file(desk: Desked, idx: str) -> Response:
    """The signed checkpoint whose root the way leads to."""
    proof = _proof(desk, idx)
    if proof.note is None:
        raise NotFound("log_not_published")
    return _file(proof.note, f"checkpoint-{proof.size}.txt", "text/plain; charset=utf-8")


@router.get("/{idx}/receipt")
def receipt_file(desk: Desked, idx: str) -> Response:
    """Entry, way and checkpoint in one file (C2SP tlog-proof)."""
    proof = _proof(desk, idx)
    if proof.note is None:
        raise NotFound("log_not_published")
    receipt = LogProof(index=proof.index, path=proof.path, checkpoint=proof.note, extra=proof.body)
    return _file(write_proof(receipt), f"entry-{proof.index}.tlog-proof", MEDIA_TYPE)


def proof_as_json(proof: EntryProof) -> dict[str, Any]:
    """A proof for programs, by the names of RFC 6962."""
    return {
        "leaf_index": proof.index,
        "tree_size": proof.size,
        "leaf_hash": proof.leaf.hex(),
        "root_hash": proof.root.hex(),
        "audit_path": [node.hex() for node in proof.path],
    }


def _proof(desk: Desk, idx: str) -> EntryProof:
    return entry_proof(desk.house.runtime, desk.caller, _place(idx))


def _place(idx: str) -> int:
    place = place_of(idx)
    if place is None:
        raise NotFound("unknown_entry", entry=idx[:20])
    return place


def _readable(content: bytes) -> str:
    """The bytes with line breaks, for the eye alone."""
    try:
        return json.dumps(json.loads(content), ensure_ascii=False, indent=2, sort_keys=True)
    except ValueError:
        return content.decode("utf-8", "replace")


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {**AS_FILE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
