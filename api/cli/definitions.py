"""`definitions`: check, draw, compare, publish and describe the language.

1. `check` reads every file whole and tells every finding at once; it exits 1 on an error and 0 when
   there are warnings alone.
2. A definition is judged together with the ones it names: those on the line, then those that ship.
3. `diff` exits 1 when a gate was dropped, 0 when definitions differ in nothing or elsewhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from api.bootstrap import build_registry
from api.cli.desk import Desk, complain, desk_of, organization_of, settings_for, show_json
from api.cli.telling import difference_as_json, finding_as_json, sentence, tell_difference
from api.seeds import DEFINITIONS, definition_files, read_staff, read_yaml
from engine.commands.publish_definition import names_of, publish_definitions
from engine.definition.checks import check_reading
from engine.definition.diagram import Format as Drawing
from engine.definition.diagram import draw as drawn
from engine.definition.diff import difference
from engine.definition.families import clauses_in_force, uncovered
from engine.definition.finding import Finding, Severity, in_order
from engine.definition.model import Process
from engine.definition.references import Names
from engine.definition.schema import schema_text
from engine.definition.source import Reading, load, read_file
from engine.definition.staffing import with_organization
from engine.definition.weakening import against as compared
from engine.errors import Invalid, NotFound
from engine.evidence.file_type import FileType
from engine.runtime import SystemClock

VERSION_DIGITS: Final = 4
CLAUSES: Final = DEFINITIONS / "clauses" / "9001.yaml"

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


class Report(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"


SIDE: Final = "Tệp, mã quy trình, hoặc QUY_TRÌNH@N đã ban hành · File, process id, or PROCESS@N"


class Picture(StrEnum):
    """How a process is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"
    BPMN = "bpmn"
    SCXML = "scxml"
    DOT = "dot"
    TABLE = "table"


Paths = Annotated[
    list[Path] | None, typer.Argument(help="Tệp hoặc thư mục · Files or folders", metavar="PATH…")
]


@app.command(help="Nêu mọi lỗi của định nghĩa · Tell every fault of definitions")
def check(  # noqa: PLR0913 - the options of one command.
    context: typer.Context,
    path: Paths = None,
    *,
    organization: Annotated[
        Path | None, typer.Option(help="Tệp cơ cấu tổ chức · File of an organisation")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Thư mục hoặc CSDL đã ban hành · Folder or database of versions"),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Điều khoản chưa có quy trình · Unanswered clauses")
    ] = False,
    on: Annotated[
        datetime | None,
        typer.Option(help="Ngày xét điều khoản · Day of the clauses", formats=["%Y-%m-%d"]),
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Check definitions; exit 1 when one has an error."""
    desk = desk_of(context)
    readings = [read_file(file) for file in _files(path)]
    others = _known(readings)
    registered = names_of(build_registry())
    found = [
        finding
        for reading in readings
        for finding in check_reading(
            reading, names=_names_for(desk, reading, registered), others=others
        )
    ]
    if organization is not None:
        found += _beyond(desk, readings, found, staff=organization)
    if against is not None:
        found += _beyond(desk, readings, found, published=against)
    if coverage:
        day = (on or SystemClock().now()).date()
        clauses = clauses_in_force(read_yaml(CLAUSES), day)
        found += uncovered(others.values(), clauses, file=str(CLAUSES))
    _tell(desk, in_order(found), format_)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise typer.Exit(1)


@app.command(help="Vẽ một quy trình ra đầu ra chuẩn · Draw a process to standard output")
def draw(
    context: typer.Context,
    process: Annotated[str, typer.Argument(help="Mã quy trình hoặc tệp · Process id or file")],
    *,
    format_: Annotated[Picture, typer.Option("--format")] = Picture.MERMAID,
) -> None:
    """Draw a process."""
    desk = desk_of(context)
    form: Drawing = format_.value

    def role(name: str) -> str:
        return desk.words.role(name, desk.language)

    typer.echo(drawn(_named(process), form, "en" if desk.language == "en" else "vi", role=role))


@app.command(
    help="Khác nhau giữa hai bản, và kiểm soát nào bị bỏ (mã thoát 1) · "
    "What changed between two, and which gate was dropped (exit 1)"
)
def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help=SIDE, metavar="A")],
    new: Annotated[str, typer.Argument(help=SIDE, metavar="B")],
    *,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Compare two definitions; exit 1 when the second one has dropped a gate of the first."""
    desk = desk_of(context)
    before, after = (_side(desk, told, organization) for told in (old, new))
    found = difference(before, after)
    if format_ is Report.JSON:
        show_json(difference_as_json(found, before, after, desk))
    else:
        tell_difference(found, before, after, desk)
    if found.weaker:
        raise typer.Exit(1)


@app.command(help="JSON Schema của ngôn ngữ định nghĩa · The JSON Schema of the language")
def schema() -> None:
    """Print the schema."""
    typer.echo(schema_text(), nl=False)


@app.command(help="Ban hành định nghĩa · Publish definitions as versions")
def publish(
    context: typer.Context,
    path: Paths = None,
    *,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
) -> None:
    """Freeze versions: of the files named, else of what ships and of `QUYTRINH_DEFINITIONS`."""
    desk = desk_of(context)
    settings = settings_for()
    runtime = desk.runtime(settings)
    files = _files(path) if path else definition_files((DEFINITIONS, *settings.definitions))
    readings = [read_file(file) for file in files]
    faulty = [finding for reading in readings for finding in reading.findings]
    if faulty:
        _tell(desk, in_order(faulty), Report.TEXT)
        raise typer.Exit(1)
    processes = [reading.process for reading in readings if reading.process is not None]
    office = organization_of(runtime, organization)
    done = publish_definitions(runtime, office.id, processes)
    for publication in done:
        code = "published" if publication.fresh else "published_before"
        desk.tell(code, process=publication.process, version=publication.version)
    fresh = sum(publication.fresh for publication in done)
    desk.tell("published_in_all", fresh=fresh, known=len(done) - fresh)


def _files(paths: list[Path] | None) -> tuple[Path, ...]:
    """Every file named; a folder stands for its definitions.

    Raises:
        NotFound: `file_not_there`.
    """
    found: list[Path] = []
    for path in paths or [DEFINITIONS]:
        if path.is_dir():
            found += definition_files((path,))
        elif path.is_file():
            found.append(path)
        else:
            raise NotFound("file_not_there", file=str(path))
    return tuple(found)


def _known(readings: Iterable[Reading]) -> dict[str, Process]:
    """The definitions that others may name: those read, then those that ship."""
    shipped = [read_file(file) for file in definition_files((DEFINITIONS,))]
    found = [reading.draft for reading in (*shipped, *readings)]
    return {process.process: process for process in found if process is not None}


def _names_for(desk: Desk, reading: Reading, registered: Names) -> Names:
    """The names that a definition may use.

    A process that ships before its room does can be published and read, not advanced: that is said
    once, and its facts and figures are not faults one by one.
    """
    names = replace(registered, media_types=frozenset(kind.value for kind in FileType))
    process = reading.draft
    ships = Path(reading.places.file).resolve().parent == DEFINITIONS.resolve()
    if process is None or not ships or not (process.facts or process.figures):
        return names
    prefix = f"{process.process}."
    if any(name.startswith(prefix) for name in (*names.facts, *names.figures)):
        return names
    complain(desk.say("no_room", process=process.process))
    return replace(
        names,
        facts=names.facts | {prefix + name for name in process.facts},
        figures=names.figures | {prefix + name for name in process.figures},
    )


def _beyond(
    desk: Desk,
    readings: Iterable[Reading],
    found: Iterable[Finding],
    *,
    staff: Path | None = None,
    published: str | None = None,
) -> Iterator[Finding]:
    """What an organisation or earlier versions say of definitions that are sound themselves."""
    faulty = {finding.file for finding in found if finding.severity is Severity.ERROR}
    office = None if staff is None else read_staff(staff)
    versions = [] if published is None else _published(desk, published)
    for reading in readings:
        if reading.process is None or reading.places.file in faulty:
            continue
        if office is not None:
            yield from with_organization(reading.process, office, places=reading.places)
        if published is not None:
            yield from compared(reading.process, versions, places=reading.places)


def _published(desk: Desk, where: str) -> list[Process]:
    """The versions of a folder `<process>/<n>.json`, or of every organisation of a database."""
    if "://" not in where:
        return [load(file.read_bytes()) for file in sorted(Path(where).glob("*/*.json"))]
    runtime = desk.runtime(settings_for(database_url=where))
    found: list[Process] = []
    for organization in runtime.organizations():
        with runtime.read(organization.id) as uow:
            definitions = uow.tables.definitions
            for process in definitions.processes():
                found += [load(version.body) for version in definitions.versions(process)]
    return found


def _named(process: str) -> Process:
    """The process of an id that ships, or of a file.

    Raises:
        NotFound: there is none of that id.
        Invalid: the file cannot be read.
    """
    given = Path(process)
    file = given if given.suffix == ".yaml" else DEFINITIONS / f"{process}.yaml"
    if not file.is_file():
        known = [path.stem for path in definition_files((DEFINITIONS,))]
        raise NotFound("process_not_there", process=process, known=known)
    reading = read_file(file)
    if reading.process is None:
        first = reading.findings[0]
        raise Invalid("definition_unreadable", file=first.file, line=first.line, finding=first.code)
    return reading.process


def _side(desk: Desk, told: str, organization: str | None) -> Process:
    """One side of a comparison: `PROCESS@N` as it was published, else a file or what ships.

    Raises:
        NotFound: no such version was published, or nothing of that id ships.
        Invalid: the file cannot be read.
    """
    process, at, number = told.rpartition("@")
    if not (at and number.isdecimal() and len(number) <= VERSION_DIGITS):
        return _named(told)
    runtime = desk.runtime(settings_for())
    office = organization_of(runtime, organization)
    with runtime.read(office.id) as uow:
        return uow.definition(process, int(number)).process


def _tell(desk: Desk, findings: list[Finding], form: Report) -> None:
    if form is Report.JSON:
        show_json([finding_as_json(finding, desk) for finding in findings])
        return
    for finding in findings:
        place = f"{finding.file}:{finding.line}:{finding.column}"
        typer.echo(f"{place}: {finding.code} {sentence(finding, desk)}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    typer.echo(desk.say("checked", errors=errors, warnings=len(findings) - errors), err=True)
