"""The log read by whatever narrows it, on both databases, held against a reading of all of it."""

from datetime import timedelta
from itertools import product
from zoneinfo import ZoneInfo

from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.log_reading import INDEX_MAX, LogReader
from tests.fixtures import OFFICE, START, Office

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def at_work(office: Office) -> None:
    """Some cases are opened, an hour and a day apart."""
    for username, hours in (("iso_secretary", 1), ("iso_secretary", 30), ("iso_secretary", 60)):
        office.clock.move_to(START + timedelta(hours=hours))
        done = start_instance(
            office.runtime, StartInstance(caller=office.as_(username), process="internal_audit")
        )
        assert isinstance(done, Started)


def fits(entry: LogEntry, wanted: LogFilter) -> bool:
    """What a filter means, entry by entry."""
    same = ("instance", "process", "actor", "transition", "outcome", "unit", "type")
    return (
        all(getattr(wanted, name) in {None, getattr(entry, name)} for name in same)
        and (not wanted.units or entry.unit in wanted.units)
        and (wanted.first is None or entry.recorded_at >= wanted.first)
        and (wanted.last is None or entry.recorded_at < wanted.last)
    )


def test_every_narrowing_gives_what_a_reading_of_all_gives(office: Office) -> None:
    at_work(office)
    with office.runtime.read(OFFICE) as uow:
        reader = uow.tables.log_reader
        everything = list(uow.tables.log.read(LogFilter(), limit=10_000))
        unit = next(entry.unit for entry in everything if entry.unit is not None)
        actors = (None, office.people["iso_secretary"])
        periods = ((None, None), (START + timedelta(hours=2), None), (None, START))
        for actor, units, kind, (first, last) in product(
            actors, ((), (unit,), (unit, "nothing")), (None, "instance_created"), periods
        ):
            wanted = LogFilter(actor=actor, units=units, type=kind, first=first, last=last)
            expected = [entry for entry in everything if fits(entry, wanted)]
            check(reader, wanted, expected)


def check(reader: LogReader, wanted: LogFilter, expected: list[LogEntry]) -> None:
    """Pages downwards and upwards, the count, the days."""
    span = reader.span(wanted)
    places = [entry.idx for entry in expected]
    assert [e.idx for e in reader.after(wanted, span, place=-1, limit=1000)] == places
    assert [e.idx for e in reader.before(wanted, span, place=None, limit=1000)] == places[::-1]
    far = reader.before(wanted, span, place=10**14, limit=1000)
    assert [e.idx for e in far] == places[::-1]
    assert reader.after(wanted, span, place=INDEX_MAX + 5, limit=10) == []
    for place in places[1:3]:
        deep = reader.before(wanted, span, place=place, limit=1)
        assert [e.idx for e in deep] == [places[places.index(place) - 1]]
    counted = reader.counted(wanted, zone=ZONE)
    assert counted.total == len(expected) == reader.total(wanted, size=INDEX_MAX)
    days = {entry.recorded_at.astimezone(ZONE).date() for entry in expected}
    assert [day for day, _, _ in counted.days] == sorted(days)
    half = places[len(places) // 2] if places else 0
    older = reader.counted(wanted, zone=ZONE, size=half)
    newer = reader.counted(wanted, zone=ZONE, since=half)
    both = older.and_then(newer)
    assert (both.accepted, both.refused, both.days) == (
        counted.accepted,
        counted.refused,
        counted.days,
    )
    assert dict(both.people) == dict(counted.people)


def test_a_place_beyond_all_is_nowhere(office: Office) -> None:
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.log_reader.get(10**14) is None
        assert uow.tables.log_reader.get(10_000) is None
        last = uow.tables.log.size() - 1
        found = uow.tables.log_reader.get(last)
        assert found is not None
        assert uow.tables.log_reader.leaf_hashes(last, last + 5) == (found.leaf_hash,)
