"""Change the key under which the logs are signed: both sign for a while, then the new one alone.

1. The new key signs beside the former one from the next checkpoint on, so that whoever pinned that
   one still opens it; each log says in an entry which key is the new one.
2. A former key ends only once every log has a checkpoint that the new one signed too: the log that
   no key of ours opens could not go on.
3. The file of the keys comes first, or last: an entry never names a key that does not sign.
"""

from secrets import token_bytes

from engine.audit.note import SEED_BYTES
from engine.commands.publish_log import PublishedNowhere, publish_log
from engine.errors import Conflict
from engine.runtime import Publishing, Runtime
from engine.transaction.publishing import key_entry


def begin_log_key(runtime: Runtime) -> int:
    """Let a new key sign beside the present one; how many logs tell of it.

    Raises:
        PublishedNowhere: the runtime publishes nothing.
        Conflict: `log_key_changing`: a former key still signs, and must end first.
    """
    publishing = _publishing(runtime)
    if len(publishing.keys.seeds()) > 1:
        raise Conflict("log_key_changing")
    publishing.keys.begin(token_bytes(SEED_BYTES))
    return len(_tell(runtime, publishing, ending=False))


def end_former_log_key(runtime: Runtime) -> int:
    """Let the present key alone sign from now on; how many logs tell of it.

    Raises:
        PublishedNowhere: the runtime publishes nothing.
        Conflict: `log_key_alone`: no former key signs any more.
        NotPublishable: a log cannot be published; the former key goes on signing.
    """
    publishing = _publishing(runtime)
    if len(publishing.keys.seeds()) < 2:
        raise Conflict("log_key_alone")
    told = _tell(runtime, publishing, ending=True)
    for organization_id in told:
        publish_log(runtime, organization_id)
    publishing.keys.end_former()
    return len(told)


def _publishing(runtime: Runtime) -> Publishing:
    if runtime.publishing is None:
        raise PublishedNowhere
    return runtime.publishing


def _tell(runtime: Runtime, publishing: Publishing, *, ending: bool) -> tuple[str, ...]:
    """Write into every log that has a name which keys sign it; whose logs these are."""
    told = []
    for organization in runtime.organizations():
        with runtime.write(organization.id) as uow:
            origins = uow.tables.publications.origins()
            if origins:
                draft = key_entry(uow, publishing, origins[-1].origin, alone=ending)
                uow.tables.log.append(draft)
                uow.commit()
                told.append(organization.id)
    return tuple(told)
