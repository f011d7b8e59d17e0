"""Who would be missing for a process is told before a case of it is opened."""

from datetime import date

from engine.commands.manage_organization import NewDelegation, add_delegation, end_grant
from engine.runtime import Caller
from tests.api.web import Web
from tests.fixtures import OFFICE, Office

LEAD = "lead_auditor"


def without_holders(office: Office, role: str = LEAD) -> Caller:
    """The office after every grant of a role has ended; who administers it."""
    administrator = office.as_("administrator")
    with office.runtime.read(OFFICE) as uow:
        today = uow.today
        grants = [g for g in uow.tables.organization.grants(today) if g["role"] == role]
    assert grants
    for grant in grants:
        ended = end_grant(office.runtime, administrator, grant["id"], today)
        assert ended is None or isinstance(ended, str), ended
    office.clock.forward(days=1)
    return administrator


def test_the_office_of_the_plan_lacks_nobody(web: Web) -> None:
    for process in ("internal_audit", "corrective_action", "training_campaign", "steering_review"):
        assert web.get("clerk", f"/definitions/{process}").json()["shortages"] == []


def test_a_role_that_nobody_holds_is_told_and_a_deputy_does_not_stand_in_for_nobody(
    web: Web,
) -> None:
    without_holders(web.office)
    for language, said in (
        ("vi", "Chưa ai giữ vai trò “Trưởng đoàn đánh giá”."),
        ("en", "Nobody holds the role “Lead auditor”."),
    ):
        answer = web.get(
            "clerk", "/definitions/internal_audit", headers={"Accept-Language": language}
        )
        (found,) = answer.json()["shortages"]
        assert (found["code"], found["role"], found["transition"]) == ("W61", LEAD, None)
        assert found["message"] == said


def test_whoever_lends_a_role_that_is_not_theirs_any_more_helps_nobody(web: Web) -> None:
    lent = NewDelegation(
        giver=web.office.people["lead_auditor"],
        deputy=web.office.people["internal_auditor_1"],
        role=LEAD,
        document="QĐ 1",
        valid_from=date(2026, 7, 1),
        valid_to=date(2026, 12, 31),
    )
    add_delegation(web.office.runtime, web.office.as_("administrator"), lent)
    without_holders(web.office)
    (found,) = web.get("clerk", "/definitions/internal_audit").json()["shortages"]
    assert found["role"] == LEAD
