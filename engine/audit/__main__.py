"""`python -m engine.audit PACK.zip`: an evidence pack judged with the standard library.

`cryptography` is needed for signatures; nothing else, and nothing of the house. The folder
`engine/audit` may be copied anywhere and run from there.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from engine.audit.offline import TOLERANCE, Asked, PackReport, verify_pack
from engine.audit.profile import AuditInputError
from engine.audit.tlog_proof import note_in
from engine.audit.trust import judge_by
from engine.audit.words import (
    CLASSES,
    FINDINGS,
    FRAME,
    LANGUAGES,
    NOT_CHECKED,
    UNUSABLE,
    class_of,
    said,
)

HELD_BYTES_MAX = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a pack; 0 when intact, else the exit code of the gravest class of fault."""
    asked = _parser().parse_args(arguments)
    language = asked.language
    try:
        report = judge(
            asked.pack,
            policy=asked.policy,
            held=asked.held,
            tolerance=timedelta(seconds=asked.tolerance),
            # The auditor's own clock, and nobody else's.
            now=datetime.now(UTC),  # noqa: TID251
        )
    except (OSError, AuditInputError) as error:
        problem = said(FRAME, "unusable", language, problem=error)
        print(problem, file=sys.stderr)  # noqa: T201
        return UNUSABLE
    lines = [json.dumps(as_json(report), ensure_ascii=False, indent=2)] if asked.json else None
    for line in lines or as_text(report, language):
        print(line)  # noqa: T201
    return exit_code(report)


def judge(
    pack: Path,
    *,
    policy: Path | None = None,
    held: Sequence[Path] = (),
    tolerance: timedelta = TOLERANCE,
    now: datetime | None = None,
) -> PackReport:
    """Judge the pack in a file by the auditor's own files.

    Raises:
        OSError: a file cannot be read.
        AuditInputError: the policy is none.
    """
    notes: dict[str, bytes] = {}
    others: dict[str, BinaryIO] = {}
    with ExitStack() as opened:
        for path in held:
            file = opened.enter_context(path.open("rb"))
            head = file.read(4)
            file.seek(0)
            if head == b"PK\3\4":
                others[str(path)] = file
            else:
                notes[str(path)] = _note(file.read(HELD_BYTES_MAX + 1))
        content = None if policy is None else policy.read_bytes()
        asked = Asked(
            judge=judge_by(content, now=now),
            held=notes,
            others=others,
            now=now,
            tolerance=tolerance,
        )
        with pack.open("rb") as file:
            return verify_pack(file, asked)


def _note(content: bytes) -> bytes:
    """What is held: a checkpoint, the text of a code on paper, or that of a receipt."""
    try:
        return note_in(content)
    except AuditInputError:
        # Whoever judges it says that it is none.
        return content


def exit_code(report: PackReport) -> int:
    """0 when intact, else that of the gravest class."""
    return min((CLASSES[class_of(found.code)] for found in report.findings), default=0)


def as_json(report: PackReport) -> dict[str, Any]:
    """The report for programs."""
    return {
        "intact": report.intact,
        "exit_code": exit_code(report),
        "origin": report.origin,
        "size": report.size,
        "root": report.root,
        "signers": list(report.signers),
        "scope": None
        if report.scope is None
        else {"kind": report.scope.kind, "value": report.scope.value},
        "counts": dict(report.counts),
        "findings": [
            {
                "class": class_of(found.code),
                "code": found.code,
                "entry": found.idx,
                "detail": found.detail,
            }
            for found in report.findings
        ],
        "extra": list(report.extra),
        "not_checked": dict(report.not_checked),
    }


def as_text(report: PackReport, language: str) -> list[str]:
    """The report for people."""

    def frame(code: str, **params: object) -> str:
        return said(FRAME, code, language, **params)

    lines = []
    if report.origin is not None:
        lines.append(frame("log", origin=report.origin, size=report.size))
        lines.append(frame("root", root=report.root))
    if report.signers:
        lines.append(frame("signed", names=", ".join(report.signers)))
    if report.scope is not None:
        lines.append(frame(report.scope.kind, value=report.scope.value))
    if report.counts:
        counts = (frame(code, count=count) for code, count in report.counts.items())
        lines.append(f"{frame('checked')} {', '.join(counts)}")
    lines += [_finding(found.code, found.idx, found.detail, language) for found in report.findings]
    if report.extra:
        lines += [frame("extra"), *(f"  - {name}" for name in report.extra)]
    lines += [frame("not_checked"), *_not_checked(report.not_checked, language)]
    count = len(report.findings)
    lines.append(frame("broken", count=count) if count else frame("intact"))
    return lines


def _finding(code: str, idx: int | None, detail: str | None, language: str) -> str:
    where = None if idx is None else said(FRAME, "entry", language, idx=idx)
    place = ", ".join(part for part in (where, detail) if part)
    sentence = said(FINDINGS, code, language)
    return f"! {sentence}: {place} [{code}]" if place else f"! {sentence} [{code}]"


def _not_checked(told: Mapping[str, int], language: str) -> list[str]:
    return [f"  - {said(NOT_CHECKED, code, language, count=n)}" for code, n in told.items()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engine.audit",
        description="Kiểm tra một gói hồ sơ · Check an evidence pack",
    )
    parser.add_argument("pack", type=Path, metavar="PACK.zip")
    parser.add_argument(
        "--policy",
        type=Path,
        help="tệp chính sách của chính bạn (C2SP tlog-policy) · your own policy file",
    )
    parser.add_argument(
        "--held",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT|PACK.zip",
        help="điểm kiểm tra hoặc gói bạn đang giữ · a checkpoint or pack that you hold",
    )
    parser.add_argument(
        "--tolerance",
        type=int,
        default=int(TOLERANCE.total_seconds()),
        metavar="SECONDS",
        help="chênh lệch đồng hồ cho phép, giây · how far clocks may differ, in seconds",
    )
    parser.add_argument("--language", choices=LANGUAGES, default="vi")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
