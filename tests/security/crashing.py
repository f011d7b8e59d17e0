"""A process that imports everything once and forks a server for each line it reads.

A line is JSON: `database`, `folder`, `port`. The answer is the server's process id, which the test
kills as it likes. The parent has no threads and no connections, so that a fork copies neither.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import uvicorn

from api.app import configure_logging, create_app
from api.settings import Settings
from engine.evidence.published_disk import PublishedFolder
from engine.runtime import Runtime, TimeOrderedIds
from engine.storage.database import Database
from engine.worker.jobs import publish_logs
from tests.fixtures import MovedClock, runtime_on
from tests.publishing import publish_in


def serve(told: dict[str, str]) -> None:
    """Serve until somebody ends the process."""
    folder = Path(told["folder"])
    runtime = runtime_on(Database(told["database"]), folder, MovedClock())
    runtime.ids = TimeOrderedIds()
    publish_in(runtime, PublishedFolder(folder / "published"))
    threading.Thread(target=publish_on, args=(runtime,), daemon=True).start()
    address = f"http://127.0.0.1:{told['port']}"
    settings = Settings(
        data_dir=folder, base_url=address, step_per_minute=100_000, read_per_minute=100_000
    )
    uvicorn.run(create_app(runtime, settings), port=int(told["port"]), log_level="error", ws="none")


def publish_on(runtime: Runtime) -> None:
    """Publish the log again and again, so that a kill meets every moment of it."""
    while True:
        publish_logs(runtime)
        # Whoever asks without a pause whether there is anything new leaves no core to the others.
        time.sleep(0.02)


def main() -> None:
    """Fork a server a line; whoever still lives when the test is over ends with it."""
    configure_logging()
    living: set[int] = set()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(json.loads(line))
            os._exit(0)
        living.add(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        living -= {pid for pid in living if os.waitpid(pid, os.WNOHANG)[0]}
    for pid in living:
        # Nobody else can have this id: it was not waited for yet.
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
