"""Comments: said once, told to whom they name, in the log for good, without touching the case."""

import pytest

from engine.commands.add_comment import MENTIONS_MAX, AddComment, OnlyReads, add_comment
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.errors import Invalid, NotFound
from engine.queries.comments import comments_on
from engine.runtime import Caller
from engine.storage.audit_log import LogFilter
from engine.storage.comments import Comment
from tests.fixtures import NEIGHBOUR, OFFICE, Office


def open_audit(office: Office) -> str:
    outcome = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("iso_secretary"), process="internal_audit", title="Thử"),
    )
    assert isinstance(outcome, Started)
    return outcome.case.instance.id


def test_a_comment_is_kept_logged_and_told_to_whom_it_names(office: Office) -> None:
    case, director = open_audit(office), office.as_("director")
    secretary = office.people["iso_secretary"]
    for number in range(3):
        made = add_comment(
            office.runtime,
            AddComment(
                caller=director,
                instance_id=case,
                text=f"Đề nghị bổ sung {number}",
                mentions=(secretary, secretary, director.person),
            ),
        )
        assert isinstance(made, Comment)
    found = comments_on(office.runtime, director, case, limit=2)
    assert [one.comment.text for one in found] == ["Đề nghị bổ sung 2", "Đề nghị bổ sung 1"]
    assert found[0].comment.mentions == (secretary, director.person)
    last = found[-1].comment.entry
    older = comments_on(office.runtime, director, case, before=last, limit=9)
    assert [one.comment.text for one in older] == ["Đề nghị bổ sung 0"]
    with office.runtime.read(OFFICE) as uow:
        assert uow.case(case).instance.version == 0
        (entry,) = uow.tables.log.read(LogFilter(type="comment_added"), limit=1)
        told = uow.tables.outbox.of_person(secretary, limit=9)
        own = uow.tables.outbox.of_person(director.person, limit=9)
    assert b"b\xe1\xbb\x95 sung" not in entry.body
    assert entry.payload is not None
    assert entry.payload.reason == "Đề nghị bổ sung 0"
    assert [one.message for one in told if one.instance_id == case].count("mentioned") == 3
    assert "mentioned" not in [one.message for one in own]


def test_what_cannot_be_said_changes_nothing(office: Office) -> None:
    case, director = open_audit(office), office.as_("director")

    def say(text: str = "x", *mentions: str, caller: Caller = director, of: str = case) -> None:
        request = AddComment(caller=caller, instance_id=of, text=text, mentions=mentions)
        add_comment(office.runtime, request)

    with office.runtime.read(OFFICE) as uow:
        size = uow.tables.log.size()
    for wrong in (" \n ", "a" * 4001, "a\0b"):
        with pytest.raises(Invalid):
            say(wrong)
    with pytest.raises(Invalid):
        say("x", "nobody")
    with pytest.raises(Invalid):
        say("x", *sorted(office.people.values())[: MENTIONS_MAX + 1])
    with pytest.raises(OnlyReads):
        say(caller=office.as_("external_auditor"))
    with pytest.raises(NotFound):
        say(caller=Caller(organization_id=NEIGHBOUR, person=director.person))
    with pytest.raises(NotFound):
        say(of="x")
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.log.size() == size
    assert comments_on(office.runtime, director, case, limit=9) == ()
