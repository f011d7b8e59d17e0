"""Evidence over HTTP: attached, described, replaced, and handed out as a download alone."""

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from api.v1.evidence import disposition
from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.evidence.disk import DiskStore
from engine.evidence.store import key_of
from tests.api.web import Web, pdf
from tests.fixtures import OFFICE


@pytest.fixture
def audit(small_web: Web) -> dict[str, Any]:
    return small_web.open_audit()


def test_a_file_is_attached_and_described(web: Web) -> None:
    audit = web.open_audit()
    answer = web.attach(
        "iso_secretary", audit["id"], "plan", note="Bản đầu", effective_date="2026-07-01"
    )
    file = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/evidence/{file['id']}"
    assert file["sha256"] == hashlib.sha256(pdf("plan")).hexdigest()
    assert (file["size"], file["media_type"]) == (len(pdf("plan")), "application/pdf")
    assert (file["requirement"], file["status"]) == ("plan", "accepted")
    assert (file["note"], file["effective_date"]) == ("Bản đầu", "2026-07-01")
    shown = web.get("director", f"/evidence/{file['id']}").json()
    assert shown == {name: value for name, value in file.items() if name != "entry"}
    assert web.get("director", f"/instances/{audit['id']}").json()["version"] == 0


def test_the_content_goes_out_as_a_download_and_nothing_else(web: Web) -> None:
    audit = web.open_audit()
    file = web.attach("iso_secretary", audit["id"], "plan", name="kế hoạch <1>.pdf").json()
    answer = web.get("director", f"/evidence/{file['id']}/content")
    assert answer.status_code == 200
    assert answer.content == pdf("plan")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["content-length"] == str(len(pdf("plan")))
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["etag"] == f'"{file["sha256"]}"'


def test_the_name_is_given_by_rfc_6266() -> None:
    told = disposition("Biên bản họp đầu kỳ.pdf")
    assert told == (
        'attachment; filename="Bien ban hop dau ky.pdf"; '
        "filename*=UTF-8''Bi%C3%AAn%20b%E1%BA%A3n%20h%E1%BB%8Dp%20%C4%91%E1%BA%A7u%20k%E1%BB%B3.pdf"
    )
    assert disposition('a"b;c\\%.pdf').startswith('attachment; filename="abc.pdf"; ')
    assert disposition("漢字").startswith('attachment; filename="file"; ')


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-3", 206, 0, 3),
        ("bytes=5-", 206, 5, None),
        ("bytes=-4", 206, -4, None),
        ("bytes=0-99999", 200, 0, None),
        ("bytes=3-1", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("bytes=0-1,4-5", 200, 0, None),
        ("lines=0-1", 200, 0, None),
    ],
)
def test_one_range_may_be_asked_for(
    small_web: Web, audit: dict[str, Any], asked: str, status: int, first: int, last: int | None
) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    path = f"/evidence/{file['id']}/content"
    answer = small_web.get("director", path, headers={"Range": asked})
    whole = pdf("plan")
    assert answer.status_code == status
    assert answer.content == whole[first : None if last is None else last + 1]
    assert ("content-range" in answer.headers) == (status == 206)
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=-0"])
def test_a_range_outside_the_file_is_told(
    small_web: Web, audit: dict[str, Any], asked: str
) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    path = f"/evidence/{file['id']}/content"
    answer = small_web.get("director", path, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{file['size']}"


def spoil(web: Web, sha256: str, change: Callable[[bytes], bytes]) -> None:
    """Tamper with bytes in the folder."""
    store = web.office.runtime.store
    assert isinstance(store, DiskStore)
    path = store.root / key_of(OFFICE, sha256)
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    "change", [lambda content: content[:-1], lambda content: content + b"x"], ids=["less", "more"]
)
def test_of_a_content_of_another_length_not_even_a_part_is_sent(
    small_web: Web, audit: dict[str, Any], change: Callable[[bytes], bytes]
) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    spoil(small_web, file["sha256"], change)
    path = f"/evidence/{file['id']}/content"
    for headers in ({}, {"Range": "bytes=0-3"}):
        answer = small_web.get("director", path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (500, "blob_corrupt")


def test_another_content_is_never_sent_whole(small_web: Web, audit: dict[str, Any]) -> None:
    small = small_web.attach("iso_secretary", audit["id"], "plan").json()
    padding = b"%" + b"x" * 1_500_000 + b"\n1 0 obj"
    content = pdf("large").replace(b"1 0 obj", padding, 1)
    large = small_web.attach("iso_secretary", audit["id"], "programme", content=content).json()
    for file in (small, large):
        spoil(small_web, file["sha256"], lambda content: content[:-9] + b"?" + content[-8:])
    answer = small_web.get("director", f"/evidence/{small['id']}/content")
    assert (answer.status_code, answer.json()["code"]) == (500, "blob_corrupt")
    assert (
        "administrator"
        in small_web.get(
            "director", f"/evidence/{small['id']}/content", headers={"Accept-Language": "en"}
        ).json()["detail"]
    )
    # A large one has begun to leave when it is found out: the end never comes.
    answer = small_web.get("director", f"/evidence/{large['id']}/content")
    assert 0 < len(answer.content) < large["size"] == int(answer.headers["content-length"])


def test_an_unchanged_content_is_not_sent_again(small_web: Web, audit: dict[str, Any]) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    path = f"/evidence/{file['id']}/content"
    etag = f'"{file["sha256"]}"'
    answer = small_web.get("director", path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    other = {"Range": "bytes=0-3", "If-Range": '"another"'}
    assert small_web.get("director", path, headers=other).status_code == 200


def test_a_head_request_tells_the_size_and_sends_nothing(
    small_web: Web, audit: dict[str, Any]
) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    answer = small_web.request("director", "HEAD", f"/evidence/{file['id']}/content")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(file["size"])


def test_a_newer_file_replaces_an_older_one_and_both_stay(web: Web) -> None:
    audit = web.open_audit()
    old = web.attach("iso_secretary", audit["id"], "plan").json()
    answer = web.post(
        "iso_secretary",
        f"/evidence/{old['id']}/supersede",
        data={"note": "Bản sửa"},
        files={"file": ("kế hoạch 2.pdf", pdf("newer"))},
    )
    assert answer.status_code == 201, answer.text
    shown = web.get("director", f"/evidence/{old['id']}").json()
    assert (shown["status"], shown["superseded_by"]) == ("superseded", answer.json()["id"])
    again = web.post(
        "iso_secretary",
        f"/evidence/{old['id']}/supersede",
        files={"file": ("kế hoạch 3.pdf", pdf("newest"))},
    )
    assert (again.status_code, again.json()["code"]) == (409, "evidence_not_replaceable")


def test_who_may_not_supply_is_told_who_may(small_web: Web, audit: dict[str, Any]) -> None:
    answer = small_web.attach("unit_staff", audit["id"], "plan")
    assert answer.status_code == 403
    assert answer.json()["unmet"][0]["who_can"] == ["iso_secretary"]


def test_a_name_in_decomposed_letters_is_composed(small_web: Web, audit: dict[str, Any]) -> None:
    name = "Kế hoạch đánh giá.pdf"
    sent = unicodedata.normalize("NFD", name)
    assert sent != name
    answer = small_web.attach("iso_secretary", audit["id"], "plan", name=sent)
    assert answer.json()["filename"] == name


def test_a_file_that_waits_for_no_review_cannot_be_reviewed(
    small_web: Web, audit: dict[str, Any]
) -> None:
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    answer = small_web.post("director", f"/evidence/{file['id']}/review", {"accepted": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_awaiting_review")


def reviewed_process(web: Web) -> str:
    """An instance of a small process whose one file a clerk must accept."""
    words = {"vi": "Chữ", "en": "Word"}
    process = Process.model_validate(
        {
            "format": 1,
            "process": "reviewed_paper",
            "version": 1,
            "title": words,
            "code": "RP",
            "opens": ["iso_secretary"],
            "roles": ["iso_secretary", "clerk"],
            "evidence": {
                "paper": {
                    "title": words,
                    "accept": ["pdf"],
                    "fresh": "per_instance",
                    "reviewed": "clerk",
                }
            },
            "initial": "drafted",
            "states": {
                "drafted": {"title": words, "due": "5d"},
                "done": {"title": words, "final": "success"},
            },
            "transitions": {
                "finish": {
                    "title": words,
                    "from": "drafted",
                    "to": "done",
                    "by": ["iso_secretary"],
                    "evidence": ["paper"],
                }
            },
        }
    )
    publish_definitions(web.office.runtime, OFFICE, [process])
    opened = web.post("iso_secretary", "/instances", {"process": "reviewed_paper"})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["id"])


def test_a_file_counts_once_its_reviewer_has_accepted_it(web: Web) -> None:
    instance = reviewed_process(web)
    file = web.attach("iso_secretary", instance, "paper").json()
    assert file["status"] == "received"
    refused = web.step("iso_secretary", instance, "finish", 0)
    assert [reason["code"] for reason in refused.json()["unmet"]] == ["evidence_unreviewed"]
    path = f"/evidence/{file['id']}/review"
    stranger = web.post("director", path, {"accepted": True})
    assert stranger.status_code == 403
    assert stranger.json()["unmet"][0]["who_can"] == ["clerk"]
    reviewed = web.post("clerk", path, {"accepted": True, "note": "Đủ chữ ký"})
    assert reviewed.status_code == 200, reviewed.text
    assert (reviewed.json()["status"], reviewed.json()["reviewed_by"]) == ("accepted", "p012")
    rehearsed = web.step("iso_secretary", instance, "finish", 0, dry_run=True).json()
    assert (rehearsed["accepted"], rehearsed["to"], rehearsed["unmet"]) == (True, "done", [])
    assert web.step("iso_secretary", instance, "finish", 0).json()["instance"]["final"] == "success"


def test_a_rejected_file_does_not_count(small_web: Web) -> None:
    instance = reviewed_process(small_web)
    file = small_web.attach("iso_secretary", instance, "paper").json()
    answer = small_web.post("clerk", f"/evidence/{file['id']}/review", {"accepted": False})
    assert answer.json()["status"] == "rejected"
    unmet = small_web.step("iso_secretary", instance, "finish", 0).json()["unmet"]
    assert [reason["code"] for reason in unmet] == ["evidence_missing"]


def test_a_text_of_a_form_holds_no_nul(small_web: Web, audit: dict[str, Any]) -> None:
    answer = small_web.attach("iso_secretary", audit["id"], "plan", note="a\0b")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["field"] == "note"
