"""Doors for auditors from outside: what is behind one is read, and nothing else, by nobody else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands.publish_log import publish_log
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from tests.api.web import Web, web_of
from tests.fixtures import NEIGHBOUR, OFFICE, Office
from tests.packs import judged
from tests.publishing import ORIGIN, Auditor, auditor_in
from tests.security.test_tampering import at_work

OWN = {"Sec-Fetch-Site": "same-origin"}
FORM = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True)
class Site:
    """An office whose log is published, and its pages."""

    web: Web
    audit: str
    case: str
    auditor: Auditor
    folder: Path

    def link(self, **more: Any) -> dict[str, Any]:
        """A door, made by the secretary."""
        told = {"scope": "instance", "value": self.audit, "label": "Đoàn A", **more}
        until = self.web.office.clock.now() + timedelta(days=3)
        body = {"expires_at": until.isoformat(), **told}
        answer = self.web.post("iso_secretary", "/log/links", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def page(self, method: str, path: str, **more: Any) -> Any:
        """A request without an account."""
        headers = {**OWN, **more.pop("headers", {})}
        return self.web.client.request(
            method, path, headers=headers, follow_redirects=False, **more
        )

    def enter(self, link: str, secret: str) -> Any:
        """Type the secret into the form of a door."""
        self.web.client.cookies.clear()
        token = FORM.search(self.page("GET", f"/auditor/{link}").text)
        assert token is not None
        data = {"secret": secret, "csrf_token": token[1]}
        return self.page("POST", f"/auditor/{link}", data=data)

    def entries(self, kind: str) -> list[Any]:
        """The entries of a kind, oldest first."""
        with self.web.office.runtime.read(OFFICE) as uow:
            return list(uow.tables.log.read(LogFilter(type=kind), limit=100))


@pytest.fixture
def site(office: Office, tmp_path: Path) -> Iterator[Site]:
    auditor = auditor_in(office.runtime, tmp_path / "published")
    web = web_of(office, tmp_path)
    with web.client:
        audit, case = at_work(web)
        publish_log(office.runtime, OFFICE)
        yield Site(web, audit, case, auditor, tmp_path / "published")


def test_the_secret_of_a_door_is_in_no_address_and_stays_with_the_host(site: Site) -> None:
    made = site.link()
    assert made["secret"] not in made["address"]
    answer = site.enter(made["id"], made["secret"])
    door = f"/auditor/{made['id']}"
    assert (answer.status_code, answer.headers["location"]) == (303, door)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    for path in (door, f"{door}/read/index.html"):
        assert site.page("GET", path).headers["referrer-policy"] == "no-referrer"


def test_an_auditor_reads_and_carries_home_what_the_door_opens(site: Site) -> None:
    made = site.link()
    link = made["id"]
    door = f"/auditor/{link}"
    site.enter(link, made["secret"])
    inside = site.page("GET", door)
    assert "IA-2026-01" in inside.text
    cover = site.page("GET", f"{door}/read/index.html")
    assert cover.status_code == 200
    assert "style-src 'sha256-" in cover.headers["content-security-policy"]
    case = site.page("GET", f"{door}/read/cases/IA-2026-01.en.html")
    assert "What happened" in case.text
    file = re.search(r'href="\.\./(evidence/[0-9a-f]{64}\.pdf)"', case.text)
    assert file is not None
    content = site.page("GET", f"{door}/read/{file[1]}")
    assert content.content.startswith(b"%PDF")
    assert content.headers["content-disposition"].startswith("attachment")
    token = FORM.search(inside.text)
    assert token is not None
    pack = site.page("POST", f"{door}/pack", data={"csrf_token": token[1]})
    assert pack.headers["content-type"] == "application/zip"
    policy = f"log {site.auditor.vkey}\nquorum none\n".encode()
    report = judged(pack.content, policy=policy)
    assert (report.findings, report.origin) == ((), ORIGIN)
    # Each use is an entry, under the door's own name, and the log stays whole.
    actor = f"auditor-link:{link}"
    assert [entry.actor for entry in site.entries("login")][-1] == actor
    assert [entry.actor for entry in site.entries("evidence_read")] == [actor]
    assert site.entries("data_exported")[-1].actor == actor
    assert verify_log(site.web.office.runtime, OFFICE).findings == ()


def test_who_leaves_leaves_nothing_in_the_browser(site: Site) -> None:
    made = site.link()
    site.enter(made["id"], made["secret"])
    token = FORM.search(site.page("GET", f"/auditor/{made['id']}").text)
    assert token is not None
    left = site.page("POST", f"/auditor/{made['id']}/leave", data={"csrf_token": token[1]})
    assert left.status_code == 303
    assert shut(site, made["id"])


def shut(site: Site, link: str) -> bool:
    """Whether the door asks for its secret, whatever the browser brings."""
    door = f"/auditor/{link}"
    reading = site.page("GET", f"{door}/read/index.html")
    return 'name="secret"' in site.page("GET", door).text and reading.status_code == 303


def test_a_door_shuts_when_its_time_is_over_or_it_is_ended(site: Site) -> None:
    clock = site.web.office.clock
    made = site.link()
    site.enter(made["id"], made["secret"])
    assert not shut(site, made["id"])
    assert site.web.request("director", "DELETE", f"/log/links/{made['id']}").status_code == 403
    ended = site.web.request("iso_secretary", "DELETE", f"/log/links/{made['id']}")
    assert ended.status_code == 204
    assert shut(site, made["id"]), "for whoever is inside, too"
    other = site.link()
    site.enter(other["id"], other["secret"])
    clock.forward(days=3, seconds=-1)
    assert not shut(site, other["id"])
    clock.forward(seconds=1)
    assert shut(site, other["id"])
    assert site.enter(other["id"], other["secret"]).status_code == 401
    shown = site.web.get("iso_secretary", "/log/links").json()["items"]
    assert {one["id"]: one["open"] for one in shown} == {made["id"]: False, other["id"]: False}
    assert "secret" not in str(shown)


def test_what_lies_outside_the_scope_is_not_there(site: Site) -> None:
    web = site.web
    sheet = web.get("office", f"/instances/{site.case}/evidence").json()["items"][0]
    made = site.link()
    site.enter(made["id"], made["secret"])
    door = f"/auditor/{made['id']}"
    code = web.get("office", f"/instances/{site.case}").json()["code"]
    for path in (
        f"{door}/read/cases/{code}.html",
        f"{door}/read/cases/IA-1999-01.html",
        f"{door}/read/cases/x",
        f"{door}/read/evidence/{sheet['sha256']}.pdf",
        f"{door}/read/evidence/x",
        f"{door}/read/README.txt",
    ):
        assert site.page("GET", path).status_code == 404, path
    # The cookie of a door opens nothing else of the house, nor another door.
    other = site.link(scope="process", value="sealed_case")
    assert shut(site, other["id"])
    assert site.page("GET", "/log").headers["location"].startswith("/login")
    assert web.client.get("/api/v1/log").status_code == 401
    site.enter(other["id"], other["secret"])
    assert code in site.page("GET", f"/auditor/{other['id']}/read/index.html").text
    year = site.link(scope="year", value="2026")
    site.enter(year["id"], year["secret"])
    listed = site.page("GET", f"/auditor/{year['id']}/read/index.en.html").text
    assert code in listed
    assert "IA-2026-01" in listed


def test_a_guesser_learns_nothing_and_is_slowed_down(site: Site) -> None:
    made = site.link()
    entries = site.web.entries()
    wrong = site.enter(made["id"], "wrong")
    unknown = site.enter("0" * 36, "wrong")
    assert wrong.status_code == unknown.status_code == 401
    strip = re.compile(r'value="[^"]*"|action="[^"]*"|/auditor/[0-9a-f-]+')
    assert strip.sub("", wrong.text) == strip.sub("", unknown.text)
    for _ in range(4):
        assert site.enter(made["id"], "guess").status_code == 401
    slowed = site.enter(made["id"], made["secret"])
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0
    assert site.web.entries() == entries
    for cookie in (f"{made['id']}.wrong", "x", f"{made['id']}.", "." * 500):
        site.web.client.cookies.set("auditor", cookie)
        assert shut(site, made["id"])


def test_forms_of_strangers_are_refused(site: Site) -> None:
    made = site.link()
    door = f"/auditor/{made['id']}"
    site.enter(made["id"], made["secret"])
    inside = FORM.search(site.page("GET", door).text)
    assert inside is not None
    data = {"csrf_token": inside[1], "secret": made["secret"]}
    cross = {"Sec-Fetch-Site": "cross-site"}
    for path in (door, f"{door}/pack", f"{door}/leave"):
        assert site.page("POST", path, data=data, headers=cross).status_code == 403, path
        assert site.page("POST", path, data={"csrf_token": "x"}).status_code == 403, path


@pytest.mark.parametrize(
    "told",
    [
        {"expires_at": "2020-01-01T00:00:00+07:00"},
        {"expires_at": "2031-01-01T00:00:00+07:00"},
        {"scope": "year", "value": "soon"},
        {"scope": "process", "value": "vanish"},
        {"value": "IA-1999-01"},
        {"label": "   "},
        {"scope": "everything"},
    ],
)
def test_a_door_that_opens_nothing_or_for_ever_is_not_made(
    small_web: Web, told: dict[str, str]
) -> None:
    audit = small_web.open_audit()["id"]
    body = {
        "scope": "instance",
        "value": audit,
        "label": "A",
        "expires_at": "2026-07-10T00:00:00+07:00",
    }
    answer = small_web.post("iso_secretary", "/log/links", {**body, **told})
    assert answer.status_code in {404, 422}, answer.text
    assert small_web.get("iso_secretary", "/log/links").json()["items"] == []
    neighbours = small_web.neighbour("iso_secretary", "POST", "/log/links", json=body)
    assert neighbours.status_code == 404
    assert small_web.office.organization_id != NEIGHBOUR


def test_packs_over_rest_are_for_who_may_read_and_leave_an_entry(site: Site) -> None:
    policy = f"log {site.auditor.vkey}\nquorum none\n".encode()
    for body in ({"instance": "IA-2026-01"}, {"process": "internal_audit"}, {"year": 2026}):
        answer = site.web.post("external_auditor", "/log/packs", body)
        assert answer.status_code == 200, answer.text
        assert judged(answer.content, policy=policy).findings == ()
    exported = site.entries("data_exported")
    assert [entry.actor for entry in exported] == [site.web.office.people["external_auditor"]] * 3
    for body in ({}, {"year": 2026, "process": "internal_audit"}, {"instance": "x/y"}):
        assert site.web.post("director", "/log/packs", body).status_code == 422
    assert site.web.post("director", "/log/packs", {"year": 2031}).status_code == 409
    assert site.web.post("director", "/log/packs", {"process": "vanish"}).status_code == 404
    assert (
        site.web.neighbour("director", "POST", "/log/packs", json={"year": 2026}).status_code == 404
    )


def test_a_verification_holds_the_log_against_what_was_published(site: Site) -> None:
    runtime = site.web.office.runtime
    assert verify_log(runtime, OFFICE).findings == ()
    assert "outside_checkpoint" not in verify_log(runtime, OFFICE).not_checked
    folder = next(site.folder.rglob("checkpoint")).parent
    tile = next((folder / "tile" / "0").rglob("*.p/*"))
    content = tile.read_bytes()
    for other in (content[:-1], bytes(len(content)), None):
        tile.chmod(0o600)
        tile.unlink()
        if other is not None:
            tile.write_bytes(other)
        codes = [found.code for found in verify_log(runtime, OFFICE).findings]
        assert codes == ["published_tiles_differ"], other
        tile.parent.mkdir(exist_ok=True)
        tile.write_bytes(content)
    (folder / "checkpoint").unlink()
    codes = [found.code for found in verify_log(runtime, OFFICE).findings]
    assert codes == ["log_checkpoint_missing"]
