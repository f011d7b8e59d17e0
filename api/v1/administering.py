"""What the addresses of administration share: refusals and ids that were made."""

from collections.abc import Callable

from api.dependencies import Asked, Reply
from api.problems import problem_of_refusal
from engine.commands.manage_accounts import NotAllowed
from engine.machine.decision import Unmet


def refused(asked: Asked, outcome: NotAllowed) -> Reply:
    """The answer to somebody who may not administer."""

    def explain(unmet: Unmet) -> str:
        return asked.say(f"unmet.{unmet.code.value}", who_can=unmet.who_can)

    return asked.reply(problem_of_refusal(outcome.refused, explain=explain))


def done(
    asked: Asked, outcome: str | NotAllowed | None, then: Callable[[str], Reply] | None = None
) -> Reply:
    """The answer to a change of administration: what was made, or that it is done."""
    if isinstance(outcome, NotAllowed):
        return refused(asked, outcome)
    if then is not None and outcome is not None:
        return then(outcome)
    return Reply(status=204, body=None)


def made(address: str) -> Callable[[str], Reply]:
    """The answer with the id of what was made, and where it is."""

    def reply(made_id: str) -> Reply:
        return Reply(status=201, body={"id": made_id}, headers={"Location": f"{address}/{made_id}"})

    return reply
