"""Each check finds the fault that was planted for it, at its line, and nothing else.

A planted file is `sound.yaml` with one fault; `# planted` marks the line where it has to be found.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import pytest

from engine.definition import checks, families, source, staffing, weakening
from engine.definition.finding import Finding
from engine.definition.model import Process
from engine.definition.references import Names
from engine.definition.source import Reading
from engine.definition.staffing import Grant, Organization
from engine.definition.values import FAULT_CODES

TESTS = Path(__file__).parents[3]
PLANTED = sorted((TESTS / "definitions" / "planted").glob("*.yaml"))
SOUND = TESTS / "definitions" / "sound.yaml"
LOCALE = TESTS.parent / "api" / "locale"


def sound(**changes: object) -> Process:
    process = source.read_file(SOUND).process
    assert process is not None
    return process.model_copy(update=changes)


def others() -> Mapping[str, Process]:
    opens_the_first = (
        sound().states["planned"].model_copy(update={"children": sound_children("equipment_check")})
    )
    return {
        "unit_check": sound(process="unit_check"),
        "circle": sound(process="circle", states={**sound().states, "planned": opens_the_first}),
    }


def sound_children(process: str) -> object:
    states = source.read(
        SOUND.read_text().replace("due: 5wd\n", f"due: 5wd\n    children: {{process: {process}}}\n")
    ).process
    assert states is not None
    return states.states["planned"].children


STAFF = (Grant(person="an", role="office"), Grant(person="binh", role="unit_head"))


def judge(code: str, reading: Reading) -> list[Finding]:
    """Run the checks that a code belongs to, with what they need beside the file."""
    process = reading.draft
    places = reading.places
    found = checks.check_reading(
        reading,
        names=Names(media_types=frozenset({"pdf", "jpg", "xlsx"})) if code == "E33" else None,
        others=others() if code in {"E60", "E61"} else None,
    )
    if process is None:
        return found
    match code:
        case "E70" | "W72":
            return found + weakening.against(process, [sound()], places=places)
        case "E71":
            only_unbuilt = [finding for finding in found if finding.code != "E39"]
            return only_unbuilt + weakening.against(process, [sound()], places=places)
        case "E53" | "W61" | "W62":
            grants = {
                "E53": STAFF,
                "W61": STAFF[:1],
                "W62": (STAFF[0], Grant(person="an", role="unit_head")),
            }[code]
            organization = Organization(grants=grants, has_calendar=code != "E53")
            return found + staffing.with_organization(process, organization, places=places)
        case _:
            return found


@pytest.mark.parametrize("path", PLANTED, ids=lambda path: path.stem)
def test_a_planted_fault_is_found_under_its_code_at_its_line_and_alone(path: Path) -> None:
    code = path.stem.split("_")[0]
    text = path.read_text(encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if "# planted" in row)
    reading = source.read(text, file=path.name)
    if code == "W73":
        assert reading.process is not None
        found = families.uncovered([reading.process], ["9001:2015/7.1.5"], file="9001.yaml")
        assert [(f.code, f.params["clause"]) for f in found] == [("W73", "9001:2015/7.1.5")]
        return
    found = judge(code, reading)
    assert [(f.code, f.line, f.file) for f in found] == [(code, line, path.name)], found
    assert (reading.process is None) == (code in {x.code for x in reading.findings})


def test_the_file_that_the_faults_are_planted_in_is_sound() -> None:
    assert judge("E33", source.read_file(SOUND)) == []
    assert judge("E60", source.read_file(SOUND)) == []
    assert judge("W72", source.read_file(SOUND)) == []
    organization = Organization(grants=STAFF)
    assert staffing.with_organization(sound(), organization) == []
    assert families.uncovered([sound()], ["9001:2015/7.1.5", "9001:2015/7.1.5.2"]) == []


def test_every_sentence_is_the_sentence_of_some_planted_fault() -> None:
    found = [f for path in PLANTED for f in judge(path.stem[:3], source.read_file(path))]
    too_large, not_utf8 = b"#" * (source.SIZE_BYTES + 1), b"\xff"
    wrong = (
        b"a:\n\tb: 1",
        b"a: @b",
        b"a: b: c",
        b"a: b\nc",
        b"a: [b",
        b"a:\n  - b\n c: 3",
        b"a: 'b",
        b"a: }",
    )
    texts = (too_large, not_utf8, b"\x07", b"", b"7", *wrong)
    unreadable = [f for text in texts for f in source.read(text).findings]
    clause = families.uncovered([sound()], ["9001:2015/8.1"])
    told = {finding.words for finding in (*found, *unreadable, *clause)}
    assert told == {key for key in words("vi") if not key.endswith(".mend")}


@pytest.mark.parametrize("path", PLANTED, ids=lambda path: path.stem)
def test_every_finding_has_a_sentence_and_a_mend_that_its_parameters_fill(path: Path) -> None:
    found = judge(path.stem.split("_")[0], source.read_file(path))
    for finding in found:
        for language in ("vi", "en"):
            for key in (finding.words, finding.mend):
                assert "…" not in words(language)[key].format(**finding.params).replace(
                    "{vi: …, en: …}", ""
                ).replace(", …}", "")


def test_every_sentence_is_there_in_both_languages_with_the_same_parameters() -> None:
    vi, en = words("vi"), words("en")
    assert vi.keys() == en.keys()
    for key, sentence in vi.items():
        assert parameters(sentence) == parameters(en[key]), key
        assert key.endswith(".mend") or not key.startswith("finding.") or f"{key}.mend" in vi


def test_every_kind_of_wrong_shape_has_a_sentence() -> None:
    assert {f"finding.E07.{kind}" for kind in source.KINDS} <= words("vi").keys()
    assert {f"finding.E00.{kind}" for kind in source.SYNTAX_KINDS} <= words("vi").keys()


def test_every_fault_of_a_value_has_a_sentence_in_both_languages() -> None:
    for language in ("vi", "en"):
        table = json.loads((LOCALE / language / "values.json").read_text(encoding="utf-8"))
        assert set(table) == {f"value.{code}" for code in FAULT_CODES}


def words(language: str) -> dict[str, str]:
    text = (LOCALE / language / "findings.json").read_text(encoding="utf-8")
    table: dict[str, str] = json.loads(text)
    return table


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
