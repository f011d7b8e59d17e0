"""A small process with every lock on its door: a reviewer, two files, an impartial judge."""

from typing import Any

from engine.commands.publish_definition import publish_definitions
from engine.definition.source import read
from tests.api.web import Web

SEALED = """
format: 1
process: sealed_case
version: 1
code: SC
title: {vi: Hồ sơ niêm phong, en: Sealed case}
clauses: ["9001:2015/7.5"]
opens: [office]
roles: [office, clerk, unit_head, internal_auditor, director]
waived_by: [director]
fields:
  unit: {type: unit, required_from: opened, title: {vi: Đơn vị, en: Unit}}
evidence:
  proof:
    title: {vi: Bằng chứng, en: Proof}
    accept: [pdf]
    min: 2
    from: [office, clerk]
    fresh: per_instance
  sheet:
    title: {vi: Phiếu, en: Sheet}
    accept: [pdf]
    from: [office]
    reviewed: clerk
    fresh: per_instance
initial: opened
states:
  opened: {title: {vi: Đã mở, en: Opened}}
  judged: {title: {vi: Đã xem xét, en: Judged}}
  sealed: {title: {vi: Đã niêm phong, en: Sealed}, final: success}
  dropped: {title: {vi: Đã bỏ, en: Dropped}, final: aborted}
transitions:
  judge:
    title: {vi: Xem xét, en: Judge}
    from: opened
    to: judged
    by: [internal_auditor]
    not_of_unit: [unit]
  seal:
    title: {vi: Niêm phong, en: Seal}
    from: judged
    to: sealed
    by: [office]
    evidence: [proof, sheet]
  note:
    title: {vi: Ghi chú, en: Note}
    from: open
    to: "="
    internal: true
    by: [office]
    reason: required
  drop:
    title: {vi: Bỏ, en: Drop}
    from: open
    to: dropped
    by: [director]
    reason: required
"""


def open_case(web: Web, unit: str = "planning_finance") -> str:
    """Publish the process and open a case of a unit; its id."""
    reading = read(SEALED, file="sealed_case.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(web.office.runtime, web.office.organization_id, [reading.process])
    answer = web.post("office", "/instances", {"process": "sealed_case", "fields": {"unit": unit}})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def lend(web: Web, giver: str, deputy: str, role: str, **days: str) -> Any:
    """Lend a role by the administrator's hand."""
    people = web.office.people
    body = {
        "giver": people[giver],
        "deputy": people[deputy],
        "role": role,
        "document": "QĐ 12/QĐ-SKHCN",
        "valid_from": "2026-07-01",
        **days,
    }
    answer = web.post("administrator", "/delegations", body)
    assert answer.status_code == 201, answer.text
    return answer
