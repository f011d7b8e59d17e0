"""Causes ranked by what they cost, and the few that make up most of it.

1. Ranked are causes that were stated; how many dossiers have none stands beside them.
2. The vital few are the fewest causes, from the largest down, that reach 80 % of what is ranked.
3. Causes of one size keep the order of the agency's list, so that two counts rank alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.dossier import Cause

VITAL_PERCENT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One cause of a ranking.

    Attributes:
        size: dossiers, or working days lost.
        running: this one and all before it.
    """

    cause: Cause
    size: int
    running: int
    is_vital: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pareto:
    """A ranking of causes.

    Attributes:
        total: of all stated causes.
        unstated: of what has no cause yet.
    """

    causes: tuple[Ranked, ...]
    total: int
    unstated: int

    def told(self) -> dict[str, Any]:
        """The ranking as JSON has it."""
        return {
            "total": self.total,
            "unstated": self.unstated,
            "causes": [
                {
                    "cause": one.cause.value,
                    "size": one.size,
                    "cumulative": one.running,
                    "vital": one.is_vital,
                }
                for one in self.causes
            ],
        }


def by_count(tallies: Mapping[Cause | None, Tally]) -> Pareto:
    """Causes by how many dossiers they made late."""
    return _ranked({cause: tally.overdue for cause, tally in tallies.items()})


def by_days(tallies: Mapping[Cause | None, Tally]) -> Pareto:
    """Causes by how many working days they cost."""
    return _ranked({cause: tally.days_lost for cause, tally in tallies.items()})


def _ranked(sizes: Mapping[Cause | None, int]) -> Pareto:
    stated = [(cause, sizes.get(cause, 0)) for cause in Cause]
    ranking = sorted((pair for pair in stated if pair[1]), key=lambda pair: -pair[1])
    total = sum(size for _, size in ranking)
    found = []
    running = 0
    for cause, size in ranking:
        is_vital = running * 100 < VITAL_PERCENT * total
        running += size
        found.append(Ranked(cause=cause, size=size, running=running, is_vital=is_vital))
    return Pareto(causes=tuple(found), total=total, unstated=sizes.get(None, 0))
