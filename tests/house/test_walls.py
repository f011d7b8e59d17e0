"""What the import contracts cannot say: tables stay on their floor."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABOVE_STORAGE = sorted(
    path
    for room in (
        "engine/commands",
        "engine/queries",
        "engine/transaction",
        "engine/worker",
        "api",
    )
    for path in (ROOT / room).rglob("*.py")
)


def table_imports(source: str) -> list[str]:
    """The names of tables (`…Row`) that a source takes from the storage floor."""
    return [
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine.storage")
        for alias in node.names
        if alias.name.endswith("Row")
    ]


@pytest.mark.parametrize("path", ABOVE_STORAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_table_is_seen_above_the_storage_floor(path: Path) -> None:
    assert table_imports(path.read_text("utf-8")) == []


def test_a_table_that_climbs_is_found() -> None:
    climbing = "from engine.storage.instances import Filter, InstanceRow"
    assert table_imports(climbing) == ["InstanceRow"]
