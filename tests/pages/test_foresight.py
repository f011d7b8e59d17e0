"""Before a step that would leave nobody for a later one, the page says so; others are not told."""

import pytest

from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.queries.instances import instance_view
from tests.fixtures import Office
from tests.pages.office_work import Audit


def change_of(office: Office) -> str:
    """A change of a document that the tdc is to draft."""
    request = StartInstance(
        caller=office.as_("iso_secretary"),
        process="document_change",
        title="Sửa QT.02",
        unit="tdc",
        fields={
            "unit": "tdc",
            "document_code": "QT.02",
            "document_title": "Quy trình tiếp nhận",
            "wording": "Cập nhật theo văn bản mới",
        },
    )
    started = start_instance(office.runtime, request)
    assert isinstance(started, Started), started
    return started.case.instance.id


def shut_out(office: Office, username: str, case: str) -> dict[str, tuple[str, ...]]:
    view = instance_view(office.runtime, office.as_(username), case)
    return {option.transition: option.shuts_out for option in view.options}


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "không còn ai làm được bước “Xem xét”"), ("en", "nobody is left for “Review”")],
)
def test_the_only_secretary_is_told_before_drafting(audit: Audit, language: str, said: str) -> None:
    case = change_of(audit.office)
    assert shut_out(audit.office, "iso_secretary", case)["draft_change"] == ("review",)
    assert shut_out(audit.office, "unit_head_tdc", case)["draft_change"] == ()
    assert said in audit.enter("iso_secretary", language).open(f"/instances/{case}").text
    assert said not in audit.enter("unit_head_tdc", language).open(f"/instances/{case}").text
