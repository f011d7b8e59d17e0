"""What the gates of a disposal ask, and the list that it starts from; pure over the case."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.machine.instance import Case, Row
from engine.machine.intent import DisposeFiles, Intent
from engine.machine.registry import Question
from workflows.records_disposal.records import ENDED, EndedCase
from workflows.records_disposal.schedule import Kept, kept

DESTROY: Final = "destroy"
BYTES_PER_KB: Final = 1024


def due(case: Case) -> Iterator[tuple[EndedCase, Kept]]:
    """The ended cases whose time is over today, and that nobody keeps on."""
    for ended in case.lookups.get(ENDED, ()):
        found = kept(ended.process, ended.ended_on, today=case.today)
        if found is None or found.until >= case.today:
            continue
        if ended.kept_on_until is None or ended.kept_on_until < case.today:
            yield ended, found


def to_destroy(row: Row) -> bool:
    """Whether a record of the list is to be destroyed."""
    return bool(row.values["verdict"] == DESTROY)


def items_to_destroy(case: Case) -> int:
    """Records that are to be destroyed."""
    return sum(to_destroy(row) for row in case.rows("item"))


def items_not_due(case: Case) -> int:
    """Records to destroy whose time is not over, which are tied to open work, or not there."""
    codes = {ended.code for ended, _ in due(case)}
    return sum(row.values["case_code"] not in codes for row in case.rows("item") if to_destroy(row))


def keeps_unsaid(case: Case) -> int:
    """Records that are kept without a reason, or not until a day to come."""
    return sum(not to_destroy(row) and not _said(row, case) for row in case.rows("item"))


def _said(row: Row, case: Case) -> bool:
    until = row.values.get("keep_until")
    return bool(str(row.values.get("reason") or "").strip()) and bool(until and until > case.today)


def items_to_start_from(case: Case) -> tuple[Mapping[str, Any], ...]:
    """A line for each case whose time is over and that the list has not yet."""
    there = {row.values["case_code"] for row in case.rows("item")}
    return tuple(
        {
            "case_code": ended.code,
            "name": ended.title,
            "group_name": f"{found.title['vi']}: {found.years} năm",
            "ended_on": ended.ended_on,
            "kept_until": found.until,
            "files": ended.files,
            "kilobytes": -(-ended.size // BYTES_PER_KB),
            "verdict": DESTROY,
        }
        for ended, found in due(case)
        if ended.code not in there
    )


def dispose_files(question: Question) -> tuple[Intent, ...]:
    """The files of what was decided upon are removed with the step."""
    codes = [row.values["case_code"] for row in question.case.rows("item") if to_destroy(row)]
    return (DisposeFiles(cases=tuple(sorted(codes))),)
