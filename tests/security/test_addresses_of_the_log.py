"""Somebody with an account, or with none, tries the addresses around the log."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from engine.commands.publish_log import publish_log
from engine.outbox.addresses import AddressRefused, Egress, is_public, target_of
from tests.api.test_signing_keys import answer, key_of, paper_of
from tests.api.web import Web
from tests.fixtures import NEIGHBOUR, OFFICE
from tests.publishing import auditor_in

TRICKS = (
    *("../checkpoint", "0/../../checkpoint", "..%2fcheckpoint", "%2e%2e%2f%2e%2e%2fcheckpoint"),
    *("0/000.p/0", "0/000.p/00", "0/000.p/256", "0/000.p/1%0a", "0/000.p/1%00", "0/000.p/1/"),
    *("0/x000/000.p/1", "00/000.p/1", "+0/000.p/1", "-1/000.p/1", "64/000.p/1"),
    *("0//000.p/1", "0\\000.p\\1", "/etc/passwd", "entries/../0/000.p/1", "0/000.p/１"),
    *("entries/000.p/1%20", "ENTRIES/000.p/1", "0/000.p/1;a", "0/999/999.p/1", "9" * 90),
)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("trick", TRICKS)
def test_a_tile_has_one_spelling_and_leads_nowhere_else(small_web: Web, trick: str) -> None:
    for place in ("/log/tile/", "/log/generations/1/tile/"):
        told = small_web.get("director", place + quote(trick, safe="/%;+.\\"))
        # `..` is taken out by the client: it asks for another address of the house, and gets that.
        assert told.status_code in {400, 404, 422} or "/tile/" not in str(told.request.url), trick
        assert b"root:" not in told.content


@pytest.fixture
def published(small_web: Web, tmp_path: Path) -> None:
    auditor_in(small_web.office.runtime, tmp_path / "published")
    publish_log(small_web.office.runtime, OFFICE)


@pytest.mark.usefixtures("published")
def test_a_neighbour_gets_receipts_of_their_own_log_alone(small_web: Web) -> None:
    publish_log(small_web.office.runtime, NEIGHBOUR)
    small_web.open_audit()
    publish_log(small_web.office.runtime, OFFICE)
    newest = small_web.get("director", "/log/keys").json()["size"] - 1
    assert small_web.get("director", f"/log/{newest}/receipt").status_code == 200
    first = small_web.neighbour("director", "GET", "/log/0/receipt")
    assert f"{NEIGHBOUR}\n".encode() in first.content
    assert first.content != small_web.get("director", "/log/0/receipt").content
    assert small_web.neighbour("director", "GET", f"/log/{newest}/receipt").status_code in {
        404,
        422,
    }
    for wrong in ("-1", "x", "1e3", "9" * 30):
        assert small_web.get("director", f"/log/{wrong}/receipt").status_code in {404, 422}
    nobody = small_web.client.get("/api/v1/log/0/receipt")
    assert nobody.status_code == 401


def test_a_signature_that_somebody_else_was_asked_for_is_no_signature(small_web: Web) -> None:
    paper, key = paper_of(small_web), key_of()
    paper.enrol(key)
    given = answer(paper.ask(), key)
    refused = paper.take(username="iso_secretary", signature=given)
    assert (refused.status_code, refused.json()["code"]) == (403, "signature_not_asked")
    assert paper.take(signature=given).status_code == 200


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "＠a", "'=1")


def test_no_export_of_the_log_holds_a_formula_or_broken_markup(small_web: Web) -> None:
    """What people type leaves as text, whatever it looks like to a spreadsheet or a parser."""
    audit = small_web.open_audit()["id"]
    for formula in FORMULAS:
        waiver = {"gate": "window", "reason": f"{formula} ]]><x>", "until": "2026-12-31"}
        told = small_web.post("director", f"/instances/{audit}/waivers", waiver)
        assert told.status_code == 201, (formula, told.text)

    def export(form: str) -> Any:
        told = small_web.get("director", "/log/export", params={"format": form})
        assert told.status_code == 200, told.text
        return told

    rows = list(csv.reader(io.StringIO(export("csv").text)))
    cells = [cell for row in rows for cell in row]
    assert any("]]><x>" in cell for cell in cells)
    assert not [c for c in cells if c[:1] in {*"=+-@\t\r\n＝＋－＠"}]
    assert all(json.loads(line) for line in export("jsonl").text.splitlines())
    ET.fromstring(export("xes").content)  # noqa: S314 - our own.
    assert json.loads(export("ocel").text)


@pytest.mark.parametrize(
    "address",
    [
        *("fec0::1", "3fff::1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001::1", "fe80::1", "fc00::1", "ff02::1"),
        *("0.0.0.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "192.0.0.8"),
    ],
)
def test_a_subscription_reaches_no_machine_behind_the_wall(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefused):
        target_of("https://hook.example/", Egress(), resolve=lambda *_: ("93.184.216.34", address))


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]", "localhost"]
)
def test_other_spellings_of_this_machine_are_refused_when_they_are_dialled(host: str) -> None:
    with pytest.raises((AddressRefused, OSError)):
        target_of(f"https://{host}/", Egress())


def test_a_guess_at_a_feed_learns_nothing(small_web: Web) -> None:
    made = small_web.post("director", "/calendar", {}).json()
    secret = str(made["address"]).rpartition("/")[2].removesuffix(".ics")
    assert len(secret) >= 43
    assert small_web.client.get(f"/api/v1/calendar/{secret}.ics").status_code == 200
    guesses = (secret[:-1], secret.swapcase(), secret + "a", "a" * len(secret))
    told = {
        (got.status_code, got.json()["code"])
        for guess in guesses
        for got in [small_web.client.get(f"/api/v1/calendar/{guess}.ics")]
    }
    assert told == {(404, "unknown_feed")}
    assert small_web.get("director", "/calendar").text.count(secret) == 0
