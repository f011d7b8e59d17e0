"""One step for several cases: what is plain is offered, each case has its own verdict."""

from collections.abc import Mapping

import pytest

from engine.commands.publish_definition import publish_definitions
from engine.definition.source import read
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.equipment import Browser

NOTE = """\
format: 1
process: note
version: 1
title: {vi: Phiếu trình, en: Note}
code: NT
roles: [iso_secretary, office]
initial: waiting
opens: [office]
fields:
  opinion: {type: text, max_length: 200, title: {vi: Ý kiến, en: Opinion}}
evidence:
  paper: {title: {vi: Giấy, en: Paper}, accept: [pdf]}
states:
  waiting: {title: {vi: Chờ xem, en: Waiting}}
  seen: {title: {vi: Đã xem, en: Seen}}
  sent_back: {title: {vi: Đã trả lại, en: Sent back}}
  filed: {title: {vi: Đã lưu, en: Filed}, final: success}
transitions:
  see: {title: {vi: Xem, en: See}, from: waiting, to: seen, by: [iso_secretary]}
  send_back:
    title: {vi: Trả lại, en: Send back}
    from: waiting
    to: sent_back
    by: [iso_secretary]
    reason: required
  again: {title: {vi: Trình lại, en: Again}, from: sent_back, to: waiting, by: [office]}
  judge:
    title: {vi: Cho ý kiến, en: Judge}
    from: waiting
    to: seen
    by: [iso_secretary]
    must_change: [opinion]
  file:
    title: {vi: Lưu, en: File}
    from: seen
    to: filed
    by: [iso_secretary]
    evidence: [paper]
"""
SEE = "/instances/bulk?process=note&state=waiting&step=see"


@pytest.fixture
def office(sqlite_office: Office) -> Office:
    reading = read(NOTE)
    assert reading.process is not None, reading.findings
    publish_definitions(sqlite_office.runtime, OFFICE, [reading.process])
    return sqlite_office


@pytest.fixture
def opener(office: Office, enter: Enter) -> Browser:  # noqa: ARG001 - it knows the process.
    """Who opened three notes."""
    browser = enter("office")
    for number in range(1, 4):
        browser.open("/instances/new?process=note")
        browser.send("/instances", {"title": f"Phiếu {number}"})
    return browser


def picks(browser: Browser, address: str = SEE) -> list[str]:
    form = browser.open(address).form("/instances/bulk")
    return form.values["pick"]


def states(office: Office) -> Mapping[str, str]:
    with office.runtime.read(OFFICE) as uow:
        found = (uow.tables.instances.by_code(f"NT-2026-0{number}") for number in range(1, 4))
        return {each.title: each.state for each in found if each is not None}


@pytest.mark.usefixtures("opener")
def test_what_asks_for_nothing_is_offered_and_taken_in_all_cases_chosen(
    office: Office, enter: Enter
) -> None:
    secretary = enter("iso_secretary")
    page = secretary.open("/")
    assert "/instances/bulk" in page.links
    page = secretary.open("/instances/bulk")
    offered = {link for link in page.links if link.startswith("/instances/bulk?process=note")}
    # Neither the step that asks for an opinion nor, later, the one that asks for a file.
    assert {link.rpartition("=")[2] for link in offered} == {"see", "send_back"}
    first, second, _ = picks(secretary)
    page = secretary.send("/instances/bulk", {"pick": [first, second]})
    assert "Đã thực hiện 2/2 hồ sơ." in page.text
    assert states(office) == {"Phiếu 1": "seen", "Phiếu 2": "seen", "Phiếu 3": "waiting"}
    assert "step=see" not in "".join(page.links)
    assert "step=file" not in "".join(secretary.open("/instances/bulk").links)
    assert verify_log(office.runtime, OFFICE).intact


@pytest.mark.usefixtures("opener")
def test_a_case_that_moved_is_told_and_stops_none_of_the_others(
    office: Office, enter: Enter
) -> None:
    secretary = enter("iso_secretary")
    given = picks(secretary)
    faster = enter("iso_secretary")
    address = f"/instances/{given[1].partition(':')[0]}"
    faster.open(address)
    faster.send(f"{address}/steps/see")
    page = secretary.send("/instances/bulk", {"pick": given})
    assert "Đã thực hiện 2/3 hồ sơ." in page.text
    assert "Hồ sơ đã chuyển trước đó, đang ở “Đã xem”." in page.text
    assert set(states(office).values()) == {"seen"}


@pytest.mark.usefixtures("opener")
def test_all_or_none_is_undone_by_one_that_cannot_be_taken(office: Office, enter: Enter) -> None:
    secretary = enter("iso_secretary")
    given = picks(secretary)
    faster = enter("iso_secretary")
    address = f"/instances/{given[1].partition(':')[0]}"
    faster.open(address)
    faster.send(f"{address}/steps/see")
    before = entries(office)
    page = secretary.send("/instances/bulk", {"pick": given, "together": "yes"})
    assert "Có hồ sơ không thực hiện được nên không hồ sơ nào thay đổi." in page.text
    assert page.text.count("Chưa thực hiện, vì hồ sơ khác không thực hiện được") == 2
    assert states(office) == {"Phiếu 1": "waiting", "Phiếu 2": "seen", "Phiếu 3": "waiting"}
    assert entries(office) == before
    left = picks(secretary)
    page = secretary.send("/instances/bulk", {"pick": left, "together": "yes"})
    assert "Đã thực hiện 2/2 hồ sơ." in page.text
    assert set(states(office).values()) == {"seen"}
    assert verify_log(office.runtime, OFFICE).intact


def entries(office: Office) -> int:
    with office.runtime.read(OFFICE) as uow:
        return len(uow.tables.log.read(LogFilter(), limit=500))


@pytest.mark.usefixtures("opener")
def test_cases_of_an_older_version_end_in_states_that_the_newest_does_not_have(
    office: Office, enter: Enter
) -> None:
    newer = NOTE.replace("version: 1", "version: 2").replace("seen", "looked_at")
    reading = read(newer)
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, OFFICE, [reading.process])
    secretary = enter("iso_secretary")
    page = secretary.send("/instances/bulk", {"pick": picks(secretary)})
    assert "Đã thực hiện 3/3 hồ sơ." in page.text
    assert "Đã xem" in page.text
    assert set(states(office).values()) == {"seen"}


@pytest.mark.usefixtures("opener")
def test_a_reason_that_a_step_asks_for_goes_to_every_case(office: Office, enter: Enter) -> None:
    secretary = enter("iso_secretary")
    address = SEE.replace("see", "send_back")
    given = picks(secretary, address)
    page = secretary.send("/instances/bulk", {"pick": given, "reason": " "})
    assert "Đã thực hiện 0/3 hồ sơ." in page.text
    assert set(states(office).values()) == {"waiting"}
    picks(secretary, address)
    page = secretary.send("/instances/bulk", {"pick": given, "reason": "Thiếu số liệu quý III"})
    assert "Đã thực hiện 3/3 hồ sơ." in page.text
    log = enter("external_auditor").open("/log?process=note").text
    assert log.count("Thiếu số liệu quý III") >= 3


def test_nothing_chosen_is_told_and_nobody_takes_what_is_not_theirs(
    office: Office, opener: Browser, enter: Enter
) -> None:
    secretary = enter("iso_secretary")
    given = picks(secretary)
    page = secretary.send("/instances/bulk", {"pick": []}, expect=422)
    assert "Chưa chọn hồ sơ nào." in page.text
    form = page.form("/instances/bulk")
    assert form.values["pick"] == given
    bent = [given[0], "nobody:1", f"{given[1].partition(':')[0]}:{'9' * 5000}"]
    secretary.send("/instances/bulk", {"pick": bent}, form=form, expect=404)
    secretary.send("/instances/bulk", {"pick": bent[2:]}, form=form)
    assert set(states(office).values()) == {"waiting"}
    page = opener.open("/instances/bulk")
    assert "Hiện không có bước nào" in page.text
    own = page.form("/logout").values
    page = opener.send("/instances/bulk", own, form=form)
    assert "Đã thực hiện 0/3 hồ sơ." in page.text
    assert set(states(office).values()) == {"waiting"}
