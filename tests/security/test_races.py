"""Many at once, over HTTP: of two who want the same thing one gets it, and one key acts once."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.commands.manage_accounts import add_account, log_in
from engine.queries.audit_trail import verify_log
from tests.api.web import SLOT, Web, pdf
from tests.fixtures import OFFICE

THREADS = 8
PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do everything at the same moment; the answers in the order of the works."""
    gate = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        gate.wait()
        answers[place] = works[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def statuses(answers: Sequence[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_sixteen_writers_of_different_kinds_leave_one_consistent_case(web: Web) -> None:
    audit = web.open_audit()["id"]
    assert web.post(
        "iso_secretary", f"/instances/{audit}/records/slot", {"values": SLOT}
    ).is_success
    for requirement in ("programme", "plan"):
        assert web.attach("iso_secretary", audit, requirement).is_success
    for name in ("iso_secretary", "director"):
        web.token(name)

    def step(name: str, transition: str) -> Callable[[], Any]:
        return lambda: web.step(name, audit, transition, 0)

    def slot(day: int) -> Callable[[], Any]:
        values = {**SLOT, "audit_date": f"2026-08-{day:02d}"}
        path = f"/instances/{audit}/records/slot"
        return lambda: web.post("iso_secretary", path, {"values": values})

    def attach(word: str) -> Callable[[], Any]:
        return lambda: web.attach("iso_secretary", audit, "plan", content=pdf(word))

    def waive() -> Any:
        body = {"gate": "window", "reason": "Bộ chỉ đạo", "until": "2026-12-31"}
        return web.post("director", f"/instances/{audit}/waivers", body)

    def assign() -> Any:
        body = {"assignees": {"lead_auditor": ["p006"]}}
        return web.post("iso_secretary", f"/instances/{audit}/assignment", body)

    before = web.entries()
    answers = at_once(
        [
            *(step("iso_secretary", "submit") for _ in range(4)),
            *(slot(day) for day in (5, 6, 7, 10)),
            *(attach(word) for word in ("a", "b", "c", "d")),
            waive,
            waive,
            assign,
            assign,
        ]
    )
    steps, others = answers[:4], answers[4:]
    assert not [a.text for a in answers if a.status_code >= 500]
    shown = web.get("iso_secretary", f"/instances/{audit}").json()
    accepted = statuses(steps)[200]
    assert accepted <= 1
    assert shown["version"] == accepted
    done = sum(answer.is_success for answer in answers)
    refused = sum(a.status_code in {403, 409} and "unmet" in a.json() for a in answers)
    assert done >= 8
    assert web.entries() == before + done + refused
    assert {a.status_code for a in others} <= {200, 201, 409}
    verdict = verify_log(web.office.runtime, OFFICE)
    assert verdict.intact, verdict.findings


KEY = {"Idempotency-Key": "one-key"}
LOGIN = {"person": "p025", "username": "lan.chi", "password": "một mật khẩu dài"}
DAY = {"day": "2026-09-03", "kind": "off", "label": "Nghỉ bù", "source": "CV 1"}
WAIVER = {"gate": "window", "reason": "Hoãn", "until": "2026-12-31"}
LOAN = {
    "giver": "p001",
    "deputy": "p002",
    "role": "director",
    "document": "QĐ 12",
    "valid_from": "2026-07-06",
}
KINDS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "open": (201, "iso_secretary", "/instances", {"process": "internal_audit", "year": 2026}),
    "row": (201, "iso_secretary", "/instances/{audit}/records/slot", {"values": SLOT}),
    "assign": (
        200,
        "iso_secretary",
        "/instances/{audit}/assignment",
        {"assignees": {"lead_auditor": ["p006"]}},
    ),
    "waive": (201, "director", "/instances/{audit}/waivers", WAIVER),
    "refused step": (403, "director", "/instances/{audit}/transitions", {"transition": "submit"}),
    "grant": (
        201,
        "administrator",
        "/grants",
        {"person": "p025", "role": "clerk", "valid_from": "2026-07-06"},
    ),
    "delegation": (201, "director", "/delegations", LOAN),
    "account": (201, "administrator", "/accounts", LOGIN),
    "holiday": (200, "administrator", "/holidays", DAY),
    "bulk": (200, "iso_secretary", "/transitions", {}),
    "attach": (201, "iso_secretary", "/instances/{audit}/evidence", {"requirement": "programme"}),
    "supersede": (201, "iso_secretary", "/evidence/{file}/supersede", {}),
    "step": (200, "director", "/instances/{audit}/transitions", {}),
}
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "attach": ("file", {"requirement": "programme"}),
    "supersede": ("file", {}),
    "step": ("cancel_decision", {"command": '{"transition": "cancel", "reason": "Gộp đợt"}'}),
}


def _work(web: Web, kind: str, audit: str, file: str) -> Callable[[], Any]:
    _, name, path, body = KINDS[kind]
    address = path.format(audit=audit, file=file)
    headers = {**KEY, "If-Match": '"1"' if kind == "holiday" else '"0"'}
    if kind in FORMS:
        part, texts = FORMS[kind]
        files = {part: ("giấy.pdf", pdf(kind))}
        return lambda: web.post(name, address, headers=headers, data=texts, files=files)
    if kind == "bulk":
        body = {"commands": [{"instance": audit, "version": 0, "transition": "submit"}]}
    return lambda: web.post(name, address, body, headers=headers)


@pytest.mark.parametrize("kind", KINDS)
def test_one_key_sent_eight_times_at_once_acts_once(web: Web, kind: str) -> None:
    audit = web.open_audit()["id"]
    file = web.attach("iso_secretary", audit, "plan").json()["id"]
    for name in ("iso_secretary", "director", "administrator"):
        web.token(name)
    work = _work(web, kind, audit, file)
    before = web.entries()
    answers = at_once([work] * THREADS)
    assert statuses(answers) == {KINDS[kind][0]: THREADS}, [a.text for a in answers]
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == THREADS - 1
    entries = 2 if kind == "step" else 1
    assert web.entries() == before + entries
    assert verify_log(web.office.runtime, OFFICE).intact


def test_eight_who_enter_the_same_thing_at_once_break_nothing(web: Web) -> None:
    for name in ("administrator", "iso_secretary"):
        web.token(name)
    day = {"day": "2026-09-04", "kind": "off", "label": "Nghỉ bù", "source": "CV 2"}
    seen = {"If-Match": '"1"'}
    enter = [lambda: web.post("administrator", "/holidays", day, headers=seen)]
    days = at_once(enter * THREADS)
    assert statuses(days) == {200: 1, 412: THREADS - 1}, [a.text for a in days]
    made = at_once([lambda: web.post("administrator", "/accounts", LOGIN)] * THREADS)
    assert statuses(made) == {201: 1, 409: THREADS - 1}, [a.text for a in made]
    opening = {"process": "internal_audit", "year": 2026}
    opened = at_once([lambda: web.post("iso_secretary", "/instances", opening)] * THREADS)
    assert statuses(opened) == {201: THREADS}, [a.text for a in opened]
    codes = sorted(answer.json()["code"] for answer in opened)
    assert codes == [f"IA-2026-{number:02d}" for number in range(1, THREADS + 1)]


def test_bundles_that_cross_do_not_block_one_another(web: Web) -> None:
    audits = [web.open_audit()["id"] for _ in range(4)]
    for name in ("director", "iso_secretary"):
        web.token(name)

    def together(order: list[str]) -> Callable[[], Any]:
        commands = [{"instance": i, "version": 0, "transition": "submit"} for i in order]
        body = {"commands": commands, "atomic": True}
        return lambda: web.post("iso_secretary", "/transitions", body)

    def attach(audit: str) -> Callable[[], Any]:
        return lambda: web.attach("iso_secretary", audit, "plan")

    works = [together(audits), together(audits[::-1])] * 3 + [attach(a) for a in audits] * 2
    answers = at_once(works)
    assert statuses(answers) == {409: 6, 201: 8}, [a.text for a in answers]


def test_a_form_that_is_clicked_eight_times_gives_one_role(web: Web) -> None:
    add_account(
        web.office.runtime,
        OFFICE,
        person=web.office.people["administrator"],
        username="administrator",
        password_hash=web.passwords.hash(PASSWORD),
    )
    found = log_in(
        web.office.runtime, "administrator", lambda kept: web.passwords.matches(PASSWORD, kept)
    )
    assert found is not None
    web.client.cookies.set("sid", found.secret)
    form = {
        "csrf_token": found.session.csrf,
        "form_nonce": "one-click",
        "person": "p025",
        "role": "clerk",
        "from": "2026-07-06",
    }
    home = {"Sec-Fetch-Site": "same-origin"}
    before = web.entries()
    answers = at_once([lambda: web.client.post("/admin/grants", data=form, headers=home)] * THREADS)
    assert statuses(answers) == {303: THREADS}
    assert {answer.headers["location"] for answer in answers} == {"/admin?done=granted#grants"}
    assert web.entries() == before + 1
