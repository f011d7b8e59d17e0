"""What every test shares: the budgets of Hypothesis.

`dev` is quick, `ci` repeats itself exactly, `nightly` looks long. `HYPOTHESIS_PROFILE` chooses;
`--hypothesis-profile` on the command line wins over it.
"""

import gc
import os

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

pytest_plugins = ["tests.fixtures", "tests.s3_server", "tests.shared_statements"]

JOURNEYS = ("tests/browser/", "tests/acceptance/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long journeys go first: begun last, one of them would keep a lone core busy."""
    items.sort(key=lambda item: not item.nodeid.startswith(JOURNEYS))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
