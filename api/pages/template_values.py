"""What a Word template of an agency may name, and what stands there in one case.

1. The names of the frame are those of every paper; `field.<name>` and `row.<set>.<column>` come
   from the definition of the process, so that a template is checked without any case.
2. Values are what the paper itself shows: words, days and numbers in its language, and only what
   its reader may read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.pages.paper_words import closing_lines, register_words
from api.pages.showing import Voice
from engine.definition.model import Process
from engine.errors import Invalid
from engine.queries.instances import InstanceView
from workflows.documents.docx import styles_xml
from workflows.documents.official_form import OfficialForm
from workflows.documents.paper import Block, Heading, Pair, Paper, Paragraph, Seal
from workflows.documents.pdf import draw_png
from workflows.documents.word_template import Known, TemplateFault, Values, check_template

FRAME: Final = (
    *("agency", "parent", "reference", "place", "day", "month", "year", "type", "subject"),
    *("recipients", "filing", "signer_title", "signer", "code", "case", "unit"),
)
"""The names that every paper has."""
HEADS: Final = frozenset({"abstract", "subject", "about"})
FAULTS_MAX: Final = 50


class TemplateWrong(Invalid):
    """The template names what is not there; `faults` tells each place."""

    def __init__(self, faults: Sequence[TemplateFault]) -> None:
        told = [
            {
                "field": "file",
                "code": f"template_{fault.code}",
                "params": {
                    "name": fault.name,
                    "part": fault.part.removeprefix("word/").removesuffix(".xml"),
                    "paragraph": fault.paragraph,
                    "text": fault.text,
                },
            }
            for fault in faults[:FAULTS_MAX]
        ]
        super().__init__("template_wrong", faults=told, found=len(faults))


def known_of(process: Process) -> Known:
    """What a template of a paper of this process may name."""
    fields = (f"field.{name}" for name in process.fields)
    return Known(
        texts=frozenset((*FRAME, *fields)),
        sets={name: frozenset(spec.columns) for name, spec in process.records.items()},
    )


def check_names(process: Process, content: bytes) -> None:
    """Refuse a template that is unsafe, or names what is not there.

    Raises:
        TemplateUnsafe, TemplateWrong: it is.
    """
    faults = check_template(content, known_of(process))
    if faults:
        raise TemplateWrong(faults)


def template_values(
    paper: Paper, view: InstanceView, voice: Voice, form: OfficialForm, *, kind: str
) -> Values:
    """What the names of a template stand for in one paper of one case."""
    return Values(
        texts={**_frame(paper, view, voice, form, kind), **_fields(view, voice)},
        rows=_rows(view, voice),
        body=Paper(title=paper.title, language=paper.language, blocks=tuple(_inside(paper.blocks))),
        styles=styles_xml(paper.language),
        draw=lambda picture: draw_png(picture.chart),
    )


def _frame(
    paper: Paper, view: InstanceView, voice: Voice, form: OfficialForm, kind: str
) -> dict[str, str]:
    head, told = form.letterhead, register_words(paper, kind="")
    summary = view.summary
    return {
        "agency": head.agency,
        "parent": head.parent,
        "reference": form.reference,
        "place": head.place,
        "day": form.day,
        "month": form.month,
        "year": form.year_shown,
        "type": kind,
        "subject": told.about,
        "recipients": "\n".join(f"- {one};" for one in told.recipients.split("; ") if one),
        "filing": head.filing,
        "signer_title": "\n".join(closing_lines(paper, "authority")),
        "signer": told.signer,
        "code": summary.code,
        "case": summary.title,
        "unit": "" if summary.unit_title is None else voice.title(summary.unit_title),
    }


def _fields(view: InstanceView, voice: Voice) -> dict[str, str]:
    return {
        f"field.{name}": voice.value(view.typed_fields[name], spec, name=name)
        for name, spec in view.process.fields.items()
        if view.typed_fields.get(name) is not None
    }


def _rows(view: InstanceView, voice: Voice) -> Mapping[str, Sequence[Mapping[str, str]]]:
    def shown(values: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: voice.value(values[name], spec, name=name)
            for name, spec in columns.items()
            if values.get(name) is not None
        }

    return {
        table.name: [shown(row.values, table.spec.columns) for row in table.rows]
        for table in view.records
    }


def _inside(blocks: Sequence[Block]) -> list[Block]:
    """What stands between the head of a paper and its signatures; the seal is the house's form."""
    return [
        block
        for block in blocks
        if not isinstance(block, Pair | Seal)
        and not (isinstance(block, Heading) and block.level == 1)
        and not (isinstance(block, Paragraph) and block.look in HEADS)
    ]
