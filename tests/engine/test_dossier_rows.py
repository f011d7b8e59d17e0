"""Dossiers in their table, on both databases: what an import changes, and what it must not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.machine.register import Filling, ReadRow, Tally
from tests.fixtures import NEIGHBOUR, OFFICE, Office
from workflows.overdue_dossiers.dossier import Cause, Dossier, Status
from workflows.overdue_dossiers.filling import note_case, write_dossiers
from workflows.overdue_dossiers.records import (
    DossierFilter,
    changes_of,
    count_dossiers,
    dossier_of,
    dossiers,
    dossiers_between,
    known_dossiers,
    last_exported_at,
)

FRIDAY = datetime(2026, 7, 3, 10, tzinfo=UTC)
DUE = date(2026, 7, 8)


def dossier(code: str = "HS-1", **values: Any) -> Dossier:
    told: dict[str, Any] = {
        "procedure": "TT.01",
        "unit": "science_management",
        "received_at": datetime(2026, 7, 1, 9, 30),  # noqa: DTZ001 - the office's wall clock.
        "received_time_known": True,
        "due_on": DUE,
        "current_due_on": DUE,
        "status": Status.PENDING,
    }
    return Dossier(code=code, **{**told, **values})


def write(
    office: Office,
    *rows: Dossier,
    job: str = "j1",
    as_of: datetime = FRIDAY,
    organization: str = OFFICE,
) -> Tally:
    filling = Filling(organization_id=organization, job=job, source="desk", as_of=as_of)
    read = [ReadRow(number=n, value=row, digest=b"") for n, row in enumerate(rows, start=2)]
    with office.runtime.write(organization) as uow:
        tally = write_dossiers(uow.tables.session, read, filling)
        uow.commit()
    return tally


def test_a_dossier_comes_back_as_it_was_written(office: Office) -> None:
    full = dossier(
        officer_unit="office",
        current_due_on=DUE + timedelta(days=7),
        reappointments=1,
        status=Status.FINISHED,
        ended_on=date(2026, 7, 16),
        cause=Cause.SLOW_SIGNING,
        apologised_on=DUE,
        regulated_half_days=20,
        committed_half_days=17,
        paused_half_days=3,
    )
    assert write(office, full, dossier("HS-2")) == Tally(new=2)
    with office.runtime.read(OFFICE) as uow:
        found = dossier_of(uow.tables.session, OFFICE, code="HS-1", due_on=DUE)
        assert found is not None
        assert (found.dossier, found.exported_at, found.import_id) == (full, FRIDAY, "j1")
        assert last_exported_at(uow.tables.session, OFFICE) == FRIDAY


def test_a_later_export_changes_and_an_older_one_never_does(office: Office) -> None:
    later, done = FRIDAY + timedelta(days=7), {"status": Status.FINISHED, "ended_on": DUE}
    write(office, dossier(), dossier("HS-2"))
    changed = write(office, dossier(**done), dossier("HS-2"), job="j2", as_of=later)
    assert changed == Tally(changed=1, same=1)
    between = FRIDAY + timedelta(days=3)
    old = write(
        office,
        dossier(reappointments=3),
        dossier("HS-2", reappointments=3),
        dossier("HS-3"),
        job="j3",
        as_of=between,
    )
    assert old == Tally(older=2, new=1)
    again = write(office, dossier(**done), job="j2", as_of=later)
    assert again == Tally(same=1)
    with office.runtime.read(OFFICE) as uow:
        session = uow.tables.session
        stored = {each.code: each for each in dossiers(session, OFFICE, DossierFilter())}
        assert stored["HS-1"] == dossier(**done)
        assert stored["HS-2"] == dossier("HS-2")
        (change,) = changes_of(session, OFFICE, code="HS-1", due_on=DUE)
    assert (change.import_id, change.row, change.exported_at) == ("j2", 2, later)
    assert change.changes == {
        "status": ("pending", "finished"),
        "ended_on": (None, DUE.isoformat()),
    }


def test_a_dossier_twice_in_a_file_ends_as_its_last_row_says(office: Office) -> None:
    tally = write(office, dossier(), dossier(), dossier(reappointments=1))
    assert tally == Tally(new=1, same=1, changed=1)
    with office.runtime.read(OFFICE) as uow:
        found = dossier_of(uow.tables.session, OFFICE, code="HS-1", due_on=DUE)
        assert found is not None
        assert found.dossier.reappointments == 1
        (change,) = changes_of(uow.tables.session, OFFICE, code="HS-1", due_on=DUE)
    assert change.row == 4


def test_another_due_day_is_another_dossier(office: Office) -> None:
    other = DUE + timedelta(days=30)
    assert write(office, dossier(), dossier(due_on=other, current_due_on=other)) == Tally(new=2)


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (DossierFilter(), ["A", "B", "C", "D"]),
        (DossierFilter(unit="office"), ["B"]),
        (DossierFilter(status="finished"), ["C", "D"]),
        (DossierFilter(first=date(2026, 7, 10), last=date(2026, 7, 12)), ["A", "B", "D"]),
        (DossierFilter(last=date(2026, 6, 30)), ["D"]),
        (DossierFilter(late_on=date(2026, 7, 9)), ["A", "D"]),
        (DossierFilter(late_on=DUE), []),
        (DossierFilter(cause="overload"), ["D"]),
    ],
)
def test_dossiers_are_found_by_what_they_are(
    sqlite_office: Office, wanted: DossierFilter, codes: list[str]
) -> None:
    june = datetime(2026, 6, 1, 8)  # noqa: DTZ001 - the office's wall clock.
    later = DUE + timedelta(days=20)
    write(
        sqlite_office,
        dossier("A"),
        dossier("B", unit="office", current_due_on=later, reappointments=1),
        dossier("C", status=Status.FINISHED, ended_on=DUE),
        dossier(
            "D",
            received_at=june,
            status=Status.FINISHED,
            ended_on=date(2026, 7, 12),
            cause=Cause.OVERLOAD,
        ),
    )
    with sqlite_office.runtime.read(OFFICE) as uow:
        session = uow.tables.session
        assert [each.code for each in dossiers(session, OFFICE, wanted)] == codes
        assert count_dossiers(session, OFFICE, wanted) == len(codes)


def test_a_due_day_that_an_export_does_not_tell_keeps_its_own_picture(office: Office) -> None:
    other, later = DUE + timedelta(days=30), FRIDAY + timedelta(days=7)
    second = dossier(due_on=other, current_due_on=other)
    write(office, dossier(), second, dossier("HS-2"))
    assert write(office, second, dossier("HS-2"), job="j2", as_of=later) == Tally(same=2)
    with office.runtime.read(OFFICE) as uow:
        known = known_dossiers(uow.tables.session, OFFICE, DossierFilter(), limit=9)
    assert [each.exported_at for each in known] == [FRIDAY, later, later]


def test_pages_of_dossiers_follow_one_another_and_units_stay_apart(office: Office) -> None:
    write(office, *(dossier(f"HS-{n}", unit="office" if n % 2 else "clerk") for n in range(7)))
    seen: list[str] = []
    after = None
    with office.runtime.read(OFFICE) as uow:
        while page := known_dossiers(
            uow.tables.session, OFFICE, DossierFilter(), after=after, limit=3
        ):
            seen += [each.dossier.code for each in page]
            after = page[-1].dossier.key
        odd = dossiers_between(uow.tables.session, OFFICE, first=DUE, last=DUE, unit="office")
        assert [each.code for each in odd] == ["HS-1", "HS-3", "HS-5"]
    assert seen == [f"HS-{n}" for n in range(7)]


def test_the_neighbours_dossier_of_the_same_code_is_its_own(office: Office) -> None:
    write(office, dossier())
    assert write(office, dossier(reappointments=2), organization=NEIGHBOUR) == Tally(new=1)
    with office.runtime.write(NEIGHBOUR) as uow:
        note_case(uow.tables.session, NEIGHBOUR, ("HS-1", DUE), "case")
        uow.commit()
    with office.runtime.read(OFFICE) as uow:
        found = dossier_of(uow.tables.session, OFFICE, code="HS-1", due_on=DUE)
        assert found is not None
        assert (found.case_id, found.dossier.reappointments) == (None, 0)
        assert changes_of(uow.tables.session, OFFICE, code="HS-1", due_on=DUE) == ()
