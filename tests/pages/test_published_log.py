"""Whoever may read the log sees the name and the key that an auditor pins, and what is wrong."""

from pathlib import Path

from api.dependencies import House
from engine.commands.publish_log import publish_log
from tests.fixtures import OFFICE
from tests.pages.conftest import Enter
from tests.publishing import auditor_in

PLACE = "/log/verifications"


def test_the_page_of_verifications_shows_what_an_auditor_pins(
    house: House, enter: Enter, tmp_path: Path
) -> None:
    page = enter("external_auditor").open(PLACE)
    assert "Nhật ký đã công bố" not in page.text
    auditor = auditor_in(house.runtime, tmp_path / "published")
    assert "chưa công bố" in enter("external_auditor").open(PLACE).text
    size = publish_log(house.runtime, OFFICE).size
    text = enter("external_auditor", "en").open(PLACE).text
    assert f"Name of the log {auditor.origin}" in text
    assert auditor.vkey in text
    assert f"Entries published {size} ·" in text
    assert "Cannot be published further" not in text
    with house.runtime.write(OFFICE) as uow:
        now = uow.now
        uow.tables.publications.hindered("log_entry_not_ours", 7, empty=b"", at=now)
        uow.commit()
    text = enter("external_auditor", "en").open(PLACE).text
    assert "Cannot be published further log_entry_not_ours 7" in text
