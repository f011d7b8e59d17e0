"""What people write for ids: names of people, titles of units, choices and rows.

1. An id is taken as it is; then what is written alike but for case and spaces; then, where no
   person is meant, what is written alike but for accents and signs as well.
2. What could be two is ambiguous and never guessed; two people may have one name.
3. A row of another set is named by its id or by its label: its first short values, in either
   language.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.definition.model import FieldSpec, Process, Text
from engine.machine.instance import Case, Row

LABEL_PARTS: Final = 3
LABEL_SEPARATOR: Final = " · "
LONG_TEXT: Final = 200


class NameFault(ValueError):  # noqa: N818 - a verdict that leaves this room as a fault.
    """A name that nothing bears, or more than one.

    Attributes:
        code: `unknown_name` or `ambiguous_name`.
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code)
        self.code = code
        self.name = name


class Names:
    """Finds the id that a text stands for.

    Args:
        pairs: (what is written, id); an id need not be repeated as a name of its own.
        strict: accents count, as they do between people.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], *, strict: bool = False) -> None:
        self._ids: set[str] = set()
        self._near: dict[str, set[str]] = {}
        self._far: dict[str, set[str]] = {}
        for name, identifier in pairs:
            self._ids.add(identifier)
            self._near.setdefault(near(name), set()).add(identifier)
            if not strict:
                self._far.setdefault(far(name), set()).add(identifier)

    def find(self, text: str) -> str:
        """The id.

        Raises:
            NameFault: nothing is called so, or more than one thing.
        """
        if text in self._ids:
            return text
        found = self._near.get(near(text)) or self._far.get(far(text)) or set()
        if len(found) != 1:
            raise NameFault("ambiguous_name" if found else "unknown_name", text)
        return next(iter(found))

    def means(self, text: str, identifier: str) -> bool:
        """Whether a text is read as this id and no other."""
        try:
            return self.find(text) == identifier
        except NameFault:
            return False


NOBODY: Final = Names(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a cell may name.

    Attributes:
        people, units: by user name, id, name or title.
        rows: record set → its rows.
        titles: of people and of units, id → what is written in a sheet.
        labels: record set → row id → its label, by language.
    """

    people: Names = NOBODY
    units: Names = NOBODY
    rows: Mapping[str, Names] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


def known_of(
    process: Process,
    case: Case,
    *,
    people: Iterable[tuple[str, str, str | None]],
    units: Mapping[str, Mapping[str, str]],
) -> Known:
    """Everything that a cell of a case's sheets may name.

    Args:
        process: the definition of the case.
        case: whose rows may be named.
        people: (id, name, user name) of everybody who is there today.
        units: id → title in each language.
    """
    everybody = tuple(people)
    by_id = {identifier: name for identifier, name, _ in everybody}
    written = [(name, identifier) for identifier, name, _ in everybody]
    written += [(username, identifier) for identifier, _, username in everybody if username]
    usernames = {identifier: username for identifier, _, username in everybody if username}
    labels = _labels(process, case, people=by_id, units=units)
    finder = Names(written, strict=True)
    return Known(
        people=finder,
        units=Names((title, unit) for unit, titles in units.items() for title in titles.values()),
        rows={
            name: Names((label, row) for row, both in of_set.items() for label in both.values())
            for name, of_set in labels.items()
        },
        titles={
            "person": {
                identifier: name
                if finder.means(name, identifier)
                else usernames.get(identifier, identifier)
                for identifier, name in by_id.items()
            },
            **{
                f"unit.{language}": {unit: titles[language] for unit, titles in units.items()}
                for language in ("vi", "en")
            },
        },
        labels=labels,
    )


def choices_of(spec: FieldSpec) -> Names:
    """The choices of a column, by id and by either title."""
    return Names(
        (title, choice) for choice, text in spec.choices.items() for title in (text.vi, text.en)
    )


def near(text: str) -> str:
    """A text without case and without the width of its spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def far(text: str) -> str:
    """A text as letters and digits alone, without accents."""
    plain = text.casefold().replace("đ", "d")
    letters = unicodedata.normalize("NFD", plain)
    return " ".join(
        "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split()
    )


def title_of(text: Text, language: str) -> str:
    """A title of a definition in a language."""
    return text.en if language == "en" else text.vi


def _labels(
    process: Process,
    case: Case,
    *,
    people: Mapping[str, str],
    units: Mapping[str, Mapping[str, str]],
) -> dict[str, dict[str, dict[str, str]]]:
    """Record set → row id → label by language; a label may hold that of a row named before."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    everybody = {**{person.id: person.name for person in case.people.values()}, **people}
    for name, spec in process.records.items():
        found[name] = {
            row.id: {
                language: _label(
                    row,
                    spec.columns,
                    language=language,
                    names={
                        "person": everybody,
                        "unit": {unit: title[language] for unit, title in units.items()},
                        **{
                            f"row.{other}": {i: both[language] for i, both in of_set.items()}
                            for other, of_set in found.items()
                        },
                    },
                )
                for language in ("vi", "en")
            }
            for row in case.rows(name)
        }
    return found


def _label(
    row: Row,
    columns: Mapping[str, FieldSpec],
    *,
    language: str,
    names: Mapping[str, Mapping[str, str]],
) -> str:
    parts = [
        _part(row.values[name], spec, language=language, names=names)
        for name, spec in columns.items()
        if row.values.get(name) is not None and not _is_long(spec) and spec.type != "boolean"
    ]
    return LABEL_SEPARATOR.join(parts[:LABEL_PARTS]) or row.id


def _part(
    value: Any, spec: FieldSpec, *, language: str, names: Mapping[str, Mapping[str, str]]
) -> str:
    if isinstance(value, tuple):
        return ", ".join(_part(item, spec, language=language, names=names) for item in value)
    if spec.type == "choice":
        return title_of(spec.choices[value], language) if value in spec.choices else str(value)
    kind = f"row.{spec.row_of}" if spec.row_of is not None else str(spec.type)
    if isinstance(value, str):
        return names.get(kind, {}).get(value, value)
    return _plain(value)


def _plain(value: Any) -> str:
    match value:
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal():
            return format(value, "f").replace(".", ",")
        case _:
            return str(value)


def _is_long(spec: FieldSpec) -> bool:
    return spec.type == "text" and not spec.many and (spec.max_length or LONG_TEXT + 1) > LONG_TEXT
