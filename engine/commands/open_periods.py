"""Open the cases of periods that have begun: one transaction, and none where nothing is wanted."""

from dataclasses import dataclass

from engine.runtime import Runtime
from engine.transaction.periodic import open_wanted, wanted_periods


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodsOpened:
    """Codes of the cases that were opened in this call."""

    cases: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.cases)


def open_periods(runtime: Runtime, organization_id: str, *, begin: bool = False) -> PeriodsOpened:
    """Open every case of a period that has begun and has none; usually there is none to open.

    With `begin`, also those of processes of which nothing was opened yet.
    """
    with runtime.read(organization_id) as uow:
        if not wanted_periods(uow, begin=begin):
            return PeriodsOpened(cases=())
    with runtime.write(organization_id) as uow:
        opened = open_wanted(uow, begin=begin)
        uow.commit()
        return PeriodsOpened(cases=tuple(case.instance.code for case in opened))
