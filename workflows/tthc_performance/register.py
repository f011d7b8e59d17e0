"""The names that `definitions/tthc_performance.yaml` uses, tied to their functions."""

from engine.calendars.recurrence import PeriodKind
from engine.machine.registry import Registry
from workflows.plan_rows.counting import count_of, having, share_of
from workflows.plan_rows.periods import EveryPeriod
from workflows.tthc_performance import counting, records
from workflows.tthc_performance.month import MONTH_DATA

PROCESS = "tthc_performance"
DAYS = ("first_day", "last_day")
READS = {
    counting.month_over: ("last_day",),
    counting.finished_difference: (*DAYS, "source_count"),
    counting.difference_open: (*DAYS, "source_count", "difference_because"),
    counting.checksum_matches: ("source_digest",),
    counting.procedures_unlisted: (),
}
"""Each fact, with the fields of the month that it looks at."""


def register(registry: Registry) -> None:
    """Make the names of a month known."""
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    registry.fact(PROCESS, "procedures_listed", count_of("online_procedure"))
    registry.effect("freeze_tthc_month", counting.freeze_month)
    for name, figure in counting.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    online = share_of("online_procedure", having(online="full"), by="unit")
    registry.figure(PROCESS, "online", online)
    registry.proposal(PROCESS, "online_procedure", counting.online_procedures)
    registry.lookup(PROCESS, MONTH_DATA, records.month_data)
    registry.periodic(PROCESS, EveryPeriod(PeriodKind.MONTH, "Kết quả giải quyết TTHC"))
