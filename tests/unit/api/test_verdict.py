"""Faults of the log in sentences: each code has one, and names what people know."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.language import LANGUAGES, Words, load_words
from api.verdict import fault_sentence, fault_sentences, not_checked_sentences
from engine.audit.verifier import Finding
from engine.queries.audit_trail import NOT_IN_THE_LOG, Verdict

ROOT = Path(__file__).parents[3]
SOURCES = ("engine/audit/verifier.py", "engine/queries/audit_trail.py", "engine/machine/replay.py")
MADE = {
    *("stream_gap", "stream_repeated", "prev_differs", "blob_missing", "blob_differs"),
    *("state_differs", "version_differs", "history_differs"),
    *(f"{what}_unreadable" for what in ("log", "definitions", "instances", "instance", "files")),
    *(f"{section}_differs" for section in ("instance", "field", "row", "step", "evidence")),
    *(
        "waiver_differs",
        "approval_differs",
        "assignees_differs",
        "body_not_canonical",
        "entry_malformed",
    ),
}
"""Codes that are put together, or handed on from elsewhere."""
NAMES = {"i1": "IA-2026-01", "f1": "Biên bản.pdf"}


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words()


def codes() -> Iterator[str]:
    """Every code that stands first in a finding or in what the replay yields."""
    for source in SOURCES:
        for node in ast.walk(ast.parse((ROOT / source).read_text("utf-8"))):
            first: ast.expr | None = None
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                keyed = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                if name in {"Finding", "_find"}:
                    first = (node.args or keyed)[0]
            elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                first = node.value.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_a_sentence_without_ids_or_none(words: Words, language: str) -> None:
    found = {*codes(), *MADE}
    assert len(found) > 45
    for code in found:
        for idx, detail in ((25, "i1"), (None, "i1 f1"), (25, None), (3, "instance:i1")):
            finding = Finding(code=code, idx=idx, detail=detail)
            said = fault_sentence(finding, NAMES, say=words.say, language=language)
            assert said.endswith(f" [{code}]")
            assert not said.startswith("verdict.")
            assert "None" not in said
            assert "…" not in said
            assert words.knows(f"verdict.{code}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_checked_has_a_sentence(words: Words, language: str) -> None:
    names = (*NOT_IN_THE_LOG, "hmac", "time_order", "head", "outside_checkpoint")
    for sentence in not_checked_sentences(
        verdict(not_checked=names), say=words.say, language=language
    ):
        assert not sentence.startswith("not_checked.")


def test_cases_and_files_are_called_by_their_names(words: Words) -> None:
    said = fault_sentences(
        verdict(
            Finding("blob_missing", None, "i1 f1"),
            Finding("leaf_hash_differs", 25),
            Finding("wrong_role", 25, "i1"),
            Finding("prev_differs", 25, "instance:i1"),
            Finding("root_differs"),
            Finding("text_not_nfc", 4, "path"),
            Finding("something_new"),
            Finding("truncated", None, "head 30"),
        ),
        say=words.say,
        language="vi",
    )
    assert said == (
        "Hồ sơ IA-2026-01: tệp “Biên bản.pdf” không còn trong kho bằng chứng. [blob_missing]",
        "Mục 25: nội dung không khớp dấu vân tay (hash) lưu cạnh nó. [leaf_hash_differs]",
        "Hồ sơ IA-2026-01, mục 25: vai trò thực hiện không được phép. [wrong_role]",
        "Mục 25: không nối với mục liền trước của IA-2026-01. [prev_differs]",
        "Gốc tính lại từ các mục khác với gốc đã lưu của nhật ký. [root_differs]",
        "Mục 4: nội dung không đúng dạng của nhật ký. [text_not_nfc]",
        "Nhật ký có sai lệch. [something_new]",
        "Nhật ký bị cắt bớt: đúng ra có 30 mục. [truncated]",
    )


def verdict(*findings: Finding, not_checked: tuple[str, ...] = ()) -> Verdict:
    return Verdict(
        findings=findings,
        entries=1,
        root=b"",
        instances=1,
        files=1,
        not_checked=not_checked,
        names=NAMES,
    )
