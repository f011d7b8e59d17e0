"""`definitions`: ours are sound, each planted fault is found, a picture and a schema come out."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from api.cli.main import run
from api.seeds import DEFINITIONS
from engine.definition.digest import to_json
from engine.definition.source import read_file

TESTS = Path(__file__).parents[1] / "definitions"
PLANTED = TESTS / "planted"
BESIDE = {"E53", "E60", "E61", "E70", "E71", "W61", "W62", "W72", "W73"}
"""Codes that need more than the file: an organisation, versions, other processes, a catalogue."""
STAFF = """
units: [{id: unit, title: {vi: Đơn vị, en: Unit}}]
people: [{id: an, name: An}, {id: binh, name: Bình}]
grants: [{person: an, role: office}, {person: binh, role: unit_head}]
calendar: {seed: vn}
"""


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def codes(out: str) -> list[str]:
    return [found["code"] for found in json.loads(out)]


def test_ours_have_no_fault_whatever_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    demonstration = str(DEFINITIONS / "organizations" / "demonstration.yaml")
    code, out, err = told(capsys, "definitions", "check", "--organization", demonstration)
    assert (code, out) == (0, "")
    assert err.rstrip().endswith("0 lỗi, 0 cảnh báo.")


def test_every_planted_fault_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "definitions", "check", str(PLANTED), "--format", "json")
    assert code == 1
    found: dict[str, set[str]] = {}
    for finding in json.loads(out):
        found.setdefault(Path(finding["file"]).stem, set()).add(finding["code"])
        assert finding["message"] != finding["hint"]
        assert not finding["message"].startswith("finding.")
    wanted = {path.stem: path.stem.split("_")[0] for path in PLANTED.glob("*.yaml")}
    missed = {
        stem for stem, one in wanted.items() if one not in BESIDE and one not in found.get(stem, ())
    }
    assert missed == set()
    assert len(found) > 100


def test_a_finding_is_one_line_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    file = PLANTED / "E12_escalation_to_a_stranger.yaml"
    code, out, err = told(capsys, "definitions", "check", str(file))
    assert code == 1
    assert re.fullmatch(rf"{re.escape(str(file))}:\d+:\d+: E12 .+\n", out)
    assert err == "1 lỗi, 0 cảnh báo.\n"
    _, english, _ = told(capsys, "--lang", "en", "definitions", "check", str(file))
    assert english != out


def test_a_warning_alone_is_no_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    staff = tmp_path / "staff.yaml"
    staff.write_text(STAFF.replace(", {person: binh, role: unit_head}", ""), "utf-8")
    sound = str(TESTS / "sound.yaml")
    code, out, _ = told(
        capsys, "definitions", "check", sound, "--organization", str(staff), "--format", "json"
    )
    assert code == 0
    assert set(codes(out)) <= {"W61", "W62"}
    assert codes(out)


def test_an_organisation_without_a_calendar_is_a_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    staff = tmp_path / "staff.yaml"
    staff.write_text(STAFF.replace("calendar: {seed: vn}", ""), "utf-8")
    arguments = ("check", str(TESTS / "sound.yaml"), "--organization", str(staff))
    code, out, _ = told(capsys, "definitions", *arguments, "--format", "json")
    assert code == 1
    assert "E53" in codes(out)


def test_versions_of_before_are_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    process = read_file(TESTS / "sound.yaml").process
    assert process is not None
    kept = tmp_path / process.process / f"{process.version}.json"
    kept.parent.mkdir()
    kept.write_text(to_json(process), "utf-8")
    same = ("definitions", "check", str(TESTS / "sound.yaml"), "--against", str(tmp_path))
    assert told(capsys, *same)[0] == 0
    changed = next(PLANTED.glob("E70_*.yaml"))
    code, out, _ = told(
        capsys, "definitions", "check", str(changed), "--against", str(tmp_path), "--format", "json"
    )
    assert (code, codes(out)) == (1, ["E70"])


def test_coverage_names_the_clauses_that_nothing_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = told(capsys, "definitions", "check", "--coverage", "--format", "json")
    assert code == 0
    assert set(codes(out)) == {"W73"}
    assert "9001:2015/9.2" not in " ".join(found["message"] for found in json.loads(out))


def test_coverage_asks_for_the_editions_that_are_in_force_on_the_day(
    capsys: pytest.CaptureFixture[str],
) -> None:
    early = ("--coverage", "--on", "2015-09-14", "--format", "json")
    code, out, _ = told(capsys, "definitions", "check", *early)
    assert (code, json.loads(out)) == (0, [])
    assert told(capsys, "definitions", "check", "--coverage", "--on", "autumn")[0] == 2


def test_a_process_is_drawn_in_each_form(capsys: pytest.CaptureFixture[str]) -> None:
    beginnings = {"mermaid": "stateDiagram", "dot": "digraph", "table": "|"}
    for form, beginning in beginnings.items():
        code, out, _ = told(capsys, "definitions", "draw", "internal_audit", "--format", form)
        assert code == 0
        assert beginning in out[:200]
    for form in ("svg", "scxml", "bpmn"):
        code, out, _ = told(
            capsys, "definitions", "draw", str(TESTS / "sound.yaml"), "--format", form
        )
        assert code == 0
        ET.fromstring(out)  # noqa: S314 - our own picture.


def test_a_table_names_roles_and_steps_by_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    table = ("definitions", "draw", "internal_audit", "--format", "table")
    for language, role, step in (
        ("vi", "Thư ký ISO", "Trình kế hoạch"),
        ("en", "ISO secretary", "Submit the plan"),
    ):
        _, out, _ = told(capsys, "--lang", language, *table)
        approve = next(line for line in out.splitlines() if "(approve)" in line)
        submit = next(line for line in out.splitlines() if "(submit)" in line)
        assert role in submit
        assert step in approve
        assert "iso_secretary" not in out


def test_the_schema_is_the_one_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "definitions", "schema")
    assert code == 0
    assert out == (DEFINITIONS / "process.schema.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("definitions", "check", "nowhere.yaml"), "Không có tệp nowhere.yaml."),
        (("definitions", "draw", "nothing"), "internal_audit"),
        (("definitions", "draw", str(PLANTED / "E04_unknown_key.yaml")), "E04"),
        (("definitions", "check", "--organization", "nowhere.yaml"), "nowhere.yaml"),
        (("definitions", "draw", "internal_audit", "--format", "crayon"), "crayon"),
        (("definition",), "definition"),
    ],
)
def test_what_was_typed_wrong_is_a_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = told(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def planted_version(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """The sound definition as a second version, with changes."""
    text = (TESTS / "sound.yaml").read_text("utf-8")
    for old, new in (("version: 1", "version: 2"), *changes):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path / "changed.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_definition_does_not_differ_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    sound = str(TESTS / "sound.yaml")
    code, out, err = told(capsys, "definitions", "diff", sound, sound)
    assert (code, out) == (0, "")
    assert "equipment_check@1 → equipment_check@1" in err


def test_what_changed_is_a_line_each_and_nothing_weaker_is_no_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    changed = planted_version(
        tmp_path,
        ("en: Fit}", "en: Sound}"),
        ("  recheck: {", "  late: {title: {vi: Muộn, en: Late}}\n  recheck: {"),
        ("max: 99, ", ""),
        ("roles: [office, unit_head]", "roles: [office, unit_head, clerk]"),
    )
    code, out, _ = told(capsys, "definitions", "diff", str(TESTS / "sound.yaml"), changed)
    assert code == 0
    assert out.splitlines() == [
        "~ version: 1 → 2",
        '~ roles: ["office", "unit_head"] → ["office", "unit_head", "clerk"]',
        "- fields.faults.max: 99",
        "~ states.fit.title.en: Fit → Sound",
        "+ states.late: Muộn",
    ]


def test_a_dropped_gate_is_told_and_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    changed = planted_version(tmp_path, ("    evidence: [check_sheet]\n", ""))
    pair = ("definitions", "diff", str(TESTS / "sound.yaml"), changed)
    code, out, err = told(capsys, *pair)
    assert code == 1
    assert "! transitions.report.evidence: Phiên bản này bỏ một kiểm soát" in out
    assert "2 thay đổi, 1 kiểm soát" in err
    code, out, _ = told(capsys, "--lang", "en", *pair, "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert (found["old"]["version"], found["new"]["version"]) == (1, 2)
    assert found["old"]["digest"] != found["new"]["digest"]
    assert found["changes"][1] == {
        "kind": "removed",
        "path": ["transitions", "report", "evidence"],
        "old": ["check_sheet"],
        "new": None,
    }
    assert [weak["code"] for weak in found["weaker"]] == ["W72"]
    assert found["weaker"][0]["message"].startswith("This version")
