"""A case that was carried into the next year goes on there, once, whoever opens the plan."""

import io
import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from api.seeds import DEFINITIONS, plan_for, read_plan
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.enter_plan import enter_plan
from engine.commands.open_plan import open_plan
from engine.machine.actor import SYSTEM
from engine.queries.audit_trail import verify_log
from engine.queries.instances import instance_view
from engine.queries.origins import case_line
from engine.queries.plan import plan_view
from engine.transaction.attaching import Upload
from engine.transaction.opening import Opening, open_instance
from engine.transaction.stepping import Taken
from tests.api.web import pdf
from tests.fixtures import OFFICE, Office

YEAR = 2026


def plan() -> Mapping[str, Any]:
    written = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    return plan_for(written, YEAR + 1, signer="Nguyễn Khắc Hải Đăng")


def decided(office: Office) -> str:
    """A decision of this year, handed out."""
    fields = {
        "wording": "Bổ sung chỉ tiêu",
        "unit": "planning_finance",
        "owner": office.people["unit_staff"],
        "due_on": "2026-12-20",
    }
    with office.runtime.write(OFFICE) as uow:
        opening = Opening(
            process="review_decision",
            title="Bổ sung chỉ tiêu",
            unit="planning_finance",
            year=YEAR,
            fields=fields,
        )
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
        uow.commit()
    return case.instance.id


def carry(office: Office, case: str) -> Taken:
    note = Upload(
        requirement="carry_over_note",
        filename="Chuyển sang năm sau.pdf",
        content=io.BytesIO(pdf("Chuyển sang năm sau")),
    )
    taken = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("steering_head"),
            instance_id=case,
            transition="carry_over",
            expected_version=0,
            fields={"carried_to": YEAR + 1, "carried_due": "2027-03-31"},
            reason="Chờ quy định mới",
            uploads=(note,),
        ),
    )
    assert isinstance(taken, Taken), taken
    return taken


def test_the_plan_of_the_next_year_opens_it_once_with_its_new_day(office: Office) -> None:
    old = decided(office)
    left = decided(office)
    assert carry(office, old).opened == ()
    opened = open_plan(office.runtime, OFFICE, YEAR + 1, plan())
    assert opened.carried == ("RD-2027-01",)
    assert open_plan(office.runtime, OFFICE, YEAR + 1, None).carried == ()
    view = instance_view(office.runtime, office.as_("iso_secretary"), "RD-2027-01")
    assert view.predecessor == old != left
    assert (view.parent, view.summary.state, view.summary.year) == (None, "assigned", YEAR + 1)
    assert view.typed_fields["due_on"] == date(2027, 3, 31)
    assert view.typed_fields["owner"] == office.people["unit_staff"]
    assert "carried_to" not in view.typed_fields
    assert verify_log(office.runtime, OFFICE).intact


def test_where_the_plan_is_entered_already_the_step_opens_it(sqlite_office: Office) -> None:
    enter_plan(sqlite_office.runtime, OFFICE, YEAR + 1, plan())
    (opened,) = carry(sqlite_office, decided(sqlite_office)).opened
    view = instance_view(sqlite_office.runtime, sqlite_office.as_("iso_secretary"), opened)
    assert view.summary.code == "RD-2027-01"
    assert open_plan(sqlite_office.runtime, OFFICE, YEAR + 1, None).carried == ()


def test_two_who_open_the_year_at_once_carry_it_on_once(office: Office) -> None:
    carry(office, decided(office))
    enter_plan(office.runtime, OFFICE, YEAR + 1, plan())
    barrier = threading.Barrier(2)
    told: list[tuple[str, ...]] = []

    def open_() -> None:
        barrier.wait()
        told.append(open_plan(office.runtime, OFFICE, YEAR + 1, None).carried)

    threads = [threading.Thread(target=open_) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [(), ("RD-2027-01",)]
    assert verify_log(office.runtime, OFFICE).intact


def test_the_new_case_leads_to_the_old_one_and_back(office: Office) -> None:
    old = decided(office)
    carry(office, old)
    open_plan(office.runtime, OFFICE, YEAR + 1, plan())
    caller = office.as_("iso_secretary")
    new = instance_view(office.runtime, caller, "RD-2027-01").summary.id
    before, after = (case_line(office.runtime, caller, each) for each in (old, new))
    assert before.goes_on_in is not None
    assert after.comes_from is not None
    assert (before.comes_from, after.goes_on_in) == (None, None)
    assert (before.goes_on_in.code, after.comes_from.id) == ("RD-2027-01", old)
    nobody = case_line(office.runtime, caller, "x")
    assert (nobody.comes_from, nobody.goes_on_in, nobody.taken_up) == (None, None, ())


def slip(office: Office, *, year: int) -> str:
    """A corrective action of a year, still open."""
    with office.runtime.write(OFFICE) as uow:
        opening = Opening(
            process="corrective_action", title="Hướng dẫn chưa đủ", unit="tdc", year=year
        )
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
        uow.commit()
    return case.instance.id


def test_open_work_goes_on_under_its_own_number_and_stands_on_the_new_plan(office: Office) -> None:
    left = decided(office)
    carry(office, decided(office))
    open_slip, older = slip(office, year=YEAR), slip(office, year=YEAR - 1)
    mine = slip(office, year=YEAR + 1)
    open_plan(office.runtime, OFFICE, YEAR + 1, plan())
    open_plan(office.runtime, OFFICE, YEAR + 1, None)
    view = plan_view(office.runtime, office.as_("external_auditor"), YEAR + 1)
    found = {one.case.id: one.origin for one in view.carried.cases}
    assert len(found) == len(view.carried.cases)
    assert mine not in found
    with office.runtime.read(OFFICE) as uow:
        gone_on = uow.tables.instances.by_code("RD-2027-01")
    assert gone_on is not None
    assert found.keys() == {left, open_slip, older, gone_on.id}
    origin = found[gone_on.id]
    assert origin is not None
    assert origin.state == "carried_over"
    assert (found[open_slip], view.carried.more, view.carried.missed) == (None, False, ())
    # The case that was carried is over, and stands there only as the origin of the new one.
    assert origin.id not in found
