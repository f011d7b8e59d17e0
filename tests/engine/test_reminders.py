"""Who is reminded, and when nobody is any more. Both databases."""

from engine.commands.fire_timers import fire_timers
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.queries.inbox import inbox
from tests.fixtures import Office

ERRAND = """
format: 1
process: errand
version: 1
title: {vi: Việc vặt, en: Errand}
code: ER
roles: [office, unit_head, clerk, director]
evidence:
  proof: {title: {vi: Bằng chứng, en: Proof}, accept: [pdf]}
initial: waiting
states:
  waiting: {title: {vi: Đang chờ, en: Waiting}, due: 10d, remind: [1wd]}
  resting: {title: {vi: Tạm nghỉ, en: Resting}}
  done: {title: {vi: Xong, en: Done}, final: success}
  dropped: {title: {vi: Bỏ, en: Dropped}, final: aborted}
transitions:
  finish: {title: {vi: Xong, en: Finish}, from: waiting, to: done, by: [office], evidence: [proof]}
  report: {title: {vi: Báo, en: Report}, from: waiting, to: "=", by: [unit_head], internal: true}
  rest: {title: {vi: Nghỉ, en: Rest}, from: waiting, to: resting, by: [clerk]}
  resume: {title: {vi: Tiếp, en: Resume}, from: resting, to: previous, by: [clerk]}
  drop: {title: {vi: Bỏ, en: Drop}, from: [waiting, resting], to: dropped, by: [director]}
"""


def opened(office: Office) -> None:
    """An errand of the Office, due on Thursday 16 July 2026."""
    reading = read(ERRAND, file="errand.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, office.organization_id, [reading.process])
    request = StartInstance(caller=office.as_("office"), process="errand", title="Việc vặt")
    assert isinstance(start_instance(office.runtime, request), Started)


def told(office: Office, username: str) -> list[str]:
    return [message.message for message in inbox(office.runtime, office.as_(username)).messages]


def test_reminded_is_who_can_lead_the_case_on_and_nobody_else(office: Office) -> None:
    opened(office)
    office.clock.forward(days=9, hours=12)

    fire_timers(office.runtime, office.organization_id)

    assert told(office, "office") == ["reminder"]
    for other in ("unit_head_tdc", "clerk", "director"):
        assert told(office, other) == []


def test_a_reminder_that_nobody_fired_in_time_is_not_sent_beside_the_overdue(
    office: Office,
) -> None:
    opened(office)
    office.clock.forward(days=14)

    fire_timers(office.runtime, office.organization_id)

    assert told(office, "office") == ["overdue"]
