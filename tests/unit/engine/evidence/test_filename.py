"""Test names repeat the numbers of the rules in `engine/evidence/filename.py`."""

import unicodedata

import pytest

from engine.evidence.filename import FilenameInvalid, clean_filename


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("biên bản.pdf", "biên bản.pdf"),
        (
            unicodedata.normalize("NFD", "Quyết định số 1 – Đã ký.pdf"),
            "Quyết định số 1 – Đã ký.pdf",
        ),
        ("  kế   hoạch\u00a0 2026.docx ", "kế hoạch 2026.docx"),
        ("..gạch.đầu.txt", "..gạch.đầu.txt"),
        ("ảnh 👩‍🔧.jpg", "ảnh 👩‍🔧.jpg"),
        ("a" * 196 + ".pdf", "a" * 196 + ".pdf"),
        (unicodedata.normalize("NFD", "ề" * 196 + ".pdf"), "ề" * 196 + ".pdf"),
    ],
)
def test_1_and_2_a_name_is_written_in_one_way(raw: str, clean: str) -> None:
    assert clean_filename(raw) == clean
    assert clean_filename(clean) == clean


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("a\0.pdf", "nul"),
        ("a\n.pdf", "control_character"),
        ("a\x1b[2J.pdf", "control_character"),
        ("a\x7f.pdf", "control_character"),
        ("a\x85.pdf", "control_character"),
        ("a\ud800.pdf", "lone_surrogate"),
        ("a\u2028.pdf", "line_separator"),
        ("a\u2029.pdf", "line_separator"),
        ("../../etc/passwd", "path_separator"),
        ("/etc/passwd", "path_separator"),
        ("C:\\a.pdf", "path_separator"),
        ("..\\a.pdf", "path_separator"),
        ("báo cáo\u202efdp.exe", "hidden_character"),
        ("a\u2066.pdf", "hidden_character"),
        ("a\u200b.pdf", "hidden_character"),
        ("\ufeffa.pdf", "hidden_character"),
        ("", "empty"),
        ("   ", "empty"),
        ("..", "empty"),
        (". .", "empty"),
        ("a" * 197 + ".pdf", "too_long"),
    ],
)
def test_3_and_4_a_name_that_could_lie_is_refused_with_its_reason(raw: str, reason: str) -> None:
    with pytest.raises(FilenameInvalid) as refused:
        clean_filename(raw)
    assert refused.value.code == "filename_invalid"
    assert refused.value.params["reason"] == reason
