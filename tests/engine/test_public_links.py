"""Rows from people without an account: one path, one entry each, nobody behind them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands.answer_publicly import PublicAnswer, TakenEnough, answer_publicly
from engine.commands.change_record import Changed
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_public_links import (
    FormClosed,
    NewPublicLink,
    make_public_link,
    offered_forms,
    withdraw_public_link,
)
from engine.errors import Conflict, Invalid, NotFound
from engine.queries.audit_trail import verify_log
from engine.queries.public_forms import digest_of_secret, public_form
from engine.runtime import Caller, OnceKey, Replayed
from engine.storage.idempotency import Answer
from tests.fixtures import NEIGHBOUR, OFFICE, Office
from tests.scale import at_scale
from tests.surveys import ANSWER, SET, Survey, designed_survey, open_survey

SCORES = st.one_of(st.none(), st.integers(-2, 8), st.text(max_size=3), st.booleans())


def key(value: str, body: str = "a") -> OnceKey:
    def render(_: object) -> Answer:
        return Answer(status=204, headers="{}", body="")

    return OnceKey(path="public-form", value=value, body_digest=body, render=render)


def send(survey: Survey, secret: str, once: OnceKey | None = None, **values: object) -> object:
    given_values = {**ANSWER, **values}
    request = PublicAnswer(secret=secret, values=given_values, key=once)
    return answer_publicly(survey.office.runtime, request)


def test_an_answer_is_a_row_and_an_entry_of_the_link_and_of_no_person(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link()
    before = len(survey.entries())
    written = send(survey, made.secret)
    assert isinstance(written, Changed)
    (row,) = survey.answers()
    assert dict(row.values) == {**ANSWER, "channel": "online"}
    entries = survey.entries()
    assert len(entries) == before + 1
    (entry,) = [one for one in entries if one.idx == written.entry]
    assert entry.actor == f"public-link:{made.link.id}"
    assert b'"role":"system"' in entry.body
    assert row.created_by == entry.actor
    assert set(office.people.values()).isdisjoint({entry.actor, row.created_by})
    assert verify_log(office.runtime, OFFICE).findings == ()
    with office.runtime.read(OFFICE) as uow:
        link = uow.tables.public_links.get(made.link.id)
    assert link is not None
    assert (link.taken, link.taken_that_day, link.taken_on) == (1, 1, date(2026, 7, 6))


def test_the_secret_is_kept_as_a_digest_alone_and_the_log_never_tells_it(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link("kiosk")
    assert made.link.secret_digest == digest_of_secret(made.secret)
    with office.runtime.read(OFFICE) as uow:
        kept = uow.tables.public_links.of_instance(survey.id)
    assert made.secret not in repr(kept)
    entries = survey.entries("token_changed")
    assert made.secret not in repr(entries)
    assert [entry.instance for entry in entries][-1] == survey.id
    assert [entry.actor for entry in entries][-1] == office.people["office"]


def test_what_is_asked_is_shown_by_what_it_answers_and_nothing_of_the_case(office: Office) -> None:
    survey = open_survey(office)
    view = public_form(office.runtime, survey.link().secret)
    assert view is not None
    assert "channel" not in view.columns
    assert view.questions["procedure"] == (
        "Biểu mẫu có dễ điền không?",
        "Giấy tờ phải nộp có rõ ràng không?",
    )
    assert "feedback" not in view.questions
    assert "Khảo sát 2026" not in repr((view.title, view.columns, view.questions))


def test_a_link_opens_on_the_days_of_the_survey_alone(office: Office) -> None:
    survey = open_survey(office, first_day="2026-07-07", last_day="2026-07-08")
    secret = survey.link().secret
    opened = []
    # The office's day begins at 17:00 UTC of the day before.
    for hours in (0, 15.9, 0.2, 24, 23.7, 0.3):
        office.clock.forward(hours=hours)
        opened.append(public_form(office.runtime, secret) is not None)
        assert (send(survey, secret) is not None) == opened[-1]
    assert opened == [False, False, True, True, True, False]
    # The office still enters sheets from paper after the last day.
    rows = len(survey.answers())
    assert rows == 3
    reason = "Mới có ít phiếu"
    survey.step("office", "extend", fields={"last_day": "2026-07-10"}, reason=reason)
    assert public_form(office.runtime, secret) is not None


def test_a_link_ends_by_itself_when_the_survey_closes(office: Office) -> None:
    survey = open_survey(office)
    secret = survey.link().secret
    assert isinstance(send(survey, secret), Changed)
    office.clock.forward(days=12)
    survey.end()
    entries = len(survey.entries())
    assert send(survey, secret) is None
    assert public_form(office.runtime, secret) is None
    assert len(survey.entries()) == entries, "a flood of refusals would fill the log"
    wanted = NewPublicLink(instance_id=survey.id, record_set=SET, kind="online")
    with pytest.raises(FormClosed):
        make_public_link(office.runtime, office.as_("office"), wanted)


def test_a_withdrawn_link_is_shut_at_once_and_for_good(office: Office) -> None:
    survey = open_survey(office)
    made, other = survey.link(), survey.link("kiosk")
    withdraw = (office.runtime, office.as_("office"), survey.id, made.link.id)
    for _ in range(2):
        assert withdraw_public_link(*withdraw) is None
    assert send(survey, made.secret) is None
    assert isinstance(send(survey, other.secret), Changed)
    changes = [entry for entry in survey.entries("token_changed") if entry.instance == survey.id]
    assert len(changes) == 3
    forms = offered_forms(office.runtime, office.as_("office"), survey.id)
    assert not isinstance(forms, NotAllowed)
    assert [is_open for _, is_open in forms[0].links] == [True, False]


def test_only_who_keeps_the_form_makes_and_withdraws_links(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link()
    wanted = NewPublicLink(instance_id=survey.id, record_set=SET, kind="online")
    for username in ("director", "one_stop", "iso_secretary", "administrator"):
        caller = office.as_(username)
        assert isinstance(make_public_link(office.runtime, caller, wanted), NotAllowed)
        assert isinstance(offered_forms(office.runtime, caller, survey.id), NotAllowed)
        refused = withdraw_public_link(office.runtime, caller, survey.id, made.link.id)
        assert isinstance(refused, NotAllowed)
    neighbour = Caller(organization_id=NEIGHBOUR, person=office.people["office"])
    with pytest.raises(NotFound):
        make_public_link(office.runtime, neighbour, wanted)
    with pytest.raises(NotFound):
        withdraw_public_link(office.runtime, neighbour, survey.id, made.link.id)
    with pytest.raises(NotFound):
        offered_forms(office.runtime, neighbour, survey.id)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"kind": "paper"}, Invalid),
        ({"kind": "nothing"}, Invalid),
        ({"most_per_day": 0}, Invalid),
        ({"most_per_day": 10_001}, Invalid),
        ({"record_set": "question"}, NotFound),
        ({"record_set": "nothing"}, NotFound),
    ],
)
def test_a_link_that_means_nothing_is_not_made(
    sqlite_office: Office, told: dict[str, object], error: type[Exception]
) -> None:
    survey = open_survey(sqlite_office)
    wanted = NewPublicLink(instance_id=survey.id, record_set=SET, kind="online")
    with pytest.raises(error):
        make_public_link(
            sqlite_office.runtime,
            sqlite_office.as_("office"),
            replace(wanted, **told),  # type: ignore[arg-type]
        )
    forms = offered_forms(sqlite_office.runtime, sqlite_office.as_("office"), survey.id)
    assert not isinstance(forms, NotAllowed)
    assert forms[0].links == ()


def test_before_the_survey_opens_there_is_nothing_to_open(sqlite_office: Office) -> None:
    survey = designed_survey(sqlite_office)
    wanted = NewPublicLink(instance_id=survey.id, record_set=SET, kind="online")
    with pytest.raises(FormClosed):
        make_public_link(sqlite_office.runtime, sqlite_office.as_("office"), wanted)


def test_a_form_counts_once_whatever_is_sent_again(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link()
    assert isinstance(send(survey, made.secret, key("n")), Changed)
    assert isinstance(send(survey, made.secret, key("n")), Replayed)
    with pytest.raises(Conflict):
        send(survey, made.secret, key("n", "b"), overall=1)
    assert len(survey.answers()) == 1
    # Another link is another form.
    assert isinstance(send(survey, survey.link("kiosk").secret, key("n")), Changed)
    assert [row.values["channel"] for row in survey.answers()] == ["online", "kiosk"]
    with office.runtime.read(OFFICE) as uow:
        kept = uow.tables.idempotency.find(made.link.actor, "public-form", "n", now=uow.now)
    assert kept is not None
    assert made.secret not in repr(kept)


def test_a_flood_ends_at_the_count_of_the_day_and_goes_on_the_next(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link(most_per_day=2)
    for _ in range(2):
        assert isinstance(send(survey, made.secret), Changed)
    with pytest.raises(TakenEnough):
        send(survey, made.secret)
    view = public_form(office.runtime, made.secret)
    assert view is not None
    assert view.full
    office.clock.forward(days=1)
    assert isinstance(send(survey, made.secret), Changed)
    assert len(survey.answers()) == 3


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"overall": 6}, {"too_large"}),
        ({"overall": 0}, {"too_small"}),
        ({"overall": None}, {"required"}),
        ({"overall": "5"}, {"not_integer"}),
        ({"overall": True}, {"not_integer"}),
        ({"access": -1, "staff": 2**60}, {"too_small", "too_large"}),
        ({"unit": "nowhere"}, {"unknown_unit"}),
        ({"unit": "a/b"}, {"not_id"}),
        ({"remark": "a" * 1001}, {"too_long"}),
        ({"remark": "a\0b"}, {"control_character"}),
        ({"remark": "\ud800"}, {"control_character"}),
        ({"remark": "   "}, {"blank"}),
        ({"channel": "paper"}, {"unknown_field"}),
        ({"name": "Trần Văn A"}, {"unknown_field"}),
    ],
)
def test_what_does_not_fit_is_told_and_leaves_nothing(
    sqlite_office: Office, values: dict[str, object], codes: set[str]
) -> None:
    survey = open_survey(sqlite_office)
    secret = survey.link().secret
    entries = len(survey.entries())
    with pytest.raises(Invalid) as told:
        send(survey, secret, **values)
    assert {fault["code"] for fault in told.value.params["faults"]} == codes
    assert survey.answers() == ()
    assert len(survey.entries()) == entries


def test_wrong_secrets_open_nothing(office: Office) -> None:
    survey = open_survey(office)
    made = survey.link()
    for secret in ("", "x", made.secret[:-1], made.secret + "A", made.link.id, "\ud800", "\0"):
        assert public_form(office.runtime, secret) is None
        assert send(survey, secret) is None
    assert survey.answers() == ()


def test_whatever_is_sent_is_one_whole_row_or_nothing(sqlite_office: Office) -> None:
    survey = open_survey(sqlite_office)
    made = survey.link(most_per_day=10_000)

    def counted() -> tuple[int, int, int]:
        with sqlite_office.runtime.read(OFFICE) as uow:
            link = uow.tables.public_links.get(made.link.id)
            assert link is not None
            return len(uow.case(survey.id).rows(SET)), uow.tables.log.size(), link.taken

    @settings(max_examples=at_scale(dev=25, ci=100, nightly=1000), deadline=None)
    @given(
        overall=SCORES,
        access=SCORES,
        unit=st.sampled_from(["office", "nowhere", "", "one_stop"]),
        remark=st.one_of(st.none(), st.text(max_size=40)),
    )
    def whatever(overall: object, access: object, unit: str, remark: str | None) -> None:
        before = counted()
        values = {"overall": overall, "access": access, "unit": unit, "remark": remark}
        try:
            written = answer_publicly(
                sqlite_office.runtime, PublicAnswer(secret=made.secret, values=values)
            )
        except Invalid:
            written = None
        more = int(written is not None)
        assert counted() == tuple(count + more for count in before)
        if written is not None:
            row = survey.answers()[-1]
            assert row.values["overall"] in range(1, 6)
            assert row.values["channel"] == "online"

    whatever()


def test_who_sends_at_once_is_counted_as_one_after_the_other(office: Office) -> None:
    survey = open_survey(office)
    made, scarce = survey.link(), survey.link("kiosk", most_per_day=3)

    def same(_: int) -> object:
        return send(survey, made.secret, key("n"))

    def another(_: int) -> object:
        try:
            return send(survey, scarce.secret)
        except TakenEnough:
            return None

    with ThreadPoolExecutor(max_workers=6) as threads:
        once = list(threads.map(same, range(6)))
        few = list(threads.map(another, range(6)))
    assert sum(isinstance(one, Changed) for one in once) == 1
    assert sum(isinstance(one, Replayed) for one in once) == 5
    assert sum(isinstance(one, Changed) for one in few) == 3
    assert len(survey.answers()) == 4
    assert verify_log(office.runtime, OFFICE).findings == ()
