"""`quytrinh simulate`: its first days in a copy, as JSON."""

import json

import pytest

from api.cli.main import run


def test_a_few_days_are_lived_told_and_verified(capsys: pytest.CaptureFixture[str]) -> None:
    line = ("--lang", "en", "simulate", "2027", "--until", "2027-01-04")
    assert run((*line, "--seed", "5", "--format", "json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["year"], told["seed"], told["intact"], told["broken"]) == (2027, 5, True, [])
    opened = next(event for event in told["timeline"] if event["kind"] == "plan_opened")
    assert opened["on"] == "2027-01-04"
    assert {"IA-2027-01", "SR-2027-01", "TC-2027-01"} <= set(opened["cases"])
    assert {row["process"] for row in told["processes"]} >= {"internal_audit", "steering_review"}
    assert told["log"]["entries"] > 0


def test_a_day_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("simulate", "2027", "--until", "tomorrow")) == 2
    assert "tomorrow" in capsys.readouterr().err
