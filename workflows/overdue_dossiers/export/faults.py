"""What is wrong with the rows of an export: every fault counted, the first ones kept.

1. A fault of what makes a dossier refuses its row. A fault of what only describes it (stage, cause,
   terms, letter, officer's unit) leaves that value out, and the row counts.
2. A file of a million faults is told by counts and its first faults: who mends it needs no more.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from engine.tables.fault import RowFault
from workflows.overdue_dossiers.export.vocabulary import Column

FAULTS_MAX: Final = 1_000
CODES: Final = frozenset(
    {
        "cause_unknown",
        "code_personal",
        "code_wrong",
        "count_unreadable",
        "day_unreadable",
        "required",
        "stage_unknown",
        "status_unknown",
        "term_unreadable",
        "text_too_long",
        "unit_unknown",
    }
)
"""Every code of a cell at fault, besides those of a dossier that contradicts itself."""
DESCRIBING: Final = frozenset(
    {
        Column.OFFICER_UNIT,
        Column.STAGE,
        Column.CAUSE,
        Column.APOLOGISED_ON,
        Column.REGULATED,
        Column.COMMITTED,
        Column.PAUSED,
    }
)
"""Columns whose faults leave a value out and keep the row."""


@dataclass(slots=True)
class FaultLog:
    """The faults of one reading.

    Attributes:
        kept: the first faults, in the order of rows.
        counts: by code, of all.
    """

    most: int = FAULTS_MAX
    kept: list[RowFault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many there are, kept or not."""
        return self.counts.total()

    def note(self, fault: RowFault) -> None:
        """Count a fault, and keep it where there is room."""
        self.counts[fault.code] += 1
        if len(self.kept) < self.most:
            self.kept.append(fault)
