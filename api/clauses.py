"""The shipped catalogue of clauses and the records that they ask for, read once."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from api.seeds import DEFINITIONS, read_yaml
from engine.errors import NotFound
from engine.queries.clause_coverage import Edition, RequiredRecord

CATALOGUE: Final = DEFINITIONS / "clauses" / "9001.yaml"


@cache
def editions() -> tuple[Edition, ...]:
    """Every edition of the standard, the oldest first."""
    return tuple(_edition(written) for written in read_yaml(CATALOGUE)["editions"])


def edition_of(name: str | None) -> Edition:
    """An edition by its year; without one, the one in force.

    Raises:
        NotFound: `unknown_edition`: the catalogue has none of that name.
    """
    for edition in editions():
        if edition.edition == name or (name is None and edition.status == "in_force"):
            return edition
    raise NotFound("unknown_edition", edition=name, known=[each.edition for each in editions()])


def _edition(written: Mapping[str, Any]) -> Edition:
    return Edition(
        edition=written["edition"],
        title=written["title"],
        status=written["status"],
        clauses={clause["number"]: clause["title"] for clause in written["clauses"]},
        records=tuple(
            RequiredRecord(
                clause=record["clause"],
                id=record["id"],
                kind=record["kind"],
                title=record["title"],
                slots=tuple(tuple(slot.split(".", 1)) for slot in record["evidence"]),
                excludable=record.get("excludable", False),
            )
            for record in written["records"]
        ),
        announced=tuple(
            (tuple(each["clauses"]), each["note"]) for each in written.get("announced", ())
        ),
    )
