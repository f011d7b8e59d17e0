"""Fill in what a form asks for: by its hints, else by the type of each field.

1. A value is given as JSON has it, as a page or a script would send it.
2. What a condition of the step looks at and does not like is drawn again; the form is judged as the
   house would, and sent when nothing is left but files.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from api.demonstration.papers import paper
from api.simulation.hints import Hints
from api.simulation.office import Office, Staff
from engine.definition.model import EvidenceSpec, FieldSpec, Process
from engine.definition.values import to_json
from engine.machine.instance import Case, Row
from engine.transaction.attaching import Upload

SENTENCES: Final = (
    "Đã rà soát, thực hiện theo quy trình.",
    "Theo đề nghị của đơn vị và ý kiến của Văn phòng.",
    "Đã kiểm tra hồ sơ, số liệu khớp với sổ theo dõi.",
    "Cần đôn đốc, hoàn thành trong tháng.",
    "Thống nhất với các đơn vị liên quan.",
)
PAPERS: Final = ("pdf", "docx", "xlsx", "png")
CSV: Final = "csv"
DAYS_AHEAD: Final = 5
YES: Final = 0.85
NUMBERS: Final = 100
DAYS: Final = (0, 1, 3, 5, 10, 15, -1, 20, -3, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Somebody who fills in a form of a case.

    Attributes:
        each: the value, or the values of the row, for which a row is made.
        row: what the row has so far.
        again: fields that did not fit as they were told; they are drawn by their type.
    """

    office: Office
    staff: Staff
    process: Process
    case: Case | None
    hints: Hints
    dice: Random
    each: Any = None
    row: Mapping[str, Any] = field(default_factory=dict)
    again: frozenset[str] = frozenset()

    def of_step(self, step: str, names: Iterable[str]) -> dict[str, Any]:
        """Values for the fields of a step."""
        told = {**self.hints.fields, **self.hints.steps.get(step, {})}
        return {
            name: self.value_of(name, self.process.fields[name], told.get(name)) for name in names
        }

    def of_opening(self, names: Iterable[str]) -> dict[str, Any]:
        """Values for the fields with which a case is opened."""
        told = {**self.hints.fields, **self.hints.open}
        return {
            name: self.value_of(name, self.process.fields[name], told.get(name)) for name in names
        }

    def of_row(self, record_set: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Values for the columns of a row: those that are told, and those that it must have."""
        columns = self.process.records[record_set].columns
        found: dict[str, Any] = {}
        for name, spec in columns.items():
            if name in told or spec.required:
                found[name] = replace(self, row=dict(found)).value_of(name, spec, told.get(name))
        return {name: value for name, value in found.items() if value is not None}

    def meant(self, recipe: Any) -> Any:
        """What a recipe gives here; None when the case does not have what it names."""
        if not isinstance(recipe, Mapping):
            return recipe
        for form, give in _FORMS.items():
            if form in recipe:
                return give(self, recipe)
        return None

    def value_of(self, name: str, spec: FieldSpec, recipe: Any) -> Any:
        """A value for a field or a column: what is told of it, else one of its type."""
        if recipe is not None and name not in self.again:
            found = self.meant(recipe)
            if found is not None:
                return _many(found) if spec.many else _one(found)
        found = self._by_type(spec)
        return _many(found) if spec.many and found is not None else found

    def _by_type(self, spec: FieldSpec) -> Any:
        dice, make = self.dice, _TYPES.get(spec.type)
        if make is not None:
            return make(self, spec)
        return dice.choice(sorted(spec.choices)) if spec.choices else self._text(spec)

    def number(self, spec: FieldSpec) -> int:
        """A number between the limits."""
        low = spec.min if spec.min is not None else 0
        high = spec.max if spec.max is not None else low + NUMBERS
        return self.dice.randint(low, min(high, low + NUMBERS))

    def person(self, spec: FieldSpec) -> str:
        """Somebody of the office, with the role that the field gives where it gives one."""
        holders = self.office.holders(spec.assigns) if spec.assigns else ()
        return self.dice.choice(holders or self.office.staff).person

    def unit(self) -> str:
        """A unit that has a head, often the own one."""
        mine = self.staff.unit
        if mine in self.office.units and self.dice.random() < 0.5:
            return str(mine)
        return self.dice.choice(sorted(self.office.units))

    def _text(self, spec: FieldSpec) -> str | None:
        if spec.row_of is not None:
            rows = self.rows_of(spec.row_of)
            return self.dice.choice(rows).id if rows else None
        text = self.dice.choice(SENTENCES)
        return text if spec.max_length is None else text[: spec.max_length].strip()

    def day(self, count: int, first: date | None = None) -> date:
        """So many working days after a day, or before it."""
        calendar, day = self.office.calendar, first or self.office.today
        if count < 0:
            return calendar.subtract_working_days(day, -count)
        return calendar.add_working_days(day, count) if count else day

    def rows_of(self, record_set: str) -> tuple[Row, ...]:
        """The rows of a set of the case."""
        return self.case.rows(record_set) if self.case is not None else ()

    def field_of(self, name: str) -> Any:
        """What the case has in a field."""
        if self.case is None:
            return None
        return self.case.instance.fields.get(name)


def uploads_for(
    filler: Filler, requirement: str, spec: EvidenceSpec, *, serial: str
) -> tuple[Upload, ...]:
    """The files that a requirement still lacks, as somebody would bring them."""
    case = filler.case
    rows: list[str | None] = [None]
    if spec.per is not None and case is not None:
        have = {file.row for file in case.evidence if file.requirement == requirement}
        rows = [row.id for row in case.rows(spec.per) if row.id not in have]
    count = 1 if spec.per is not None else spec.min
    return tuple(
        one_upload(filler, requirement, spec, row=row, serial=f"{serial}-{number}-{row or ''}")
        for row in rows
        for number in range(count)
    )


def one_upload(
    filler: Filler, requirement: str, spec: EvidenceSpec, *, row: str | None, serial: str
) -> Upload:
    """A file of a kind that the requirement accepts; no two have the same bytes."""
    dated = spec.max_age is not None or spec.effective_within is not None
    return Upload(
        requirement=requirement,
        filename=f"{spec.title.vi[:80].strip().replace('/', '-')}.{_kind(spec)}",
        content=io.BytesIO(_content(filler, _kind(spec), spec, serial)),
        effective_on=filler.office.today if dated else None,
        row=row,
    )


def _kind(spec: EvidenceSpec) -> str:
    """The extension of a paper that the requirement accepts; pdf where none can be made."""
    return next((kind for kind in (*PAPERS, CSV) if kind in spec.accept), "pdf")


def _content(filler: Filler, kind: str, spec: EvidenceSpec, serial: str) -> bytes:
    code = filler.case.instance.code if filler.case is not None else ""
    lines = [spec.title.vi, code, filler.staff.name, filler.office.today.isoformat(), serial]
    if kind == CSV:
        return "\r\n".join(["Nội dung;Giá trị", *(f"{line};1" for line in lines)]).encode()
    return paper(f"x.{kind}", lines)


def _one(value: Any) -> Any:
    return to_json(value[0]) if isinstance(value, list | tuple) and value else to_json(value)


def _many(value: Any) -> list[Any]:
    told = to_json(tuple(value)) if isinstance(value, list | tuple) else [to_json(value)]
    return list(dict.fromkeys(told)) if isinstance(told, list) else [told]


def _form_day(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    first = filler.field_of(recipe["from"]) if "from" in recipe else None
    if "from" in recipe and not isinstance(first, date):
        return None
    return filler.day(recipe["day"], first)


def _form_entered(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    entered = None if filler.case is None else filler.case.instance.entered_at
    if entered is None:
        return None
    return filler.day(recipe["entered"], entered.astimezone(filler.office.zone).date())


def _form_date(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    month, day = (int(part) for part in str(recipe["date"]).split("-"))
    found = date(_year(filler, recipe), month, day)
    calendar = filler.office.calendar
    if recipe.get("exact"):
        return found
    return found if calendar.is_working_day(found) else calendar.subtract_working_days(found, 1)


def _year(filler: Filler, recipe: Mapping[str, Any]) -> int:
    year = filler.case.instance.year if filler.case is not None else filler.office.year
    return year + int(recipe.get("year", 0))


def _form_end_of(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    day = filler.field_of(recipe["end_of"])
    if not isinstance(day, date):
        return None
    end = datetime.combine(day, time(23, 59), filler.office.zone)
    return min(end, filler.office.clock.instant - timedelta(minutes=1)).isoformat()


def _form_rows(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    where = recipe.get("where", {})
    rows = [row for row in filler.rows_of(recipe["rows"]) if is_among(row.values, where)]
    if "column" not in recipe:
        return [{**row.values, "id": row.id} for row in rows]
    found: list[Any] = []
    for row in rows:
        value = row.id if recipe["column"] == "id" else row.values.get(recipe["column"])
        found += value if isinstance(value, list | tuple) else [] if value is None else [value]
    found = list(dict.fromkeys(found))
    if not found or "pick" not in recipe:
        return found or None
    match recipe["pick"]:
        case "least":
            return min(found)
        case "most":
            return max(found)
        case _:
            return filler.dice.choice(found)


def is_among(values: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a row has one of the values that are wanted in each column that is named."""
    return all(values.get(column) in wanted for column, wanted in where.items())


def _form_lookup(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    wanted = filler.meant(recipe["id"])
    rows = (row for row in filler.rows_of(recipe["lookup"]) if row.id == wanted)
    return next((row.values.get(recipe["column"]) for row in rows), None)


def _form_one_of(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    told = recipe["one_of"]
    return filler.dice.choices(list(told), list(told.values()))[0]


def _form_holder(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    unit = filler.meant(recipe.get("not_of"))
    found = [one.person for one in filler.office.holders(recipe["holder"]) if one.unit != unit]
    return filler.dice.choice(found) if found else None


def _form_units(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    kept = {one.unit for role in recipe.get("without", ()) for one in filler.office.holders(role)}
    known = sorted(set(filler.office.units) - kept) or sorted(filler.office.units)
    return filler.dice.sample(known, min(recipe["units"], len(known)))


def _form_digest_of(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    files = filler.case.evidence if filler.case is not None else ()
    found = [file.sha256 for file in files if file.requirement == recipe["digest_of"]]
    return found[-1] if found else None


def _form_each(filler: Filler, recipe: Mapping[str, Any]) -> Any:
    column = recipe["each"]
    return filler.each.get(column) if isinstance(filler.each, Mapping) else filler.each


_FORMS: Final[Mapping[str, Callable[[Filler, Mapping[str, Any]], Any]]] = {
    "day": _form_day,
    "date": _form_date,
    "entered": _form_entered,
    "lookup": _form_lookup,
    "end_of": _form_end_of,
    "field": lambda filler, recipe: filler.field_of(recipe["field"]),
    "rows": _form_rows,
    "one_of": _form_one_of,
    "between": lambda filler, recipe: filler.dice.randint(*recipe["between"]),
    "holder": _form_holder,
    "units": _form_units,
    "own_unit": lambda filler, _: filler.staff.unit,
    "digest_of": _form_digest_of,
    "me": lambda filler, _: filler.staff.person,
    "year": _year,
    "each": _form_each,
    "row": lambda filler, recipe: filler.row.get(recipe["row"]),
}


def _decimal(filler: Filler, spec: FieldSpec) -> str:
    number = str(filler.number(spec))
    return f"{number}.{'0' * spec.scale}" if spec.scale else number


_TYPES: Final[Mapping[str, Callable[[Filler, FieldSpec], Any]]] = {
    "integer": lambda filler, spec: filler.number(spec),
    "decimal": _decimal,
    "boolean": lambda filler, _: filler.dice.random() < YES,
    "date": lambda filler, _: filler.day(
        filler.dice.choice(DAYS) if filler.again else DAYS_AHEAD
    ).isoformat(),
    "datetime": lambda filler, _: filler.office.clock.instant.isoformat(),
    "person": lambda filler, spec: filler.person(spec),
    "unit": lambda filler, _: filler.unit(),
}
