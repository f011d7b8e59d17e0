"""Conditions of rows judged without a row: do both sides of `edit_when` have one type?

E24: the end of the path against the value or the fact, a fact against the value. Names that are not
there are for `references` to tell.
"""

from collections.abc import Iterator

from engine.definition.conditions import ORDERED, fits
from engine.definition.finding import Finding, Places
from engine.definition.model import FactSpec, FieldSpec, Process, RowCondition


def check(process: Process, places: Places) -> Iterator[Finding]:
    """Yield E24 for every condition of a row whose sides do not fit one another."""
    for record_set, records in process.records.items():
        for name, requirement in records.edit_when.items():
            that = requirement.that
            subject = _subject(process, record_set, that)
            kind = None if subject is None else _misfit(process, that, subject)
            if kind is not None and subject is not None:
                yield places.finding(
                    "E24",
                    ("records", record_set, "edit_when", name, "that"),
                    kind=kind,
                    name=that.column or that.fact,
                    type=subject.type,
                    op=that.op,
                    value=str(that.value if that.value is not None else that.fact),
                )


def _subject(process: Process, record_set: str, that: RowCondition) -> FieldSpec | FactSpec | None:
    """What the left side is declared as; None where some name on the way is not known."""
    if that.column is None:
        return process.facts.get(that.fact or "")
    *ways, last = that.column.split(".")
    for name in ways:
        known = process.records[record_set].columns.get(name)
        if known is None or known.row_of not in process.records:
            return None
        record_set = known.row_of or ""
    return process.records[record_set].columns.get(last)


def _misfit(process: Process, that: RowCondition, subject: FieldSpec | FactSpec) -> str | None:
    """The kind of E24 that a condition is; None when it fits."""
    if isinstance(subject, FieldSpec) and subject.many:
        return "many"
    if that.op in {"lt", "le", "gt", "ge"} and subject.type not in ORDERED:
        return "order"
    if that.column is not None and that.fact is not None:
        fact = process.facts.get(that.fact)
        return None if fact is None or fact.type == subject.type else "sides"
    choices = subject.choices if isinstance(subject, FieldSpec) else ()
    return None if fits(that.value, subject.type, choices) else "value"
