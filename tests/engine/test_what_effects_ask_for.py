"""What a timed check marks on a case, whom it tells by unit, and what a step qualifies people for.

Both databases.
"""

from datetime import date

from engine.audit.leaf import EntryType
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.fire_timers import fire_timers
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.machine.actor import SYSTEM
from engine.machine.intent import Intent, Notify, Qualify, RaiseFlag, SetField
from engine.machine.registry import Question
from engine.queries.audit_trail import verify_log
from engine.queries.inbox import inbox
from engine.storage.audit_log import LogFilter
from engine.transaction.marking import mark
from engine.transaction.stepping import Taken
from tests.fixtures import Office

COURSE = """
format: 1
process: short_course
version: 1
title: {vi: Khóa học ngắn, en: Short course}
code: SC
roles: [office, unit_head]
fields:
  remark: {type: text, title: {vi: Ghi chú, en: Remark}}
  learner: {type: person, personal: true, title: {vi: Học viên, en: Learner}}
evidence:
  list: {title: {vi: Danh sách, en: List}, accept: [pdf]}
initial: running
states:
  running:
    title: {vi: Đang học, en: Running}
    checks: [{at: 1d, effect: course_is_late}]
  passed: {title: {vi: Đã đạt, en: Passed}}
  ended: {title: {vi: Kết thúc, en: Ended}, final: success}
transitions:
  pass:
    {title: {vi: Đạt, en: Pass}, from: running, to: passed, by: [office], effects: [award_course]}
  end: {title: {vi: Kết thúc, en: End}, from: passed, to: ended, by: [office], evidence: [list]}
"""


def late(question: Question) -> tuple[Intent, ...]:
    """Marked, and told to the head of one unit."""
    told = Notify(message="course_is_late", roles=("unit_head",), units=("tdc",))
    remark = SetField(field="remark", value="Chậm")
    learner = SetField(field="learner", value=question.case.instance.history[0].person)
    return (RaiseFlag(flag="late"), remark, learner, told)


def award(question: Question) -> tuple[Intent, ...]:
    """Two people, one of them for good."""
    both = {"vi": "Chứng nhận số 1", "en": "Certificate no. 1"}
    today = question.case.today
    ends = date(today.year + 1, 12, 31)
    return (
        Qualify(person="p025", kind="short_course", evidence=both, valid_from=today),
        Qualify(person="p026", kind="short_course", evidence=both, valid_from=today, valid_to=ends),
    )


def opened(office: Office) -> str:
    office.runtime.registry.effect("course_is_late", late)
    office.runtime.registry.effect("award_course", award)
    reading = read(COURSE, file="short_course.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, office.organization_id, [reading.process])
    started = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("office"), process="short_course", title="Khóa học"),
    )
    assert isinstance(started, Started)
    return started.case.instance.id


def entries(office: Office, kind: EntryType) -> int:
    with office.runtime.read(office.organization_id) as uow:
        return len(uow.tables.log.read(LogFilter(type=kind.value), limit=1000))


def test_a_check_marks_the_case_and_tells_the_unit_that_it_concerns(office: Office) -> None:
    course = opened(office)
    office.clock.forward(days=2)

    fire_timers(office.runtime, office.organization_id)

    with office.runtime.read(office.organization_id) as uow:
        instance = uow.case(course).instance
    assert (instance.flags, instance.version) == (("late",), 0)
    assert instance.fields == {"remark": "Chậm", "learner": office.people["office"]}
    told = inbox(office.runtime, office.as_("unit_head_tdc")).messages
    assert [message.message for message in told] == ["course_is_late"]
    assert inbox(office.runtime, office.as_("unit_head_office")).messages == ()
    assert entries(office, EntryType.FIELDS_CHANGED) == 1
    assert verify_log(office.runtime, office.organization_id).findings == ()


def test_what_is_marked_already_is_not_marked_again(office: Office) -> None:
    course = opened(office)
    office.clock.forward(days=2)
    fire_timers(office.runtime, office.organization_id)

    with office.runtime.write(office.organization_id) as uow:
        case = uow.case(course, lock=True)
        mark(uow, case, (RaiseFlag(flag="late"),), actor=SYSTEM, grant=SYSTEM.grants[0])
        uow.commit()

    assert entries(office, EntryType.FIELDS_CHANGED) == 1


def test_a_flag_that_somebody_slipped_in_beside_the_log_is_found(office: Office) -> None:
    course = opened(office)
    office.clock.forward(days=2)
    fire_timers(office.runtime, office.organization_id)
    with office.runtime.write(office.organization_id) as uow:
        uow.tables.instances.mark(course, fields={"remark": "Đúng hạn"}, flags=())
        uow.commit()

    found = {
        finding.code for finding in verify_log(office.runtime, office.organization_id).findings
    }

    assert {"instance_differs", "field_differs"} <= found


def test_an_accepted_step_qualifies_people_from_a_day_and_says_so_in_the_log(
    office: Office,
) -> None:
    course = opened(office)
    before = entries(office, EntryType.ORGANIZATION_CHANGED)

    taken = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("office"), instance_id=course, transition="pass", expected_version=0
        ),
    )

    assert isinstance(taken, Taken)
    with office.runtime.read(office.organization_id) as uow:
        today = uow.today
        people = uow.tables.organization.known(["p025", "p026", "p001"], on=today)
        later = uow.tables.organization.known(["p026"], on=date(today.year + 2, 1, 1))
        yesterday = uow.tables.organization.known(["p025"], on=date(today.year, 1, 1))
    assert people["p025"].qualifications == {"short_course"}
    assert people["p026"].qualifications == {"short_course"}
    assert "short_course" not in people["p001"].qualifications
    assert later["p026"].qualifications == yesterday["p025"].qualifications == frozenset()
    assert entries(office, EntryType.ORGANIZATION_CHANGED) == before + 2
    assert verify_log(office.runtime, office.organization_id).findings == ()
