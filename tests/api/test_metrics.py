"""What a monitor reads: only with the token, no name of a stranger's choice, queues as they are."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.metrics import is_let_in
from api.settings import Settings
from engine.commands.note_worker import note_worker
from engine.storage.outbox import StoredMessage
from tests.fixtures import OFFICE, Office

TOKEN = "a-token-long-enough"  # noqa: S105 - of this test alone.
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def client_of(office: Office, folder: Path, token: str | None = TOKEN) -> TestClient:
    settings = Settings(data_dir=folder, metrics_token=token)
    return TestClient(create_app(office.runtime, settings), base_url="http://127.0.0.1:8000")


def told(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Name and label values → value."""
    answer = client.get("/metrics", headers=HEADERS)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=1.0.0")
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_without_a_token_there_is_no_such_address(sqlite_office: Office, tmp_path: Path) -> None:
    client = client_of(sqlite_office, tmp_path, None)
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", [None, "", "Bearer ", f"Bearer {TOKEN}x", "Basic x", TOKEN, f"Basic {TOKEN}"]
)
def test_a_missing_or_wrong_token_reads_nothing(
    sqlite_office: Office, tmp_path: Path, given: str | None
) -> None:
    client = client_of(sqlite_office, tmp_path)
    headers = {} if given is None else {"Authorization": given}
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not is_let_in(given, TOKEN)


def test_the_scheme_is_known_in_either_case(sqlite_office: Office, tmp_path: Path) -> None:
    client = client_of(sqlite_office, tmp_path)
    answer = client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"})
    assert answer.status_code == 200


def test_a_database_that_is_away_leaves_the_queues_out_and_says_so(
    sqlite_office: Office, tmp_path: Path
) -> None:
    client = client_of(sqlite_office, tmp_path)
    with sqlite_office.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE message RENAME TO message_away")
    found = told(client)
    assert found["quytrinh_database_up", ()] == 0
    assert not [name for name, _ in found if name.startswith("quytrinh_queue")]


def test_requests_are_counted_by_pattern_and_strangers_name_nothing(
    sqlite_office: Office, tmp_path: Path
) -> None:
    client = client_of(sqlite_office, tmp_path)
    for address in ("/instances/ABC", "/instances/DEF"):
        client.get(address, follow_redirects=False)
    client.request("BREW", "/coffee-of-a-stranger")
    found = told(client)
    assert found["quytrinh_http_requests_total", ("GET", "/instances/{instance_id}", "303")] == 2
    labels = {value for _, values in found for value in values}
    assert not [value for value in labels if "BREW" in value or "stranger" in value]
    counted = [n for (name, _), n in found.items() if name == "quytrinh_http_requests_total"]
    assert sum(counted) == 3
    assert found["quytrinh_http_request_seconds_count", ("GET", "/instances/{instance_id}")] == 2


def test_queues_and_workers_are_told_as_they_are(office: Office, tmp_path: Path) -> None:
    client = client_of(office, tmp_path)
    before = told(client)
    assert before["quytrinh_database_up", ()] == 1
    assert before["quytrinh_queue_waiting", ("messages",)] == 0
    assert before["quytrinh_workers", ()] == 0
    with office.runtime.write(OFFICE) as uow:
        for number, status in enumerate(("waiting", "waiting", "failed")):
            message = StoredMessage(
                id=f"m{number}",
                person="p001",
                message="due_soon",
                params={},
                instance_id=None,
                created_at=uow.now,
            )
            uow.tables.outbox.add(message)
            if status == "failed":
                uow.tables.outbox.record(
                    message.id, status="failed", attempts=9, next_at=uow.now, outcome="550"
                )
        uow.commit()
    note_worker(office.runtime, "w1", "host")
    office.clock.forward(minutes=5)
    found = told(client)
    assert found["quytrinh_queue_waiting", ("messages",)] == 2
    assert found["quytrinh_queue_failed", ("messages",)] == 1
    assert found["quytrinh_queue_oldest_seconds", ("messages",)] == 300
    assert found["quytrinh_workers", ()] == 1
    assert 0 <= found["quytrinh_worker_silent_seconds", ()] < 60
