"""Letterheads on their page: read by everybody, set by administrators from a day on."""

from tests.pages.conftest import Enter

HOME = "/admin/letterheads"


def test_an_administrator_sets_one_and_everybody_reads_it(enter: Enter) -> None:
    browser = enter("administrator")
    assert HOME in browser.open("/admin").links
    form = browser.open(HOME).form(HOME)
    assert form.values["issuer"] == ["agency"]
    assert form.values["symbol"] == ["SKHCN"]
    told = {"symbol": "SKHCN2", "role-4": "unit_head", "office-4-vi": "Trưởng phòng"}
    page = browser.send(HOME, told, form=form, expect=422)
    assert "phải có đủ tiếng Việt và tiếng Anh" in page.text
    page = browser.send(HOME, {**told, "symbol": "sk hcn"}, form=form, expect=422)
    assert "không dùng được trong số văn bản" in page.text
    page = browser.send(HOME, {**told, "valid_from": "hôm nay"}, form=form, expect=422)
    whole = {**told, "office-4-en": "Head of division"}
    page = browser.send(HOME, whole, form=browser.open(HOME).form(HOME))
    assert "Đã đặt thể thức văn bản." in page.text
    assert "Thủ trưởng phòng, đơn vị: Trưởng phòng" in page.text
    reader = enter("external_auditor", language="en").open(HOME)
    assert "SKHCN2" in reader.text
    assert "On behalf of the Director / Deputy Director" in reader.text
    assert not [one for one in reader.forms if one.action == HOME]
