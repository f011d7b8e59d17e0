"""Set the Word template of a paper from a day on, or go back to the house's own.

1. Only administrators do; what stands in a template is the caller's to check, before anything is
   written, because the engine knows no Word.
2. The log holds the digest of the template, never its content.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.definition.model import Process
from engine.errors import NotFound
from engine.evidence.filename import clean_filename
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.paper_templates import PaperTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTemplate:
    """The request; without content the paper is the house's own from that day on.

    Attributes:
        check: raises `Invalid` for a content that is no template of the paper.
    """

    caller: Caller
    process: str
    document: str
    valid_from: date
    filename: str = ""
    content: bytes | None = None
    check: Callable[[Process, bytes], None]


def set_paper_template(runtime: Runtime, request: SetTemplate) -> str | NotAllowed:
    """Enter a template; its id. Those before it stay as they were.

    Raises:
        NotFound: no such process or paper.
        Invalid: what the check found.
    """
    caller, content = request.caller, request.content
    with runtime.read(caller.organization_id) as uow:
        allowed = refused_administration(uow, caller) is None
        process = _process(uow, request)
    if allowed and content is not None:
        request.check(process, content)
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        template = PaperTemplate(
            id=uow.new_id(),
            process=request.process,
            document=request.document,
            valid_from=request.valid_from,
            filename="" if content is None else clean_filename(request.filename),
            sha256="" if content is None else hashlib.sha256(content).hexdigest(),
            content=content,
            entered_by=caller.person,
            entered_at=uow.now,
        )
        uow.tables.templates.add(template)
        uow.tables.log.append(
            LogDraft(
                type=EntryType.SETTING_CHANGED,
                stream="organization",
                at=uow.now,
                actor=uow.actor(caller),
                subject=f"{template.process}.{template.document}",
                details={
                    "change": "paper_template_set" if content else "paper_template_withdrawn",
                    "template": template.id,
                    "sha256": template.sha256,
                    "valid_from": template.valid_from.isoformat(),
                },
            )
        )
        uow.commit()
        return template.id


def _process(uow: UnitOfWork, request: SetTemplate) -> Process:
    process = uow.definition(request.process).process
    if request.document not in process.documents:
        raise NotFound("unknown_document", document=request.document)
    return process
