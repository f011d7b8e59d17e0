"""Dossiers into their table, many at a time: what is new, what an export tells anew, what is old.

1. A picture older than the one a dossier is known from changes nothing of it.
2. What changes leaves a line of history: the values before and after, and the import.
3. A dossier that stands twice in a file is taken twice, in the order of the file.
4. A batch costs one look and as many statements as there are kinds of change, so that a million
   rows do not become a million objects.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import Session

from engine.machine.register import Filling, ReadRow, Tally
from workflows.overdue_dossiers.dossier import Dossier
from workflows.overdue_dossiers.records import CHANGES, DOSSIERS, VALUES

KEY: Final = ("organization_id", "code", "due_on")
Key = tuple[str, date]
Values = tuple[Any, ...]
"""The values of a dossier as their columns hold them, in the order of `VALUES`."""


def write_dossiers(session: Session, rows: Sequence[ReadRow], filling: Filling) -> Tally:
    """Write dossiers in the order given."""
    connection = session.connection()
    batch = _Batch(filling, _stored(connection, filling, rows))
    for row in rows:
        batch.take(row)
    batch.write(connection)
    return batch.tally()


def note_case(session: Session, organization_id: str, key: Key, instance_id: str) -> None:
    """Note the overdue case of a dossier."""
    session.connection().execute(
        update(DOSSIERS)
        .where(
            DOSSIERS.c.organization_id == organization_id,
            DOSSIERS.c.code == key[0],
            DOSSIERS.c.due_on == key[1],
        )
        .values(case_id=instance_id)
    )


class _Batch:
    """Some rows of an import, compared with what is stored before anything is written."""

    def __init__(self, filling: Filling, stored: dict[Key, tuple[Values, datetime]]) -> None:
        self._filling = filling
        self._stored = stored
        self._now: dict[Key, Values] = {}
        self._changed: set[Key] = set()
        self._history: list[dict[str, Any]] = []
        self._counts = dict.fromkeys(("new", "changed", "same", "older"), 0)

    def take(self, row: ReadRow) -> None:
        """Compare one row."""
        key, values = row.value.key, _values(row.value)
        stored = self._stored.get(key)
        if stored is not None and stored[1] > self._filling.as_of:
            self._counts["older"] += 1
            return
        before = self._now.get(key, stored and stored[0])
        self._now[key] = values
        if before is None:
            self._counts["new"] += 1
        elif before == values:
            self._counts["same"] += 1
        else:
            self._counts["changed"] += 1
            self._changed.add(key)
            self._history.append(self._line(row, before, values))

    def write(self, connection: Connection) -> None:
        """Write what differs; what does not is known from a newer picture from now on."""
        new = sorted(self._now.keys() - self._stored.keys())
        if new:
            connection.execute(DOSSIERS.insert(), [self._row(key) for key in new])
        changed = sorted(self._changed & self._stored.keys())
        if changed:
            self._change(connection, changed)
        self._note_same(connection)
        if self._history:
            connection.execute(CHANGES.insert(), self._history)

    def tally(self) -> Tally:
        """What became of the rows."""
        return Tally(**self._counts)

    def _note_same(self, connection: Connection) -> None:
        """Dossiers of which nothing is told anew are known from a newer picture from now on.

        They are named by code alone wherever that names no other dossier: a list of pairs is looked
        through for every row of the table by PostgreSQL, a list of codes is looked up.
        """
        as_of = self._filling.as_of
        untold = {code for code, due_on in self._stored if (code, due_on) not in self._now}
        same = [
            key
            for key in (self._now.keys() & self._stored.keys()) - self._changed
            if self._stored[key][1] < as_of
        ]
        mine = DOSSIERS.c.organization_id == self._filling.organization_id
        codes = sorted({code for code, _ in same if code not in untold})
        if codes:
            connection.execute(
                update(DOSSIERS)
                .where(mine, DOSSIERS.c.code.in_(codes), DOSSIERS.c.exported_at < as_of)
                .values(exported_at=as_of)
            )
        apart = sorted(key for key in same if key[0] in untold)
        if apart:
            connection.execute(
                update(DOSSIERS)
                .where(
                    mine,
                    DOSSIERS.c.code == bindparam("of_code"),
                    DOSSIERS.c.due_on == bindparam("of_due_on"),
                )
                .values(exported_at=as_of),
                [{"of_code": code, "of_due_on": due_on} for code, due_on in apart],
            )

    def _change(self, connection: Connection, keys: list[Key]) -> None:
        rows = [self._row(key) for key in keys]
        names = [name for name in rows[0] if name not in KEY]
        statement = (
            update(DOSSIERS)
            .where(*(DOSSIERS.c[name] == bindparam(f"of_{name}") for name in KEY))
            .values({name: bindparam(f"new_{name}") for name in names})
        )
        connection.execute(
            statement,
            [
                {f"new_{name}" if name in names else f"of_{name}": row[name] for name in row}
                for row in rows
            ],
        )

    def _row(self, key: Key) -> dict[str, Any]:
        values = dict(zip(VALUES, self._now[key], strict=True))
        return {
            **values,
            "organization_id": self._filling.organization_id,
            "received_on": values["received_at"].date(),
            "exported_at": self._filling.as_of,
            "import_id": self._filling.job,
        }

    def _line(self, row: ReadRow, before: Values, after: Values) -> dict[str, Any]:
        told = zip(VALUES, before, after, strict=True)
        code, due_on = row.value.key
        return {
            "organization_id": self._filling.organization_id,
            "code": code,
            "due_on": due_on,
            "import_id": self._filling.job,
            "row": row.number,
            "exported_at": self._filling.as_of,
            "changes": {name: [_json(old), _json(new)] for name, old, new in told if old != new},
        }


def _stored(
    connection: Connection, filling: Filling, rows: Sequence[ReadRow]
) -> dict[Key, tuple[Values, datetime]]:
    """What is known of the dossiers of these rows, and of which instant it is."""
    codes = sorted({row.value.code for row in rows})
    query = select(*(DOSSIERS.c[name] for name in VALUES), DOSSIERS.c.exported_at).where(
        DOSSIERS.c.organization_id == filling.organization_id, DOSSIERS.c.code.in_(codes)
    )
    code, due_on = VALUES.index("code"), VALUES.index("due_on")
    return {
        (row[code], row[due_on]): (tuple(row[:-1]), row[-1]) for row in connection.execute(query)
    }


def _values(dossier: Dossier) -> Values:
    values = (getattr(dossier, name) for name in VALUES)
    return tuple(value.value if isinstance(value, StrEnum) else value for value in values)


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
