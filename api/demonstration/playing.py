"""Take every step of a story through the commands that people use, on a clock of the past.

1. A story knows no dates: events count working days from a day of their case's year, so that it
   happens in any year.
2. Events of all cases are played in the order of time, and what falls due in between fires each
   working morning, as the background would have let it.
3. Nothing is written by the way: what a command refuses stops the story, with its reasons.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.demonstration.papers import paper
from engine.calendars.business_days import Calendar
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.attach_evidence import Attached, AttachEvidence, attach_evidence
from engine.commands.change_record import Changed, ChangeRow, change_record
from engine.commands.change_records import ChangedRows, ChangeRows, change_records
from engine.commands.fire_timers import fire_timers
from engine.commands.issue_document import (
    Issued,
    IssueDocument,
    MadePaper,
    Numbered,
    issue_document,
)
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.values import to_json
from engine.errors import Corrupt
from engine.queries.instances import case_of
from engine.queries.sheets import proposed_rows
from engine.runtime import Caller, Runtime
from engine.transaction.attaching import Upload
from engine.transaction.many_rows import WantedRow
from engine.transaction.stepping import Taken

WORK_BEGINS: Final = time(7, 30)
_REFERENCE: Final = re.compile(r"@(?P<kind>day|row|person) (?P<name>\S+)")


class StoryBrokenError(Corrupt):
    """A step of the story was refused, or names what it does not have."""


@dataclass(slots=True)
class PastClock:
    """A clock that stands where the story is."""

    instant: datetime

    def now(self) -> datetime:
        """The instant of the story."""
        return self.instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Where a story's days lie.

    Attributes:
        year: of the demonstration.
    """

    year: int
    calendar: Calendar
    zone: ZoneInfo

    def day(self, told: Mapping[str, Any], count: int) -> date:
        """The day that lies so many working days after the one that a case counts from."""
        month, of_month = (int(part) for part in str(told["from"]).split("-"))
        year = self.year + told.get("year", 0)
        first = date(year, month, of_month)
        if not self.calendar.is_working_day(first):
            first = self.calendar.next_working_day(first)
        return self.calendar.add_working_days(first, count) if count else first

    def instant(self, told: Mapping[str, Any], at: str) -> datetime:
        """The instant that `<count> <hour>` means for a case."""
        count, _, hour = at.partition(" ")
        day = self.day(told, int(count))
        return datetime.combine(day, time.fromisoformat(hour), self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays: the organisation, its people by user name, and their names."""

    organization_id: str
    organization: str
    people: Mapping[str, str]
    names: Mapping[str, str]

    def caller(self, username: str) -> Caller:
        """Somebody as the caller of a command."""
        return Caller(organization_id=self.organization_id, person=self.people[username])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    at: datetime
    case: str
    told: Mapping[str, Any]


@dataclass(slots=True)
class _Row:
    instance: str
    record_set: str
    id: str
    version: int


@dataclass(slots=True)
class _Stage:
    """What the story has so far."""

    instances: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    rows: dict[str, _Row] = field(default_factory=dict)


class Player:
    """Plays a story; the runtime's clock must be the one that is given.

    Raises:
        StoryBrokenError: a step was refused.
    """

    def __init__(
        self,
        runtime: Runtime,
        clock: PastClock,
        *,
        story: Mapping[str, Any],
        cast: Cast,
        times: Times,
    ) -> None:
        self._runtime = runtime
        self._clock = clock
        self._cases: Mapping[str, Mapping[str, Any]] = story["cases"]
        self._cast = cast
        self._times = times
        self._stage = _Stage()
        self.end = times.instant(story["now"], story["now"]["at"])

    def play(self) -> dict[str, str]:
        """Let everything happen up to the story's present; case → instance id."""
        for event in sorted(self._events(), key=lambda event: event.at):
            self._pass_to(event.at)
            self._perform(event)
        self._pass_to(self.end)
        return dict(self._stage.instances)

    def _events(self) -> Iterator[_Event]:
        for name in self._cases:
            told = self._of(name)
            if "open" in told:
                opened = {"open": True, **told["open"]}
                yield _Event(at=self._at(told, opened), case=name, told=opened)
            for event in told["events"]:
                yield _Event(at=self._at(told, event), case=name, told=event)

    def _at(self, told: Mapping[str, Any], event: Mapping[str, Any]) -> datetime:
        return self._times.instant(told, event["at"])

    def _of(self, name: str) -> Mapping[str, Any]:
        """A case as told; a child counts its days as its parent does."""
        told = self._cases[name]
        if "child_of" not in told:
            return told
        parent = self._cases[told["child_of"]]
        return {**told, "from": parent["from"], "year": parent["year"]}

    def _pass_to(self, instant: datetime) -> None:
        """Go on, and let what falls due fire on its working morning."""
        while (due := self._next_due(instant)) is not None:
            morning = self._morning_after(due)
            if morning > instant:
                break
            self._clock.instant = morning
            fire_timers(self._runtime, self._cast.organization_id)
        self._clock.instant = instant

    def _next_due(self, until: datetime) -> datetime | None:
        with self._runtime.read(self._cast.organization_id) as uow:
            due = uow.tables.timers.due(until, limit=1)
        return due[0].at if due else None

    def _morning_after(self, instant: datetime) -> datetime:
        """The first morning of work that is neither before an instant nor before the present."""
        day = max(instant, self._clock.instant).astimezone(self._times.zone).date()
        morning = datetime.combine(day, WORK_BEGINS, self._times.zone)
        while morning < instant or morning <= self._clock.instant or not self._works(morning):
            morning += timedelta(days=1)
        return morning

    def _works(self, instant: datetime) -> bool:
        return self._times.calendar.is_working_day(instant.date())

    def _perform(self, event: _Event) -> None:
        match event.told:
            case {"open": _}:
                self._open(event)
            case {"take": str(step)}:
                self._take(event, step)
            case {"add": str(record_set)}:
                self._add(event, record_set)
            case {"attach": _}:
                self._attach(event)
            case {"issue": str(document)}:
                self._issue(event, document)
            case {"fill": str(record_set)}:
                self._fill(event, record_set)
            case {"change": str(row)}:
                self._change(event, self._stage.rows[row])
            case _:
                raise StoryBrokenError("story_unreadable", case=event.case, at=event.told["at"])

    def _open(self, event: _Event) -> None:
        told = self._of(event.case)
        title = self._meant(told, told["title"])
        outcome = start_instance(
            self._runtime,
            StartInstance(
                caller=self._cast.caller(event.told["by"]),
                process=told["process"],
                title=title,
                unit=told.get("unit"),
                year=self._times.year + told["year"],
                fields=self._meant(told, told.get("fields", {})),
            ),
        )
        if not isinstance(outcome, Started):
            raise _broken(event, outcome)
        self._stage.instances[event.case] = outcome.case.instance.id
        self._stage.titles[event.case] = title

    def _take(self, event: _Event, step: str) -> None:
        told = self._of(event.case)
        caller = self._cast.caller(event.told["by"])
        instance = self._instance(event.case, caller)
        outcome = advance_instance(
            self._runtime,
            AdvanceInstance(
                caller=caller,
                instance_id=instance,
                transition=step,
                expected_version=self._stage.versions.get(instance, 0),
                fields=self._meant(told, event.told.get("fields", {})),
                reason=event.told.get("reason"),
                uploads=tuple(self._uploads(event)),
            ),
        )
        if not isinstance(outcome, Taken):
            raise _broken(event, outcome)
        self._stage.versions[instance] = outcome.case.instance.version

    def _attach(self, event: _Event) -> None:
        caller = self._cast.caller(event.told["by"])
        instance = self._instance(event.case, caller)
        for upload in self._uploads(event, "attach"):
            outcome = attach_evidence(
                self._runtime,
                AttachEvidence(caller=caller, instance_id=instance, upload=upload),
            )
            if not isinstance(outcome, Attached):
                raise _broken(event, outcome)

    def _issue(self, event: _Event, document: str) -> None:
        """Let the records clerk number the file of a requirement, which was signed outside."""
        told = self._of(event.case)
        caller = self._cast.caller(event.told["by"])
        instance = self._instance(event.case, caller)
        case, _ = case_of(self._runtime, caller, instance)
        wanted = event.told["file"]
        file = next(one.id for one in case.evidence if one.requirement == wanted)

        def made(numbered: Numbered) -> MadePaper:
            return MadePaper(
                reference=f"{numbered.number:02d}/{event.told['symbol']}",
                subject=str(self._meant(told, event.told["subject"])),
                signer=event.told["signer"],
                recipients=event.told["recipients"],
                filing=event.told["filing"],
            )

        request = IssueDocument(
            caller=caller,
            instance_id=instance,
            document=document,
            dated=event.at.date(),
            evidence=file,
        )
        outcome = issue_document(self._runtime, request, made)
        if not isinstance(outcome, Issued):
            raise _broken(event, outcome)

    def _uploads(self, event: _Event, key: str = "files") -> Iterator[Upload]:
        told = self._of(event.case)
        for requirement, name in event.told.get(key, {}).items():
            filename = self._meant(told, name)
            content = paper(filename, self._lines(event, filename))
            yield Upload(requirement=requirement, filename=filename, content=io.BytesIO(content))

    def _lines(self, event: _Event, filename: str) -> list[str]:
        """What a paper of the demonstration says: what it is, of which case, by whom, when."""
        day = event.at.date()
        return [
            self._cast.organization.upper(),
            "",
            filename.rpartition(".")[0],
            "",
            f"Hồ sơ: {self._stage.titles[event.case]}",
            f"Người lập: {self._cast.names[event.told['by']]}",
            f"Ngày {day:%d} tháng {day:%m} năm {day:%Y}",
            "",
            "Tài liệu minh họa, được lập khi mở bản trình diễn.",
        ]

    def _add(self, event: _Event, record_set: str) -> None:
        caller = self._cast.caller(event.told["by"])
        instance = self._instance(event.case, caller)
        outcome = change_record(
            self._runtime,
            ChangeRow(
                caller=caller,
                instance_id=instance,
                record_set=record_set,
                values=self._meant(self._of(event.case), event.told["values"]),
            ),
        )
        if not isinstance(outcome, Changed):
            raise _broken(event, outcome)
        self._stage.rows[event.told["as"]] = _Row(
            instance=instance, record_set=record_set, id=outcome.row, version=outcome.version
        )

    def _fill(self, event: _Event, record_set: str) -> None:
        """Fill in the sheet that the case proposes, as a whole."""
        caller = self._cast.caller(event.told["by"])
        instance = self._instance(event.case, caller)
        told = self._of(event.case)
        only = self._meant(told, event.told.get("only", {}))
        given = self._meant(told, event.told.get("values", {}))
        exceptions = self._meant(told, event.told.get("but", []))
        proposed = [
            {name: to_json(value) for name, value in row.items()}
            for row in proposed_rows(self._runtime, caller, instance, record_set)
        ]
        rows = [
            {**row, **given, **_unlike(row, exceptions)} for row in proposed if _is_among(row, only)
        ]
        outcome = change_records(
            self._runtime,
            ChangeRows(
                caller=caller,
                instance_id=instance,
                record_set=record_set,
                rows=tuple(
                    WantedRow(number=number, values=values)
                    for number, values in enumerate(rows, start=1)
                ),
            ),
        )
        if not isinstance(outcome, ChangedRows):
            raise _broken(event, outcome)

    def _change(self, event: _Event, row: _Row) -> None:
        outcome = change_record(
            self._runtime,
            ChangeRow(
                caller=self._cast.caller(event.told["by"]),
                instance_id=row.instance,
                record_set=row.record_set,
                row=row.id,
                expected_version=row.version,
                values=self._meant(self._of(event.case), event.told["values"]),
            ),
        )
        if not isinstance(outcome, Changed):
            raise _broken(event, outcome)
        row.version = outcome.version

    def _instance(self, name: str, caller: Caller) -> str:
        """The id of a case; a child is found at its parent by the row that it was opened for."""
        known = self._stage.instances.get(name)
        if known is not None:
            return known
        told = self._cases[name]
        parent, _ = case_of(self._runtime, caller, self._stage.instances[told["child_of"]])
        wanted = self._stage.rows[told["row"]].id
        child = next((c for c in parent.children if c.origin_row == wanted), None)
        if child is None:
            raise StoryBrokenError("story_without_child", case=name, row=told["row"])
        self._stage.instances[name] = child.id
        self._stage.titles[name] = f"{child.code} ({self._stage.titles[told['child_of']]})"
        return child.id

    def _meant(self, told: Mapping[str, Any], value: Any) -> Any:
        """A value of the story as a command takes it."""
        if isinstance(value, Mapping):
            return {key: self._meant(told, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._meant(told, item) for item in value]
        return self._said(told, value) if isinstance(value, str) else value

    def _said(self, told: Mapping[str, Any], text: str) -> str:
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return text.replace("<year>", str(self._times.year + told["year"]))
        match found["kind"]:
            case "day":
                return self._times.day(told, int(found["name"])).isoformat()
            case "row":
                return self._stage.rows[found["name"]].id
            case _:
                return self._cast.people[found["name"]]


def _is_among(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a row has one of the values that are wanted in each column that is named."""
    return all(row.get(column) in values for column, values in wanted.items())


def _unlike(row: Mapping[str, Any], exceptions: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the row has that others of its sheet have not."""
    values: dict[str, Any] = {}
    for told in exceptions:
        if _is_among(row, told["where"]):
            values |= told["values"]
    return values


def _broken(event: _Event, outcome: Any) -> StoryBrokenError:
    unmet = [f"{reason.code}:{reason.subject}" for reason in outcome.refused.unmet]
    return StoryBrokenError(
        "story_refused", case=event.case, at=event.told["at"], by=event.told["by"], unmet=unmet
    )
