"""What the cells of a sheet may name: everybody and everything that is there today."""

from engine.errors import NotFound
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.tables.cells import Reading, reading_of
from engine.tables.names import known_of


def sheet_reading(uow: UnitOfWork, case: Case, record_set: str) -> Reading:
    """How the cells of a sheet for a record set are read: who and what they may name.

    Raises:
        NotFound: the process has no such record set.
    """
    process = uow.pinned(case).process
    spec = process.records.get(record_set)
    if spec is None:
        raise NotFound("unknown_record_set", record_set=record_set)
    tables = uow.tables
    usernames = {
        account.person: account.username for account in uow.accounts.all_of(tables.organization_id)
    }
    known = known_of(
        process,
        case,
        people=[
            (person.id, person.name, usernames.get(person.id))
            for person in tables.organization.people(uow.today)
        ],
        units={unit.id: unit.title for unit in tables.organization.units(uow.today)},
    )
    return reading_of(spec.columns, known=known, zone=uow.zone)
