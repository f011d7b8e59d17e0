"""The decision against a plain interpreter: the same walks, the same states, the same refusals.

A walk is drawn from a seed, so that it can be long and is repeated exactly. Definitions are the
shipped ones, sound ones and wild ones: the last need not be sound, only well-formed, because the
machine must do what the language says of any of them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.calendars.business_days import Calendar
from engine.definition.model import Process, Transition
from engine.errors import Corrupt
from engine.machine.actor import Actor, Grant
from engine.machine.compiler import compile_process
from engine.machine.decide import available, decide
from engine.machine.decision import (
    Accepted,
    Command,
    FieldNotOfStep,
    NotAvailable,
    Refused,
    UnknownTransition,
)
from engine.machine.instance import (
    Approval,
    Case,
    Child,
    EvidenceFile,
    Instance,
    Person,
    Row,
    Step,
    Waiver,
)
from engine.machine.registry import Objection, Registry
from engine.machine.replay import replay
from tests import reference
from tests.scale import at_scale
from tests.strategies import processes

DEFINITIONS = sorted((Path(__file__).parents[2] / "definitions").glob("*.yaml"))
HOMES = {"an": "u1", "binh": "u2", "chi": "u3", "dung": "u1", "em": None}
UNITS = ("u1", "u2", "u3")
FIRST_DAY = date(2026, 6, 25)
SEEDS = st.integers(0, 2**32 - 1)
ATTEMPTS = at_scale(dev=25, ci=60)
"""Steps that a walk of a shipped definition tries; there are many of them."""


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
@given(seed=SEEDS)
def test_a_shipped_definition_is_decided_as_the_language_says(path: Path, seed: int) -> None:
    Walk(shipped(path), Random(seed)).go(attempts=ATTEMPTS)  # noqa: S311 - a walk is no secret


@given(process=processes(), seed=SEEDS)
def test_a_sound_definition_is_decided_as_the_language_says(process: Process, seed: int) -> None:
    Walk(process, Random(seed)).go(attempts=30)  # noqa: S311 - a walk is no secret


@given(seed=SEEDS)
def test_any_definition_is_decided_as_the_language_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a walk is no secret
    Walk(wild_process(random), random).go(attempts=40)


@cache
def shipped(path: Path) -> Process:
    return Process.model_validate(YAML(typ="safe").load(path))


class Walk:
    """One case of one definition, kept twice: for the engine and for the reference."""

    def __init__(self, process: Process, random: Random) -> None:
        self.process = process
        self.random = random
        self.compiled = compile_process(process, "digest")
        self.definition = process.model_dump(by_alias=True)
        self.literals = literals_of(process)
        self.objecting: set[str] = set()
        self.registry = self._registry()
        self.facts: dict = {}
        self.kind = True
        self.serial = 0
        self._open()

    def go(self, attempts: int) -> None:
        for _ in range(attempts):
            # Chance alone would seldom come far: two attempts of three are meant to succeed.
            self.kind = self.random.random() < 0.67
            self._surround()
            ask = self._ask()
            self._attach(ask)
            self._try(ask)
            if self.process.states[self.model["state"]].final is not None and self._often():
                self._ends_as_the_log_says()
                self._open()
        self._ends_as_the_log_says()

    # --- the world around the case ---

    def _open(self) -> None:
        self.bodies: list[dict] = [
            {"type": "instance_created", "seq": 0, "actor": "opener", "to": self.process.initial}
        ]
        fields = {
            name: self._value(name)
            for name, spec in self.process.fields.items()
            if self._often() or spec.required_from == self.process.initial
        }
        period = {"week": "2026-W27", "month": "2026-07", "quarter": "2026-Q3"}
        every = self.process.window.every if self.process.window else None
        assignees = {r: ("an", "chi") for r in self.process.roles if self._seldom()}
        self.model = {
            "state": self.process.initial,
            "previous": None,
            "version": 0,
            "year": 2026,
            "period": period.get(every),
            "fields": fields,
            "assignees": assignees,
            "files": [],
            "children": [],
            "rows": {},
            "reached": set(),
            "waivers": [],
            "approvals": {},
            "homes": HOMES,
            "today": FIRST_DAY,
            "log": [
                {
                    "transition": "open",
                    "from": "",
                    "to": self.process.initial,
                    "people": {"opener"},
                    "on": FIRST_DAY,
                    "internal": False,
                    "resumed": False,
                }
            ],
        }
        opening = Step(
            version=0,
            transition="open",
            from_state="",
            to_state=self.process.initial,
            person="opener",
            on_behalf_of=None,
            role="",
            unit=None,
            at=datetime(2026, 6, 25, tzinfo=UTC),
            on=FIRST_DAY,
        )
        instance = Instance(
            id="i",
            organization_id="o",
            code="X-1",
            process=self.process.process,
            definition_version=1,
            definition_digest="digest",
            title="",
            state=self.process.initial,
            version=0,
            year=2026,
            period=self.model["period"],
            fields=fields,
            assignees=assignees,
            history=(opening,),
        )
        self.case = Case(
            instance=instance,
            today=FIRST_DAY,
            now=datetime(2026, 6, 25, tzinfo=UTC),
            calendar=Calendar(),
            people={p: Person(id=p, name=p, unit=unit) for p, unit in HOMES.items()},
        )

    def _surround(self) -> None:
        """Let days pass, and let the rest of the world do something."""
        random, today = self.random, self.model["today"]
        today += timedelta(days=random.choice((0, 0, 0, 1, 2, 9)))
        children = [
            {
                "id": f"c{n}",
                "process": random.choice(self._child_processes()),
                "state": random.choice(self._child_states()),
                "predecessor": f"c{n - 1}" if n and self._seldom() else None,
            }
            for n in range(random.choice((0, 0, 1, 2)))
        ]
        rows = {
            name: [f"{name}{n}" for n in range(random.choice((0, 1, 2)))]
            for name in self.process.records
        }
        needs = {(n.process, n.state) for t in self.process.transitions.values() for n in t.needs}
        reached = {need for need in needs if self._often()}
        approvals = {name: self._often() for name in self.process.approvals if not self._rarely()}
        waivers = sorted({key for key in self._keys() if self._seldom()})
        self.model |= {
            "today": today,
            "children": children,
            "rows": rows,
            "reached": reached,
            "waivers": waivers,
            "approvals": approvals,
        }
        self.case = replace(
            self.case,
            today=today,
            children=tuple(
                Child(
                    id=c["id"],
                    code=c["id"],
                    process=c["process"],
                    state=c["state"],
                    final=None,
                    predecessor=c["predecessor"],
                )
                for c in children
            ),
            records={
                name: tuple(Row(id=r, version=1, values={}, created_by="an") for r in ids)
                for name, ids in rows.items()
            },
            reached=frozenset(reached),
            approvals=tuple(
                Approval(
                    name=name,
                    person="an",
                    at=self.case.now,
                    voided_at=None if holds else self.case.now,
                )
                for name, holds in approvals.items()
            ),
            waivers=tuple(
                Waiver(gate=key, reason="", granted_by="an", until=today) for key in waivers
            ),
        )

    def _keys(self) -> list[str]:
        steps = self.process.transitions.values()
        keys = [f"evidence_missing:{name}" for s in steps for name in s.evidence]
        keys += [f"separation:{name}" for s in steps for name in s.not_same_as]
        keys += [f"condition:{name}" for s in steps for name in s.requires]
        return [*keys, "window", "reason_missing", "role", "children", "not_before"]

    def _child_processes(self) -> list[str]:
        waits = [t.wait_for for t in self.process.transitions.values() if t.wait_for]
        return ["other", *(wait.process for wait in waits if wait.process)]

    def _child_states(self) -> list[str]:
        waits = [t.wait_for for t in self.process.transitions.values() if t.wait_for]
        return ["elsewhere", *(state for wait in waits for state in wait.in_)]

    # --- one attempt ---

    def _ask(self) -> dict:
        random, process = self.random, self.process
        here = [n for n in process.transitions if self.model["state"] in process.sources(n)]
        name = random.choice(here if here and not self._rarely() else list(process.transitions))
        if self.kind and self._aborts(name):
            name = random.choice(here or [name])
        step = process.transitions[name]
        person = random.choice(list(HOMES))
        roles = [by.role for by in step.by] if self._often() else list(process.roles)
        grants = [
            {
                "role": random.choice(roles),
                "unit": random.choice((None, None, *UNITS)),
                "behalf": random.choice((None, None, *HOMES)),
            }
            for _ in range(random.choice((1, 1, 2, 3)))
        ]
        if self.kind:
            person, grants = self._somebody_who_may(step)
        names = [*step.fields, *step.may_set, *step.must_change]
        given_fields = {n: self._value(n) for n in names if self.kind or self._often()}
        if self._rarely():
            given_fields["no_such_field"] = "x"
        elif self._rarely() and names:
            given_fields[random.choice(names)] = None
        self.objecting.clear()
        self.objecting.update(g for g in step.guards if not self.kind and self._seldom())
        ask = {
            "transition": "no_such_step" if self._rarely() else name,
            "person": person,
            "unit": HOMES[person],
            "grants": grants,
            "given": given_fields,
            "reason": "because" if self.kind else random.choice(("because", " ", None)),
            "signed": self.kind or self._often(),
            "objections": set(self.objecting),
            "facts": self._facts(),
        }
        for _ in range(12 if self._often() else 0):
            # Help the walk on: facts under which no condition of the step stands in the way.
            keys = reference.what(
                self.definition,
                self.model,
                ask,
                self.definition["transitions"][name],
                {**self.model["fields"], **given_fields},
            )
            if not any(key.startswith("condition:") for key in keys):
                break
            ask["facts"] = self._facts()
        return ask

    def _aborts(self, name: str) -> bool:
        targets = self.process.transitions[name].targets
        finals = {n: state.final for n, state in self.process.states.items()}
        return all(finals.get(target) == "aborted" for target in targets)

    def _somebody_who_may(self, step: Transition) -> tuple[str, list[dict]]:
        by = self.random.choice(step.by)
        people = self.model["assignees"].get(by.role) or list(HOMES)
        units = sorted(reference.many(self.model["fields"].get(by.of))) if by.of else [None]
        unit = self.random.choice(units or [None])
        return self.random.choice(people), [{"role": by.role, "unit": unit, "behalf": None}]

    def _attach(self, ask: dict) -> None:
        step = self.process.transitions.get(ask["transition"])
        state = self.model["state"]
        visit = reference.visits(self.model, state)
        for name in step.evidence if step else ():
            spec = self.process.evidence[name]
            rows = self.model["rows"].get(spec.per, []) if spec.per else [None]
            for _ in range(spec.min if self.kind else self.random.choice((0, 1, spec.min))):
                for row in rows:
                    self._attach_one(name, (state, visit), row=row)

    def _attach_one(self, name: str, place: tuple[str, int], *, row: str | None) -> None:
        random, today = self.random, self.model["today"]
        self.serial += 1
        fresh = f"{name}{self.serial}"
        status = random.choice(("accepted",) * 6 + ("received", "rejected", "superseded"))
        if self.kind:
            status = "accepted"
        file = {
            "id": f"f{self.serial}",
            "requirement": name,
            "content": fresh if self.kind else random.choice((fresh, fresh, "shared")),
            "usable": status == "accepted",
            "reviewed": self.kind or self._often(),
            "speaks_of": today
            if self.kind
            else random.choice((today, today - timedelta(days=random.randrange(60)), None)),
            "row": row if self.kind else random.choice((None, row)),
            "served": None,
        }
        # The reference knows no file that counts for nothing.
        known = [] if status in {"rejected", "superseded"} else [file]
        self.model["files"] = [*self.model["files"], *known]
        kept = EvidenceFile(
            id=file["id"],
            requirement=name,
            sha256=file["content"],
            size=1,
            media_type="application/pdf",
            filename="x.pdf",
            status=status,
            state=place[0],
            visit=place[1],
            effective_on=file["speaks_of"],
            received_on=today,
            supplied_by="an",
            row=file["row"],
            reviewed=file["reviewed"],
        )
        self.case = replace(self.case, evidence=(*self.case.evidence, kept))

    def _try(self, ask: dict) -> None:
        before = self.case
        verdict, found = reference.attempt(self.definition, self.model, ask)
        actor = Actor(
            person=ask["person"],
            unit=ask["unit"],
            grants=tuple(
                Grant(role=g["role"], unit=g["unit"], on_behalf_of=g["behalf"])
                for g in ask["grants"]
            ),
        )
        command = Command(
            ask["transition"], ask["given"], reason=ask["reason"], reauthenticated=ask["signed"]
        )
        try:
            decision = decide(
                self.compiled,
                self.case,
                command,
                actor=actor,
                facts=ask["facts"],
                registry=self.registry,
            )
        except (UnknownTransition, FieldNotOfStep, NotAvailable, Corrupt) as error:
            self._turned_away(error.code, verdict, ask)
            return
        assert self.case is before, "a decision changes nothing"
        if self._seldom():
            self._asked_without_a_form_it_says_the_same(actor, ask)
        if isinstance(decision, Refused):
            assert verdict == "refused"
            assert set(decision.keys) == found
            assert len(decision.keys) == len(found), "every reason is told once"
            assert decision.forbidden == any(
                key.split(":")[0] in reference.FORBIDDING for key in found
            )
            self._log(ask, "refused")
            return
        assert verdict == "accepted"
        self._evidence_was_there(decision)
        self._nobody_stands_on_both_sides(decision, actor)
        self._follow(decision, actor)
        self.model = found
        self._log(ask, "accepted", decision)
        assert self.case.instance.state == self.model["state"]
        assert self.case.instance.state in self.process.states
        assert self.case.instance.version == self.model["version"]

    def _turned_away(self, code: str, verdict: str, ask: dict) -> None:
        """The two agree on what is no decision at all."""
        if code == "previous_state_unknown":
            ways = self.process.destinations(ask["transition"], self.model["state"])
            assert self.model["previous"] not in ways
            return
        codes = {
            "unknown": "unknown_transition",
            "strange": "field_not_of_step",
            "closed": "not_available",
        }
        assert code == codes.get(verdict)

    def _asked_without_a_form_it_says_the_same(self, actor: Actor, ask: dict) -> None:
        """What the inbox shows is what a bare command would be answered."""
        try:
            options = available(
                self.compiled, self.case, actor=actor, facts=ask["facts"], registry=self.registry
            )
        except Corrupt:
            return
        for option in options:
            bare = decide(
                self.compiled,
                self.case,
                Command(option.transition),
                actor=actor,
                facts=ask["facts"],
                registry=self.registry,
            )
            assert option.unmet == (bare.unmet if isinstance(bare, Refused) else ())

    def _evidence_was_there(self, accepted: Accepted) -> None:
        """No step, and so no success end, without the evidence that it asks for."""
        files = {file.id: file for file in self.case.evidence}
        used = [files[name] for name in accepted.evidence_used]
        for name in self.process.transitions[accepted.transition].evidence:
            spec = self.process.evidence[name]
            waived = any(f.startswith("waived:evidence_") for f in accepted.flags)
            if spec.per is None and not waived:
                contents = {file.sha256 for file in used if file.requirement == name}
                assert len(contents) >= spec.min

    def _nobody_stands_on_both_sides(self, accepted: Accepted, actor: Actor) -> None:
        behind = {actor.person, accepted.on_behalf_of} - {None}
        for earlier in self.process.transitions[accepted.transition].not_same_as:
            last = self.case.instance.last(earlier)
            assert last is None or not last.people & behind

    def _follow(self, accepted: Accepted, actor: Actor) -> None:
        """Write down what the engine decided, as a command would."""
        instance = self.case.instance
        visit = instance.visits(instance.state)
        step = Step(
            version=instance.version + 1,
            transition=accepted.transition,
            from_state=accepted.from_state,
            to_state=accepted.to_state,
            person=actor.person,
            on_behalf_of=accepted.on_behalf_of,
            role=accepted.role,
            unit=actor.unit,
            at=self.case.now,
            on=self.case.today,
            internal=accepted.internal,
            flags=accepted.flags,
        )
        stayed = accepted.to_state == accepted.from_state
        self.case = replace(
            self.case,
            instance=replace(
                instance,
                state=accepted.to_state,
                version=step.version,
                fields={**instance.fields, **accepted.fields},
                history=(*instance.history, step),
                previous_state=instance.previous_state if stayed else accepted.from_state,
            ),
            evidence=tuple(
                replace(
                    file,
                    status="frozen",
                    used_state=file.used_state or instance.state,
                    used_visit=file.used_visit or visit,
                )
                if file.id in accepted.evidence_used
                else file
                for file in self.case.evidence
            ),
        )

    def _log(self, ask: dict, outcome: str, accepted: Accepted | None = None) -> None:
        body = {
            "type": "transition",
            "seq": len(self.bodies),
            "outcome": outcome,
            "transition": ask["transition"],
            "actor": ask["person"],
        }
        if accepted is not None:
            files = {file.id: file for file in self.case.evidence}
            body |= {
                "from": accepted.from_state,
                "to": accepted.to_state,
                "role": accepted.role,
                "on_behalf": accepted.on_behalf_of,
                "flags": list(accepted.flags),
                "evidence": [
                    {"requirement": files[name].requirement} for name in accepted.evidence_used
                ],
            }
        self.bodies.append(body)

    def _ends_as_the_log_says(self) -> None:
        walked = replay(self.process, self.bodies)
        assert walked.findings == ()
        assert walked.state == self.case.instance.state
        assert walked.version == self.case.instance.version

    # --- drawing ---

    def _facts(self) -> dict:
        return {name: self._literal(("fact", name), spec.type) for name, spec in self._fact_specs()}

    def _fact_specs(self) -> list:
        return [(n, spec) for n, spec in self.process.facts.items() if not self._rarely()]

    def _value(self, name: str) -> object:
        spec = self.process.fields[name]
        if spec.type == "choice":
            items = list(spec.choices)
        elif spec.type == "person":
            items = list(HOMES)
        elif spec.type == "unit":
            items = list(UNITS)
        else:
            value = self._literal(("field", name), spec.type)
            return (value,) if spec.many else value
        if spec.many:
            return tuple(self.random.sample(items, min(2, len(items))))
        return self.random.choice(items)

    def _literal(self, subject: tuple[str, str], kind: str) -> object:
        """A value of the kind: one that a condition speaks of, or a near one."""
        spoken = self.literals.get(subject, [])
        wanted = self.random.choice(spoken) if spoken and self._often() else None
        match kind:
            case "integer":
                return (wanted if isinstance(wanted, int) else 0) + self.random.choice(
                    (0, 0, -1, 1)
                )
            case "boolean":
                return wanted if wanted is not None else self.random.choice((True, False))
            case "date":
                near = date.fromisoformat(wanted) if wanted else self.model_today()
                return near + timedelta(days=self.random.randrange(-3, 40))
            case "text":
                return wanted or "words"
            case _:
                return None

    def model_today(self) -> date:
        return self.model["today"] if hasattr(self, "model") else FIRST_DAY

    def _registry(self) -> Registry:
        steps = self.process.transitions.values()
        return Registry(
            guards={name: self._guard(name) for s in steps for name in s.guards},
            effects={name: (lambda _question: ()) for s in steps for name in s.effects},
        )

    def _guard(self, name: str):  # noqa: ANN202 - a guard
        return lambda _question: Objection() if name in self.objecting else None

    def _often(self) -> bool:
        return self.random.random() < 0.85

    def _seldom(self) -> bool:
        return self.random.random() < 0.15

    def _rarely(self) -> bool:
        return self.random.random() < 0.03


def literals_of(process: Process) -> dict[tuple[str, str], list]:
    """Every value that a condition of the process speaks of, by its subject."""
    found: dict[tuple[str, str], list] = {}
    for step in process.transitions.values():
        conditions = [by.when for by in step.by] + [arm.when for arm in step.choose]
        conditions += [requirement.that for requirement in step.requires.values()]
        for condition in conditions:
            for leaf in condition.leaves() if condition else ():
                subject = ("field", leaf.field) if leaf.field else ("fact", leaf.fact or "")
                values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
                if leaf.op != "is_set":
                    found.setdefault(subject, []).extend(values)
    return found


# --- wild definitions ---------------------------------------------------------------------------

WORDS = {"vi": "chữ", "en": "words"}
STATES = ("s0", "s1", "s2", "s3", "done", "gone")
ROLES = ("clerk", "head", "judge", "system")
FIELDS = {
    "flag": {"type": "boolean", "title": WORDS},
    "count": {"type": "integer", "title": WORDS},
    "day": {"type": "date", "title": WORDS},
    "note": {"type": "text", "title": WORDS},
    "unit": {"type": "unit", "title": WORDS},
    "units": {"type": "unit", "many": True, "title": WORDS},
    "owner": {"type": "person", "title": WORDS},
    "grade": {"type": "choice", "title": WORDS, "choices": {"low": WORDS, "high": WORDS}},
}
STEPS = tuple(f"t{n}" for n in range(8))


def wild_process(random: Random) -> Process:
    """A definition that is well-formed and otherwise anything."""
    fields = {name: dict(spec) for name, spec in FIELDS.items()}
    for spec in fields.values():
        if random.random() < 0.2:
            spec["required_from"] = random.choice(STATES)
    return Process.model_validate(
        {
            "format": 1,
            "process": "wild",
            "version": 1,
            "code": "W",
            "title": WORDS,
            "roles": list(ROLES),
            "fields": fields,
            "facts": {
                "number": {"type": "integer", "title": WORDS},
                "sure": {"type": "boolean", "title": WORDS},
                "since": {"type": "date", "title": WORDS},
            },
            "records": {
                "line": {
                    "title": WORDS,
                    "columns": {"text": {"type": "text", "title": WORDS}},
                    "edit_in": ["s0"],
                    "by": ["clerk"],
                }
            },
            "evidence": {f"e{n}": _wild_evidence(random) for n in range(4)},
            "window": _wild_window(random),
            "initial": "s0",
            "states": {
                name: {"title": WORDS, **({"final": "success"} if name == "done" else {})}
                for name in STATES
            },
            "transitions": {name: _wild_step(random) for name in STEPS},
        }
    )


def _wild_evidence(random: Random) -> dict:
    spec: dict = {"title": WORDS, "accept": ["pdf"], "min": random.choice((1, 1, 2))}
    extras = {
        "fresh": "per_visit",
        "distinct": True,
        "max_age": random.choice(("5wd", "20d", "1mo")),
        "reviewed": "head",
        "effective_within": "window",
        "per": "line",
    }
    return spec | _some(random, extras, 0.25)


def _wild_window(random: Random) -> dict:
    forms = (
        {"from": "06-20", "to": "07-20"},
        {"from": "11-15", "to": "07-01"},
        {"months": [7, 9]},
        {"month": 7},
        {"every": "week"},
        {"every": "month"},
        {"every": "quarter"},
    )
    return random.choice(forms) | {"outside": random.choice(("refuse", "flag", "waiver"))}


def _wild_step(random: Random) -> dict:
    step: dict = {"title": WORDS, "from": _wild_sources(random), "by": _wild_by(random)}
    if random.random() < 0.3:
        arms = [{"when": _wild_condition(random), "to": _wild_target(random)} for _ in range(2)]
        step["choose"] = [*arms[: random.choice((1, 2))], {"to": _wild_target(random)}]
    else:
        step["to"] = _wild_target(random)
        if step["to"] == "=" and random.random() < 0.5:
            step["internal"] = True
    some_fields = random.sample(list(FIELDS), 3)
    extras = {
        "not_same_as": random.sample(STEPS, 2),
        "not_of_unit": ["unit", "units"],
        "not_named_in": ["owner"],
        "fields": some_fields[:1],
        "may_set": some_fields[1:2],
        "must_change": some_fields[2:],
        "evidence": random.sample(["e0", "e1", "e2", "e3"], 2),
        "reason": "required",
        "requires": {"rule": {"that": _wild_condition(random), "title": WORDS}},
        "guards": ["agrees"],
        "effects": ["plans"],
        "wait_for": {"children": random.choice(("all", "any")), "in": ["over"]}
        | ({"process": "kid"} if random.random() < 0.5 else {}),
        "needs": [{"process": "first", "state": "ready"}],
        "in_window": random.choice(("today", "day")),
        "not_before": _wild_moment(random),
        "sign": True,
    }
    return step | _some(random, extras, 0.2)


def _wild_sources(random: Random) -> list[str]:
    return ["open"] if random.random() < 0.2 else random.sample(STATES[:-2], random.choice((1, 2)))


def _wild_target(random: Random) -> str:
    return random.choice((*STATES, "=", "=", "previous"))


def _wild_by(random: Random) -> list:
    extras = {"of": random.choice(("unit", "units")), "when": _wild_condition(random)}
    return [
        {"role": role} | _some(random, extras, 0.25)
        for role in random.sample(ROLES, random.choice((1, 2)))
    ]


def _wild_moment(random: Random) -> object:
    return random.choice(
        (
            "2wd",
            "3d",
            {"date": "07-01"},
            {"after": "t0", "plus": "1wd"},
            {"after": "day", "plus": "1mo"},
            {"before": "day", "minus": "2wd"},
            {"after": "day"},
        )
    )


def _wild_condition(random: Random, depth: int = 0) -> dict:
    roll = random.random()
    if depth < 2 and roll < 0.3:
        inner = [_wild_condition(random, depth + 1) for _ in range(2)]
        return random.choice(({"all": inner}, {"any": inner}, {"not": inner[0]}))
    order = random.choice(("eq", "ne", "lt", "le", "gt", "ge"))
    return random.choice(
        (
            {"field": "flag", "op": random.choice(("eq", "ne")), "value": random.random() < 0.5},
            {"field": "count", "op": order, "value": random.randrange(3)},
            {"field": "day", "op": order, "value": "2026-07-01"},
            {"field": "grade", "op": random.choice(("eq", "ne")), "value": "high"},
            {"field": "grade", "op": "in", "value": ["low", "high"]},
            {"field": "units", "op": "eq", "value": "u1"},
            {"field": "note", "op": "is_set", "value": random.random() < 0.5},
            {"fact": "number", "op": order, "value": 1},
            {"fact": "sure", "op": "eq", "value": True},
            {"fact": "since", "op": order, "value": "2026-07-01"},
            {"visits": random.choice(STATES), "op": order, "value": 1},
            {"taken": random.choice(STEPS), "op": order, "value": 1},
        )
    )


def _some(random: Random, extras: dict, share: float) -> dict:
    return {name: value for name, value in extras.items() if random.random() < share}
