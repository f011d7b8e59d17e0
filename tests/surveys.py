"""A survey of satisfaction that citizens may answer: with its questions, and opened."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.change_record import Changed, ChangeRow, change_record
from engine.commands.manage_public_links import MadePublicLink, NewPublicLink, make_public_link
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.machine.instance import Row
from engine.storage.audit_log import LogEntry, LogFilter
from engine.transaction.attaching import Upload
from engine.transaction.stepping import Taken
from tests.acceptance.papers import PDF, XLSX, paper
from tests.fixtures import OFFICE, Office

FIRST_DAY, LAST_DAY = "2026-07-06", "2026-07-17"
QUESTIONS = (
    (2, "Biểu mẫu có dễ điền không?", "procedure"),
    (1, "Ông/bà có dễ tìm thông tin về thủ tục không?", "access"),
    (3, "Giấy tờ phải nộp có rõ ràng không?", "procedure"),
    (4, "Công chức có hướng dẫn tận tình không?", "staff"),
    (5, "Kết quả có đúng hẹn không?", "result"),
)
ANSWER: dict[str, Any] = {"unit": "office", "overall": 4, "access": 5, "remark": "Nhanh, gọn"}
SET = "answer"


def file_for(requirement: str) -> Upload:
    """A real file for a requirement: a sheet for the export, a PDF for everything else."""
    name, content = paper(XLSX if requirement == "dataset" else PDF, requirement)
    return Upload(requirement=requirement, filename=name, content=BytesIO(content))


@dataclass(slots=True)
class Survey:
    """One survey of an office."""

    office: Office
    id: str
    version: int = 0

    def step(self, username: str, transition: str, *files: str, **more: Any) -> None:
        """Take a step that succeeds."""
        request = AdvanceInstance(
            caller=self.office.as_(username),
            instance_id=self.id,
            transition=transition,
            expected_version=self.version,
            uploads=tuple(file_for(one) for one in files),
            **more,
        )
        outcome = advance_instance(self.office.runtime, request)
        assert isinstance(outcome, Taken), outcome
        self.version = outcome.case.instance.version

    def link(self, kind: str = "online", **more: Any) -> MadePublicLink:
        """A link, made by the office."""
        wanted = NewPublicLink(instance_id=self.id, record_set=SET, kind=kind, **more)
        made = make_public_link(self.office.runtime, self.office.as_("office"), wanted)
        assert isinstance(made, MadePublicLink), made
        return made

    def end(self) -> None:
        """Close the survey after its last day."""
        fields = {"invited": 100, "few_because": "Ít người đến"}
        self.step("office", "end_survey", "dataset", fields=fields)

    def answers(self) -> tuple[Row, ...]:
        """The answers that stand."""
        with self.office.runtime.read(OFFICE) as uow:
            return uow.case(self.id).rows(SET)

    def entries(self, kind: str = "record_changed") -> list[LogEntry]:
        """The entries of a kind, oldest first."""
        with self.office.runtime.read(OFFICE) as uow:
            return list(uow.tables.log.read(LogFilter(type=kind), limit=1000))


def designed_survey(office: Office) -> Survey:
    """A survey with its questions, not yet open."""
    opened = start_instance(
        office.runtime,
        StartInstance(
            caller=office.as_("office"), process="satisfaction_survey", title="Khảo sát 2026"
        ),
    )
    assert isinstance(opened, Started), opened
    survey = Survey(office, opened.case.instance.id)
    for number, wording, index in QUESTIONS:
        row = ChangeRow(
            caller=office.as_("office"),
            instance_id=survey.id,
            record_set="question",
            values={"number": number, "wording": wording, "index": index},
        )
        assert isinstance(change_record(office.runtime, row), Changed)
    return survey


def open_survey(office: Office, **fields: Any) -> Survey:
    """A survey that runs from the clock's first day on."""
    survey = designed_survey(office)
    told = {
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
        "min_responses": 1,
        "target": 80,
        **fields,
    }
    survey.step("director", "launch", "form", "approval", fields=told)
    return survey
