"""The names that `definitions/dossier_sampling.yaml` uses, tied to their functions."""

from engine.calendars.recurrence import PeriodKind
from engine.machine.registry import Registry
from workflows.dossier_sampling import effects, facts, proposals, records
from workflows.dossier_sampling.drawing import POPULATION_DATA
from workflows.plan_rows.counting import having, share_of
from workflows.plan_rows.periods import EveryPeriod

PROCESS = "dossier_sampling"
READS = {
    facts.month_over: ("last_day",),
    facts.population_now: (),
    facts.sample_large_enough: ("sample_size",),
    facts.sampled_unchecked: (),
    facts.faults_unsaid: (),
    facts.faults_without_slip: (),
}
"""Each fact, with the fields of the case that it looks at."""


def register(registry: Registry) -> None:
    """Make the names of a sampling known."""
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    registry.effect("freeze_population", effects.freeze_population)
    registry.effect("draw_sample", effects.draw_sample)
    registry.figure(PROCESS, "conformity", share_of("check", facts.conforms, by="unit"))
    for name in ("steps", "stamps", "forms"):
        registry.figure(PROCESS, name, share_of("check", having(**{name: True}), by="unit"))
    registry.proposal(PROCESS, "check", proposals.checks)
    registry.lookup(PROCESS, POPULATION_DATA, records.finished_dossiers)
    registry.periodic(PROCESS, EveryPeriod(PeriodKind.MONTH, "Kiểm tra mẫu hồ sơ"))
