from tests.unit.workflows.made_cases import case, row
from tests.unit.workflows.training_campaign.made_campaigns import (
    RECORDS,
    TODAY,
    campaign,
    member,
    of_class,
    placed,
    score,
)
from workflows.training_campaign import proposals


def people(rows: proposals.Rows) -> list[str]:
    return [str(found["person"]) for found in rows]


def test_the_headcount_is_everybody_who_works_here_today_and_is_not_on_it() -> None:
    found = proposals.headcount(campaign(headcount=(member("an"),)))
    assert people(found) == ["binh", "chi", "dung", "em", "gia", "moi"]
    assert found[-1] == {"person": "moi", "unit": "office"}


def test_a_place_is_proposed_for_everybody_without_one() -> None:
    first = campaign(state="enrolling", history=(), placement=RECORDS["placement"][:1])
    rows = proposals.placement(first)
    assert people(rows) == ["binh", "chi", "dung", "gia", "ha"]
    assert rows[0] == {"person": "binh", "unit": "office", "training_class": "c_a"}


def test_where_a_round_has_two_classes_the_choice_is_left_open() -> None:
    two = campaign(
        state="enrolling",
        history=(),
        placement=(),
        training_class=(of_class("a"), of_class("d")),
    )
    assert "training_class" not in proposals.placement(two)[0]


def test_a_make_up_place_is_proposed_for_those_outstanding() -> None:
    ready = campaign(
        state="make_up",
        history=(),
        score=(score("an", 1, 80), score("binh", 1, 40)),
        placement=(*RECORDS["placement"], placed("ha", "tdc", "b")),
    )
    rows = proposals.placement(ready)
    assert people(rows) == ["chi", "gia"]
    assert rows[0]["training_class"] == "c_b"


def test_each_unit_confirms_and_is_checked_once() -> None:
    confirmed = (row("u1", unit="office", confirmed_on=TODAY),)
    found = campaign(unit_confirmation=confirmed, effect=(row("f1", unit="tdc"),))
    assert proposals.unit_confirmation(found) == ({"unit": "tdc", "confirmed_on": TODAY},)
    assert proposals.effect(found) == ({"unit": "office"},)


def test_each_learner_has_a_line_for_each_session_and_a_score_for_each_round() -> None:
    found = campaign(attendance=RECORDS["attendance"][1:], score=RECORDS["score"][:2])
    assert proposals.attendance(found) == ({"person": "an", "class_session": "s_a1"},)
    assert proposals.score(found) == ({"person": "binh", "round": 2},)


def test_exceptions_are_those_outstanding_and_wait_for_the_director_one_by_one() -> None:
    listed = (row("e1", person="chi", unit="office"), row("e2", person="ha", unit="tdc"))
    found = campaign(exception=listed, exception_approval=(row("a1", exception="e1"),))
    assert proposals.exception(found) == ({"person": "gia", "unit": "tdc"},)
    assert proposals.exception_approval(found) == ({"exception": "e2"},)


def test_an_empty_campaign_proposes_nothing() -> None:
    empty = case("training_campaign")
    assert all(proposal(empty) == () for proposal in proposals.PROPOSALS.values())
