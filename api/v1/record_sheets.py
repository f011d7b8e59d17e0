"""Rows of a case as a file: a sheet to fill in, and its import, all rows or none.

What the cells mean is read in `engine.tables`; here is only how they come and go.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from api.dependencies import Circumstances, Reader, Reply, Stepper, standpoint
from api.packing import disposition
from api.problems import Unreadable, problem_of_refusal
from api.v1.evidence import read_attachment
from api.v1.instances import explainer
from api.v1.reading import digest_of_form, files_of, refuse_texts
from engine.commands.change_records import (
    ChangedRows,
    ImportRows,
    NotChangedRows,
    import_records,
)
from engine.errors import Invalid, NotFound
from engine.queries.sheets import WantedSheet, sheet_to_fill
from engine.tables.writing import SheetFormat

router = APIRouter(prefix="/instances/{instance}/records/{record_set}", tags=["records"])

SAID: Final = {"true": True, "false": False}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "dry_run": {"type": "string", "enum": list(SAID), "default": "false"},
                        "again": {"type": "string", "enum": list(SAID), "default": "false"},
                    },
                }
            }
        },
    }
}
BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


class ImportedBody(BaseModel):
    """What an import has written, or would write.

    Attributes:
        added: rows that were added, or would be.
        unchanged: rows of the file that stand already, by their unique columns and in every value.
        entries: indexes of the log's entries; none of a dry run.
    """

    added: int
    unchanged: int
    dry_run: bool
    entries: list[int]


class NeitherYesNorNo(Invalid):
    """A part that says neither yes nor no."""

    def __init__(self, part: str) -> None:
        fault = {"field": part, "code": "not_boolean", "params": {}}
        super().__init__("wrong_values", faults=[fault])


@router.get(
    "/template",
    summary="A sheet to fill in",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": BINARY,
                "text/csv": BINARY,
            }
        }
    },
)
def get_template(  # noqa: PLR0913 - the address and three questions.
    instance: str,
    record_set: str,
    caller: Reader,
    asked: Circumstances,
    *,
    form: Annotated[str, Query(alias="format", max_length=20)] = SheetFormat.XLSX.value,
    proposed: bool = False,
    language: Annotated[Literal["vi", "en"] | None, Query()] = None,
) -> Response:
    """A sheet with the headings of a record set, as `xlsx` or `csv`.

    With `proposed` it holds the rows that the case implies and that are not there yet.
    """
    if form not in set(SheetFormat):
        raise Invalid("unknown_format", format=form, known=[known.value for known in SheetFormat])
    wanted = WantedSheet(
        instance_id=instance,
        record_set=record_set,
        format=SheetFormat(form),
        language=language or asked.language,
        proposed=proposed,
    )
    sheet = sheet_to_fill(asked.house.runtime, caller, wanted)
    return Response(
        sheet.content,
        headers={
            "Content-Type": sheet.media_type,
            "Content-Disposition": disposition(sheet.name),
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.post(
    "/import",
    summary="Import rows from a file",
    response_model=ImportedBody,
    openapi_extra=FORM,
)
def post_import(
    instance: str,
    record_set: str,
    caller: Stepper,
    asked: Circumstances,
    form: Annotated[FormData, Depends(read_attachment)],
) -> Response:
    """Add the rows of a CSV or XLSX file, all or none; every fault is named by row and column.

    The same rows a second time, in a set without unique columns, need `again`.
    """
    files = files_of(form)
    if [name for name, _ in files] != ["file"]:
        raise Unreadable("file_part_missing")
    file = files[0][1]
    said = said_of(form, "dry_run", "again")
    _, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)

    def render(outcome: ChangedRows | NotChangedRows) -> Reply:
        if isinstance(outcome, NotChangedRows):
            explain = explainer(asked, compiled.process, record_set=record_set)
            return asked.reply(problem_of_refusal(outcome.refused, explain=explain, of=record_set))
        return Reply(status=200, body=imported_body(outcome))

    request = ImportRows(
        caller=caller,
        instance_id=instance,
        record_set=record_set,
        content=file.file,
        filename=file.filename or "",
        again=said["again"],
        dry_run=said["dry_run"],
        key=asked.once(digest_of_form(form), render),
    )
    return asked.respond(import_records(asked.house.runtime, request), render)


def imported_body(done: ChangedRows) -> dict[str, Any]:
    """What was written, as it is sent."""
    return ImportedBody(
        added=done.written,
        unchanged=done.unchanged,
        dry_run=done.dry_run,
        entries=list(done.entries),
    ).model_dump(mode="json")


def dry_run_of(form: FormData) -> bool:
    """Whether the form asks only what would happen; see `said_of`."""
    return said_of(form, "dry_run")["dry_run"]


def said_of(form: FormData, *parts: str) -> dict[str, bool]:
    """What the form says of these parts; a part that is not there says no.

    Raises:
        WrongForm: it holds parts that mean nothing here.
        NeitherYesNorNo: a part says neither.
    """
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    refuse_texts(texts, known=set(parts))
    found = {**dict.fromkeys(parts, "false"), **dict(texts)}
    for name, said in found.items():
        if said not in SAID:
            raise NeitherYesNorNo(name)
    return {name: SAID[said] for name, said in found.items()}
