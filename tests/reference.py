"""The reference model: the definition language as a plain interpreter over dictionaries.

Written from the text of the language, not from the engine: it shares no code with it, is slow, and
is meant to be read. A definition is the unfolded dictionary of the file; a case is a dictionary:

    state, previous, version, year, period, fields, assignees,
    log:      [{transition, from, to, people, on, internal, resumed}], the opening first
    files:    [{id, requirement, content, usable, reviewed, speaks_of, row, served}]
    children: [{id, process, state, predecessor}]     rows: {set: [id]}
    reached:  {(process, state)}     waivers: [key]   homes: {person: unit}
    approvals: {name: whether it still holds}, those that were given
    opened_on, today

An attempt is a dictionary too: transition, person, unit, grants [{role, unit, behalf}], given,
reason, signed, facts, objections (names of guards that object).
"""

# ruff: noqa: C901, PLR0911, PLR0912, PLR0915, PLR0917 - one rule after the other, as the text of
# the language has them: that is what makes this a reference.

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

Node = dict[str, Any]

FORBIDDING = {"role", "unit", "assignment", "separation", "own_unit", "named_in"}


def attempt(definition: Node, case: Node, ask: Node) -> tuple[str, Any]:
    """("unknown"|"closed"|"strange", None), ("refused", keys) or ("accepted", case afterwards)."""
    step = definition["transitions"].get(ask["transition"])
    if step is None:
        return "unknown", None
    takes = {*step["fields"], *step["may_set"], *step["must_change"]}
    if not set(ask["given"]) <= takes:
        return "strange", None
    if case["state"] not in sources(definition, step):
        return "closed", None
    values = {**case["fields"], **ask["given"]}
    target, resumed = where(definition, case, ask, step, values)
    grant, keys = who(definition, case, ask, step, values)
    keys |= set(what(definition, case, ask, step, values))
    keys |= set(empty(definition, case, values, target))
    keys = waived(definition, case, keys)
    if keys:
        return "refused", keys
    return "accepted", moved(
        case, ask, step, grant, target, resumed, counted(definition, case, step)
    )


def sources(definition: Node, step: Node) -> list[str]:
    found = []
    for name in step["from"]:
        if name == "open":
            found += [s for s, spec in definition["states"].items() if not spec["final"]]
        else:
            found.append(name)
    return found


def where(
    definition: Node, case: Node, ask: Node, step: Node, values: Node
) -> tuple[str | None, bool]:
    """The state that the step leads to, and whether it returns to the one left before."""
    target = step["to"]
    if target is None:
        arms = step["choose"]
        target = next(
            arm["to"]
            for arm in arms
            if arm["when"] is None or holds(definition, arm["when"], case, ask, values)
        )
    if target == "=":
        return case["state"], False
    if target == "previous":
        return case["previous"], True
    return target, False


def who(
    definition: Node, case: Node, ask: Node, step: Node, values: Node
) -> tuple[Node | None, set[str]]:
    """The grant that is used, and what is wrong with who acts."""
    # Authority rests on what the case says already; on what is given only where it is silent.
    settled = values | {name: value for name, value in case["fields"].items() if filled(value)}
    entries = [
        by
        for by in step["by"]
        if by["when"] is None or holds(definition, by["when"], case, ask, settled)
    ]
    problem, grants = "role", []
    for by in entries:
        for grant in ask["grants"]:
            if grant["role"] != by["role"]:
                continue
            if problem == "role":
                problem = "unit"
            home = grant["unit"] or home_of(case, ask, grant["behalf"] or ask["person"])
            if by["of"] is not None and home not in many(settled.get(by["of"])):
                continue
            if problem == "unit":
                problem = "assignment"
            chosen = case["assignees"].get(by["role"], ())
            if chosen and not {ask["person"], grant["behalf"]} & set(chosen):
                continue
            grants.append(grant)
    # Own grants come before delegated ones.
    grants = [g for g in grants if not g["behalf"]] + [g for g in grants if g["behalf"]]
    if not grants:
        return None, {problem} | sides(case, ask, step, values, None)
    for grant in grants:
        if not sides(case, ask, step, values, grant):
            return grant, set()
    return grants[0], sides(case, ask, step, values, grants[0])


def sides(case: Node, ask: Node, step: Node, values: Node, grant: Node | None) -> set[str]:
    """On which other side the people behind the attempt stand."""
    people = {ask["person"]} | ({grant["behalf"]} if grant and grant["behalf"] else set())
    keys = set()
    for earlier in step["not_same_as"]:
        taken = [entry for entry in case["log"] if entry["transition"] == earlier]
        if taken and taken[-1]["people"] & people:
            keys.add(f"separation:{earlier}")
    for name in step["not_of_unit"]:
        units = many(case["fields"].get(name)) | many(values.get(name))
        if any(home_of(case, ask, person) in units for person in people):
            keys.add(f"own_unit:{name}")
    for name in step["not_named_in"]:
        if people & (many(case["fields"].get(name)) | many(values.get(name))):
            keys.add(f"named_in:{name}")
    return keys


def what(definition: Node, case: Node, ask: Node, step: Node, values: Node) -> Iterator[str]:
    """Everything that is missing besides the right person."""
    for name in step["fields"]:
        if not filled(values.get(name)):
            yield f"field_missing:{name}"
    for name in step["must_change"]:
        if not filled(ask["given"].get(name)):
            yield f"not_changed:{name}"
    for name in step["evidence"]:
        yield from proof(definition, case, name)
    if step["reason"] and not (ask["reason"] or "").strip():
        yield "reason_missing"
    for name, requirement in step["requires"].items():
        if not holds(definition, requirement["that"], case, ask, values):
            yield f"condition:{name}"
    for name in step["guards"]:
        if name in ask["objections"]:
            yield f"guard:{name}"
    if outside_window(definition, case, step, values):
        yield "window"
    if step["not_before"]:
        earliest = moment(definition, case, step["not_before"])
        if earliest is None or case["today"] < earliest:
            yield "not_before"
    if step["wait_for"] and not joined(case, step["wait_for"]):
        yield "children"
    for need in step["needs"]:
        if (need["process"], need["state"]) not in case["reached"]:
            yield f"need:{need['process']}"
    for name in step["approved"]:
        if not case["approvals"].get(name):
            yield f"approval:{name}"
    if step["approves"] and step["to"] == "=" and all(map(case["approvals"].get, step["approves"])):
        yield f"approval_stands:{step['approves'][0]}"
    for name in step["approves"]:
        for requirement in definition["approvals"][name]["evidence"]:
            there = [f for f in case["files"] if f["requirement"] == requirement and f["usable"]]
            if requirement not in step["evidence"] and not there:
                yield f"evidence_missing:{requirement}"
    if step["sign"] and not ask["signed"]:
        yield "signature"


def empty(definition: Node, case: Node, values: Node, target: str | None) -> Iterator[str]:
    """Fields that may not be empty in the target, or in a state that was entered before."""
    for name, spec in definition["fields"].items():
        state = spec["required_from"]
        if state is None or filled(values.get(name)):
            continue
        if state == target or visits(case, state):
            yield f"field_missing:{name}"


def waived(definition: Node, case: Node, keys: set[str]) -> set[str]:
    """What is left when waivers are counted in."""
    left = set()
    window = definition["window"]
    for key in keys:
        hard = key.split(":")[0] in FORBIDDING
        hard = hard or (key == "window" and window["outside"] == "refuse")
        if hard or key not in case["waivers"]:
            left.add(key)
    return left


def moved(
    case: Node,
    ask: Node,
    step: Node,
    grant: Node | None,
    target: str | None,
    resumed: bool,
    served: set[str],
) -> Node:
    """The case after the step."""
    after = {**case, "fields": {**case["fields"], **ask["given"]}}
    after["version"] = case["version"] + 1
    visit = visits(case, case["state"])
    after["files"] = [
        {**file, "served": file["served"] or (case["state"], visit)}
        if file["id"] in served
        else file
        for file in case["files"]
    ]
    people = {ask["person"]} | ({grant["behalf"]} if grant["behalf"] else set())
    entry = {
        "transition": ask["transition"],
        "from": case["state"],
        "to": target,
        "people": people,
        "on": case["today"],
        "internal": step["internal"],
        "resumed": resumed,
    }
    after["log"] = [*case["log"], entry]
    if target != case["state"]:
        after["previous"] = case["state"]
    after["state"] = target
    return after


# --- conditions ---------------------------------------------------------------------------------


def holds(definition: Node, condition: Node, case: Node, ask: Node, values: Node) -> bool:
    if condition["all"]:
        return all(holds(definition, c, case, ask, values) for c in condition["all"])
    if condition["any"]:
        return any(holds(definition, c, case, ask, values) for c in condition["any"])
    if condition["not"]:
        return not holds(definition, condition["not"], case, ask, values)
    found, kind = subject(definition, condition, case, ask, values)
    op, wanted = condition["op"], condition["value"]
    if op == "is_set":
        return filled(found) == wanted
    if not filled(found):
        return False
    if op == "in":
        return any(same(found, item, kind) for item in wanted)
    if op == "eq":
        return same(found, wanted, kind)
    if op == "ne":
        return not same(found, wanted, kind)
    if isinstance(found, tuple):
        return False
    left, right = typed(found, kind), typed(wanted, kind)
    if type(left) is not type(right) or isinstance(left, bool):
        return False
    return {"lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right}[op]


def subject(
    definition: Node, condition: Node, case: Node, ask: Node, values: Node
) -> tuple[Any, str]:
    if condition["field"]:
        return values.get(condition["field"]), definition["fields"][condition["field"]]["type"]
    if condition["fact"]:
        return ask["facts"].get(condition["fact"]), definition["facts"][condition["fact"]]["type"]
    if condition["visits"]:
        return visits(case, condition["visits"]), "integer"
    taken = [entry for entry in case["log"] if entry["transition"] == condition["taken"]]
    return len(taken), "integer"


def same(found: Any, wanted: Any, kind: str) -> bool:
    if isinstance(found, tuple):
        return any(same(item, wanted, kind) for item in found)
    left, right = typed(found, kind), typed(wanted, kind)
    return type(left) is type(right) and left == right


def typed(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "date" and isinstance(value, str) else value


def filled(value: Any) -> bool:
    return value is not None and value not in ("", ())


# --- evidence -----------------------------------------------------------------------------------


def counted(definition: Node, case: Node, step: Node) -> set[str]:
    """The ids of all files that count for some requirement of the step."""
    return {
        file["id"]
        for name in step["evidence"]
        for file in candidates(definition, case, name)
        if not faults(definition, case, file)
    }


def candidates(definition: Node, case: Node, name: str) -> list[Node]:
    reviewed = definition["evidence"][name]["reviewed"]
    return [
        file
        for file in case["files"]
        if file["requirement"] == name and (file["usable"] or reviewed)
    ]


def faults(definition: Node, case: Node, file: Node) -> set[str]:
    spec = definition["evidence"][file["requirement"]]
    found = set()
    if spec["reviewed"] and not (file["reviewed"] and file["usable"]):
        found.add("evidence_unreviewed")
    here = (case["state"], visits(case, case["state"]))
    if spec["fresh"] == "per_visit" and file["served"] not in (None, here):
        found.add("evidence_stale")
    if spec["distinct"] and any(
        other["content"] == file["content"]
        and other["requirement"] != file["requirement"]
        and other["usable"]
        for other in case["files"]
    ):
        found.add("evidence_not_distinct")
    if spec["max_age"]:
        oldest = back(case["today"], spec["max_age"])
        if file["speaks_of"] is None or file["speaks_of"] < oldest:
            found.add("evidence_too_old")
    if spec["effective_within"] and definition["window"]:
        days = file["speaks_of"]
        if days is None or not in_window(definition, case, days):
            found.add("evidence_out_of_window")
    return found


def proof(definition: Node, case: Node, name: str) -> set[str]:
    """The keys of one requirement: none when every group has enough different contents."""
    spec = definition["evidence"][name]
    files = candidates(definition, case, name)
    groups = case["rows"].get(spec["per"], []) if spec["per"] else [None]
    keys = set()
    for group in groups:
        mine = [file for file in files if group is None or file["row"] == group]
        good = [file for file in mine if not faults(definition, case, file)]
        if len({file["content"] for file in good}) >= spec["min"]:
            continue
        if len({file["content"] for file in mine}) < spec["min"]:
            keys.add(f"evidence_missing:{name}")
        for file in mine:
            keys |= {f"{fault}:{name}" for fault in faults(definition, case, file)}
    return keys


# --- time, children, people -----------------------------------------------------------------------


def outside_window(definition: Node, case: Node, step: Node, values: Node) -> bool:
    name, window = step["in_window"], definition["window"]
    if name is None or window is None or window["outside"] == "flag":
        return False
    day = case["today"] if name == "today" else values.get(name)
    if not filled(day):
        return name not in step["fields"] and name not in step["must_change"]
    return not in_window(definition, case, day)


def in_window(definition: Node, case: Node, day: date) -> bool:
    window, year = definition["window"], case["year"]
    if window["from"]:
        first = date.fromisoformat(f"{year}-{window['from']}")
        runs_over = window["to"] < window["from"]
        last = date.fromisoformat(f"{year + runs_over}-{window['to']}")
        return first <= day <= last
    if window["every"]:
        return case["period"] is not None and period_of(day, window["every"]) == case["period"]
    months = window["months"] or (window["month"],)
    return day.year == year and day.month in months


def period_of(day: date, every: str) -> str:
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return (
        f"{day.year}-{day.month:02d}" if every == "month" else f"{day.year}-Q{(day.month + 2) // 3}"
    )


def moment(definition: Node, case: Node, spec: Node) -> date | None:
    """The day that a moment means; None while it is not known."""
    if spec["date"]:
        return date.fromisoformat(f"{case['year']}-{spec['date']}")
    name = spec["after"] or spec["before"]
    if name is None:
        day = [entry["on"] for entry in case["log"] if not entry["internal"]][-1]
    elif name in definition["fields"]:
        day = case["fields"].get(name)
    else:
        taken = [entry["on"] for entry in case["log"] if entry["transition"] == name]
        day = taken[-1] if taken else None
    if day is None:
        return None
    if spec["plus"]:
        return forth(day, spec["plus"])
    return back(day, spec["minus"]) if spec["minus"] else day


def forth(day: date, length: Node) -> date:
    if length["unit"] == "mo":
        return months(day, length["count"])
    for _ in range(length["count"]):
        day += timedelta(days=1)
        while length["unit"] == "wd" and day.weekday() > 4:
            day += timedelta(days=1)
    return day


def back(day: date, length: Node) -> date:
    """The day from which exactly so many (working) days remain until the given one."""
    if length["unit"] == "mo":
        return months(day, -length["count"])
    for _ in range(length["count"]):
        day -= timedelta(days=1)
        while length["unit"] == "wd" and day.weekday() > 4:
            day -= timedelta(days=1)
    return day


def months(day: date, count: int) -> date:
    """The same day so many months on, or the last one that the month has."""
    number = day.year * 12 + day.month - 1 + count
    first_after = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    last = first_after - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def joined(case: Node, wait: Node) -> bool:
    replaced = {child["predecessor"] for child in case["children"]}
    counted_in = [
        child["state"] in wait["in"]
        for child in case["children"]
        if child["id"] not in replaced and wait["process"] in (None, child["process"])
    ]
    return all(counted_in) if wait["children"] == "all" else any(counted_in)


def visits(case: Node, state: str) -> int:
    return sum(
        entry["to"] == state and not entry["internal"] and not entry["resumed"]
        for entry in case["log"]
    )


def home_of(case: Node, ask: Node, person: str) -> str | None:
    return ask["unit"] if person == ask["person"] else case["homes"].get(person)


def many(value: Any) -> set[str]:
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(value)
