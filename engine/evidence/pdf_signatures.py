"""The signatures inside a PDF, judged offline and within bounds.

1. The file is read by a process of its own, which is ended when it takes too long. What it did not
   tell is told as a problem: a file that cannot be checked is a file without a signature.
2. Roots are folders of certificates that whoever runs the house chose; none is shipped. There are
   two sets, public authorities and the Government's, and a requirement may ask for either.
3. The report is kept with the file as it was when it came in. Certificates expire; reports do not.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO, Final

SETS: Final = ("national", "government")
SECONDS: Final = 30
BYTES: Final = 1 << 30
LEVELS: Final = ("broken", "intact", "trusted")

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignatures:
    """Checks PDFs.

    Attributes:
        roots: set → folder of its certificates; a set without a folder is trusted by nobody.
        seconds: of computing time; twice as many on the clock.
        bytes_max: of memory.
    """

    roots: Mapping[str, Path] = field(default_factory=dict)
    seconds: int = SECONDS
    bytes_max: int = BYTES

    def report(self, stream: BinaryIO) -> Report:
        """What there is to say of the signatures of a PDF, read from its beginning."""
        stream.seek(0)
        command = [sys.executable, "-m", "engine.evidence.pdf_reading"]
        command += [str(self.seconds), str(self.bytes_max)]
        command += [f"{name}={folder}" for name, folder in self.roots.items()]
        with tempfile.TemporaryFile() as copy:
            copyfileobj(stream, copy)
            copy.seek(0)
            try:
                done = subprocess.run(  # noqa: S603 - our own module, and paths from the settings.
                    command,
                    stdin=copy,
                    capture_output=True,
                    timeout=self.seconds * 2,
                    check=False,
                    env={"PYTHONPATH": ":".join(part for part in sys.path if part)},
                )
            except subprocess.TimeoutExpired:
                return _problem("too_slow")
        try:
            told = json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            told = None
        return told if isinstance(told, dict) else _problem("too_much")


def _problem(code: str) -> Report:
    return {"problem": code, "signatures": []}
