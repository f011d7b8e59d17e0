"""The page of the office with a survey's links, and the form behind one, as people see them."""

import pytest

from engine.queries.public_forms import public_form as form_behind
from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.equipment import ADDRESS
from tests.surveys import Survey, open_survey


@pytest.fixture
def survey(sqlite_office: Office) -> Survey:
    return open_survey(sqlite_office)


def test_the_office_makes_a_link_sees_it_once_and_withdraws_it(
    survey: Survey, enter: Enter
) -> None:
    office = enter("office")
    case = f"/instances/{survey.id}"
    assert f"{case}/public-links" in office.open(case).links
    office.open(f"{case}/public-links")
    page = office.send(f"{case}/public-links", {"kind": "kiosk", "most_per_day": "40"})
    (address,) = {link for link in page.links if "/survey/" in link}
    assert address.startswith(f"{ADDRESS}/survey/")
    secret = address.rpartition("/")[2]
    assert secret in page.text
    assert form_behind(survey.office.runtime, secret) is not None
    again = office.open(f"{case}/public-links")
    assert secret not in again.html
    assert "0 phiếu (tối đa 40 một ngày)" in again.text
    (withdraw,) = [form for form in again.forms if form.action.endswith("/withdraw")]
    page = office.send(withdraw.action, form=withdraw)
    assert "Đã thu hồi đường dẫn." in page.text
    assert form_behind(survey.office.runtime, secret) is None


def test_who_does_not_keep_the_form_finds_no_way_to_its_links(survey: Survey, enter: Enter) -> None:
    case = f"/instances/{survey.id}"
    for username in ("director", "one_stop", "administrator"):
        browser = enter(username)
        assert f"{case}/public-links" not in browser.open(case).links
        browser.open(f"{case}/public-links", expect=403)


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"most_per_day": "0"}, 422),
        ({"most_per_day": "nhiều"}, 422),
        ({"most_per_day": "9999999"}, 422),
        ({"kind": "paper"}, 422),
        ({"record_set": "measure"}, 404),
    ],
)
def test_a_link_that_means_nothing_is_told_so(
    survey: Survey, enter: Enter, typed: dict[str, str], status: int
) -> None:
    office = enter("office")
    office.open(f"/instances/{survey.id}/public-links")
    page = office.send(f"/instances/{survey.id}/public-links", typed, expect=status)
    assert "/survey/" not in page.html


def test_a_citizen_fills_in_what_the_page_shows(survey: Survey, enter: Enter) -> None:
    place = f"/survey/{survey.link().secret}"
    citizen = enter()
    page = citizen.open(place)
    assert page.text.index("Tiếp cận dịch vụ") < page.text.index("dễ tìm thông tin")
    assert "name" not in {given.get("autocomplete") for _, given in page.tags}
    page = citizen.send(f"{place}?lang=vi", {"f.unit": "office", "f.overall": "5"})
    assert "Cảm ơn" in page.text
    (row,) = survey.answers()
    assert dict(row.values) == {"unit": "office", "overall": 5, "channel": "online"}
    assert citizen.client.cookies == {}


def test_every_input_of_the_form_has_its_words(survey: Survey, enter: Enter) -> None:
    page = enter().open(f"/survey/{survey.link().secret}")
    labelled = {given["for"] for tag, given in page.tags if tag == "label" and "for" in given}
    for tag, given in page.tags:
        if tag in {"select", "textarea"}:
            assert given["id"] in labelled
    groups = [given for tag, given in page.tags if tag == "fieldset"]
    legends = [tag for tag, _ in page.tags if tag == "legend"]
    assert len(groups) == len(legends) == 6
    assert len(page.ids) == len(set(page.ids))


def test_the_case_shows_answers_and_names_nobody(survey: Survey, enter: Enter) -> None:
    citizen = enter()
    place = f"/survey/{survey.link().secret}"
    citizen.open(place)
    citizen.send(f"{place}?lang=vi", {"f.unit": "office", "f.overall": "5"})
    office = enter("office")
    page = office.open(f"/instances/{survey.id}")
    assert "Trực tuyến" in page.text
    log = office.open(f"/log?instance={survey.id}")
    assert "Liên kết công khai" in log.text
    assert "public-link:" not in log.text
    (made,) = survey.entries("token_changed")[-1:]
    entry = office.open(f"/log/entries/{made.idx}")
    assert "Tạo đường dẫn cho người dân" in entry.text
    assert "Số phiếu tối đa một ngày" in entry.text
