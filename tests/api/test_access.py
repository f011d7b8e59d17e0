"""Deny by default: every address × every role, every scope, and the neighbour's ids.

The table says for each address what it needs; an address that is not in the table fails the test.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import make_url

from engine.commands.deliver_webhooks import deliver_webhooks
from engine.storage.database import Database
from engine.worker.jobs import run_waiting_imports
from tests.api.web import AUDIT_FIELDS, EXPORT, EXPORT_ROW, SLOT, Web, pdf, web_of
from tests.fixtures import (
    OFFICE,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)

LINKS: Final = ("post", "/log/links")


def holders() -> tuple[str, ...]:
    """Somebody for every role that anybody holds: whoever bears its name, else the first."""
    data = seed_data()
    names = {person: username for username, person in people_of(data).items()}
    found: dict[str, str] = {}
    for grant in data["grants"]:
        username = names[grant["person"]]
        if grant["role"] not in found or username == grant["role"]:
            found[grant["role"]] = username
    return tuple(dict.fromkeys(found.values()))


USERNAMES: Final = holders()
ALL: Final = frozenset(USERNAMES)
SECRETARY: Final = frozenset({"iso_secretary"})
ADMINISTRATOR: Final = frozenset({"administrator"})
CLERK: Final = frozenset({"clerk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An address with a request to it, and who is let in.

    Attributes:
        scope: what a token must cover.
        lets_in: user names for whom the answer is no 403.
        json, form, sheet: the body; `texts` stand beside a sheet.
    """

    scope: str
    lets_in: frozenset[str] = ALL
    json: Any = None
    form: bool = False
    sheet: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""


FILLERS: Final = frozenset(
    username
    for username in USERNAMES
    for grant in seed_data()["grants"]
    if grant["person"] == people_of(seed_data())[username]
    if grant["role"] in {"one_stop", "office", "iso_secretary"}
)
"""Who may fill the register of dossiers, besides programs."""

VERSIONED = (("If-Match", '"0"'),)
ROW_VERSIONED = (("If-Match", '"1"'),)
DAY = {"valid_from": "2026-07-01"}

DOORS: Final[dict[tuple[str, str], Door]] = {
    ("get", "/definitions"): Door(scope="read"),
    ("get", "/definitions/{process}"): Door(scope="read"),
    ("get", "/definitions/{process}/versions/{version}"): Door(scope="read"),
    ("get", "/definitions/{process}/diagram"): Door(scope="read"),
    ("get", "/instances"): Door(scope="read"),
    ("post", "/instances"): Door(
        scope="step", lets_in=SECRETARY, json={"process": "internal_audit"}
    ),
    ("get", "/instances/{instance}"): Door(scope="read"),
    ("post", "/instances/{instance}/transitions"): Door(
        scope="step", lets_in=SECRETARY, json={"transition": "submit"}, headers=VERSIONED
    ),
    ("post", "/instances/{instance}/signing"): Door(
        scope="step", lets_in=SECRETARY, json={"transition": "submit"}, headers=VERSIONED
    ),
    ("post", "/transitions"): Door(
        scope="step",
        json={"commands": [{"instance": "{instance}", "version": 0, "transition": "submit"}]},
    ),
    ("get", "/instances/{instance}/evidence"): Door(scope="read"),
    ("post", "/instances/{instance}/evidence"): Door(
        scope="evidence", lets_in=SECRETARY, form=True
    ),
    ("get", "/evidence/{evidence}"): Door(scope="read"),
    ("get", "/evidence/{evidence}/content"): Door(scope="read"),
    ("post", "/evidence/{evidence}/review"): Door(scope="evidence", json={"accepted": True}),
    ("post", "/evidence/{evidence}/supersede"): Door(
        scope="evidence", lets_in=SECRETARY, form=True
    ),
    ("get", "/instances/{instance}/records/{record_set}"): Door(scope="read"),
    ("post", "/instances/{instance}/records/{record_set}"): Door(
        scope="step",
        lets_in=frozenset({"iso_secretary", "lead_auditor"}),
        json={"values": {**SLOT, "audit_date": "2026-08-05"}},
    ),
    ("get", "/instances/{instance}/records/{record_set}/template"): Door(scope="read"),
    ("post", "/instances/{instance}/records/{record_set}/import"): Door(
        scope="step",
        lets_in=frozenset({"iso_secretary", "lead_auditor"}),
        sheet="unit;auditor;audit_date;clauses;status\nscience_management;p007;06/08/2026;7.5;planned\n",
    ),
    ("patch", "/instances/{instance}/records/{record_set}/{row}"): Door(
        scope="step",
        lets_in=frozenset({"iso_secretary", "lead_auditor"}),
        json={"values": {"place": "A"}},
        headers=ROW_VERSIONED,
    ),
    ("delete", "/instances/{instance}/records/{record_set}/{row}"): Door(
        scope="step",
        lets_in=frozenset({"iso_secretary", "lead_auditor"}),
        headers=ROW_VERSIONED,
    ),
    # An audit offers no form to the public: who may where one is offered, test_public_links tells.
    ("get", "/instances/{instance}/public-links"): Door(scope="read"),
    ("post", "/instances/{instance}/public-links"): Door(
        scope="step", json={"record_set": "slot", "kind": "online"}
    ),
    ("delete", "/instances/{instance}/public-links/{link}"): Door(scope="step"),
    ("get", "/instances/{instance}/figures"): Door(scope="read"),
    ("get", "/instances/{instance}/documents"): Door(scope="read"),
    ("get", "/instances/{instance}/documents/{name}"): Door(scope="read"),
    ("post", "/instances/{instance}/documents/{name}/issue"): Door(
        scope="step", lets_in=CLERK, json={"dated": "2026-07-06"}
    ),
    ("get", "/document-numbers"): Door(scope="read"),
    ("get", "/document-numbers/export"): Door(scope="read"),
    ("get", "/document-numbers/{line}"): Door(scope="read"),
    ("post", "/document-numbers"): Door(
        scope="step",
        lets_in=CLERK,
        json={"kind": "TB", "dated": "2026-07-06", "subject": "Về việc nghỉ lễ"},
    ),
    ("post", "/document-numbers/series"): Door(
        scope="step", lets_in=CLERK, json={"kind": "GM", "dated": "2026-07-06", "last": 12}
    ),
    ("post", "/document-numbers/{line}/fill"): Door(
        scope="step", lets_in=CLERK, json={"subject": "Về việc họp"}
    ),
    ("get", "/paper-templates"): Door(scope="read"),
    ("get", "/paper-templates/names"): Door(scope="read", query="?process=internal_audit"),
    ("get", "/paper-templates/{template}/content"): Door(scope="read"),
    ("post", "/paper-templates"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        sheet="no Word file",
        texts=(("process", "internal_audit"), ("document", "plan"), ("valid_from", "2026-07-06")),
    ),
    ("post", "/paper-templates/preview"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        sheet="no Word file",
        texts=(("instance", "x"), ("document", "plan")),
    ),
    ("post", "/paper-templates/withdraw"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"process": "internal_audit", "document": "plan", "valid_from": "2026-07-06"},
    ),
    ("post", "/document-numbers/{line}/cancel"): Door(
        scope="step", lets_in=CLERK, json={"reason": "Sai thể thức"}
    ),
    ("post", "/instances/{instance}/assignment"): Door(
        scope="step", lets_in=SECRETARY, json={"assignees": {"clerk": ["p012"]}}
    ),
    ("post", "/instances/{instance}/claim"): Door(
        scope="step", lets_in=SECRETARY, json={"role": "iso_secretary"}
    ),
    # Whoever is not named has nothing to give back, whatever they hold.
    ("post", "/instances/{instance}/release"): Door(
        scope="step", json={"role": "iso_secretary", "reason": "Đi công tác"}
    ),
    ("get", "/instances/{instance}/waivers"): Door(scope="read"),
    ("get", "/instances/{instance}/comments"): Door(scope="read"),
    ("post", "/instances/{instance}/comments"): Door(
        scope="step", lets_in=ALL - {"external_auditor"}, json={"text": "Ý kiến"}
    ),
    ("post", "/instances/{instance}/waivers"): Door(
        scope="step",
        lets_in=frozenset({"director"}),
        json={"gate": "window", "reason": "Lý do", "until": "2026-12-31"},
    ),
    ("get", "/log"): Door(scope="read"),
    ("get", "/log/export"): Door(scope="read"),
    ("get", "/log/verifications"): Door(scope="read"),
    ("post", "/log/verifications"): Door(scope="read"),
    ("get", "/log/verifications/{verification_id}"): Door(scope="read"),
    ("get", "/log/verifications/{verification_id}/faults"): Door(scope="read"),
    ("post", "/log/verifications/{verification_id}/cancel"): Door(scope="read"),
    ("get", "/log/keys"): Door(scope="read"),
    ("get", "/log/checkpoint"): Door(scope="read"),
    ("get", "/log/checkpoint/witnessed"): Door(scope="read"),
    ("get", "/log/witnesses"): Door(scope="read"),
    ("get", "/log/{entry}/receipt"): Door(scope="read"),
    ("get", "/log/generations/{generation}/checkpoint"): Door(scope="read"),
    ("get", "/log/tile/{tile}"): Door(scope="read"),
    ("get", "/log/generations/{generation}/tile/{tile}"): Door(scope="read"),
    ("get", "/log/proofs/inclusion"): Door(scope="read", query="?entry=0"),
    ("get", "/log/proofs/consistency"): Door(scope="read", query="?from=1"),
    ("post", "/log/packs"): Door(scope="read", json={"year": 2026}),
    ("get", "/log/links"): Door(scope="read", lets_in=SECRETARY),
    ("post", "/log/links"): Door(
        scope="step",
        lets_in=SECRETARY,
        json={
            "scope": "year",
            "value": "2026",
            "label": "TÜV",
            "expires_at": "2026-07-20T00:00:00+07:00",
        },
    ),
    ("delete", "/log/links/{link}"): Door(scope="step", lets_in=SECRETARY),
    ("get", "/instances/{instance}/log"): Door(scope="read"),
    ("get", "/inbox"): Door(scope="read"),
    ("get", "/me"): Door(scope="read"),
    ("get", "/me/keys"): Door(scope="read"),
    ("get", "/accounts"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/accounts"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"person": "p033", "username": "kiem_toan", "password": "một mật khẩu dài"},
    ),
    ("delete", "/accounts/{person}"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("get", "/tokens"): Door(scope="admin"),
    ("post", "/tokens"): Door(
        scope="admin", lets_in=ADMINISTRATOR, json={"name": "x", "person": "p900"}
    ),
    ("delete", "/tokens/{token}"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("get", "/units"): Door(scope="read"),
    ("post", "/units"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"id": "new_desk", "title": {"vi": "Bộ phận mới", "en": "New desk"}, **DAY},
    ),
    ("get", "/deadlines"): Door(scope="read"),
    ("get", "/calendar"): Door(scope="admin"),
    ("post", "/calendar"): Door(scope="admin", json={"mine": True}),
    ("delete", "/calendar/{feed}"): Door(scope="admin"),
    ("get", "/webhooks"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/webhooks"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"name": "Trục liên thông", "url": "https://receiver.example/hook"},
    ),
    ("get", "/webhooks/{webhook}"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("patch", "/webhooks/{webhook}"): Door(
        scope="admin", lets_in=ADMINISTRATOR, json={"active": True}
    ),
    ("delete", "/webhooks/{webhook}"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/webhooks/{webhook}/secret"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("get", "/webhooks/{webhook}/deliveries"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/webhooks/{webhook}/deliveries/{delivery}/redeliver"): Door(
        scope="admin", lets_in=ADMINISTRATOR
    ),
    ("get", "/letterheads"): Door(scope="read"),
    ("post", "/letterheads"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={
            "place": {"vi": "Hải Phòng", "en": "Hai Phong"},
            "symbol": "SKHCN",
            "filing": "VT, VP (ISO)",
            **DAY,
        },
    ),
    ("get", "/grants"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/grants"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"person": "p025", "role": "clerk", **DAY},
    ),
    ("patch", "/grants/{grant}"): Door(
        scope="admin", lets_in=ADMINISTRATOR, json={"valid_to": "2026-12-31"}
    ),
    ("get", "/delegations"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/delegations"): Door(
        scope="admin",
        lets_in=frozenset({"administrator", "director"}),
        json={"giver": "p001", "deputy": "p002", "role": "director", "document": "QĐ 1", **DAY},
    ),
    ("get", "/holidays"): Door(scope="read"),
    ("post", "/holidays"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={"day": "2026-08-31", "kind": "off", "label": "Nghỉ bù", "source": "TB 1"},
        headers=ROW_VERSIONED,
    ),
    ("delete", "/holidays/{day}"): Door(
        scope="admin", lets_in=ADMINISTRATOR, headers=ROW_VERSIONED, query="?source=TB"
    ),
    ("post", "/holidays/import"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        sheet="day;kind;label;source\n2026-08-31;off;Nghỉ bù;TB 1\n",
        headers=ROW_VERSIONED,
    ),
    ("get", "/holidays/export"): Door(scope="read"),
    ("get", "/holidays/library"): Door(scope="admin", lets_in=ADMINISTRATOR),
    ("post", "/holidays/library"): Door(
        scope="admin", lets_in=ADMINISTRATOR, json={"source": "TB 1"}, headers=ROW_VERSIONED
    ),
    ("get", "/calendar-rules"): Door(scope="read"),
    ("post", "/calendar-rules"): Door(
        scope="admin",
        lets_in=ADMINISTRATOR,
        json={
            "kind": "working_time",
            "rule": {"from": "2026-08-01", "source": "QC 1", "weekend": [7]},
        },
        headers=ROW_VERSIONED,
    ),
    ("get", "/plans/{year}"): Door(scope="read"),
    ("get", "/plans/{year}/beside"): Door(scope="read"),
    ("get", "/work"): Door(scope="read"),
    ("get", "/coverage"): Door(scope="read", query="?year=2026"),
    ("post", "/dossiers/import"): Door(
        scope="import",
        lets_in=FILLERS,
        sheet=EXPORT,
        texts=(("source", "desk"), ("dry_run", "true")),
    ),
    ("get", "/dossiers/sources"): Door(scope="import", lets_in=FILLERS),
    ("get", "/dossiers"): Door(scope="read"),
    ("get", "/dossiers/analysis"): Door(scope="read"),
    ("get", "/dossiers/{due_on}/{code}"): Door(scope="read"),
    ("get", "/jobs/{job}"): Door(scope="import", lets_in=FILLERS),
    ("get", "/jobs/{job}/faults"): Door(scope="import", lets_in=FILLERS),
    ("post", "/jobs/{job}/cancel"): Door(scope="import", lets_in=FILLERS),
    ("post", "/demo/clock"): Door(
        scope="admin", lets_in=ADMINISTRATOR, json={"to": "2026-07-06T09:00:00+07:00"}
    ),
}


PUBLIC: Final = frozenset({("get", "/calendar/{secret}.ics")})
"""What needs no credential but the one in its address; each has tests of its own."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """An office with something of each kind and a token for everybody, made once and copied."""

    folder: Path
    places: dict[str, str]
    tokens: dict[tuple[str, str, tuple[str, ...] | None], str]


DATABASE: Final = "office.db"


def web_in(folder: Path) -> Web:
    """The application over the office that a folder holds."""
    clock = MovedClock()
    database = Database(f"sqlite:///{folder / DATABASE}")
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    return web_of(office, folder)


@pytest.fixture(scope="module")
def furnished(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    folder = tmp_path_factory.mktemp("furnished")
    shutil.move(str(make_url(sqlite_databases.founded()).database), folder / DATABASE)
    web = web_in(folder)
    with web.client:
        places = places_of(web)
        for username in USERNAMES:
            web.token(username)
    web.office.runtime.database.close()
    return Furnished(folder, places, web.tokens)


@pytest.fixture
def small_web(furnished: Furnished, tmp_path: Path) -> Iterator[Web]:
    """The furnished office, in a copy of this test's own."""
    folder = tmp_path / "office"
    shutil.copytree(furnished.folder, folder)
    web = web_in(folder)
    web.tokens.update(furnished.tokens)
    with web.client:
        yield web
    web.office.runtime.database.close()


@pytest.fixture
def places(furnished: Furnished) -> dict[str, str]:
    """Something of each kind, for the parts of addresses."""
    return furnished.places


def places_of(web: Web) -> dict[str, str]:
    """Put something of each kind into an office."""
    audit = web.open_audit()
    path = f"/instances/{audit['id']}"
    file = web.attach("iso_secretary", audit["id"], "plan").json()
    row = web.post("iso_secretary", f"{path}/records/slot", {"values": SLOT}).json()
    grants = web.get("administrator", "/grants?limit=200").json()["items"]
    tokens = web.get("administrator", "/tokens?limit=200").json()["items"]
    return {
        "process": "internal_audit",
        "version": "1",
        "instance": audit["id"],
        "evidence": file["id"],
        "record_set": "slot",
        "name": "plan",
        "row": row["id"],
        "person": "p025",
        "token": next(token["id"] for token in tokens if token["person"] == "p032"),
        "grant": next(grant["id"] for grant in grants if grant["person"] == "p025"),
        "year": "2026",
        **dossier_places(web),
        **subscriber_places(web),
        "verification_id": web.post("director", "/log/verifications", None).json()["id"],
        "feed": web.post("director", "/calendar", {}).json()["id"],
        "line": reserved_number(web),
        "template": "x",
        "day": "2026-09-02",
        "entry": "0",
        "link": web.post("iso_secretary", "/log/links", DOORS[LINKS].json).json()["id"],
        "generation": "1",
        "tile": "0/000",
    }


class Agreeing:
    """A sender to whom everybody says yes."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url.startswith("https://")
        assert body
        assert headers
        return 204


def subscriber_places(web: Web) -> dict[str, str]:
    """A subscription, and a delivery that arrived."""
    made = web.post(
        "administrator", "/webhooks", {"name": "x", "url": "https://receiver.example/"}
    ).json()["id"]
    web.token("deputy_director")  # an entry of the log
    deliver_webhooks(web.office.runtime, OFFICE, Agreeing(), source="https://office.example/log")
    listed = web.get("administrator", f"/webhooks/{made}/deliveries").json()["items"]
    return {"webhook": made, "delivery": listed[0]["id"]}


def reserved_number(web: Web) -> str:
    """A line of the register of numbers."""
    body = {"kind": "TB", "dated": "2026-07-06", "status": "reserved", "subject": "Vào sổ muộn"}
    line: str = web.post("clerk", "/document-numbers", body).json()["id"]
    return line


def dossier_places(web: Web) -> dict[str, str]:
    """A dossier that was imported, and a job that still waits."""
    path = "/dossiers/import"

    def wait(content: str) -> str:
        files = {"file": ("a.csv", content.encode())}
        answer = web.post("one_stop", path, data={"source": "desk"}, files=files)
        return str(answer.json()["id"])

    wait(EXPORT)
    run_waiting_imports(web.office.runtime)
    return {"job": wait(EXPORT + EXPORT_ROW), "due_on": "2026-09-08", "code": "HS-1"}


def knock(web: Web, door: tuple[str, str], places: dict[str, str], headers: dict[str, str]) -> Any:
    """Send the request of a door."""
    method, path = door
    found = DOORS[door]
    body = None
    if found.json is not None:
        body = json.loads(json.dumps(found.json).replace("{instance}", places["instance"]))
    more: dict[str, Any] = {"json": body} if body is not None else {}
    if found.form:
        more = {"data": {"requirement": "plan"}, "files": {"file": ("a.pdf", pdf("x"))}}
        if "supersede" in path:
            more.pop("data")
    if found.sheet:
        more = {"files": {"file": ("a.csv", found.sheet.encode())}, "data": dict(found.texts)}
    return web.client.request(
        method,
        f"/api/v1{path.format(**places)}{found.query}",
        headers={**dict(found.headers), **headers},
        **more,
    )


def addresses(web: Web) -> Iterator[tuple[str, str]]:
    described = web.client.get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method in methods:
            yield method, path


def test_every_address_is_in_the_table(small_web: Web) -> None:
    assert set(addresses(small_web)) == set(DOORS) | PUBLIC


def test_nobody_comes_in_without_a_credential(small_web: Web, places: dict[str, str]) -> None:
    dead = f"Bearer qms_{'0' * 32}_{'a' * 43}"
    for door in DOORS:
        for headers in ({}, {"Authorization": dead}, {"Authorization": "Basic eDp5"}):
            answer = knock(small_web, door, places, headers)
            assert answer.status_code == 401, door
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_needs_the_scope_of_the_address(small_web: Web, places: dict[str, str]) -> None:
    every = ("read", "step", "evidence", "import", "admin")
    for door, found in DOORS.items():
        others = tuple(scope for scope in every if scope != found.scope)
        for scopes, refused in ((others, True), ((found.scope,), False)):
            secret = small_web.token("unit_staff", scopes=scopes)
            answer = knock(small_web, door, places, {"Authorization": f"Bearer {secret}"})
            told = answer.status_code == 403 and answer.json()["code"] == "scope_missing"
            assert told is refused, (door, scopes, answer.text)


READING: Final = [door for door in DOORS if door[0] == "get"]
WRITING: Final = [door for door in DOORS if door[0] != "get"]


def test_every_role_meets_every_address_that_only_reads(
    small_web: Web, places: dict[str, str]
) -> None:
    for door in READING:
        check_every_role(small_web, places, door)


@pytest.mark.parametrize("door", WRITING, ids=lambda door: f"{door[0]} {door[1]}")
def test_every_role_meets_every_address_that_writes(
    small_web: Web, places: dict[str, str], door: tuple[str, str]
) -> None:
    check_every_role(small_web, places, door)


def check_every_role(web: Web, places: dict[str, str], door: tuple[str, str]) -> None:
    """Those without the role come first, so that nobody who may changes what they meet."""
    lets_in = DOORS[door].lets_in
    for username in sorted(USERNAMES, key=lambda name: name in lets_in):
        answer = knock(web, door, places, web.headers(username))
        assert answer.status_code not in {401, 500}, (door, username, answer.text)
        assert (answer.status_code != 403) == (username in lets_in), (door, username, answer.text)


def test_the_table_speaks_of_many_roles() -> None:
    assert len(USERNAMES) > 15
    assert all(door.lets_in <= ALL for door in DOORS.values())


def test_what_the_neighbour_has_is_not_there(small_web: Web, places: dict[str, str]) -> None:
    entries = small_web.entries()
    owned = ("{instance}", "{evidence}", "{token}", "{grant}", "{job}", "{code}", "{link}")
    doors = [door for door in DOORS if any(part in door[1] for part in owned)]
    assert len(doors) > 15
    for door in doors:
        lets_in = DOORS[door].lets_in
        for username in ("iso_secretary", "director", "lead_auditor", "administrator"):
            if username not in lets_in and lets_in == ADMINISTRATOR:
                continue
            secret = small_web.token(username, organization="neighbour")
            answer = knock(small_web, door, places, {"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 404, (door, username, answer.text)
    assert small_web.entries() == entries


def test_lists_hold_nothing_of_the_neighbour(small_web: Web, places: dict[str, str]) -> None:
    assert small_web.neighbour("director", "GET", "/instances").json()["items"] == []
    log = small_web.neighbour("director", "GET", "/log?limit=200").json()["items"]
    assert places["instance"] not in json.dumps(log)
    inbox = small_web.neighbour("iso_secretary", "GET", "/inbox").json()
    assert inbox["items"] == []
    own = small_web.neighbour(
        "iso_secretary",
        "POST",
        "/instances",
        json={"process": "internal_audit", "fields": AUDIT_FIELDS},
    )
    assert own.json()["code"] == "IA-2026-01"
    assert len(small_web.get("director", "/instances").json()["items"]) == 1


def test_a_step_on_the_neighbours_instance_among_several_is_not_found(
    small_web: Web, places: dict[str, str]
) -> None:
    command = {"instance": places["instance"], "version": 0, "transition": "submit"}
    answer = small_web.neighbour(
        "iso_secretary", "POST", "/transitions", json={"commands": [command]}
    )
    assert [verdict["status"] for verdict in answer.json()["verdicts"]] == [404]
