"""The offline walk and the replay of the house say the same of any story, true or forged."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.walk import Table, Walk
from engine.definition.digest import canonical
from engine.machine.replay import replay
from tests.unit.engine.machine.examples import WORDS, process

STEPS = {
    "report": {"from": "planned", "to": "repair", "by": ["unit_head"], "evidence": ["sheet"]},
    "accept": {"from": "repair", "to": "fit", "by": ["office"], "not_same_as": ["report"]},
    "postpone": {"from": "open", "to": "waiting", "by": ["office"]},
    "resume": {"from": "waiting", "to": "previous", "by": ["office"]},
    "note": {"from": "open", "to": "=", "internal": True, "by": ["office", "unit_head"]},
}
DEFINITION = process(
    states={"waiting": {"title": WORDS}},
    transitions={name: {"title": WORDS, **step} for name, step in STEPS.items()},
)
TOLD = json.loads(canonical(DEFINITION))
TABLE = Table(TOLD)
STATES = (*DEFINITION.states, "nowhere")
FILE = {"id": "e1", "requirement": "sheet", "sha256": "a" * 64, "size": 3}
# What only one of the two can know: the walk of a pack knows files, the other one rows.
OF_ONE = {"gap", "evidence_unknown"}


def body_of(seq: int, **told: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "stream": "instance:i",
        "instance": "i",
        "process": DEFINITION.process,
        "def": "d" * 64,
        "outcome": "accepted",
        **told,
    }


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A case that may do whatever it likes, mostly what it should."""
    opened = draw(st.sampled_from((DEFINITION.initial,) * 4 + STATES))
    bodies = [body_of(0, type="instance_created", actor="an", to=opened)]
    state = opened
    for seq in range(1, draw(st.integers(2, 7))):
        name = draw(st.sampled_from((*DEFINITION.transitions, "vanish")))
        known = state in DEFINITION.states and name in DEFINITION.transitions
        likely = DEFINITION.destinations(name, state) if known else ()
        target = draw(st.sampled_from((*likely * 3, *STATES)))
        step = DEFINITION.transitions.get(name)
        roles = tuple(by.role for by in step.by) if step is not None else ()
        told = {
            "type": "transition",
            "transition": name,
            "from": draw(st.sampled_from((*(state,) * 6, *STATES))),
            "to": target,
            "actor": draw(st.sampled_from(("an", "binh"))),
            "role": draw(st.sampled_from((*roles * 3, "clerk"))),
        }
        if draw(st.booleans()):
            told["evidence"] = [FILE]
        bodies.append(body_of(seq, **told))
        state = target
    return bodies


@given(stories())
def test_both_walks_find_the_same_faults_and_end_at_the_same_place(
    bodies: list[dict[str, Any]],
) -> None:
    walk = Walk()
    found = [
        (fault.code, body["seq"])
        for body in bodies
        for fault in walk.take(body, TABLE)
        if fault.code not in OF_ONE
    ]
    walked = replay(DEFINITION, bodies)
    assert sorted(found) == sorted((f.code, f.seq) for f in walked.findings if f.code != "gap")
    assert (walk.state, walk.version) == (walked.state, walked.version)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        (
            *((key,) for key in ("states", "transitions", "evidence", "initial", "process")),
            *(("states", "planned"), ("evidence", "sheet"), ("transitions", "report")),
            *(("transitions", "report", key) for key in ("from", "to", "by", "not_same_as")),
            *(("transitions", "report", key) for key in ("evidence", "choose", "sign")),
        )
    ),
)
def test_a_definition_that_is_no_table_is_refused_or_walked_and_never_crashes(
    value: Any, path: tuple[str, ...]
) -> None:
    told = deepcopy(TOLD)
    place = told
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    try:
        table = Table(told)
    except ValueError:
        return
    for body in (
        body_of(0, type="instance_created", actor="an", to="planned"),
        body_of(
            1, type="transition", actor="an", transition="report", to="x", **{"from": "planned"}
        ),
    ):
        list(Walk(state="planned", previous="repair").take(body, table))
