"""What no page may part: the same for every writer.

1. A signature never stands alone on a page: what comes before it, of a table its last row, goes
   with it.
2. A short line before a table says what the table is of, and goes with it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from workflows.documents.paper import Block, Group, Pair, Paragraph, Table

INTRODUCTION: Final = 240
"""Signs: a longer paragraph before a table is no introduction."""


def bound(blocks: Sequence[Block], *, last: bool = False) -> Iterator[tuple[Block, bool]]:
    """Every block, and whether its end stays with what follows; `last` is for the last of them."""
    for index, block in enumerate(blocks):
        if index + 1 == len(blocks):
            yield block, last
        else:
            yield block, _holds(block, blocks[index + 1])


def _holds(block: Block, following: Block) -> bool:
    if isinstance(following, Pair):
        return following.look != "heads"
    return (
        isinstance(block, Paragraph)
        and isinstance(_first(following), Table)
        and sum(len(run.text) for run in block.runs) <= INTRODUCTION
    )


def _first(block: Block) -> Block | None:
    """What stands first in a group that begins no page of its own."""
    while isinstance(block, Group):
        if block.page or not block.blocks:
            return None
        block = block.blocks[0]
    return block
