"""Carry the published files of a log into another store, beside the evidence.

1. Checkpoints come last, so that a log that was carried halfway has none.
2. It may be run again, and again while people work. A generation that is further there than here is
   left as it is: the house already works on the new store.
"""

from engine.audit.checkpoint import Checkpoint
from engine.audit.note import parse_note
from engine.audit.profile import AuditInputError
from engine.audit.tile import CHECKPOINT_PATH
from engine.evidence.published import PublishedFiles, PublishedNotFound
from engine.runtime import Runtime


def copy_log(runtime: Runtime, organization_id: str, target: PublishedFiles) -> int:
    """Carry every published file of an organisation; how many were carried.

    Raises:
        OSError: one of the two stores is away.
    """
    if runtime.publishing is None:
        return 0
    source = runtime.publishing.files
    paths = sorted(source.list(organization_id))
    ahead = {
        path.removesuffix(CHECKPOINT_PATH)
        for path in paths
        if path.endswith(f"/{CHECKPOINT_PATH}")
        and _size(target, organization_id, path) > _size(source, organization_id, path)
    }
    wanted = [path for path in paths if not path.startswith(tuple(ahead) or ("\0",))]
    # False sorts before True: the checkpoints stand at the end.
    wanted.sort(key=lambda path: path.endswith(f"/{CHECKPOINT_PATH}"))
    return target.write(
        organization_id, ((path, source.read(organization_id, path)) for path in wanted)
    )


def _size(files: PublishedFiles, organization_id: str, path: str) -> int:
    """How many entries a checkpoint speaks of; -1 where there is none that can be read."""
    try:
        return Checkpoint.parse(parse_note(files.read(organization_id, path)).text).size
    except (PublishedNotFound, AuditInputError):
        return -1
