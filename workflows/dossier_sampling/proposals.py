"""Rows that a sampling implies and that are not there yet."""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case


def checks(case: Case) -> tuple[Mapping[str, Any], ...]:
    """A check for each dossier of the sample that has none."""
    done = {row.values["dossier"] for row in case.rows("check")}
    return tuple(
        {"dossier": row.id, "unit": row.values["unit"]}
        for row in case.rows("sampled")
        if row.id not in done
    )
