"""A record is held when a step used it; what lacks says where it comes from and who closes it."""

from datetime import UTC, date, datetime
from typing import Any

from engine.definition.model import Process
from engine.queries.clause_coverage import RecordCoverage, RequiredRecord, judge
from engine.queries.plan_standing import Light
from engine.storage.evidence import Held
from engine.storage.instances import StoredInstance

WORDS = {"vi": "Kết quả đánh giá", "en": "Audit results"}
UNITS = {"tdc": {"vi": "Chi cục", "en": "Sub-department"}}
AT = datetime(2026, 7, 6, tzinfo=UTC)


def process(**more: Any) -> Process:
    """Open, then done by a step of the office that asks for a report."""
    return Process.model_validate(
        {
            "format": 1,
            "process": "audit",
            "version": 1,
            "title": WORDS,
            "code": "A",
            "roles": ["office", "lead_auditor", "iso_secretary"],
            "initial": "on_site",
            "evidence": {"report": {"title": WORDS, "accept": ["pdf"], **more}},
            "states": {
                "on_site": {"title": WORDS},
                "done": {"title": WORDS, "final": "success"},
            },
            "transitions": {
                "close": {
                    "title": WORDS,
                    "from": "on_site",
                    "to": "done",
                    "by": ["lead_auditor", "office"],
                    "evidence": ["report"],
                }
            },
            "opens": ["iso_secretary"],
        }
    )


def held(case: str, *, slot: str = "report", unit: str | None = None, day: int = 1) -> Held:
    return Held(
        process="audit",
        slot=slot,
        unit=unit,
        case_id=case,
        code=case.upper(),
        received_on=date(2026, 7, day),
    )


def open_case(case: str, *, unit: str | None = None, due: date | None = None) -> StoredInstance:
    given_ = {
        name: None
        for name in StoredInstance.__slots__
        if name not in {"flags", "fields", "assignees"}
    }
    return StoredInstance(
        **{
            **given_,
            "flags": (),
            "fields": {},
            "assignees": {},
            "id": case,
            "code": case.upper(),
            "process": "audit",
            "unit": unit,
            "due_on": due,
            "opened_at": AT,
        }
    )


def covered(
    *proofs: Held,
    open_cases: tuple[StoredInstance, ...] = (),
    known: Process | None = None,
    slots: tuple[tuple[str, str], ...] = (("audit", "report"),),
) -> RecordCoverage:
    record = RequiredRecord(clause="9.2.2", id="results", kind="retain", title=WORDS, slots=slots)
    definitions = {"audit": known or process()}
    return judge(record, held=proofs, open_cases=open_cases, known=definitions, units=UNITS)


def test_a_record_that_a_step_used_is_held_and_says_where() -> None:
    found = covered(held("a"), held("b", unit="tdc"), open_cases=(open_case("c", unit="tdc"),))
    assert found.light is Light.GREEN
    assert found.gap is None
    assert [(c.unit, c.held, c.waiting, c.case) for c in found.cells] == [
        (None, 1, 0, "A"),
        ("tdc", 1, 1, "B"),
    ]
    assert found.cells[1].title == UNITS["tdc"]


def test_a_case_that_fills_two_slots_of_a_record_counts_once_and_waits_no_longer() -> None:
    both = (("audit", "report"), ("audit", "minutes"))
    proofs = (held("a"), held("a", slot="minutes", day=2))
    found = covered(*proofs, open_cases=(open_case("a"),), slots=both)
    assert [(c.held, c.waiting) for c in found.cells] == [(1, 0)]


def test_of_several_cases_the_one_that_got_it_last_is_named() -> None:
    both = (("audit", "report"), ("audit", "minutes"))
    late = held("a", slot="minutes", day=9)
    found = covered(held("a"), held("b", day=5), late, slots=both)
    assert [(c.held, c.case, c.case_id) for c in found.cells] == [(2, "A", "a")]


def test_what_another_slot_holds_is_no_proof() -> None:
    assert covered(held("a", slot="photo")).light is Light.RED


def test_an_open_case_will_close_the_gap_and_says_who_in_it() -> None:
    first, later = open_case("a", due=date(2026, 9, 1)), open_case("b", due=date(2026, 8, 1))
    found = covered(open_cases=(first, later, open_case("c")))
    assert found.light is Light.AMBER
    assert found.gap is not None
    assert (found.gap.case, found.gap.due_on) == ("B", date(2026, 8, 1))
    assert found.gap.who == ("lead_auditor", "office")


def test_a_slot_that_names_its_suppliers_is_theirs() -> None:
    found = covered(open_cases=(open_case("a"),), known=process(**{"from": ["office"]}))
    assert found.gap is not None
    assert found.gap.who == ("office",)


def test_without_a_case_somebody_has_to_open_one() -> None:
    found = covered()
    assert found.light is Light.RED
    assert found.gap is not None
    assert (found.gap.process, found.gap.case, found.gap.who) == ("audit", None, ("iso_secretary",))


def test_a_record_that_no_process_holds_has_no_light_and_no_gap() -> None:
    assert covered(slots=()).light is Light.NONE
    elsewhere = covered(held("a"), slots=(("unknown", "report"),))
    assert (elsewhere.light, elsewhere.gap, elsewhere.cells) == (Light.NONE, None, ())
