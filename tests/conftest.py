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

LONG = ("tests/browser/", "tests/acceptance/")
JOURNEYS = (
    "tests/acceptance/test_overdue_dossiers.py",
    "tests/acceptance/test_steering_review.py",
    "tests/acceptance/test_training_campaign.py",
    "tests/acceptance/test_year_of_exports.py",
    "tests/api/test_city_tasks.py",
    "tests/browser/test_pages.py",
    "tests/browser/test_steering_review.py",
    "tests/browser/test_training_campaign.py",
    "tests/browser/test_year_of_exports.py",
    "tests/cli/test_serving.py",
    "tests/demonstration/",
    "tests/security/attacks/",
    "tests/security/test_crash.py",
    "tests/simulation/",
    "tests/worker/test_background.py",
)
"""What lives through a whole process, story or year, walks every page at every width, or kills real
processes over and over: a fiftieth of the tests and two fifths of their time. `make test` leaves
them to `make test-journeys`, `.ci/run` calls both, and whoever runs pytest runs everything. The
internal audit, over HTTP and in a browser, belongs to `make test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the journeys. The long ones go first: begun last, one would keep a lone core busy."""
    for item in items:
        if item.nodeid.startswith(JOURNEYS):
            item.add_marker(pytest.mark.journey)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
