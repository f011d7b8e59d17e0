"""A fault of a definition as a value: where it stands, which code it has, what fills its sentence.

1. One code, one fault. The sentences and mends in Vietnamese and English are words of the house
   (`api/locale/<language>/findings.json`), found there under `Finding.words` and `.mend`.
2. A code with several ways of being wrong names the way in `params["kind"]`; the way has a
   sentence of its own.
3. Codes that begin with E are errors: such a definition is not published. W warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Path = tuple[str | int, ...]


class Severity(StrEnum):
    """How much a finding weighs: an error keeps a definition from being published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both from 1, as editors count."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in one file.

    Attributes:
        path: keys and indices that lead to the node, such as `transitions.submit.from.0`.
        params: plain values for the sentence; `kind` chooses among the sentences of a code.
    """

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    path: str
    params: Mapping[str, Any]

    @property
    def words(self) -> str:
        """The key of its sentence: `finding.E11`; `finding.E07.missing` where a code has kinds."""
        kind = self.params.get("kind")
        return f"finding.{self.code}.{kind}" if kind else f"finding.{self.code}"

    @property
    def mend(self) -> str:
        """The key of the sentence that says how to mend it."""
        return f"{self.words}.mend"


@dataclass(frozen=True, slots=True)
class Places:
    """Where each node of a file stands; a path that is not spelt out has its parent's place."""

    file: str = "-"
    positions: Mapping[Path, Position] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, path: Path) -> Position:
        """The position of a node, or of the nearest node above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.positions:
                return self.positions[path[:length]]
        return Position()

    def finding(self, code: str, path: Path, /, **params: Any) -> Finding:
        """Make the finding of a code at a path."""
        position = self.at(path)
        return Finding(
            code=code,
            severity=Severity.WARNING if code.startswith("W") else Severity.ERROR,
            file=self.file,
            line=position.line,
            column=position.column,
            path=".".join(str(part) for part in path),
            params=MappingProxyType(params),
        )


def in_order(findings: list[Finding]) -> list[Finding]:
    """Sort findings as a reader meets them: by place, then by code."""
    return sorted(findings, key=lambda f: (f.file, f.line, f.column, f.code, f.path))
