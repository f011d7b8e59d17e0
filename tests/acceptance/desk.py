"""One person at their desk: an API client that knows what it may expect of the contract."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

Files = Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Desk:
    """A person with a bearer token.

    Every method asserts the status that it was told to expect, so that a journey reads as a story.
    """

    http: httpx2.Client
    person: str
    token: str

    def get(self, path: str, *, expect: int = 200, **params: Any) -> Any:
        """Read something."""
        answer = self.http.get(f"/api/v1{path}", params=params, headers=self._headers())
        assert answer.status_code == expect, (path, answer.status_code, answer.text)
        return answer.json()

    def post(self, path: str, body: Any, *, expect: int = 201, **headers: str) -> Any:
        """Send something."""
        answer = self.http.post(f"/api/v1{path}", json=body, headers={**self._headers(), **headers})
        assert answer.status_code == expect, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def instance(self, instance_id: str) -> Any:
        """An instance as this person sees it."""
        return self.get(f"/instances/{instance_id}")

    def step(
        self,
        instance_id: str,
        transition: str,
        *,
        files: Files | None = None,
        reason: str | None = None,
        expect: int = 200,
        version: int | None = None,
        **fields: Any,
    ) -> Any:
        """Take a step on the present version, with the files that it asks for."""
        seen = self.instance(instance_id)["version"] if version is None else version
        command = {"transition": transition, "fields": fields}
        if reason is not None:
            command["reason"] = reason
        headers = {**self._headers(), "If-Match": f'"{seen}"'}
        path = f"/api/v1/instances/{instance_id}/transitions"
        if files:
            answer = self.http.post(
                path, data={"command": json.dumps(command)}, files=dict(files), headers=headers
            )
        else:
            answer = self.http.post(path, json=command, headers=headers)
        assert answer.status_code == expect, (transition, answer.status_code, answer.text)
        return answer.json()

    def refused(
        self, instance_id: str, transition: str, *keys: str, status: int = 409, **given: Any
    ) -> Any:
        """Try a step and be refused for exactly these reasons, all at once."""
        before = self.instance(instance_id)
        problem = self.step(instance_id, transition, expect=status, **given)
        assert set(keys_of(problem)) == set(keys), (transition, keys_of(problem), keys)
        assert all(unmet["message"] for unmet in problem["unmet"])
        after = self.instance(instance_id)
        assert (after["state"], after["version"]) == (before["state"], before["version"])
        return problem

    def add(self, instance_id: str, record_set: str, *, expect: int = 201, **values: Any) -> Any:
        """Add a row to a record set."""
        return self.post(
            f"/instances/{instance_id}/records/{record_set}", {"values": values}, expect=expect
        )

    def change(
        self,
        instance_id: str,
        record_set: str,
        row: Mapping[str, Any],
        *,
        expect: int = 200,
        **values: Any,
    ) -> Any:
        """Change a row on the version that was seen."""
        answer = self.http.patch(
            f"/api/v1/instances/{instance_id}/records/{record_set}/{row['id']}",
            json={"values": values},
            headers={**self._headers(), "If-Match": f'"{row["version"]}"'},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def attach(
        self, instance_id: str, requirement: str, file: tuple[str, bytes], *, row: str | None = None
    ) -> Any:
        """Attach a file for a requirement, of a row where it asks for one per row."""
        told = {"requirement": requirement, **({} if row is None else {"row": row})}
        path = f"/api/v1/instances/{instance_id}/evidence"
        answer = self.http.post(path, data=told, files={"file": file}, headers=self._headers())
        assert answer.status_code == 201, answer.text
        return answer.json()

    def fill(
        self, instance_id: str, record_set: str, rows: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
        """Import a sheet with these rows, headed by the columns of the first."""
        sheet = io.StringIO()
        writer = csv.DictWriter(sheet, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        answer = self.http.post(
            f"/api/v1/instances/{instance_id}/records/{record_set}/import",
            files={"file": (f"{record_set}.csv", sheet.getvalue().encode())},
            headers=self._headers(),
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        assert told["added"] == len(rows)
        return told

    def proposed(self, instance_id: str, record_set: str) -> list[dict[str, str]]:
        """The rows of the sheet that the house fills in for a record set, by heading."""
        answer = self.http.get(
            f"/api/v1/instances/{instance_id}/records/{record_set}/template",
            params={"format": "csv", "proposed": "true"},
            headers=self._headers(),
        )
        assert answer.status_code == 200, answer.text
        text = io.StringIO(answer.content.decode("utf-8-sig"))
        return list(csv.DictReader(text, delimiter=";"))

    def rows(self, instance_id: str, record_set: str) -> list[Any]:
        """The live rows of a set."""
        found: list[Any] = self.get(f"/instances/{instance_id}/records/{record_set}")["items"]
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "vi"}


def keys_of(problem: Mapping[str, Any]) -> list[str]:
    """The keys of everything that a problem calls unmet."""
    return [
        unmet["code"] if unmet.get("subject") is None else f"{unmet['code']}:{unmet['subject']}"
        for unmet in problem["unmet"]
    ]
