"""Comments on the page of a case."""

from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit


def test_somebody_comments_and_the_one_who_is_named_hears_of_it(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    browser = enter("director")
    with sqlite_office.runtime.read("skhcn") as uow:
        case = uow.tables.instances.by_code("IA-2026-01")
    assert case is not None
    place = f"/instances/{case.id}"
    browser.open(place)
    secretary = sqlite_office.people["iso_secretary"]
    page = browser.send(
        f"{place}/comments", {"text": "Xem lại <b>phạm vi</b>", "mention": secretary}
    )
    assert "Xem lại <b>phạm vi</b>" in page.text
    assert "báo cho" in page.text
    page = browser.send(f"{place}/comments", {"text": "  "}, expect=422)
    assert "Hãy viết ý kiến" in page.text
    browser.open(f"{place}/comments")
    assert "Xem lại" in browser.page.text
    told = enter("iso_secretary").open("/")
    assert "nhắc đến bạn trong IA-2026-01" in told.text
    reader = enter("external_auditor").open(place)
    assert f"{place}/comments" not in [form.action for form in reader.forms]
