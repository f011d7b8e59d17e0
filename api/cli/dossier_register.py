"""`dossiers analyse` without a file: the register of the organisation, by its own calendar."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.cli.desk import Desk, organization_of, settings_for
from engine.errors import NotFound
from workflows.overdue_dossiers.analysis.counting import Analysis, Window, analyse
from workflows.overdue_dossiers.analysis.recurrence import Remedy
from workflows.overdue_dossiers.records import dossiers_between, last_exported_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the register holds, counted.

    Attributes:
        titles: what a unit is called, by its id.
    """

    analysis: Analysis
    source: Mapping[str, Any]
    titles: Mapping[str, str]


def analyse_register(
    desk: Desk,
    slug: str | None,
    window: Callable[[date], Window],
    *,
    remedies: Iterable[Remedy] = (),
) -> Counted:
    """Count what is stored, whoever asks: the database is theirs already.

    Args:
        desk: of the command.
        slug: of the organisation, where there are several.
        window: the days that are counted, from what day it is there.
        remedies: whose effect is looked at.

    Raises:
        NotFound: no such organisation, or no export was ever imported.
    """
    runtime = desk.runtime(settings_for(), looking=True)
    office = organization_of(runtime, slug)
    with runtime.read(office.id) as uow:
        session, asked = uow.tables.session, window(uow.today)
        as_of: datetime | None = last_exported_at(session, office.id)
        if as_of is None:
            raise NotFound("no_dossiers_yet")
        found = dossiers_between(session, office.id, first=asked.first, last=asked.last)
        counted = analyse(
            ((1, dossier) for dossier in found),
            asked,
            uow.tables.calendar_of(None),
            remedies=remedies,
        )
        units = uow.tables.organization.units(uow.today)
        return Counted(
            analysis=counted,
            source={
                "organization": office.slug,
                "as_of": as_of.astimezone(uow.zone).isoformat(timespec="minutes"),
            },
            titles={unit.id: unit.title[desk.language] for unit in units},
        )
