"""What an approval is bound to, and whether it still holds.

1. An approval speaks of files by their bytes, of chosen columns of live rows, and of fields. Each
   is a part with a digest of its own, so that a person is told which one changed.
2. Of files those count that are usable now: the same bytes twice are one file, and one that waits
   for its review has changed nothing yet.
3. An approval ends with the first change of a part, and stays ended when the change is taken back:
   whoever approved has to look again.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.definition.model import ApprovalSpec, Process
from engine.definition.values import to_json
from engine.machine.evidence_rule import USABLE
from engine.machine.instance import Case, EvidenceFile


def parts_of(spec: ApprovalSpec, case: Case) -> dict[str, str]:
    """Part (`evidence:plan`, `records:slot`, `fields:day`) → digest of what it is now."""
    found: dict[str, Any] = {}
    for name in spec.evidence:
        found[f"evidence:{name}"] = sorted({file.sha256 for file in usable(case, name)})
    for name, columns in spec.records.items():
        found[f"records:{name}"] = sorted(
            [row.id, *(to_json(row.values.get(column)) for column in columns)]
            for row in case.rows(name)
        )
    for name in spec.fields:
        found[f"fields:{name}"] = to_json(case.instance.fields.get(name))
    return {part: _digest(content) for part, content in found.items()}


def changed(spec: ApprovalSpec, case: Case, approved: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that are no longer what was approved."""
    now = parts_of(spec, case)
    return tuple(part for part, digest in now.items() if approved.get(part) != digest)


def usable(case: Case, requirement: str) -> tuple[EvidenceFile, ...]:
    """The files of a requirement that an approval speaks of (rule 2)."""
    return tuple(
        file for file in case.evidence if file.requirement == requirement and file.status in USABLE
    )


def files_approved(process: Process, transition: str, case: Case) -> tuple[EvidenceFile, ...]:
    """Every file that a step approves, whether it asks for it or not."""
    names = [
        name
        for approval in process.transitions[transition].approves
        for name in process.approvals[approval].evidence
    ]
    return tuple(file for name in dict.fromkeys(names) for file in usable(case, name))


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
