"""The closed shape of a definition: every key that a process may use, and no other.

1. A definition is data. No expression, no module name, no code; what needs code is a *registered
   name*.
2. Short forms (`due: 5wd`, `from: draft`, `by: [office]`) are unfolded here, so that everything
   behind this file sees one shape only.
3. Values are frozen: a published version cannot be changed in memory either.
4. Questions that need the whole graph belong to `checks`; this file judges each node by itself.
5. A fault that no single type can tell carries a kind of its own (`moment_form`); `source` turns
   the kind into a finding, so that its sentence exists in both languages.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import override

SLUG_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
TARGET_PATTERN = r"^(=|[a-z][a-z0-9_]{0,62})$"
REGISTERED_PATTERN = r"^[a-z][a-z0-9_]{0,62}(\.[1-9][0-9]?)?$"
COLUMN_PATH_PATTERN = r"^[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62}){0,4}$"

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
RegisteredName = Annotated[str, StringConstraints(pattern=REGISTERED_PATTERN)]
RoleId = Slug
Scalar = str | int | bool

DURATION_PATTERN = r"^[0-9]{1,4}(wd|d|mo)$"
MONTH_DAY_PATTERN = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


class _Closed(BaseModel):
    """A frozen node that refuses unknown keys and loose types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _as_list(value: Any) -> Any:
    """Let one item stand for a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _list_or_one(value: Any) -> Any:
    """Turn a list into a tuple, and a lone text into a tuple of one."""
    return (
        tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value
    )


def _tuple_of(value: Any) -> Any:
    """Turn the list that YAML and JSON give into the tuple that a frozen value holds."""
    value = _as_list(value)
    return tuple(value) if isinstance(value, list) else value


def _known_day(value: str) -> str:
    """Refuse a day that some year does not have: 31 April, and 29 February too."""
    try:
        date(2023, int(value[:2]), int(value[3:]))
    except ValueError:
        raise PydanticCustomError("month_day", "no such day in every year") from None
    return value


MonthDay = Annotated[str, StringConstraints(pattern=MONTH_DAY_PATTERN), AfterValidator(_known_day)]
Slugs = Annotated[
    tuple[Slug, ...], BeforeValidator(_tuple_of, json_schema_input_type=Slug | list[Slug])
]
RegisteredNames = Annotated[
    tuple[RegisteredName, ...],
    BeforeValidator(_tuple_of, json_schema_input_type=RegisteredName | list[RegisteredName]),
]


class Text(_Closed):
    """A sentence in both languages of the house.

    Attributes:
        vi: Vietnamese, the first language of every page.
        en: English, beside it.
    """

    vi: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Duration(_Closed):
    """A length of time as people count it: `5wd` working days, `30d` days, `2mo` months."""

    count: Annotated[int, Field(ge=0, le=3660)]
    unit: Literal["wd", "d", "mo"]

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if not isinstance(value, str) or not re.fullmatch(DURATION_PATTERN, value):
            raise PydanticCustomError(
                "duration", "a duration is a number with wd, d or mo, such as 5wd"
            )
        return {"count": int(value.rstrip("wdmo")), "unit": value.lstrip("0123456789")}

    @override
    def __str__(self) -> str:
        """The form that the author wrote."""
        return f"{self.count}{self.unit}"


DurationText = Annotated[
    Duration,
    Field(json_schema_extra={"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}]}),
]


class Moment(_Closed):
    """A point in time told by another: the forms of `due`, `not_before` and a check's `at`.

    Exactly one of: `plus` alone (from the entry into the state), `date` (month and day of the
    instance's year), `after` (a transition taken, or a date field) with `plus`, `before` (a date
    field) with `minus`, `end_of_window`. `roll` says where it ends when its day is a day off: our
    own deadlines on the working day before, terms of the law (`forward`) on the next one.
    """

    plus: Duration | None = None
    minus: Duration | None = None
    date: MonthDay | None = None
    after: Slug | None = None
    before: Slug | None = None
    end_of_window: Literal[True] | None = None
    roll: Literal["forward", "back"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {"end_of_window": True} if value == "end_of_window" else {"plus": value}

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        given -= {"roll"}
        allowed = (
            {"plus"},
            {"date"},
            {"after"},
            {"after", "plus"},
            {"before"},
            {"before", "minus"},
        )
        if given not in (*allowed, {"end_of_window"}):
            raise PydanticCustomError(
                "moment_form",
                "a moment is 5wd, (date: 06-20), (after: x, plus: 5wd), (before: x, minus: 3wd) "
                "or end_of_window",
            )
        return self

    @override
    def __str__(self) -> str:
        """The form that the author wrote, on one line, without the roll."""
        if self.end_of_window:
            return "end_of_window"
        if self.date is not None:
            return self.date
        told = "after" if self.after else "before"
        name = self.after or self.before
        where = [f"{told}: {name}"] if name else []
        spans = [str(span) for span in (self.plus, self.minus) if span is not None]
        if not where:
            return spans[0]
        return ", ".join([*where, *(f"{'plus' if self.plus else 'minus'}: {s}" for s in spans)])


MomentForm = Annotated[Moment, Field(description="5wd · {after: x, plus: 5wd} · end_of_window …")]


class Window(_Closed):
    """When in the year the process may run, and what a step outside it means.

    `outside`: `refuse` it, let it pass with a `flag`, or ask for a `waiver`.
    """

    from_: MonthDay | None = Field(default=None, alias="from")
    to: MonthDay | None = None
    months: Annotated[
        tuple[Annotated[int, Field(ge=1, le=12)], ...], BeforeValidator(_tuple_of)
    ] = ()
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    every: Literal["week", "month", "quarter"] | None = None
    outside: Literal["refuse", "flag", "waiver"] = "refuse"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        ranged = self.from_ is not None and self.to is not None
        if (self.from_ is None) != (self.to is None):
            raise PydanticCustomError("window_form", "a window with from needs to as well")
        forms = [ranged, bool(self.months), self.month is not None, self.every is not None]
        if sum(forms) != 1:
            raise PydanticCustomError(
                "window_form", "a window has one of from and to, months, month, every"
            )
        return self


FieldType = Literal[
    "text", "integer", "decimal", "date", "datetime", "boolean", "choice", "person", "unit"
]


class FieldSpec(_Closed):
    """One typed value of a case, or one column of a record set.

    Attributes:
        required_from: state from which the field may not be empty (case fields only).
        required: a row without this column is refused (columns only).
        assigns: role that the person in this field takes for this instance.
        personal: holds personal data; kept out of the log's leaves.
        scale: digits after the point of a `decimal`.
        many: the value is a list of such values (unit, person, choice, text).
        row_of: record set of the same case; the text is the id of one of its live rows.
    """

    type: FieldType
    title: Text
    hint: Text | None = None
    min: int | None = None
    max: int | None = None
    max_length: Annotated[int, Field(ge=1, le=20000)] | None = None
    scale: Annotated[int, Field(ge=0, le=6)] | None = None
    choices: dict[Slug, Text] = {}
    required_from: Slug | None = None
    required: bool = False
    assigns: RoleId | None = None
    personal: bool = False
    many: bool = False
    row_of: Slug | None = None

    @model_validator(mode="after")
    def _row_is_text(self) -> Self:
        if self.row_of is not None and (self.type != "text" or self.many):
            raise PydanticCustomError("field_row_of", "only a single text can name a row")
        return self

    @model_validator(mode="after")
    def _limits_fit_type(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise PydanticCustomError(
                "field_choices", "choices belong to the type choice, and a choice needs them"
            )
        if (self.min is not None or self.max is not None) and self.type not in {
            "integer",
            "decimal",
        }:
            raise PydanticCustomError("field_limits", "min and max belong to integer and decimal")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("field_limits_order", "min is above max")
        if self.assigns is not None and self.type != "person":
            raise PydanticCustomError("field_assigns", "only a person can be assigned a role")
        if self.many and self.type not in {"unit", "person", "choice", "text"}:
            raise PydanticCustomError("field_many", "many belongs to unit, person, choice and text")
        return self


class By(_Closed):
    """Who may: a role, narrowed to the unit in a field, and to cases where a condition holds."""

    role: RoleId
    of: Slug | None = None
    when: "Condition | None" = None

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, value: Any) -> Any:
        return {"role": value} if isinstance(value, str) else value


Bys = Annotated[
    tuple[By, ...], BeforeValidator(_tuple_of, json_schema_input_type=list[RoleId | By])
]
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "is_set"]


class Condition(_Closed):
    """A question over the case: one subject with an operator, or `all`, `any`, `not` of others.

    `visits: <state>` counts entries into a state, `taken: <transition>` counts how often a step was
    accepted. `is_set` asks whether a field has a value; its own `value` is true or false.
    """

    all: Annotated[tuple["Condition", ...], BeforeValidator(_tuple_of)] = ()
    any: Annotated[tuple["Condition", ...], BeforeValidator(_tuple_of)] = ()
    not_: "Condition | None" = Field(default=None, alias="not")
    field: Slug | None = None
    fact: RegisteredName | None = None
    visits: Slug | None = None
    taken: Slug | None = None
    op: Operator | None = None
    value: Annotated[
        Scalar | tuple[Scalar, ...] | None,
        BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v),
    ] = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        subjects = [s for s in (self.field, self.fact, self.visits, self.taken) if s is not None]
        forms = [bool(self.all), bool(self.any), self.not_ is not None, bool(subjects)]
        if sum(forms) != 1 or len(subjects) > 1:
            raise PydanticCustomError(
                "condition_form",
                "a condition has one of all, any, not, or one subject (field, fact, visits, taken)",
            )
        if bool(subjects) != (self.op is not None) or (subjects and self.value is None):
            raise PydanticCustomError("condition_operator", "a subject needs op and value")
        if (self.op == "in") != isinstance(self.value, tuple):
            raise PydanticCustomError(
                "condition_list", "the operator in takes a list, the others one value"
            )
        if self.op == "is_set" and not isinstance(self.value, bool):
            raise PydanticCustomError("condition_is_set", "is_set takes true or false")
        return self

    def leaves(self) -> Iterator["Condition"]:
        """Yield every part that asks about one subject."""
        if self.op is not None:
            yield self
        for part in (*self.all, *self.any, *((self.not_,) if self.not_ else ())):
            yield from part.leaves()


class RowCondition(_Closed):
    """A question about one row: a column against a value or a fact, or a fact against a value.

    `column` may lead on through columns that name a row: `class_session.training_class.round`.
    """

    column: Annotated[str, StringConstraints(pattern=COLUMN_PATH_PATTERN)] | None = None
    fact: RegisteredName | None = None
    op: Literal["eq", "ne", "lt", "le", "gt", "ge"]
    value: Scalar | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if sum(side is not None for side in (self.column, self.fact, self.value)) != 2:
            raise PydanticCustomError(
                "row_condition",
                "a condition of a row has two of column, fact and value",
            )
        return self


class RowRequirement(_Closed):
    """A condition that a row must meet to be edited, and the sentence while it does not."""

    that: RowCondition
    title: Text


class RecordSetSpec(_Closed):
    """Rows that belong to a case: findings, slots, a roster.

    Attributes:
        edit_in: states in which rows may be added, changed or retired.
        edit_when: named conditions that a row must meet, as it was and as it will be.
        by: who may do so.
        not_of_unit: pairs of (person column, unit column): that person may not belong to that unit.
        own_unit: what a row means that breaks `not_of_unit`: `refuse` it, or ask for a `waiver` of
            `own_unit:` and the person column.
        unique: columns whose values together may stand only once among the live rows.
        voided_by: record set → column here: a row ends when a row of that set is added, changed or
            retired that its column names, or that has the same value in its column of that name.
    """

    title: Text
    columns: dict[Slug, FieldSpec] = Field(min_length=1)
    edit_in: Slugs
    edit_when: dict[Slug, RowRequirement] = {}
    by: Bys
    not_of_unit: Slugs = ()
    own_unit: Literal["refuse", "waiver"] = "refuse"
    unique: Slugs = ()
    voided_by: dict[Slug, Slug] = {}

    @model_validator(mode="after")
    def _pair(self) -> Self:
        wanted = {2} if self.own_unit == "waiver" else {0, 2}
        if len(self.not_of_unit) not in wanted:
            raise PydanticCustomError(
                "record_pair", "not_of_unit names a person column and a unit column"
            )
        return self


class FactSpec(_Closed):
    """A value computed from the records by the registered function of the same name."""

    type: Literal["integer", "boolean", "decimal", "date", "text"]
    title: Text


class FigureSpec(_Closed):
    """A figure of the report: the registered function gives numerator, denominator and cut-off.

    Attributes:
        topics: what it speaks to; a process that gathers, such as a review, finds it by them.
    """

    title: Text
    topics: Slugs = ()
    unit: Literal["percent", "count", "days", "working_days", "yes_no", "score", "minutes", "dong"]


class SignedSpec(_Closed):
    """What must be so of the signatures inside a file, where `signed: pdf` does not say enough.

    Attributes:
        trust: `intact`: the signature fits, whoever stands behind it; `trusted`: a root of the
            house stands behind it.
        roots: sets of roots of which one has to; empty: any set.
        min: signatures of that kind at least.
        changes: what may have been added behind a signature: what it permits, or nothing but
            further signatures and what keeps them (`none`).
    """

    trust: Literal["intact", "trusted"] = "intact"
    roots: Annotated[
        tuple[Literal["national", "government"], ...],
        BeforeValidator(_list_or_one, json_schema_input_type=str | list[str]),
    ] = ()
    min: Annotated[int, Field(ge=1, le=20)] = 1
    changes: Literal["permitted", "none"] = "permitted"


class EvidenceSpec(_Closed):
    """A requirement that only a file can meet.

    Attributes:
        accept: short names of media types; content and extension must both agree with one of them.
        min: how many files at least.
        max_bytes: largest file, in bytes.
        fresh: `per_visit` means that a file which served one visit of the state does not serve the
            next; None is `per_instance` unsaid, which a loop does not allow.
        max_age: oldest effective date, counted back from the day of the step.
        distinct: a file (by digest) that serves another requirement of the instance does not count
            here.
        from_: roles that may supply it; empty means the roles of the steps that ask for it.
        reviewed: role that must accept the file before it counts.
        effective_within: the date the evidence speaks of must lie in the process window.
        signed: signatures inside the PDF must be there and fit; `signing` is the unfolded form.
        per: record set of which every live row needs a file of its own.
    """

    title: Text
    accept: Annotated[tuple[Slug, ...], BeforeValidator(_tuple_of), Field(min_length=1)]
    min: Annotated[int, Field(ge=1, le=50)] = 1
    max_bytes: Annotated[int, Field(ge=1, le=104_857_600)] = 20_971_520
    fresh: Literal["per_instance", "per_visit"] | None = None
    max_age: Duration | None = None
    distinct: bool = False
    from_: Slugs = Field(default=(), alias="from")
    reviewed: RoleId | None = None
    effective_within: Literal["window"] | None = None
    signed: Literal["pdf"] | SignedSpec | None = None
    per: Slug | None = None

    @model_validator(mode="after")
    def _signed_as_pdf(self) -> Self:
        if self.signed is not None and self.accept != ("pdf",):
            raise PydanticCustomError("evidence_signed", "only a PDF holds signatures of its own")
        return self

    @property
    def signing(self) -> SignedSpec | None:
        """What is asked of the signatures inside a file; None when nothing is."""
        return SignedSpec() if self.signed == "pdf" else self.signed


class Escalation(_Closed):
    """Who is told, how long after the due day."""

    after: Duration
    to: Annotated[Slugs, Field(min_length=1)]


class TimedCheck(_Closed):
    """At a moment of the state's life: if the condition holds, the registered effect is planned."""

    at: MomentForm
    when: Condition | None = None
    effect: RegisteredName


class ChildrenSpec(_Closed):
    """Child instances that entering the state opens: one for each live row that has none yet.

    Attributes:
        process: the child's process; its newest published version is pinned.
        for_each: record set whose rows ask for a child each; absent: children are opened by steps.
        where: column → values that a row must have one of.
        fields: field of the child → column of the row.
        title: column whose words become the child's title; absent: the title of its process.
        again_after: steps of the child after which its row asks for another one.
    """

    process: Slug
    title: Slug | None = None
    for_each: Slug | None = None
    where: dict[Slug, Annotated[tuple[Scalar, ...], BeforeValidator(_tuple_of)]] = {}
    fields: dict[Slug, Slug] = {}
    again_after: Slugs = ()


class State(_Closed):
    """A state: its words, its deadline and who hears of it, what entering it opens.

    Attributes:
        carries: field of a new case → field of this one. A case that ended here goes on in the next
            year, as a case of its own that the plan of that year opens.
    """

    title: Text
    due: MomentForm | None = None
    remind: Annotated[tuple[Duration, ...], BeforeValidator(_tuple_of)] = ()
    escalate: Annotated[tuple[Escalation, ...], BeforeValidator(_tuple_of)] = ()
    on_overdue: Slug | None = None
    checks: Annotated[tuple[TimedCheck, ...], BeforeValidator(_tuple_of)] = ()
    final: Literal["success", "aborted"] | None = None
    attach: Literal["open", "closed"] = "open"
    children: ChildrenSpec | None = None
    carries: dict[Slug, Slug] = {}

    @model_validator(mode="after")
    def _carries_at_an_end(self) -> Self:
        if self.carries and self.final is None:
            raise PydanticCustomError("state_carries", "only a case that ended is carried on")
        return self


class Arm(_Closed):
    """One way out of a `choose`: taken when its condition is the first that holds."""

    when: Condition | None = None
    to: Annotated[str, StringConstraints(pattern=TARGET_PATTERN)]


class WaitFor(_Closed):
    """A join: children of this process must stand in one of these states."""

    children: Literal["all", "any"]
    process: Slug | None = None
    in_: Slugs = Field(alias="in")


class Need(_Closed):
    """Order between processes: another process must have reached a state, for the same year."""

    process: Slug
    state: Slug
    same: Literal["year"] = "year"


class Requirement(_Closed):
    """A condition that a step needs, and the sentence for a person while it does not hold."""

    that: Condition
    title: Text


class ApprovalSpec(_Closed):
    """What an approval is bound to; a later change of any of it ends the approval.

    Attributes:
        evidence: requirements whose files are approved, by their bytes.
        records: record set → columns of its rows.
        fields: fields of the case.
    """

    title: Text
    evidence: Slugs = ()
    records: dict[Slug, Slugs] = {}
    fields: Slugs = ()


class SignSpec(_Closed):
    """How a step is signed, where `sign: true` does not say enough.

    Attributes:
        with_: `key_or_password`: with a key by who has one, else with the password; `key`: with a
            key alone; `any`: a password will do even from who has a key, and is marked as weaker.
        meaning: what the signature stands for; None: the title of the step.
    """

    with_: Literal["key", "key_or_password", "any"] = Field(default="key_or_password", alias="with")
    meaning: Text | None = None


class Transition(_Closed):
    """A step: from where to where, who may take it, and everything that must be there first.

    Attributes:
        from_: states; `open` stands for every state that is not final.
        to: a state, `=` for staying, `previous` for the state that was left by the last
            postponement.
        choose: ordered arms instead of `to`; the last one has no condition.
        by: who may take it; `system` alone makes it a step of the house itself.
        not_same_as: transitions whose last actor may not take this one.
        not_of_unit: fields; the actor may not belong to a unit that one of them names.
        not_named_in: person fields; the actor may not be named in one of them.
        fields: must be filled (now or before); `may_set`: may be given with the step.
        must_change: must be given anew in this very step.
        requires: named conditions; `guards`: registered questions; `effects`: registered plans.
        in_window: date field, or `today`, that must lie in the process window.
        not_before: earliest moment.
        reason: `required` makes the person say why.
        approves: approvals that the step gives; `approved`: those that must be given and hold.
        sign: the actor signs with this very step; `signing` is the unfolded form.
        internal: staying counts neither as leaving nor as entering (due date and visit go on).
    """

    title: Text
    from_: Slugs = Field(alias="from", min_length=1)
    to: Annotated[str, StringConstraints(pattern=TARGET_PATTERN)] | None = None
    choose: Annotated[tuple[Arm, ...], BeforeValidator(_tuple_of)] = ()
    by: Annotated[Bys, Field(min_length=1)]
    not_same_as: Slugs = ()
    not_of_unit: Slugs = ()
    not_named_in: Slugs = ()
    fields: Slugs = ()
    may_set: Slugs = ()
    must_change: Slugs = ()
    evidence: Slugs = ()
    reason: Literal["required"] | None = None
    requires: dict[Slug, Requirement] = {}
    guards: RegisteredNames = ()
    effects: RegisteredNames = ()
    wait_for: WaitFor | None = None
    needs: Annotated[tuple[Need, ...], BeforeValidator(_tuple_of)] = ()
    in_window: Slug | None = None
    not_before: MomentForm | None = None
    sign: bool | SignSpec = False
    approves: Slugs = ()
    approved: Slugs = ()
    internal: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.to is None) == (not self.choose):
            raise PydanticCustomError("transition_target", "a transition has either to or choose")
        if self.choose and self.choose[-1].when is not None:
            raise PydanticCustomError("arms_not_total", "the last arm of choose has no when")
        if any(arm.when is None for arm in self.choose[:-1]):
            raise PydanticCustomError(
                "arm_without_when", "every arm of choose but the last has a when"
            )
        if self.internal and self.to != "=":
            raise PydanticCustomError(
                "transition_internal", "internal belongs to a transition that stays (to: '=')"
            )
        return self

    @property
    def signing(self) -> SignSpec | None:
        """How the step is signed; None when it is not."""
        if isinstance(self.sign, SignSpec):
            return self.sign
        return SignSpec() if self.sign else None

    @property
    def targets(self) -> tuple[str, ...]:
        """Every `to` that the transition can name, unexpanded (`=` and `previous` included)."""
        return (self.to,) if self.to is not None else tuple(arm.to for arm in self.choose)


DocumentType = Annotated[str, StringConstraints(pattern=r"^[A-ZĐ][A-Za-zĐđ]{1,3}$")]


class DocumentSpec(_Closed):
    """A paper that the process yields from the named transition on (`after`), or at any time.

    Attributes:
        type: the letters of its type in a number, as `BC` in `05/BC-SKHCN`; None for a form.
        number: the text field that holds its number once the records clerk has issued it.
        dated: the date field that holds the day of issue.
        signed: the transition by which it is signed; it gets no number before.
        issuer: whose letterhead it bears; None for the agency's own.
        personal: record sets whose personal columns it shows; absent: all of them.
    """

    title: Text
    after: Slug | None = None
    type: DocumentType | None = None
    number: Slug | None = None
    dated: Slug | None = None
    signed: Slug | None = None
    issuer: Slug | None = None
    personal: Annotated[tuple[Slug, ...] | None, BeforeValidator(_tuple_of)] = None


def _sentence(value: Any) -> Any:
    """Join `before fit: evidence sheet`, which YAML reads as a mapping of one."""
    if isinstance(value, dict) and len(value) == 1:
        return ": ".join(str(part) for part in next(iter(value.items())))
    return value


GuaranteeText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    BeforeValidator(_sentence, json_schema_input_type=str | dict[str, str]),
]


class Migration(_Closed):
    """How running instances of an older version come to this one."""

    from_: Annotated[int, Field(alias="from", ge=1)]
    states: dict[Slug, Slug] = {}
    gates: Literal["keep", "recheck"] = "recheck"
    reason: Text


class Process(_Closed):
    """One process of the quality system, whole.

    Attributes:
        opens: roles that may open an instance; absent: those that may take a step from `initial`;
            `system` alone: only the house itself opens one.
        waived_by: roles that may lift a gate for one instance; absent: nobody may.
        personal_to: who reads personal columns besides those who write the rows.
        unique: fields whose values together name one instance; a second one is not opened.
        clauses: ISO clauses answered, with the edition: `9001:2015/9.2`.
        weakens: the written reason why this version drops a gate of the one before.
    """

    format: Literal[1]
    process: Slug
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Text
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,6}$")]
    clauses: Annotated[tuple[str, ...], BeforeValidator(_tuple_of)] = ()
    window: Window | None = None
    opens: Slugs | None = None
    waived_by: Slugs = ()
    personal_to: Bys = ()
    unique: Slugs = ()
    roles: Annotated[Slugs, Field(min_length=1)]
    fields: dict[Slug, FieldSpec] = {}
    records: dict[Slug, RecordSetSpec] = {}
    facts: dict[RegisteredName, FactSpec] = {}
    evidence: dict[Slug, EvidenceSpec] = {}
    approvals: dict[Slug, ApprovalSpec] = {}
    initial: Slug
    states: dict[Slug, State] = Field(min_length=1)
    transitions: dict[Slug, Transition] = {}
    guarantees: Annotated[tuple[GuaranteeText, ...], BeforeValidator(_list_or_one)] = ()
    figures: dict[RegisteredName, FigureSpec] = {}
    documents: dict[Slug, DocumentSpec] = {}
    migrate: Migration | None = None
    weakens: Text | None = None

    @property
    def open_states(self) -> tuple[str, ...]:
        """The states that are not final, in the order of the file."""
        return tuple(name for name, state in self.states.items() if state.final is None)

    def sources(self, transition: str) -> tuple[str, ...]:
        """The states from which a transition leaves, `open` expanded."""
        step = self.transitions[transition]
        names = [
            source
            for name in step.from_
            for source in (self.open_states if name == "open" else (name,))
        ]
        return tuple(dict.fromkeys(names))

    def destinations(self, transition: str, source: str) -> tuple[str, ...]:
        """Every state that a transition can lead to from `source`.

        `=` is the source itself. `previous` is every state from which a step other than itself
        leads into `source`: from a postponement one returns to wherever one was.
        """
        found: dict[str, None] = {}
        for target in self.transitions[transition].targets:
            if target == "=":
                found[source] = None
            elif target == "previous":
                found.update(dict.fromkeys(self._left_for(source)))
            else:
                found[target] = None
        return tuple(found)

    def _left_for(self, state: str) -> Iterator[str]:
        """Yield the states that a step leaves for `state`."""
        for name, step in self.transitions.items():
            if state in step.targets:
                yield from (source for source in self.sources(name) if source != state)
