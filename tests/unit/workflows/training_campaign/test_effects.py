from datetime import date

from engine.machine.intent import ChangeRecord, Notify, Qualify, RaiseFlag
from tests.unit.workflows.made_cases import ask, case, row, step
from tests.unit.workflows.training_campaign.made_campaigns import (
    RECORDS,
    TODAY,
    campaign,
    member,
    of_class,
    placed,
    session,
)
from workflows.training_campaign import effects


def test_the_heads_of_the_units_in_the_snapshot_are_asked_for_their_lists() -> None:
    (told,) = effects.tell_units_to_enrol(ask(campaign()))
    assert isinstance(told, Notify)
    assert (told.roles, told.units) == (("unit_head",), ("office", "tdc"))
    assert told.params == {"people": 7}


def test_everybody_with_a_place_in_the_round_hears_where_and_when_it_begins() -> None:
    ready = campaign(
        state="enrolling",
        history=(),
        training_class=(*RECORDS["training_class"], of_class("d"), of_class("x")),
        placement=(
            *RECORDS["placement"],
            placed("em", "tdc", "d"),
            # Without a session there is nothing to tell yet.
            placed("la", "tdc", "x"),
        ),
        class_session=(
            *RECORDS["class_session"],
            session("d1", "d", date(2026, 7, 20), place="Phòng 2"),
        ),
    )
    first, second = effects.tell_participants(ask(ready))
    assert isinstance(first, Notify)
    assert isinstance(second, Notify)
    assert first.people == ("an", "binh", "chi", "gia", "ha")
    assert first.params == {"class_code": "A", "first_day": "2026-07-13", "place": "Hội trường"}
    assert second.people == ("em",)
    assert second.params["place"] == "Phòng 2"


def test_of_a_make_up_class_only_its_own_people_hear() -> None:
    (told,) = effects.tell_participants(ask(campaign(state="make_up", history=())))
    assert isinstance(told, Notify)
    assert told.people == ("binh",)


def test_who_can_still_act_hears_how_many_will_be_missing() -> None:
    flag, office, tdc, leaders = effects.training_projection(ask(campaign()))
    assert flag == RaiseFlag(flag="coverage_short")
    assert office == Notify(
        message="unit_coverage_short",
        roles=("unit_head",),
        units=("office",),
        params={"unit": "office", "missing": 1, "expected": 2, "total": 3},
    )
    assert isinstance(tdc, Notify)
    assert tdc.units == ("tdc",)
    assert tdc.params == {"unit": "tdc", "missing": 3, "expected": 1, "total": 4}
    assert leaders == Notify(
        message="coverage_short",
        roles=("iso_secretary", "steering_head"),
        params={"expected": 3, "total": 7, "missing": 4, "exempt": 1},
    )


def test_a_unit_that_misses_nobody_is_left_alone() -> None:
    hopeful = campaign(attendance=(), score=())
    _, unit, leaders = effects.training_projection(ask(hopeful))
    assert isinstance(unit, Notify)
    assert isinstance(leaders, Notify)
    assert unit.units == ("tdc",)
    assert leaders.params["missing"] == leaders.params["exempt"] == 1


def test_the_projection_tells_once_and_only_when_somebody_will_be_missing() -> None:
    told = campaign(flags=("coverage_short",))
    assert effects.training_projection(ask(told)) == ()
    assert effects.training_projection(ask(campaign(headcount=(member("an"),)))) == ()
    assert effects.training_projection(ask(case("training_campaign"))) == ()


def test_a_returned_report_takes_its_approvals_along() -> None:
    approved = (row("a1", exception="e1"), row("a2", exception="e2"))
    intents = effects.void_exception_approvals(ask(campaign(exception_approval=approved)))
    assert intents == tuple(
        ChangeRecord(record_set="exception_approval", row=found, values={}, retire=True)
        for found in ("a1", "a2")
    )


def test_everybody_who_was_trained_is_qualified_from_today() -> None:
    intents = effects.award_training(ask(campaign()))
    assert [
        (intent.person, intent.evidence["vi"]) for intent in intents if isinstance(intent, Qualify)
    ] == [("an", "IA-2026-01/001"), ("binh", "IA-2026-01/002"), ("em", "VN-em")]
    assert {
        (intent.kind, intent.valid_from, intent.valid_to)
        for intent in intents
        if isinstance(intent, Qualify)
    } == {("qms_awareness", TODAY, None)}


def test_an_obstacle_goes_to_the_office_with_the_unit_that_has_it() -> None:
    found = case("training_campaign", state="delivering", history=(step("start", TODAY),))
    (told,) = effects.tell_office_of_training_obstacle(ask(found, unit="tdc"))
    assert isinstance(told, Notify)
    assert told.roles == ("office",)
    assert told.params == {"state": "delivering", "unit": "tdc"}
