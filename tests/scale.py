"""How large a test runs: small beside the developer, whole in `.ci/run`, wider still at night.

1. Every test runs in every profile; only its size differs. What a size of one cannot show (two that
   race, a border between two pages) needs at least that size in `dev` too.
2. The profile is Hypothesis's own, so that one word says how long a run may take: `make test` is
   `dev`, `.ci/run` is `ci`, `make test-long` is `nightly`.
3. It is known before a test module is read, so sizes may stand in `parametrize`.
4. A long journey runs on one database beside the developer and on both in `.ci/run`: the engine has
   tests of its own on both in every profile, and the journeys take turns over which one they take.
"""

from typing import Final, TypeVar

import pytest
from hypothesis import settings

PROFILES: Final = ("dev", "ci", "nightly")
DATABASES: Final = ("sqlite", "postgresql")

Size = TypeVar("Size")


def at_scale(*, dev: Size, ci: Size, nightly: Size | None = None) -> Size:
    """The size for the profile in force.

    Args:
        dev: what `make test` runs; of whatever kind fits: a count, the seeds, the weeks to walk.
        ci: the whole of it.
        nightly: more than that; what `ci` runs, when there is no more.
    """
    return of_profile(settings.get_current_profile_name(), dev=dev, ci=ci, nightly=nightly)


def of_profile(profile: str, *, dev: Size, ci: Size, nightly: Size | None = None) -> Size:
    """The size for a profile by name.

    Raises:
        ValueError: the profile is none of the three, so nobody said how large it runs.
    """
    if profile not in PROFILES:
        raise ValueError(f"{profile} is none of {', '.join(PROFILES)}")
    sizes = {"dev": dev, "ci": ci, "nightly": ci if nightly is None else nightly}
    return sizes[profile]


def journey_on(database: str) -> pytest.MarkDecorator:
    """The databases a long journey runs on: this one in `dev`, both everywhere else.

    Raises:
        ValueError: there is no such database.
    """
    if database not in DATABASES:
        raise ValueError(f"{database} is none of {', '.join(DATABASES)}")
    return pytest.mark.parametrize(
        "databases", at_scale(dev=(database,), ci=DATABASES), indirect=True
    )
