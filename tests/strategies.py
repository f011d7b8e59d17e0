"""Definitions made up by Hypothesis: sound ones, and ones with one fault planted.

1. `definitions()` draws plain data as a file would hold them; `processes()` the model of it. Every
   one is sound: the checks find nothing, which a property holds.
2. A drawn definition is a chain of states with ways back, forks over fields, facts and counts,
   steps that stay, a postponement, a cancellation, an overdue step of the house, evidence,
   separation, record sets, deadlines, a window and guarantees. It has no children and no registered
   names but its facts, so that it can be run alone.
3. Its one success end, `done`, is entered from the last state of the chain alone, by `finish`,
   which asks for `proof`.
4. `FAULTS` maps a name to a mutator: it plants one fault into sound data and returns its code.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from engine.definition.model import Process

Data = dict[str, Any]

WORDS = (
    "Bước",
    "Đánh giá nội bộ",
    'Nói "được" & <gì> \\n',
    "Số lỗi: 0; [x] --> y",
    "Kết quả {cuối}",
)
ROLES = ("office", "unit_head", "director", "lead_auditor")
UNITS = ("wd", "d", "mo")


def processes() -> st.SearchStrategy[Process]:
    """Sound definitions."""
    return definitions().map(Process.model_validate)


@st.composite
def definitions(draw: st.DrawFn) -> Data:
    """Sound definitions as plain data."""
    length = draw(st.integers(1, 5))
    chain = [f"s{n}" for n in range(length)]
    data: Data = {
        "format": 1,
        "process": draw(st.sampled_from(("made_up", "q", "x_1"))),
        "version": draw(st.integers(1, 99)),
        "title": draw(titles()),
        "code": draw(st.sampled_from(("A", "QT", "ABCDEF"))),
        "clauses": draw(st.lists(st.sampled_from(("9001:2015/9.2", "9001:2015/7.2")), unique=True)),
        "roles": [],
        "fields": {},
        "facts": {},
        "evidence": {"proof": draw(requirements())},
        "initial": chain[0],
        "states": {name: draw(_states()) for name in chain},
        "transitions": {},
        "guarantees": ["before done: evidence proof", {"before done": "transition finish"}],
    }
    data["states"]["done"] = {"title": draw(titles()), "final": "success"}
    for index, name in enumerate(chain):
        last = index + 1 == length
        step: Data = {"title": draw(titles()), "from": draw(_one_or_list(name))}
        if last:
            step |= {"to": "done", "evidence": ["proof"]}
        else:
            _leave(draw, data, step, chain, index)
        data["transitions"]["finish" if last else f"go{index}"] = step
    _extras(draw, data, chain)
    _people(draw, data)
    return {key: value for key, value in data.items() if value not in ({}, [], None)}


def titles() -> st.SearchStrategy[Data]:
    """A title in both languages, hostile characters included."""
    return st.fixed_dictionaries({"vi": st.sampled_from(WORDS), "en": st.sampled_from(WORDS)})


def requirements() -> st.SearchStrategy[Data]:
    """An evidence requirement that says whether an old file may serve again."""
    return st.fixed_dictionaries(
        {
            "title": titles(),
            "accept": st.lists(st.sampled_from(("pdf", "docx", "png")), min_size=1, unique=True),
            "fresh": st.sampled_from(("per_visit", "per_instance")),
        },
        optional={
            "min": st.integers(1, 3),
            "distinct": st.booleans(),
            "max_age": st.sampled_from(("30d", "1mo")),
        },
    )


@st.composite
def _states(draw: st.DrawFn) -> Data:
    state: Data = {"title": draw(titles())}
    if draw(st.booleans()):
        state["due"] = draw(st.sampled_from(("5wd", "30d", "2mo", {"date": "06-20"})))
        state["remind"] = draw(st.lists(st.sampled_from(("1wd", "3wd", "5wd")), unique=True))
        rising = draw(st.lists(st.integers(1, 30), unique=True, max_size=3).map(sorted))
        unit = draw(st.sampled_from(UNITS))
        state["escalate"] = [{"after": f"{count}{unit}", "to": ["office"]} for count in rising]
    return state


def _one_or_list(name: str) -> st.SearchStrategy[str | list[str]]:
    return st.sampled_from((name, [name]))


def _leave(draw: st.DrawFn, data: Data, step: Data, chain: list[str], index: int) -> None:
    """Let a step lead to the next state, or fork with the next state as its last arm."""
    onward = chain[index + 1]
    if draw(st.booleans()):
        step["to"] = onward
    else:
        # Ways that differ from one another keep every arm worth having.
        targets = draw(st.lists(st.sampled_from(chain), min_size=1, max_size=2))
        conditions = _fork(draw, data, step, index, len(targets))
        arms = [{"when": w, "to": to} for w, to in zip(conditions, targets, strict=False)]
        step["choose"] = [*arms, {"to": onward}]
    if draw(st.booleans()):
        key = f"paper{index}"
        data["evidence"][key] = draw(requirements())
        step["evidence"] = [key]


def _fork(draw: st.DrawFn, data: Data, step: Data, index: int, arms: int) -> list[Data]:
    """Conditions that exclude one another and leave something over."""
    name = f"f{index}"
    kind = draw(st.sampled_from(("integer", "boolean", "choice", "date", "fact", "taken")))
    subject: Data = {"field": name}
    if kind == "fact":
        subject = {"fact": name}
        data["facts"][name] = {"type": "integer", "title": draw(titles())}
    elif kind == "taken":
        subject = {"taken": "finish" if index + 1 == len(data["states"]) - 1 else f"go{index}"}
    else:
        data["fields"][name] = _field(draw, kind)
        step["fields"] = [name]
    if kind == "boolean":
        return [{**subject, "op": "eq", "value": draw(st.booleans())}]
    if kind == "choice":
        return [{**subject, "op": "eq", "value": value} for value in ("a", "b")[:arms]]
    if kind == "date":
        return [{**subject, "op": "lt", "value": "2026-07-01"}]
    low = draw(st.integers(1, 5))
    between = [{**subject, "op": "ge", "value": low}, {**subject, "op": "lt", "value": low + 3}]
    return [{**subject, "op": "lt", "value": low}, {"all": between}][:arms]


def _field(draw: st.DrawFn, kind: str) -> Data:
    field: Data = {"type": kind, "title": draw(titles())}
    if kind == "choice":
        field["choices"] = {key: draw(titles()) for key in ("a", "b", "c")}
    if kind == "integer":
        field |= {"min": 0, "max": 99}
    return field


def _extras(draw: st.DrawFn, data: Data, chain: list[str]) -> None:
    """Add ways back, steps that stay, a postponement, an end without success, the house's own."""
    steps, states = data["transitions"], data["states"]
    for index in range(1, len(chain)):
        if draw(st.booleans()):
            back = draw(st.sampled_from(chain[:index]))
            steps[f"back{index}"] = _step(draw, chain[index], back) | {"reason": "required"}
    if draw(st.booleans()):
        internal = draw(st.booleans())
        steps["note"] = _step(draw, draw(st.sampled_from(("open", chain[0]))), "=")
        steps["note"] |= {"internal": True} if internal else {}
    if draw(st.booleans()):
        states["postponed"] = {"title": draw(titles())}
        steps["postpone"] = _step(draw, list(chain), "postponed")
        steps["resume"] = _step(draw, "postponed", "previous")
    if draw(st.booleans()):
        states["cancelled"] = {"title": draw(titles()), "final": "aborted"}
        steps["cancel"] = _step(draw, "open", "cancelled") | {"reason": "required"}
    if draw(st.booleans()):
        states[chain[0]] |= {"due": "3wd", "on_overdue": "lapse"}
        states["late"] = {"title": draw(titles())}
        steps["lapse"] = {"title": draw(titles()), "from": chain[0], "to": "late", "by": "system"}
        steps["recover"] = _step(draw, "late", chain[-1])
    _things(draw, data, chain)
    if draw(st.booleans()):
        data["guarantees"].append(f"never done from {chain[0]} without {chain[-1]}")
    else:
        data["guarantees"] = []


def _things(draw: st.DrawFn, data: Data, chain: list[str]) -> None:
    """Add fields with uses of their own, a record set, a window, a paper that comes out."""
    finish = data["transitions"]["finish"]
    if draw(st.booleans()):
        data["fields"]["owner"] = {"type": "person", "title": draw(titles())}
        data["fields"]["place"] = {"type": "unit", "title": draw(titles())}
        finish |= {
            "not_named_in": ["owner"],
            "not_of_unit": ["place"],
            "fields": ["owner", "place"],
        }
    if draw(st.booleans()):
        data["fields"]["note"] = {"type": "text", "max_length": 200, "title": draw(titles())}
        key = draw(st.sampled_from(("may_set", "must_change")))
        finish[key] = ["note"]
        asked = {"field": "note", "op": "is_set", "value": True}
        finish["requires"] = {"said": {"that": asked, "title": draw(titles())}}
    if draw(st.booleans()):
        data["window"] = draw(
            st.sampled_from(({"from": "07-01", "to": "09-30"}, {"months": [7, 8]}, {"month": 11}))
        )
        finish["in_window"] = "today"
    if draw(st.booleans()):
        data["documents"] = {"paper": {"title": draw(titles()), "after": "finish"}}
    if draw(st.booleans()):
        column = {"type": "text", "required": True, "title": draw(titles())}
        data["records"] = {
            "row": {
                "title": draw(titles()),
                "edit_in": list(chain),
                "by": ["office"],
                "columns": {"name": column},
                "unique": ["name"],
            }
        }


def _step(draw: st.DrawFn, source: str | list[str], target: str) -> Data:
    return {"title": draw(titles()), "from": source, "to": target}


def _people(draw: st.DrawFn, data: Data) -> None:
    """Give every step its roles, keep some apart from the step before, declare what is used."""
    used = {"office"} if "records" in data or _escalates(data) else set()
    for step in data["transitions"].values():
        if "by" not in step:
            step["by"] = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True))
            used |= set(step["by"])
    data["roles"] = [role for role in ROLES if role in used]
    promised = bool(data["guarantees"])
    for name, step in data["transitions"].items():
        index = int(name.removeprefix("go") or 0) if name.startswith("go") else len(ROLES)
        before = [n for n in data["transitions"] if n.startswith("go") and int(n[2:]) < index]
        if (name.startswith("go") or name == "finish") and before and draw(st.booleans()):
            other = draw(st.sampled_from(before))
            step["not_same_as"] = [other]
            if promised:
                data["guarantees"].append(f"{name} not by actor of {other}")


def _escalates(data: Data) -> bool:
    return any(state.get("escalate") for state in data["states"].values())


# Faults ---------------------------------------------------------------------------------------

Mutator = Callable[[Data], str]


def planted() -> st.SearchStrategy[tuple[str, str, Data]]:
    """Name of a fault, its code, and a definition that has it."""

    def plant(drawn: tuple[str, Data]) -> tuple[str, str, Data]:
        name, data = drawn[0], deepcopy(drawn[1])
        return name, FAULTS[name](data), data

    return st.tuples(st.sampled_from(sorted(FAULTS)), definitions()).map(plant)


def _finish(data: Data) -> Data:
    found: Data = data["transitions"]["finish"]
    return found


def _unknown_initial(data: Data) -> str:
    data["initial"] = "nowhere"
    return "E10"


def _unknown_target(data: Data) -> str:
    data["transitions"]["stray"] = _stray(data, "nowhere")
    return "E11"


def _unknown_told(data: Data) -> str:
    first = data["states"][data["initial"]]
    first |= {"due": "1wd", "escalate": [{"after": "1wd", "to": "stranger"}]}
    return "E12"


def _twin(data: Data) -> str:
    data["transitions"]["twin"] = deepcopy(_finish(data)) | {"title": {"vi": "Hai", "en": "Two"}}
    return "E13"


def _source_twice(data: Data) -> str:
    source = _finish(data)["from"]
    _finish(data)["from"] = [source, source] if isinstance(source, str) else source * 2
    return "E13"


def _out_of_final(data: Data) -> str:
    data["transitions"]["stray"] = _stray(data, data["initial"]) | {"from": "done"}
    return "E14"


def _unreachable(data: Data) -> str:
    data["states"]["island"] = {"title": {"vi": "Đảo", "en": "Island"}}
    return "E15"


def _no_success(data: Data) -> str:
    data["states"]["done"]["final"] = "aborted"
    return "E16"


def _pit(data: Data) -> str:
    data["states"]["pit"] = {"title": {"vi": "Hố", "en": "Pit"}}
    data["transitions"]["stray"] = _stray(data, "pit")
    return "E17"


def _without_evidence(data: Data) -> str:
    data["transitions"]["stray"] = _stray(data, "done")
    return "E18"


def _false_promise(data: Data) -> str:
    data.setdefault("guarantees", []).append(f"never done from {data['initial']} without pit")
    data["states"]["pit"] = {"title": {"vi": "Hố", "en": "Pit"}, "final": "aborted"}
    data["transitions"]["stray"] = _stray(data, "pit")
    return "E19"


def _dead_arm(data: Data) -> str:
    counted = {"taken": "finish", "op": "lt", "value": 0}
    data["transitions"]["stray"] = _forked(data, [{"when": counted, "to": "done"}])
    return "E21"


def _unfilled(data: Data) -> str:
    data.setdefault("fields", {})["maybe"] = {"type": "boolean", "title": {"vi": "Có", "en": "Yes"}}
    asked = {"field": "maybe", "op": "eq", "value": True}
    data["transitions"]["stray"] = _forked(data, [{"when": asked, "to": "done"}])
    return "E22"


def _overlap(data: Data) -> str:
    first = {"taken": "finish", "op": "lt", "value": 4}
    second = {"taken": "finish", "op": "ge", "value": 2}
    data["states"]["pit"] = {"title": {"vi": "Hố", "en": "Pit"}, "final": "aborted"}
    arms = [{"when": first, "to": "done"}, {"when": second, "to": "pit"}]
    data["transitions"]["stray"] = _forked(data, arms)
    return "E23"


def _wrong_constant(data: Data) -> str:
    counted = {"taken": "finish", "op": "eq", "value": "often"}
    data["transitions"]["stray"] = _forked(data, [{"when": counted, "to": "done"}])
    return "E24"


def _stale(data: Data) -> str:
    data["evidence"]["old"] = {"title": {"vi": "Cũ", "en": "Old"}, "accept": "pdf"}
    data["transitions"]["stray"] = _stray(data, "=") | {"evidence": "old"}
    return "E25"


def _unknown_evidence(data: Data) -> str:
    _finish(data)["evidence"] = ["proof", "nothing"]
    return "E30"


def _unknown_role(data: Data) -> str:
    _finish(data)["by"] = ["stranger", *_finish(data)["by"]]
    return "E31"


def _unknown_field(data: Data) -> str:
    _finish(data)["not_named_in"] = ["nobody"]
    return "E32"


def _unknown_step(data: Data) -> str:
    _finish(data)["not_same_as"] = ["nothing"]
    return "E35"


def _unbuilt(data: Data) -> str:
    data["migrate"] = {"from": 1, "reason": {"vi": "Sửa", "en": "Mended"}}
    return "E39"


def _unable_overdue(data: Data) -> str:
    data["states"][data["initial"]] |= {"due": "1wd", "on_overdue": "nothing"}
    return "E50"


def _due_after_the_end(data: Data) -> str:
    data["states"]["done"]["due"] = "1wd"
    return "E51"


def _falling(data: Data) -> str:
    told = [{"after": "3d", "to": data["roles"][0]}, {"after": "2d", "to": data["roles"][0]}]
    data["states"][data["initial"]] |= {"due": "1wd", "escalate": told}
    return "E52"


def _alone(data: Data) -> str:
    data["transitions"]["stray"] = _stray(data, "=") | {"by": "system"}
    return "E54"


def _own_child(data: Data) -> str:
    data["states"][data["initial"]]["children"] = {"process": data["process"]}
    return "E61"


def _empty_join(data: Data) -> str:
    _finish(data)["wait_for"] = {"children": "all", "in": ["fit"]}
    return "E62"


def _unused(data: Data) -> str:
    data["roles"] = [*data["roles"], "stranger"]
    return "W40"


def _stray(data: Data, target: str) -> Data:
    """One more step, from the first state, by somebody who is there."""
    return {
        "title": {"vi": "Lạc", "en": "Stray"},
        "from": data["initial"],
        "to": target,
        "by": data["roles"][0],
    }


def _forked(data: Data, arms: list[Data]) -> Data:
    step = _stray(data, "=") | {
        "choose": [*arms, {"to": data["initial"]}],
        "evidence": ["proof"],
    }
    del step["to"]
    return step


FAULTS: dict[str, Mutator] = {
    fault.__name__.strip("_"): fault
    for fault in (
        _unknown_initial,
        _unknown_target,
        _unknown_told,
        _twin,
        _source_twice,
        _out_of_final,
        _unreachable,
        _no_success,
        _pit,
        _without_evidence,
        _false_promise,
        _dead_arm,
        _unfilled,
        _overlap,
        _wrong_constant,
        _stale,
        _unknown_evidence,
        _unknown_role,
        _unknown_field,
        _unknown_step,
        _unbuilt,
        _unable_overdue,
        _due_after_the_end,
        _falling,
        _alone,
        _own_child,
        _empty_join,
        _unused,
    )
}
