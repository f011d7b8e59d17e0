"""A test says how large it runs, and the commands of the house say which size is meant."""

import re
from pathlib import Path

import pytest
from hypothesis import settings

from tests.scale import DATABASES, PROFILES, at_scale, journey_on, of_profile

ROOT = Path(__file__).parents[2]

COLLECTED_UNDER = settings.get_current_profile_name()
COLLECTED = at_scale(dev=["small"], ci=["small", "whole"], nightly=["small", "whole", "wide"])


@pytest.mark.parametrize("size", COLLECTED)
def test_a_size_may_say_which_cases_there_are(size: str) -> None:
    assert size in COLLECTED


def test_each_profile_has_its_size() -> None:
    sizes = {profile: of_profile(profile, dev=1, ci=10, nightly=100) for profile in PROFILES}

    assert sizes == {"dev": 1, "ci": 10, "nightly": 100}


def test_the_night_runs_at_least_what_ci_runs() -> None:
    assert of_profile("nightly", dev=1, ci=10) == 10


def test_an_unknown_profile_has_no_size() -> None:
    with pytest.raises(ValueError, match="none of dev, ci, nightly"):
        of_profile("default", dev=1, ci=10)


def test_a_long_journey_runs_on_its_database_at_least_and_on_both_in_ci() -> None:
    for database in DATABASES:
        _, taken = journey_on(database).args
        assert database in taken
        assert COLLECTED_UNDER == "dev" or taken == DATABASES
    with pytest.raises(ValueError, match="none of sqlite, postgresql"):
        journey_on("mysql")


def test_the_profile_of_the_command_line_is_known_when_cases_are_collected(
    pytestconfig: pytest.Config,
) -> None:
    asked = pytestconfig.getoption("--hypothesis-profile")

    assert asked in (None, COLLECTED_UNDER)
    assert settings.get_current_profile_name() == COLLECTED_UNDER


def test_the_commands_of_the_house_choose_their_profile() -> None:
    make = (ROOT / "Makefile").read_text("utf-8")
    ci = (ROOT / ".ci" / "run").read_text("utf-8")

    assert re.search(r"^PROFILE \?=$", make, re.MULTILINE), "make test is dev unless told"
    assert re.search(r"^test-long:.*\n.*--hypothesis-profile=nightly", make, re.MULTILINE)
    assert re.search(r"^make test PROFILE=ci$", ci, re.MULTILINE)
