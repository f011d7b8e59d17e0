"""The office behind its web application: a client for everybody, by user name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.auth.passwords import Passwords
from api.settings import Settings
from engine.commands.manage_accounts import make_token
from engine.runtime import TimeOrderedIds
from engine.storage.audit_log import LogFilter
from tests.fixtures import CHEAP, NEIGHBOUR, OFFICE, Office


def pdf(word: str) -> bytes:
    """A small PDF that differs by a word."""
    return (
        f"%PDF-1.7\n% {word}\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
        "trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    ).encode()


AUDIT_FIELDS: dict[str, Any] = {
    "objectives": "Xác định sự phù hợp và hiệu lực của HTQLCL",
    "scope": "Hai đơn vị",
    "criteria": "TCVN ISO 9001:2015",
    "units": ["science_management", "office"],
    "clauses": ["7.5"],
    "procedures": ["QT.05"],
    "lead_auditor": "p006",
    "first_day": "2026-08-03",
    "last_day": "2026-08-14",
}
SLOT: dict[str, Any] = {
    "unit": "science_management",
    "auditor": "p007",
    "audit_date": "2026-08-04",
    "clauses": ["7.5"],
    "procedures": ["QT.05"],
    "status": "planned",
}


EXPORT = (
    "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả;Trạng thái;Ngày trả;Người nộp\n"
    "HS-1;Cấp giấy phép;Văn phòng Sở;01/06/2026 08:30;08/09/2026;Đang xử lý;;Trần Văn Bình\n"
)
EXPORT_ROW = "HS-2;Cấp giấy phép;Văn phòng Sở;02/06/2026;01/07/2026;Đang xử lý;;Lê Thị Hoa\n"


@dataclass(slots=True)
class Web:
    """The application with a client for each person; `of` makes one with a token of all scopes."""

    office: Office
    client: TestClient
    settings: Settings
    passwords: Passwords
    tokens: dict[tuple[str, str, tuple[str, ...] | None], str] = field(default_factory=dict)

    def token(
        self,
        username: str,
        *,
        scopes: tuple[str, ...] | None = None,
        organization: str = OFFICE,
    ) -> str:
        """A bearer token of somebody."""
        known = (username, organization, scopes)
        if known not in self.tokens:
            made = make_token(
                self.office.runtime,
                organization,
                person=self.office.people[username],
                name="test",
                scopes=None if scopes is None else frozenset(scopes),
            )
            self.tokens[known] = made.secret
        return self.tokens[known]

    def headers(self, username: str, **more: str) -> dict[str, str]:
        """The headers of somebody's request."""
        return {"Authorization": f"Bearer {self.token(username)}", **more}

    def request(self, username: str, method: str, path: str, **more: Any) -> Any:
        """Send a request of somebody."""
        headers = self.headers(username, **more.pop("headers", {}))
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def get(self, username: str, path: str, **more: Any) -> Any:
        return self.request(username, "GET", path, **more)

    def post(self, username: str, path: str, json: Any = None, **more: Any) -> Any:
        return self.request(username, "POST", path, json=json, **more)

    def neighbour(self, username: str, method: str, path: str, **more: Any) -> Any:
        """Send a request of the same person's namesake in the other organisation."""
        secret = self.token(username, organization=NEIGHBOUR)
        headers = {"Authorization": f"Bearer {secret}", **more.pop("headers", {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def step(self, username: str, instance: str, transition: str, version: int, **more: Any) -> Any:
        """Take a step; `files` go along as a form."""
        headers = {"If-Match": f'"{version}"', **more.pop("headers", {})}
        return self.post(
            username,
            f"/instances/{instance}/transitions",
            {"transition": transition, **more},
            headers=headers,
        )

    def attach(self, username: str, instance: str, requirement: str, **more: Any) -> Any:
        """Attach a small PDF."""
        content = more.pop("content", pdf(requirement))
        name = more.pop("name", "kế hoạch.pdf")
        headers = more.pop("headers", {})
        return self.post(
            username,
            f"/instances/{instance}/evidence",
            headers=headers,
            data={"requirement": requirement, **more},
            files={"file": (name, content)},
        )

    def open_audit(self, **fields: Any) -> dict[str, Any]:
        """Open an audit with everything that its first step asks for."""
        answer = self.post(
            "iso_secretary",
            "/instances",
            {"process": "internal_audit", "year": 2026, "fields": {**AUDIT_FIELDS, **fields}},
        )
        assert answer.status_code == 201, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def entries(self) -> int:
        """How many entries the log has, without those of the tokens that tests make."""
        with self.office.runtime.read(OFFICE) as uow:
            found = uow.tables.log.read(LogFilter(), limit=100_000)
        return sum(entry.type != "token_changed" for entry in found)


def web_of(office: Office, folder: Path, **settings: Any) -> Web:
    """Build the application around an office."""
    told = Settings(
        data_dir=folder,
        base_url="http://localhost",
        read_per_minute=settings.pop("read_per_minute", 100_000),
        step_per_minute=settings.pop("step_per_minute", 100_000),
        **settings,
    )
    # The office was founded at this very instant, with ids that count from one as the fixture's do.
    office.runtime.ids = TimeOrderedIds()
    passwords = Passwords(CHEAP)
    app = create_app(office.runtime, told, passwords=passwords)
    client = TestClient(
        app, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False
    )
    return Web(office=office, client=client, settings=told, passwords=passwords)
