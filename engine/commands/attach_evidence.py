"""Attach a file to an instance: bytes first, made durable and recognised, then the record.

1. Bytes are fsynced before the row commits. A crash in between leaves an orphan, which a job
   sweeps; it never leaves a row without its file.
2. The type is told by content and by extension; both must agree and be accepted by the requirement.
3. Attaching does not change the instance's version.
"""

import os
from dataclasses import dataclass, replace

from engine.audit.leaf import EntryType, Outcome
from engine.evidence.content import check_content
from engine.evidence.digest import FileTooLarge
from engine.evidence.file_type import FileType
from engine.evidence.filename import clean_filename
from engine.machine.actor import Actor
from engine.machine.decision import Refused
from engine.machine.instance import Case
from engine.runtime import Caller, OnceKey, Replayed, Runtime, Unavailable, UnitOfWork
from engine.storage.evidence import StoredEvidence
from engine.transaction.attaching import (
    Kept,
    Upload,
    attach,
    may_supply,
    record_of,
    requirement_of,
)
from engine.transaction.entries import entry_of
from engine.transaction.texts import kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachEvidence:
    """The request to attach one file."""

    caller: Caller
    instance_id: str
    upload: Upload
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The record of the file, and the index of its log entry."""

    evidence: StoredEvidence
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAttached:
    """The caller may not supply this file."""

    refused: Refused


def attach_evidence(runtime: Runtime, request: AttachEvidence) -> Attached | NotAttached | Replayed:
    """Store a file once and link it to a requirement of an instance.

    Raises:
        NotFound: no such instance, requirement or file to supersede.
        Invalid: empty, too large, of a type that is not accepted, or a trap for its reader.
        AttachmentsClosed: the instance or its state takes no files.
    """
    kept = keep_bytes(runtime, request.caller, request.instance_id, (request.upload,))
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        process = uow.pinned(case).process
        grant = may_supply(process, case, request.upload.requirement, actor=actor)
        if isinstance(grant, Refused):
            return _refuse(uow, request, case, grant, actor=actor)
        if not kept:
            raise Unavailable("database_unavailable")
        record = record_of(uow, case, kept[0], actor=actor)
        entry = attach(
            uow, case, record, actor=actor, grant=grant, supersedes=request.upload.supersedes
        )
        attached = Attached(evidence=record, entry=entry)
        uow.remember(request.caller, request.key, attached)
        uow.commit()
        return attached


def keep_bytes(
    runtime: Runtime, caller: Caller, instance_id: str, uploads: tuple[Upload, ...]
) -> tuple[Kept, ...]:
    """Make the bytes of uploads durable, outside any writing transaction.

    Nothing is kept, and nothing comes back, when one of them is not the caller's to supply: the
    command refuses it then, and writes that down.
    """
    if not uploads:
        return ()
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(instance_id)
        process = uow.pinned(case).process
        specs = [requirement_of(process, upload.requirement) for upload in uploads]
        grants = [may_supply(process, case, u.requirement, actor=actor) for u in uploads]
    if any(isinstance(grant, Refused) for grant in grants):
        return ()
    kept = []
    for upload, spec in zip(uploads, specs, strict=True):
        filename = clean_filename(upload.filename)
        size = upload.content.seek(0, os.SEEK_END)
        if size > spec.max_bytes:
            raise FileTooLarge(spec.max_bytes)
        recognised = check_content(
            upload.content,
            filename=filename,
            accepted=tuple(FileType(name) for name in spec.accept),
        )
        signatures = None if spec.signing is None else runtime.pdfs.report(upload.content)
        upload.content.seek(0)
        blob = runtime.store.put(caller.organization_id, upload.content, max_bytes=spec.max_bytes)
        kept.append(
            Kept(
                upload=replace(upload, note=kept_text("note", upload.note) or ""),
                sha256=blob.sha256,
                size=blob.size,
                media_type=recognised.media_type,
                filename=filename,
                signatures=signatures,
            )
        )
    return tuple(kept)


def _refuse(
    uow: UnitOfWork, request: AttachEvidence, case: Case, refused: Refused, *, actor: Actor
) -> NotAttached:
    """Write down who tried, keep the answer, and commit."""
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.EVIDENCE_ATTACHED,
            actor=actor,
            outcome=Outcome.REFUSED,
            subject=request.upload.requirement,
            unmet=refused.keys,
        )
    )
    turned = NotAttached(refused=refused)
    uow.remember(request.caller, request.key, turned)
    uow.commit()
    return turned
