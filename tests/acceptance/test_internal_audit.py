"""An internal audit from opening to closing, and another to cancellation, over HTTP alone."""

from engine.queries.audit_trail import verify_log
from tests.acceptance.audit_journey import Journey
from tests.acceptance.conftest import Served
from tests.fixtures import OFFICE


def test_an_audit_is_taken_to_closed_and_refused_at_every_gate(served: Served) -> None:
    journey = Journey(desk=served.desk, move_clock=served.move_clock)

    audit = journey.closed_audit()

    found = served.desk("external_auditor").instance(audit)
    assert (found["state"], found["final"]) == ("closed", "success")
    figures = {
        figure["name"]: (figure["numerator"], figure["denominator"])
        for figure in served.desk("external_auditor").get(f"/instances/{audit}/figures")["items"]
    }
    assert figures["units_audited"] == (3, 3)
    assert figures["clauses_audited"] == (3, 3)
    assert figures["finished_in_third_quarter"] == (1, None)
    assert len(journey.slips()) == 5
    assert sorted(slip["state"] for slip in journey.slips()) == ["closed_effective"] * 4 + [
        "reissued"
    ]
    refused = served.desk("external_auditor").get("/log", outcome="refused", limit=200)["items"]
    assert len(refused) > 20
    verdict = verify_log(served.office.runtime, OFFICE)
    assert verdict.findings == ()
    assert verdict.files > 20


def test_an_audit_is_postponed_resumed_and_cancelled(served: Served) -> None:
    journey = Journey(desk=served.desk, move_clock=served.move_clock)

    audit = journey.cancelled_audit()

    found = served.desk("director").instance(audit)
    assert (found["state"], found["final"]) == ("cancelled", "aborted")
    assert found["available"] == []
    assert verify_log(served.office.runtime, OFFICE).findings == ()
