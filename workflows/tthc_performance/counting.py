"""What a month counts, asks and freezes; pure.

1. The numbers are those of the analysis of dossiers, which page and command line show as well.
2. *Online* counts procedures, not dossiers: a procedure is end to end online, or it is not.
3. A decision counts as published in time if it was everywhere within five working days; one whose
   term has not run out is not counted yet.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord, Intent
from engine.machine.registry import Figure, FigureOf, Question
from workflows.overdue_dossiers.analysis.counting import Analysis, Dimension, Window, analyse
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.tthc_performance.month import MONTH_DATA, Decision, MonthData

LINE: Final = "month_line"
COLUMNS: Final = (
    "opening",
    "received",
    "finished",
    "sent_back",
    "stopped",
    "closing",
    "early",
    "on_time",
    "late",
    "measured",
    "regulated",
    "actual",
    "cut_reached",
)
TERM: Final = 5
"""Working days until a decision is everywhere."""


def data_of(case: Case) -> MonthData:
    """What the lookup gave."""
    found: MonthData = case.lookups.get(MONTH_DATA) or MonthData()
    return found


def analysed(case: Case) -> Analysis | None:
    """The analysis of the month; None while its days are not given."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    if first is None or last is None:
        return None
    rows = ((1, dossier) for dossier in data_of(case).dossiers)
    return analyse(rows, Window(first=first, last=last), case.calendar)


def lines(case: Case) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    """The frozen lines and their rows; the live ones while nothing is frozen."""
    frozen = case.rows(LINE)
    if frozen:
        return tuple(row.values for row in frozen), tuple(row.id for row in frozen)
    found = analysed(case)
    if found is None:
        return (), ()
    return (_whole(case, found), *_of_units(found)), ()


def freeze_month(question: Question) -> tuple[Intent, ...]:
    """The month's numbers become rows; those of an earlier reconciliation are retired."""
    found = analysed(question.case)
    if found is None:
        return ()
    old = tuple(
        ChangeRecord(record_set=LINE, row=row.id, values={}, retire=True)
        for row in question.case.rows(LINE)
    )
    new = (_whole(question.case, found), *_of_units(found))
    return (*old, *(ChangeRecord(record_set=LINE, row=None, values=dict(v)) for v in new))


def month_over(case: Case) -> bool:
    """Whether the month's last day has passed."""
    last = case.instance.fields.get("last_day")
    return last is not None and case.today > last


def finished_difference(case: Case) -> int:
    """How far the register and the source differ in dossiers finished in the month."""
    found, told = analysed(case), case.instance.fields.get("source_count")
    return 0 if found is None or told is None else abs(found.total.finished - told)


def difference_open(case: Case) -> bool:
    """Whether they differ and nobody said why."""
    because = case.instance.fields.get("difference_because")
    return finished_difference(case) > 0 and not because


def checksum_matches(case: Case) -> bool:
    """Whether the digest that was told is that of a file of the export."""
    told = case.instance.fields.get("source_digest")
    return told is None or any(
        file.requirement == "export" and file.sha256 == told.strip().lower()
        for file in case.evidence
    )


def procedures_unlisted(case: Case) -> int:
    """Procedures that stand announced and are missing from the month's list."""
    listed = {row.values["code"] for row in case.rows("online_procedure")}
    return sum(each.code not in listed for each in data_of(case).procedures)


def online_procedures(case: Case) -> tuple[Mapping[str, Any], ...]:
    """Rows for those procedures."""
    listed = {row.values["code"] for row in case.rows("online_procedure")}
    return tuple(
        {"code": each.code, "name": each.name, "unit": each.unit, "online": each.online}
        for each in data_of(case).procedures
        if each.code not in listed
    )


def ratio(top: Callable[[Mapping[str, Any]], int], bottom: str) -> FigureOf:
    """A number of the whole out of another, told apart by unit."""

    def figure(case: Case) -> Figure:
        found, rows = lines(case)
        whole = next((line for line in found if line.get("unit") is None), None)
        if whole is None or not whole[bottom]:
            return Figure(numerator=None, cut_off=case.instance.fields.get("last_day"))
        return Figure(
            numerator=top(whole),
            denominator=whole[bottom],
            cut_off=case.instance.fields.get("last_day"),
            rows={LINE: rows} if rows else {},
            parts={
                line["unit"]: (top(line), line[bottom])
                for line in found
                if line.get("unit") is not None and bottom in line
            },
        )

    return figure


def _whole(case: Case, found: Analysis) -> Mapping[str, Any]:
    """The line of the whole, with the decisions of the month whose term has run out."""
    due = [each for each in data_of(case).decisions if _is_told(each, case)]
    in_time = sum(_in_time(each, case) for each in due)
    return {**_values(None, found.total), "decisions": len(due), "decisions_in_time": in_time}


def _is_told(decision: Decision, case: Case) -> bool:
    term = case.calendar.add_working_days(decision.signed_on, TERM)
    return decision.published_on is not None or case.today > term


def _in_time(decision: Decision, case: Case) -> bool:
    term = case.calendar.add_working_days(decision.signed_on, TERM)
    return decision.published_on is not None and decision.published_on <= term


def _of_units(found: Analysis) -> tuple[Mapping[str, Any], ...]:
    tallies = found.by(Dimension.UNIT)
    return tuple(_values(unit, tallies[unit]) for unit in sorted(tallies, key=str))


def _values(unit: object, tally: Tally) -> Mapping[str, Any]:
    values: dict[str, Any] = {name: getattr(tally, name) for name in COLUMNS}
    return values if unit is None else {**values, "unit": str(unit)}


FIGURES: Mapping[str, FigureOf] = {
    "on_time": ratio(lambda line: line["early"] + line["on_time"], "finished"),
    "time_cut": ratio(lambda line: max(line["regulated"] - line["actual"], 0), "regulated"),
    "time_cut_reached": ratio(lambda line: line["cut_reached"], "measured"),
    "published_in_time": ratio(lambda line: line["decisions_in_time"], "decisions"),
}
