"""Signing a step with a key: what is to be signed, and the keys that may.

1. A step that is signed is taken in two requests: this one says what to sign, `POST …/transitions`
   brings the answer under `signature`. Both say the same; what differs is refused, and signed anew.
2. Keys are enrolled and revoked on the account page alone, in a browser, with the password: no
   token can give itself one.
3. Whoever has no key sends the password with the step, and the log marks that as weaker. It is no
   lawful signature either way.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from api.auth.keys import signing_options
from api.dependencies import Circumstances, Reader, Reply, Stepper, Version, send, standpoint
from api.problems import problem_of_refusal
from api.v1.instances import explainer
from api.v1.transitions import WantedStep, advance_request, overtaken, read_step
from engine.commands.advance_instance import Stale, ask_for_signature
from engine.commands.manage_keys import keys_of
from engine.errors import NotFound
from engine.machine.decision import NotAvailable, Refused

router = APIRouter(tags=["signing"])


class AskedBody(BaseModel):
    """What is to be signed.

    Attributes:
        id: what the step names under `signature.request`.
        options: for `navigator.credentials.get`, bytes in base64url.
        meaning: what the signature will stand for.
        at: the time that the statement bears; `expires_at`: until when the answer must come.
    """

    id: str
    options: dict[str, Any]
    signer: str
    meaning: dict[str, str]
    at: str
    expires_at: str


class KeyBody(BaseModel):
    """A key of the caller."""

    id: str
    name: str
    algorithm: str
    enrolled_at: str
    used_at: str | None


class KeysBody(BaseModel):
    """The keys of the caller that were not revoked."""

    items: list[KeyBody]
    next: None = None


@router.post(
    "/instances/{instance}/signing", summary="Ask what a step signs", response_model=AskedBody
)
def post_signing(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    version: Version,
    wanted: Annotated[WantedStep, Depends(read_step)],
) -> Response:
    """Say what the caller's key shall sign for a step; nothing is taken yet."""
    _, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)
    request = advance_request(caller, instance, version, wanted)
    try:
        found = ask_for_signature(asked.house.runtime, request)
    except (Stale, NotAvailable) as error:
        return asked.problem(overtaken(asked, request, error))
    transition = wanted.command.transition
    if isinstance(found, Refused):
        explain = explainer(asked, compiled.process, transition=transition)
        return asked.problem(problem_of_refusal(found, explain=explain, of=transition))
    if found is None:
        raise NotFound("step_not_signed", transition=transition)
    body = AskedBody(
        id=found.id,
        options=signing_options(found),
        signer=caller.person,
        meaning=dict(found.meaning),
        at=str(asked.at(found.at, caller.organization_id)),
        expires_at=str(asked.at(found.expires_at, caller.organization_id)),
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


@router.get("/me/keys", summary="My keys", response_model=KeysBody)
def get_my_keys(caller: Reader, asked: Circumstances) -> Response:
    """List the caller's keys."""
    items = [
        KeyBody(
            id=key.id,
            name=key.name,
            algorithm=key.algorithm,
            enrolled_at=str(asked.at(key.enrolled_at, caller.organization_id)),
            used_at=asked.at(key.used_at, caller.organization_id),
        )
        for key in keys_of(asked.house.runtime, caller)
    ]
    return send(Reply(status=200, body=KeysBody(items=items).model_dump(mode="json")))
