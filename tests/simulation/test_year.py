"""People who are late, away and wrong, in a house in which things break: it holds together.

One seed makes the same days again, byte for byte, with all that breaks in them: a seed that fails
is run again by its number.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from api.bootstrap import upgrade_database
from api.cli.desk import Desk
from api.cli.simulation import tell
from api.language import load_words
from api.simulation.account import Account, Kind
from api.simulation.figures import Figures, figures_of
from api.simulation.office import Office, office_of
from api.simulation.year import Span, Year
from engine.storage.database import Database, database_file
from tests.scale import at_scale
from tests.simulation.faults import BreakingRuntime, BreakingStore, Storms

YEAR = 2026
SEEDS = at_scale(dev=range(2), ci=range(500), nightly=range(2_000))
STORM = date(YEAR, 2, 24)
"""Closed on the second working day after Tết, announced the evening before."""
BEGIN = date(YEAR, 2, 12)
LONG_SEEDS = at_scale(dev=0, ci=12, nightly=500)
"""So many seeds live on to a later day; the others stop at the storm."""
LATER = at_scale(dev=STORM, ci=date(YEAR, 2, 27), nightly=date(YEAR, 3, 31))
SOUND = Span(
    first=date(YEAR, 1, 12),
    last=at_scale(dev=date(YEAR, 1, 15), ci=date(YEAR, 3, 13), nightly=date(YEAR, 12, 31)),
)
SOUND_SEED = at_scale(dev=2, ci=3, nightly=1)
"""Offices in which the audit is begun within days, and a month of procedures ends within the
quarter: in most, some unit is slower than that, and nobody's fault is shown."""

Prepared = Callable[[Database], None]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Fills an empty database by copying one that was migrated once."""
    template = tmp_path_factory.mktemp("simulation") / "migrated.db"
    database = Database(f"sqlite:///{template}")
    upgrade_database(database)
    database.close()

    def fill(database: Database) -> None:
        file = database_file(database.url)
        assert file is not None
        shutil.copyfile(template, file)

    return fill


@dataclass(frozen=True)
class Lived:
    """Days that were lived, their figures, and how much broke in them."""

    account: Account
    figures: Figures
    broken: int


@pytest.fixture(scope="module")
def broken_days(prepared: Prepared) -> Callable[[int], Lived]:
    """The days around Tết of a seed, each lived once."""
    known: dict[int, Lived] = {}

    def of(seed: int) -> Lived:
        if seed not in known:
            known[seed] = live_and_break(seed, prepared)
        return known[seed]

    return of


def tet_of(seed: int) -> Span:
    """Tết 2026, 14 to 22 February, lies in it; the plan is opened the day but one before."""
    return Span(first=BEGIN, last=LATER if seed < LONG_SEEDS else STORM)


def live_and_break(seed: int, prepared: Prepared) -> Lived:
    """Live through the days around Tết while the ports break as the seed has it."""
    dice = Random(f"faults {seed}")  # noqa: S311 - a simulation is no secret.
    before = BEGIN - timedelta(days=1)
    with office_of(YEAR, seed, prepared=prepared, first_day=before) as office:
        sound = office.runtime
        runtime = BreakingRuntime.around(sound, dice)
        store = BreakingStore(sound.store, dice)
        runtime.store = store
        office.runtime = runtime
        year = Year(office, seed=seed, weather=Storms(dice, BEGIN), storm=STORM)
        account = year.live(tet_of(seed))
        # The oracles ask a house that no longer breaks.
        office.runtime = sound
        broken = runtime.broken + runtime.lost + store.away + store.died
        return Lived(account, figures_of(office, account), broken)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_breaks_the_house_holds_together(
    seed: int, broken_days: Callable[[int], Lived]
) -> None:
    found = broken_days(seed)
    assert found.figures.verdict.findings == ()
    assert found.figures.broken == ()
    assert found.broken > 0
    assert found.figures.steps > 0
    kinds = {event.kind for event in found.account.events}
    assert kinds >= {Kind.PLAN_OPENED, Kind.WORKER_SLEPT, Kind.CALENDAR_CHANGED}


@pytest.mark.parametrize(
    ("language", "ends"), [("vi", "mọi bất biến đều giữ."), ("en", "every invariant holds.")]
)
def test_a_year_is_told_in_the_language(
    language: str,
    ends: str,
    broken_days: Callable[[int], Lived],
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = broken_days(0)
    tell(YEAR, 0, found.account, found.figures, Desk(words=load_words(), language=language))
    said = capsys.readouterr().out
    assert said.rstrip().endswith(ends)
    for row in found.figures.processes:
        assert (row.title.en if language == "en" else row.title.vi)[:44] in said
    assert "cli." not in said
    assert "…}" not in said


def test_one_seed_makes_the_same_days_again(
    prepared: Prepared, broken_days: Callable[[int], Lived]
) -> None:
    first, again, other = broken_days(0), live_and_break(0, prepared), broken_days(1)
    assert again.figures.root == first.figures.root
    assert again.figures.heads == first.figures.heads
    assert again.account.events == first.account.events
    assert again.broken == first.broken
    assert other.figures.root != first.figures.root


@contextmanager
def changed(office: Office, column: str, value: Any, *, code: str) -> Iterator[None]:
    """A row of a case, written past the house, and put back."""
    engine = office.runtime.database.engine
    read = text(f"SELECT {column} FROM instance WHERE code = :code")  # noqa: S608 - ours.
    write = text(f"UPDATE instance SET {column} = :value WHERE code = :code")  # noqa: S608 - ours.
    with engine.begin() as connection:
        kept = connection.execute(read, {"code": code}).scalar_one()
        connection.execute(write, {"code": code, "value": value})
    yield
    now = value if column == "code" else code
    with engine.begin() as connection:
        connection.execute(write, {"code": now, "value": kept})


def test_a_sound_office_does_its_work_and_the_oracles_see_what_is_planted(
    prepared: Prepared,
) -> None:
    with office_of(YEAR, SOUND_SEED, prepared=prepared, first_day=SOUND.first) as office:
        year = Year(office, seed=SOUND_SEED)
        account = year.live(SOUND)
        figures = figures_of(office, account)
        assert figures.holds, (figures.verdict.findings, figures.broken)
        assert (account.retried, account.unanswered) == (0, 0)
        ladder = list(figures.escalations.values())
        assert ladder == sorted(ladder, reverse=True), "each level is told of fewer cases"
        assert ladder or SOUND.last < date(YEAR, 2, 1)
        rows = {row.process: row for row in figures.processes}
        assert rows.keys() >= {"internal_audit", "overdue_period_review", "training_campaign"}
        assert rows["internal_audit"].steps > 0
        # Where months lie behind, what they ask for has come to its end.
        if SOUND.last >= date(YEAR, 3, 13):
            for monthly in ("dossier_sampling", "tthc_performance", "overdue_period_review"):
                assert rows[monthly].succeeded > 0, monthly

        with changed(office, "version", 77, code="IA-2026-01"):
            found = figures_of(office, account)
            assert "version_of IA-2026-01" in found.broken
            assert "version_differs" in {fault.code for fault in found.verdict.findings}
        with changed(office, "code", "IA-2026-09", code="IA-2026-01"):
            found = figures_of(office, account)
            assert "codes_of IA-2026" in found.broken
            assert not found.holds
            assert not {fault.code for fault in found.verdict.findings} & {"version_differs"}
