"""What follows from the steps of a sampling: the frozen population, the drawn sample."""

from engine.machine.intent import ChangeRecord, Intent, SetField
from engine.machine.registry import Question
from workflows.dossier_sampling.drawing import digest_of, draw
from workflows.dossier_sampling.facts import population


def freeze_population(question: Question) -> tuple[Intent, ...]:
    """Codes, number and digest are fixed before there is a seed."""
    found = population(question.case)
    units: dict[str, list[str]] = {}
    for each in found:
        units.setdefault(each.unit, []).append(each.code)
    lines = tuple(
        ChangeRecord(
            record_set="population", row=None, values={"unit": unit, "dossiers": tuple(codes)}
        )
        for unit, codes in sorted(units.items())
    )
    return (
        SetField(field="population_size", value=len(found)),
        SetField(field="population_digest", value=digest_of(found)),
        *lines,
    )


def draw_sample(question: Question) -> tuple[Intent, ...]:
    """The dossiers with the lowest marks under the seed."""
    seed, size = question.fields.get("seed"), question.fields.get("sample_size")
    if seed is None or size is None:
        return ()
    return tuple(
        ChangeRecord(
            record_set="sampled",
            row=None,
            values={"rank": rank, "dossier_code": d.code, "unit": d.unit, "mark": d.mark},
        )
        for rank, d in enumerate(draw(population(question.case), seed=seed, size=size), start=1)
    )
