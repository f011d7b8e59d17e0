"""Reading is strict, tells everything at once, and points at the place."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.definition import source
from engine.definition.checks import check_reading
from engine.definition.finding import Finding, Places, Position, Severity, in_order
from engine.definition.model import Process
from engine.definition.source import DEPTH, SIZE_BYTES, read
from tests.unit.engine.definition.test_planted import SOUND

SHIPPED = sorted((Path(__file__).parents[4] / "definitions").glob("*.yaml"))
TEXT = SOUND.read_text(encoding="utf-8")


def codes(text: str | bytes) -> list[str]:
    return [finding.code for finding in read(text).findings]


def test_bytes_that_are_not_utf_8_are_named_with_their_place() -> None:
    (found,) = read(b"title: \xff").findings
    assert (found.words, found.params["at"]) == ("finding.E00.encoding", 8)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read(b"\xef\xbb\xbf" + TEXT.encode()).findings == ()


@pytest.mark.parametrize(
    "character", ["\x00", "\ud800", "\x07", "\x85", "\u2028", "\u2029", "\ufeff"]
)
def test_a_character_that_no_text_may_hold_is_refused(character: str) -> None:
    (found,) = read(f"title: a{character}b").findings
    assert (found.words, found.params["at"]) == ("finding.E00.character", 9)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a:\n\tb: 1", "tab"),
        ("a: @b", "sign"),
        ("a: b: c", "colon"),
        ("a: b\nc", "no_colon"),
        ("a: [b", "bracket"),
        ("a:\n  - b\n c: 3", "indentation"),
        ("a: 'b", "quote"),
        ("a: }", "syntax"),
    ],
)
def test_wrong_syntax_is_told_in_our_own_words(text: str, kind: str) -> None:
    (found,) = read(text).findings
    assert (found.words, dict(found.params)) == (f"finding.E00.{kind}", {"kind": kind})


@pytest.mark.parametrize(
    ("written", "kind"), [("5xx", "moment_form"), ("[5wd]", "moment_form"), ("9999d", "too_large")]
)
def test_a_short_form_is_told_of_by_the_key_that_the_file_has(written: str, kind: str) -> None:
    text = TEXT.replace("due: 5wd", f"due: {written}", 1)
    (found,) = read(text).findings
    assert (found.words, found.params["key"]) == (f"finding.E07.{kind}", "due")
    assert found.path == "states.planned.due"
    assert text.splitlines()[found.line - 1].strip() == f"due: {written}"
    (spelt,) = read(TEXT.replace("due: 5wd", "due: {plus: 5xx}", 1)).findings
    assert (spelt.words, spelt.params["key"]) == ("finding.E07.duration", "plus")


def test_a_text_beyond_the_size_is_not_read_at_all() -> None:
    assert codes("#" * SIZE_BYTES) == ["E07"]
    (found,) = read("#" * (SIZE_BYTES + 1)).findings
    assert (found.words, found.params["size"]) == ("finding.E05.size", SIZE_BYTES + 1)


def test_nesting_is_followed_to_the_limit_and_no_further() -> None:
    deepest = "a: " + "[" * (DEPTH - 1) + "]" * (DEPTH - 1)
    assert "depth" not in {f.params.get("kind") for f in read(deepest).findings}
    assert [f.words for f in read("[" * 200_000).findings] == ["finding.E05.depth"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("", "nothing"), ("# nothing\n", "nothing"), ("~", "nothing")),
        *(("text", "file"), ("- a\n", "file"), ("7", "file")),
    ],
)
def test_what_is_no_mapping_is_no_process(text: str, kind: str) -> None:
    reading = read(text)
    assert [f.words for f in reading.findings] == [f"finding.E07.{kind}"]
    assert reading.process is None
    assert reading.draft is None


def test_an_alias_in_a_key_and_a_tag_on_a_key_are_refused() -> None:
    assert codes(TEXT.replace("code: EC", "!!str code: EC")) == ["E05"]
    assert codes(TEXT.replace("code: EC", "code: EC\n? *x\n: 1"))[0] == "E02"


def test_words_for_true_are_keys_when_they_are_in_quotes() -> None:
    choice = '{type: choice, title: {vi: a, en: b}, choices: {"yes": {vi: c, en: d}}}'
    spec = TEXT.replace("unit: {type: unit,", f"kind: {choice}\n  unit: {{type: unit,")
    assert codes(spec) == []
    assert codes(spec.replace('"yes"', "yes")) == ["E02"]


def test_all_faults_are_told_at_once_across_reading_and_checking() -> None:
    text = (
        TEXT.replace("code: EC", "code: ec\nonn: 1")
        .replace("    due: 5wd", "    due: soon")
        .replace("    to: recheck", "    to: nowhere")
        .replace("not_same_as: [repaired]", "not_same_as: [mended]")
    )
    found = check_reading(read(text))
    assert [f.code for f in found] == ["E07", "E04", "E07", "E11", "E35"]
    assert [f.line for f in found] == sorted(f.line for f in found)


def test_what_was_set_aside_makes_no_faults_elsewhere() -> None:
    for old, new in (
        ("  faults: {type: integer,", "  faults: {type: number,"),
        ("  repaired:\n", "  repaired:\n    form: x\n    by_: x\n"),
        ("roles: [office, unit_head]", "roles: [office, 5]"),
        ("fields:\n", "fields:\n  - 1\nfields_:\n"),
        ("  check_sheet: {", "  check_sheet: {accept_: 1, "),
    ):
        assert TEXT.count(old) == 1
        found = check_reading(read(TEXT.replace(old, new)))
        assert {f.code for f in found} <= {"E04", "E07"}, (new, found)


def test_several_faults_in_one_entry_are_all_told() -> None:
    text = TEXT.replace("    final: success\n", "    final: 5\n    glory: 1\n").replace(
        "{vi: Đạt, en: Fit}", "{vi: Đạt}"
    )
    assert codes(text) == ["E06", "E07", "E04"]
    unit = "  unit: {type: unit, title: {vi: Đơn vị, en: Unit}}"
    odd = "  unit: {type: odd, title: {vi: Đơn vị}, choices: {a: {vi: Một}}}"
    assert codes(TEXT.replace(unit, odd)) == ["E07", "E06", "E06"]
    arm = TEXT.replace("      - {to: repair}", "      - {to: repair, colour: red}")
    assert codes(arm) == ["E04"]


def test_a_whole_section_of_the_wrong_shape_hides_the_names_it_would_declare() -> None:
    head, _, rest = TEXT.partition("fields:\n")
    _, _, tail = rest.partition("evidence:\n  check")
    found = check_reading(read(f"{head}fields: none\nevidence:\n  check{tail}"))
    assert [f.words for f in found] == ["finding.E07.mapping"]


def test_without_states_nothing_more_is_judged() -> None:
    head, _, rest = TEXT.partition("states:\n")
    _, _, tail = rest.partition("transitions:\n")
    reading = read(f"{head}transitions:\n{tail}")
    assert [f.words for f in reading.findings] == ["finding.E07.missing"]
    assert reading.draft is None
    assert check_reading(reading) == list(reading.findings)


def test_a_title_inside_a_list_can_be_missing_too() -> None:
    text = TEXT.replace("code: EC", "code: EC\nmigrate: {from: 1, reason: {vi: Sửa}}")
    assert codes(text) == ["E06"]


def test_a_reserved_name_in_a_section_of_the_wrong_shape_is_passed_over() -> None:
    assert {"E03"}.isdisjoint(codes("states: open"))


def test_findings_point_at_the_nearest_node_that_the_file_spells_out() -> None:
    places = Places("f.yaml", {(): Position(1, 1), ("a",): Position(2, 3)})
    assert places.at(("a", "b", 0)) == Position(2, 3)
    assert places.at(("z",)) == Position(1, 1)
    assert Places().at(("z",)) == Position()


def test_a_warning_is_known_by_its_code_and_findings_stand_in_order() -> None:
    places = Places("f", {("a",): Position(2), ("b",): Position(1)})
    first, second = places.finding("W40", ("a",), kind="roles"), places.finding("E10", ("b",))
    assert (first.severity, second.severity) == (Severity.WARNING, Severity.ERROR)
    assert (first.mend, second.words) == ("finding.W40.roles.mend", "finding.E10")
    assert in_order([first, second]) == [second, first]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80) | st.binary(max_size=80))
def test_no_text_makes_reading_fail(text: str | bytes) -> None:
    reading = read(text)
    assert reading.process is None
    assert all(isinstance(finding, Finding) for finding in reading.findings)
    assert reading.findings


@given(st.data())
def test_no_damage_to_a_definition_makes_reading_or_checking_fail(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(
        st.sampled_from(("", ":", "- ", "{", "}", "[", "x", "\n", " ", "'", "0", "é"))
    )
    reading = read(TEXT[:start] + piece + TEXT[start + length :])
    check_reading(reading)
    assert (reading.process is None) == bool(reading.findings)


def test_the_reserved_names_are_the_ones_that_mean_something_else() -> None:
    assert source.RESERVED["states"] == {"open", "previous"}


@given(
    at=st.integers(0, len(TEXT)),
    taken=st.integers(0, 3),
    put=st.text(" :#-'\"[]{},&*!|>%@`?~\\\n\r\x85\ufeff\u2028\u00a0a1", max_size=4),
)
@example(at=TEXT.index("title:"), taken=0, put="\x85")
def test_what_is_read_without_a_fault_is_what_a_reader_of_yaml_1_2_reads(
    at: int, taken: int, put: str
) -> None:
    text = TEXT[:at] + put + TEXT[at + taken :]
    reading = read(text)
    if reading.process is not None:
        assert reading.process == Process.model_validate(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_both_parsers_see_the_same_in_a_definition_that_ships(path: Path) -> None:
    text = path.read_text("utf-8")
    ours = list(map(_seen, yaml.parse(text, Loader=yaml.CSafeLoader)))
    theirs = list(map(_seen, YAML().parse(text)))
    assert len(ours) > 100
    assert ours == theirs


def _seen(event: Any) -> tuple[Any, ...]:
    """What reading takes from an event, whichever parser made it."""
    place = (event.start_mark.line, event.start_mark.column)
    if "Document" in type(event).__name__ or "Stream" in type(event).__name__:
        place = (0, 0)
    return (
        type(event).__name__,
        getattr(event, "value", None),
        getattr(event, "implicit", None),
        getattr(event, "anchor", None),
        str(getattr(event, "tag", None)),
        place,
    )
