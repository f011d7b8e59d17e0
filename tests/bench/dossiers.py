"""`make bench`: an export counted by the product beside bare scripts, in turns, in one run.

Each contender is a process of its own over the same file; told are medians of time, the greatest
peak of memory, and the ratio to the reference of `performance.md` (G12: the product's default path
>= 0.9 of the reference's speed and <= 100 MB at ten million rows). Nothing here passes or fails.

    python -m tests.bench.dossiers [ROWS] [TURNS]
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.bare_dossiers import CHECKED
from tests.dossier_exports import CLEAN, Style, write_csv

WINDOW = ("--from", "2026-04-01", "--to", "2026-06-30")


def contenders(file: Path, dirty: Path) -> dict[str, tuple[str, ...]]:
    """Name → module and arguments."""
    told = ("api.cli", "dossiers", "analyse")
    return {
        "reference: days late, Pareto": ("tests.bench.bare_dossiers", "reference", str(file)),
        "bare script, every figure": ("tests.bench.bare_dossiers", "same", str(file)),
        "fair bare script, checks too": ("tests.bench.bare_dossiers", "checked", str(file)),
        "product, every figure, checks": (*told, str(file), *WINDOW, "--format", "json"),
        "product, the same with dirt": (*told, str(dirty), *WINDOW, "--format", "json"),
    }


def run(line: tuple[str, ...]) -> tuple[float, float, int, Any]:
    """Seconds, seconds of CPU, peak in kibibytes, and the answer, of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, our own lines.
            [sys.executable, "-m", *line], stdout=out, stderr=subprocess.DEVNULL
        )
        peak = _peak(process)
        seconds = time.perf_counter() - begun
        if process.returncode:
            raise SystemExit(f"{line}: {process.returncode}")
        out.seek(0)
        answer = json.loads(out.read())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, peak, answer


def _peak(process: subprocess.Popen[bytes]) -> int:
    """The greatest resident memory of a process, looked at until it ends."""
    status = Path(f"/proc/{process.pid}/status")
    peak = 0
    while process.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            continue
        found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
        peak = max([peak, *found])
        time.sleep(0.05)
    return peak


def main() -> None:
    """Make the files, let the contenders take turns, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        file, dirty = Path(folder) / "clean.csv", Path(folder) / "dirty.csv"
        write_csv(file, rows, seed=1, style=CLEAN)
        write_csv(dirty, rows, seed=1, style=Style())
        _say(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, {turns} turns")
        lines = contenders(file, dirty)
        taken: dict[str, list[tuple[float, float, int]]] = {name: [] for name in lines}
        for _ in range(turns):
            for name, line in lines.items():
                seconds, cpu, peak, _answer = run(line)
                taken[name].append((seconds, cpu, peak))
        _say(f"the reference leaves out: {CHECKED}")
        base = statistics.median(one[1] for one in next(iter(taken.values())))
        _say(f"{'':32} {'rows/s':>9} {'s':>8} {'CPU s':>8} {'MB':>6} {'CPU ratio':>9}")
        for name, found in taken.items():
            seconds, cpu = (statistics.median(one[place] for one in found) for place in (0, 1))
            peak = max(one[2] for one in found) / 1024
            told = f"{rows / seconds:9,.0f} {seconds:8.2f} {cpu:8.2f} {peak:6.0f} {base / cpu:9.2f}"
            _say(f"{name:32} {told}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
