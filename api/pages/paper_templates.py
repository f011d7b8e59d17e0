"""Word templates on their page: which papers follow one, and the forms of administrators.

1. A template is looked at with a case before it is set; what is wrong in it is told line by line.
2. It holds from a day on; the house's own form can be had again from any day.
"""

from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.dependencies import Reply, run_once, standing
from api.pages.papers import Papers
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import problem_of
from engine.commands.manage_accounts import NotAllowed
from engine.commands.set_paper_template import SetTemplate, set_paper_template
from engine.errors import Invalid, NotFound, Refused
from engine.queries.definitions import list_definitions
from engine.queries.instances import list_instances
from engine.runtime import Replayed
from engine.storage.instances import Filter
from workflows.documents.word_package import BYTES_MAX, TemplateUnsafe

router = APIRouter(prefix="/admin/templates")

HOME: Final = "/admin/templates"
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DONE: Final = frozenset({"set", "withdrawn"})


@router.get("")
def templates_page(desk: Desked) -> Response:
    """Every paper, and the template that it follows today."""
    done = desk.request.query_params.get("done", "")
    text = desk.voice.ui(f"template.done_{done}") if done in DONE else ""
    return _show(desk, message=Message(kind="good", text=text) if text else None)


@router.post("")
def hand_in(sent: Posted) -> Response:
    """Look at a template with a case, or set it from a day on."""
    desk = sent.desk
    try:
        _check_administrator(desk)
        return _looked_at(sent) if sent.typed.text("do") == "look" else _handed_in(sent)
    except (Invalid, NotFound, Refused) as error:
        status = 403 if isinstance(error, Refused) else problem_of(error).status
        faults = [desk.voice.fault(one) for one in problem_of(error).members.get("faults", ())]
        return _show(desk, status=status, message=desk.voice.error(error), faults=faults)


@router.post("/withdraw")
def withdraw(sent: Posted) -> Response:
    """Give a paper the house's own form again from a day on."""
    desk, typed = sent.desk, sent.typed
    process, _, document = typed.text("paper").partition(".")
    try:
        request = SetTemplate(
            caller=desk.caller,
            process=process,
            document=document,
            valid_from=_day(typed.text("valid_from")),
            check=Papers(desk.house, desk.renderer).check,
        )
        return _set(sent, request, "withdrawn")
    except (Invalid, NotFound, Refused) as error:
        status = 403 if isinstance(error, Refused) else problem_of(error).status
        return _show(desk, status=status, message=desk.voice.error(error))


def _check_administrator(desk: Desk) -> None:
    if not desk.is_administrator:
        raise Refused("role_missing", roles=["administrator"])


def _looked_at(sent: Sent) -> Response:
    """The paper of a case as the template would have it; nothing is kept."""
    desk, typed = sent.desk, sent.typed
    process, _, document = typed.text("paper").partition(".")
    _, content = _file(sent)
    case = _case(desk, process, typed.text("code"))
    filled = Papers(desk.house, desk.renderer).preview(desk.caller, case, document, "vi", content)
    headers = {
        "Content-Disposition": 'attachment; filename="preview.docx"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(filled, media_type=WORD, headers=headers)


def _handed_in(sent: Sent) -> Response:
    process, _, document = sent.typed.text("paper").partition(".")
    filename, content = _file(sent)
    request = SetTemplate(
        caller=sent.desk.caller,
        process=process,
        document=document,
        valid_from=_day(sent.typed.text("valid_from")),
        filename=filename,
        content=content,
        check=Papers(sent.desk.house, sent.desk.renderer).check,
    )
    return _set(sent, request, "set")


def _set(sent: Sent, request: SetTemplate, done: str) -> Response:
    desk = sent.desk
    place = f"{HOME}?done={done}"

    def carried_out() -> Reply:
        outcome = set_paper_template(desk.house.runtime, request)
        if isinstance(outcome, NotAllowed):
            raise Refused("role_missing", roles=["administrator"])
        return gone(place)

    once = sent.once(lambda reply: reply)
    outcome = run_once(desk.house.runtime, desk.caller, once, carried_out)
    return go((went(outcome) if isinstance(outcome, Replayed) else None) or place)


def _show(
    desk: Desk,
    *,
    status: int = 200,
    message: Message | None = None,
    faults: list[str] | None = None,
) -> Response:
    with standing(desk.house, desk.caller) as (uow, _):
        found, today = uow.tables.templates.all(), uow.today
    papers = Papers(desk.house, desk.renderer)
    holding = {(one.process, one.document): one for one in found if one.valid_from <= today}
    processes: list[Any] = [
        {
            "process": view.process,
            "papers": [
                {
                    "id": f"{view.process.process}.{name}",
                    "title": spec.title,
                    "template": holding.get((view.process.process, name)),
                    "later": [
                        one
                        for one in found
                        if (one.process, one.document) == (view.process.process, name)
                        and one.valid_from > today
                    ],
                }
                for name, spec in view.process.documents.items()
            ],
            "names": papers.names_for_templates(view.process),
        }
        for view in list_definitions(desk.house.runtime, desk.caller)
        if view.process.documents
    ]
    return desk.page(
        "admin/templates.html",
        status=status,
        message=message,
        faults=faults or [],
        administrator=desk.is_administrator,
        processes=processes,
        most=BYTES_MAX,
    )


def _file(sent: Sent) -> tuple[str, bytes]:
    """The file that was chosen.

    Raises:
        Invalid: none was, or it is too big.
    """
    file = sent.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("template_without_file")
    content = file.file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise TemplateUnsafe("template_too_big", "")
    return file.filename, content


def _case(desk: Desk, process: str, code: str) -> str:
    """The case of a code.

    Raises:
        NotFound: there is none of the process.
    """
    wanted = Filter(process=process or None, text=code.strip() or None)
    found = list_instances(desk.house.runtime, desk.caller, wanted, limit=50)
    match = next((one for one in found if one.code == code.strip()), None)
    if match is None:
        raise NotFound("unknown_instance", instance=code[:60])
    return match.id


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        faults = [{"field": "day", "code": "not_date", "params": {}}]
        raise Invalid("wrong_values", faults=faults) from fault
