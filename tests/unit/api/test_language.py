"""Words: every code has both sentences; parameters are shown as the readers write them."""

import ast
import importlib
import json
import pkgutil
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import api
import engine
from api.language import LANGUAGES, Words, load_words, negotiate, show_day, title
from api.simulation.account import Kind
from engine.audit.leaf import EntryType
from engine.commands.open_plan import Outcome
from engine.definition.model import Process, Text
from engine.definition.values import FAULT_CODES
from engine.errors import QuyTrinhError
from engine.machine.decision import Unmet, UnmetCode
from engine.queries.plan_order import OrderFault
from engine.tables.fault import CODES

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words()


def families() -> frozenset[str]:
    """The names of every error class of the engine and the faces."""
    for package in (engine, api):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and ".cli" not in found.name:
                importlib.import_module(found.name)
    names = set()
    open_classes: list[type[QuyTrinhError]] = [QuyTrinhError]
    while open_classes:
        one = open_classes.pop()
        names.add(one.__name__)
        open_classes += one.__subclasses__()
    return frozenset(names)


def raised_codes(source: str, names: frozenset[str]) -> Iterator[str]:
    """Every code that a file gives to an error of one of the families."""
    tree = ast.parse(source)
    classes = [
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in names
    ]
    inside = {id(call) for cls in classes for call in ast.walk(cls)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        func = call.func
        named = isinstance(func, ast.Name) and func.id in names
        own = isinstance(func, ast.Attribute) and func.attr == "__init__" and id(call) in inside
        if (named or own) and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_is_raised_has_a_sentence(words: Words, language: str) -> None:
    names = families()
    files = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "api").rglob("*.py")]
    codes = {code for file in files for code in raised_codes(file.read_text("utf-8"), names)}
    assert len(codes) > 50
    # The reasons of a refused file name and the codes of the definition's authors are no errors.
    others = {"calendar_", "term_", "period_", "case_", "cases_", "empty", "too_long", "source_"}
    missing = {
        code
        for code in codes
        if not words.knows(f"error.{code}", language) and not code.startswith(tuple(others))
    }
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_closed_list_of_codes_has_its_sentences(words: Words, language: str) -> None:
    wanted = {
        *(f"unmet.{code.value}" for code in UnmetCode),
        *(f"fault.{code}" for code in FAULT_CODES),
        *(f"entry.{kind.value}" for kind in EntryType),
        *(f"plan_warning.{fault.value}" for fault in OrderFault),
        *(f"cli.plan_row.{outcome.value}" for outcome in Outcome),
        *(f"cli.simulate_event.{kind.value}" for kind in Kind),
        *(f"message.{name}" for name in ("reminder", "overdue", "escalation")),
        *(f"status.{code}" for code in (400, 401, 403, 404, 405, 409, 412, 413, 415)),
        *(f"status.{code}" for code in (422, 428, 429, 500, 503)),
    }
    assert wanted - words.codes(language) == set()
    said = {
        code for code in CODES for family in ("cell", "fault") if words.knows(f"{family}.{code}")
    }
    assert said == CODES


def test_both_languages_have_the_same_codes_with_the_same_parameters(words: Words) -> None:
    assert words.codes("vi") == words.codes("en")
    for file in (ROOT / "api/locale/vi").glob("*.json"):
        vietnamese = json.loads(file.read_text("utf-8"))
        english = json.loads((ROOT / "api/locale/en" / file.name).read_text("utf-8"))
        assert vietnamese.keys() == english.keys()
        for code, sentence in vietnamese.items():
            assert _fields(sentence) == _fields(english[code]), code


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.fixture
def small() -> Words:
    vietnamese = {
        "greet": "Chào {name}",
        "many": "{a} {b} {c} {d}",
        "size": "{n:bytes} {m:bytes} {k:bytes}",
        "who": "{who:role}",
        "when": "{day:day}",
        "role.director": "Giám đốc Sở",
        "guard.own_rule": "Quy định riêng {n}",
        "unmet.guard": "Điều kiện {subject}",
        "unmet.role": "{who_can:role}",
        "unmet.evidence_missing": "{subject} {needed}",
        "unmet.field_missing": "{subject}",
        "unmet.separation": "{subject}",
        "unmet.condition": "{subject}",
    }
    return Words({"vi": vietnamese, "en": {"when": "{day:day}", "many": "{a} {b}"}})


def test_a_code_without_a_sentence_is_shown_as_it_is(small: Words) -> None:
    assert small.say("nobody.said.this", {}, "vi") == "nobody.said.this"


def test_a_parameter_that_was_not_given_leaves_a_gap(small: Words) -> None:
    assert small.say("greet", {}, "vi") == "Chào …"


def test_values_are_shown_as_their_readers_write_them(small: Words) -> None:
    span = (date(2026, 7, 1), date(2026, 9, 30))
    params = {"a": [date(2026, 7, 6), "x"], "b": None, "c": Decimal("1.50"), "d": [span]}
    said = small.say("many", params, "vi")
    assert said == "06/07/2026, x — 1.50 01/07/2026 – 30/09/2026"
    at = datetime(2026, 7, 6, 8, 30, tzinfo=UTC)
    assert small.say("many", {"a": at, "b": []}, "en") == "08:30 6 July 2026 —"


def test_formats_show_sizes_roles_and_days(small: Words) -> None:
    params = {"n": 20 * 1024 * 1024, "m": 1536, "k": 12}
    assert small.say("size", params, "vi") == "20 MB 1.5 KB 12 B"
    assert small.say("who", {"who": ("director", "own_role")}, "vi") == "Giám đốc Sở, own_role"
    assert small.say("who", {"who": "director"}, "vi") == "Giám đốc Sở"
    assert small.say("when", {"day": "2026-07-06"}, "en") == "6 July 2026"
    assert small.say("when", {"day": "soon"}, "en") == "soon"


def test_a_sentence_cannot_reach_into_a_value() -> None:
    words = Words({"vi": {"x": "{a.__class__} {a[0]}"}, "en": {}})
    assert words.say("x", {"a": "secret"}, "vi") == "… …"


@pytest.fixture
def process() -> Process:
    words = {"vi": "Chữ", "en": "Word"}
    return Process.model_validate(
        {
            "format": 1,
            "process": "demo",
            "version": 1,
            "title": words,
            "code": "D",
            "roles": ["director"],
            "fields": {"note": {"type": "text", "title": {"vi": "Ghi chú", "en": "Note"}}},
            "records": {
                "line": {
                    "title": words,
                    "edit_in": ["a"],
                    "by": ["director"],
                    "columns": {"note": {"type": "text", "title": {"vi": "Cột", "en": "Column"}}},
                }
            },
            "evidence": {"plan": {"title": {"vi": "Kế hoạch", "en": "Plan"}, "accept": ["pdf"]}},
            "initial": "a",
            "states": {"a": {"title": words}, "b": {"title": words, "final": "success"}},
            "transitions": {
                "go": {
                    "title": {"vi": "Đi", "en": "Go"},
                    "from": "a",
                    "to": "b",
                    "by": ["director"],
                    "requires": {
                        "ready": {
                            "that": {"field": "note", "op": "is_set", "value": True},
                            "title": {"vi": "Đã sẵn sàng", "en": "Ready"},
                        }
                    },
                }
            },
        }
    )


@pytest.mark.parametrize(
    ("unmet", "wanted", "said"),
    [
        (
            Unmet(UnmetCode.EVIDENCE_MISSING, "plan", params={"needed": 2}),
            {"transition": "go"},
            "Kế hoạch 2",
        ),
        (Unmet(UnmetCode.FIELD_MISSING, "note"), {"transition": "go"}, "Ghi chú"),
        (Unmet(UnmetCode.FIELD_MISSING, "note"), {"record_set": "line"}, "Cột"),
        (Unmet(UnmetCode.FIELD_MISSING, "gone"), {"transition": "go"}, "gone"),
        (Unmet(UnmetCode.SEPARATION, "go"), {}, "Đi"),
        (Unmet(UnmetCode.CONDITION, "ready"), {"transition": "go"}, "Đã sẵn sàng"),
        (Unmet(UnmetCode.CONDITION, "ready"), {}, "ready"),
        (
            Unmet(UnmetCode.GUARD, "own_rule", params={"n": 3}),
            {"transition": "go"},
            "Quy định riêng 3",
        ),
        (Unmet(UnmetCode.GUARD, "other"), {"transition": "go"}, "Điều kiện other"),
        (Unmet(UnmetCode.ROLE, who_can=("director",)), {"transition": "go"}, "Giám đốc Sở"),
    ],
)
def test_what_is_missing_is_told_with_the_words_of_the_definition(
    small: Words, process: Process, unmet: Unmet, wanted: dict[str, str], said: str
) -> None:
    assert small.explain(unmet, "vi", process=process, **wanted) == said


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("fr, de;q=0.5", None),
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("vi;q=0.8, en;q=0.7", "vi"),
        ("en;q=0", None),
        ("en;q=nonsense, vi", "vi"),
        ("*", None),
    ],
)
def test_the_language_comes_from_the_header(header: str | None, language: str | None) -> None:
    assert negotiate(header) == language


def test_a_title_and_a_day_are_given_in_the_language() -> None:
    text = Text(vi="Kế hoạch", en="Plan")
    assert (title(text, "vi"), title(text, "en")) == ("Kế hoạch", "Plan")
    assert show_day(date(2026, 1, 5), "vi") == "05/01/2026"
