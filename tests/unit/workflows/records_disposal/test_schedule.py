"""How long files are kept: whole years from the end of the year, and never shortened afterwards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.business_days import CalendarInvalid
from engine.calendars.dated_rules import read_rules
from tests.fixtures import shipped
from tests.unit.workflows.made_cases import case, row
from workflows.records_disposal import facts
from workflows.records_disposal.records import ENDED, EndedCase
from workflows.records_disposal.schedule import RetentionRule, kept, shipped_rules

WORDS = {"vi": "Nhóm", "en": "Group"}
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))
YEARS = st.one_of(st.none(), st.integers(1, 40))


def rules_of(*editions: tuple[date, int | None]) -> tuple[RetentionRule, ...]:
    data = {
        "rules": [
            {
                "from": first,
                "source": "Thông tư",
                "groups": [{"group": "g", "title": WORDS, "years": years, "processes": ["p"]}],
            }
            for first, years in editions
        ]
    }
    return read_rules(data, RetentionRule)


def test_every_process_that_ships_stands_in_one_group_of_each_edition() -> None:
    names = sorted(process.process for process in shipped())
    for rule in shipped_rules():
        listed = sorted(name for group in rule.groups for name in group.processes)
        assert listed == names, rule.from_


def test_time_runs_from_the_end_of_the_year() -> None:
    for ended in (date(2026, 1, 1), date(2026, 12, 31)):
        found = kept("weekly_task_report", ended, today=date(2029, 1, 1))
        assert found is not None
        assert (found.until, found.years) == (date(2028, 12, 31), 2)


def test_a_process_in_no_group_and_a_group_without_years_are_kept() -> None:
    assert kept("made_by_the_office", date(2026, 5, 4), today=date(2099, 1, 1)) is None
    permanent = rules_of((date(2020, 1, 1), None))
    assert kept("p", date(2026, 5, 4), today=date(2099, 1, 1), rules=permanent) is None


def test_a_later_edition_lengthens_what_is_kept_and_does_not_shorten_it() -> None:
    shorter = rules_of((date(2020, 1, 1), 10), (date(2028, 1, 1), 2))
    longer = rules_of((date(2020, 1, 1), 2), (date(2028, 1, 1), 10))
    for rules in (shorter, longer):
        found = kept("p", date(2026, 5, 4), today=date(2029, 1, 1), rules=rules)
        assert found is not None
        assert found.until == date(2036, 12, 31)
    before = kept("p", date(2026, 5, 4), today=date(2027, 12, 31), rules=longer)
    assert before is not None
    assert before.until == date(2028, 12, 31)


@given(DAYS, st.dictionaries(DAYS, YEARS, min_size=1, max_size=4), st.data())
def test_what_was_promised_on_one_day_is_not_less_on_a_later_one(
    ended: date, editions: dict[date, int | None], data: st.DataObject
) -> None:
    rules = rules_of(*editions.items())
    earlier = data.draw(st.dates(ended, date(2061, 1, 1)))
    later = data.draw(st.dates(earlier, date(2062, 1, 1)))
    promised = kept("p", ended, today=earlier, rules=rules)
    now = kept("p", ended, today=later, rules=rules)
    assert now is None or (promised is not None and now.until >= promised.until)


@pytest.mark.parametrize("years", [0, -1, 101, "5", True])
def test_a_wrong_number_of_years_is_a_fault(years: object) -> None:
    group = {"group": "g", "title": WORDS, "years": years, "processes": ["p"]}
    rule = {"from": date(2026, 1, 1), "source": "x", "groups": [group]}
    with pytest.raises(CalendarInvalid, match="calendar_file_invalid"):
        read_rules({"rules": [rule]}, RetentionRule)


def test_the_list_starts_from_what_is_due_and_rounds_sizes_up() -> None:
    ended = EndedCase(
        code="WR-2023-1",
        process="weekly_task_report",
        title="Tuần 1",
        ended_on=date(2023, 1, 9),
        files=2,
        size=1025,
    )
    disposal = case("records_disposal", lookups={ENDED: (ended,)})
    (line,) = facts.items_to_start_from(disposal)
    assert (line["kilobytes"], line["group_name"]) == (2, "Báo cáo tuần: 2 năm")
    listed = case(
        "records_disposal",
        lookups={ENDED: (ended,)},
        records={"item": (row("i1", case_code="WR-2023-1", verdict="destroy"),)},
    )
    assert facts.items_to_start_from(listed) == ()
    assert facts.items_not_due(listed) == 0
