"""What the gates of a sampling ask, and what it is measured by; pure over the case."""

from typing import Final

from engine.machine.instance import Case, Row
from workflows.dossier_sampling.drawing import POPULATION_DATA, Finished, distinct

LEAST: Final = 5
SHARE: Final = 10
"""One in ten, but five at least, or all where there are fewer."""


def population(case: Case) -> tuple[Finished, ...]:
    """The frozen population, or the register's as long as nothing is frozen."""
    frozen = case.rows("population")
    if frozen:
        return distinct(
            Finished(code=code, unit=row.values["unit"])
            for row in frozen
            for code in row.values["dossiers"]
        )
    return distinct(case.lookups.get(POPULATION_DATA, ()))


def month_over(case: Case) -> bool:
    """Whether the month's last day has passed."""
    last = case.instance.fields.get("last_day")
    return last is not None and case.today > last


def population_now(case: Case) -> int:
    """Dossiers finished in the month."""
    return len(population(case))


def sample_large_enough(case: Case) -> bool:
    """Whether the size is a tenth and five, or all; true while none is given."""
    size, whole = case.instance.fields.get("sample_size"), population_now(case)
    return size is None or size >= min(whole, max(LEAST, -(-whole // SHARE)))


def sampled_unchecked(case: Case) -> int:
    """Dossiers of the sample without a check."""
    done = {row.values["dossier"] for row in case.rows("check")}
    return sum(row.id not in done for row in case.rows("sampled"))


def faults_unsaid(case: Case) -> int:
    """Failed checks that do not say what is wrong."""
    return sum(not conforms(r) and not r.values.get("fault") for r in case.rows("check"))


def faults_without_slip(case: Case) -> int:
    """Units with a failed check and no nonconformity."""
    faulty = {row.values["unit"] for row in case.rows("check") if not conforms(row)}
    return len(faulty - {row.values["unit"] for row in case.rows("nonconformity")})


def conforms(row: Row) -> bool:
    """Whether a dossier follows the procedure in everything that was looked at."""
    return bool(row.values["steps"] and row.values["stamps"] and row.values["forms"])
