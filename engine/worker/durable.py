"""The one door to the job engine (DBOS): it runs each job at its time, once among all workers.

1. Its tables are its own: `jobs.db` beside a SQLite database, a schema of their own on PostgreSQL.
   Losing them loses no duty: what falls due and what waits to leave are rows of the house.
2. `jobs.db` is in WAL mode before anybody connects; a later switch would lock a polling worker out.
3. Jobs are recorded as portable JSON, never as pickles, and under one constant application version,
   so that a worker of the next release takes over what this one left.
4. Each start has an id of its own. A worker beats while it lives; what a silent one left unfinished
   is taken up by another (the engine would wait for its own id to come back).
5. The records of finished runs are removed after a day.
6. A worker is noted before it may take a run: another would take that run for one of the dead.
7. Stopping is bounded. What runs may finish, within patience; what does not is named in `left`, and
   as its worker is dismissed, another takes it over. The engine itself would wait without end for a
   job, and tries without end to reach a database that is away.
"""

import logging
import math
import os
import socket
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, ScheduleInput

from engine.commands.note_worker import dismiss_worker, note_worker
from engine.queries.workers import SILENT_AFTER, live_workers
from engine.runtime import Runtime, SystemClock, Unavailable
from engine.worker.schedule import Job

APPLICATION: Final = "quytrinh"
APPLICATION_VERSION: Final = "jobs-1"
SCHEMA: Final = "quytrinh_jobs"
THREADS: Final = 4
RECORDS_KEPT: Final = timedelta(days=1)
PRUNED_AT_ONCE: Final = 500
PATIENCE: Final = timedelta(seconds=10)
BEYOND_PATIENCE: Final = timedelta(seconds=10)
"""For the engine's own threads, after the jobs had theirs."""
FOR_GOODBYE: Final = timedelta(seconds=5)
IDLE_THREADS_END_WITHIN: Final = timedelta(seconds=1)
ENGINE: Final = "dbos"

_log = logging.getLogger("quytrinh.worker")


class Background:
    """A worker: it beats, and runs jobs, until it is stopped. One a process.

    Args:
        jobs: what to run and when.
        beat: how often the worker says that it lives.
        silent_after: after how long without a beat another one is taken for dead.
        sweep_cron: when unfinished runs of the dead are looked for.
        patience: how long jobs that run may go on after `stop`.

    Attributes:
        left: after `stop`, the names of jobs that did not end; their threads still run.
    """

    def __init__(
        self,
        runtime: Runtime,
        jobs: tuple[Job, ...],
        *,
        beat: timedelta = timedelta(seconds=10),
        silent_after: timedelta = SILENT_AFTER,
        sweep_cron: str = "*/30 * * * * *",
        patience: timedelta = PATIENCE,
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._runtime = runtime
        self._jobs = jobs
        self._beat = beat
        self._silent_after = silent_after
        self._sweep_cron = sweep_cron
        self._patience = patience
        self.left: tuple[str, ...] = ()
        self._running: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._heart = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat and to run jobs; returns once both do."""
        note_worker(self._runtime, self.id, socket.gethostname())
        self._heart.start()
        DBOS(config=_config(self._runtime.database.url, executor=self.id))
        schedules = [self._registered(job.name, job.cron, job.run) for job in self._jobs]
        schedules += [
            self._registered("take_over", self._sweep_cron, self._take_over),
            self._registered("prune_records", "0 40 * * * *", _prune),
        ]
        DBOS.launch()
        DBOS.apply_schedules(schedules)

    def stop(self) -> None:
        """End in order, within bounds; nothing new begins, and what did not end is in `left`."""
        self._stopping.set()
        self._bounded("the job engine", self._destroy, self._patience + BEYOND_PATIENCE)
        self.left = self._still_running()
        self._bounded("the last beat", self._say_goodbye, FOR_GOODBYE)

    def _still_running(self) -> tuple[str, ...]:
        """Jobs whose threads are there; the engine, when it is one that only keeps its records."""
        if not any(_ran_on(thread) for thread in threading.enumerate()):
            return ()
        with self._counting:
            return tuple(name for name, runs in self._running.items() if runs) or (ENGINE,)

    def _destroy(self) -> None:
        DBOS.destroy(
            destroy_registry=True,
            workflow_completion_timeout_sec=math.ceil(self._patience.total_seconds()),
        )
        # Those that have nothing to do end at once, now that they are told.
        deadline = time.monotonic() + IDLE_THREADS_END_WITHIN.total_seconds()
        for thread in filter(_ran_on, threading.enumerate()):
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _say_goodbye(self) -> None:
        if self._heart.ident is not None:
            self._heart.join()
        try:
            dismiss_worker(self._runtime, self.id)
        except Unavailable:
            _log.warning("the database is away: this worker is forgotten when it is silent")

    def _bounded(self, what: str, work: Callable[[], None], within: timedelta) -> None:
        """Do a part of ending in a thread that nobody has to wait for."""
        thread = threading.Thread(target=work, name=f"ending {what}", daemon=True)
        thread.start()
        thread.join(timeout=within.total_seconds())
        if thread.is_alive():
            _log.warning("%s did not end within %s", what, within)

    def __enter__(self) -> Self:
        """Start; one that could not is not left half running."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _beat_on(self) -> None:
        while not self._stopping.wait(self._beat.total_seconds()):
            try:
                note_worker(self._runtime, self.id, socket.gethostname())
            except Unavailable:
                # The database is away; jobs fail too, and the next beat tries again.
                _log.warning("no beat: the database is away")

    def _take_over(self) -> int:
        """Queue again what workers left unfinished that are not heard of any more."""
        live = {
            worker.id for worker in live_workers(self._runtime, silent_after=self._silent_after)
        }
        left = [
            run.workflow_id
            for run in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
            if run.executor_id not in live | {self.id}
        ]
        for run_id in left:
            DBOS.resume_workflow(run_id)
        return len(left)

    def _registered(self, name: str, cron: str, run: Callable[[], int]) -> ScheduleInput:
        """Tell the engine of a job; the job's own errors are its outcome, and are logged."""

        @DBOS.workflow(name=name)
        def scheduled(_at: datetime, _context: Any) -> None:
            try:
                with self._counted(name):
                    DBOS.run_step({"name": name}, run)
            except Exception:
                _log.exception("job %s failed", name)
                raise

        return ScheduleInput(schedule_name=name, workflow_fn=scheduled, schedule=cron)

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        """Keep count of what runs, so that it can be named when it does not end."""
        with self._counting:
            self._running[name] += 1
        try:
            yield
        finally:
            with self._counting:
                self._running[name] -= 1


def _ran_on(thread: threading.Thread) -> bool:
    """Whether the engine runs jobs on this thread; such a one keeps the interpreter from ending."""
    return thread.name.startswith("dbos-executor-")


def _prune() -> int:
    """Remove records of runs that ended a day ago."""
    before = SystemClock().now() - RECORDS_KEPT
    old = DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
        completed_before=before.isoformat(),
        limit=PRUNED_AT_ONCE * 20,
        load_input=False,
        load_output=False,
    )
    ids = [run.workflow_id for run in old]
    for start in range(0, len(ids), PRUNED_AT_ONCE):
        DBOS.delete_workflows(ids[start : start + PRUNED_AT_ONCE])
    return len(ids)


def _config(database_url: str, *, executor: str) -> DBOSConfig:
    config = DBOSConfig(
        name=APPLICATION,
        application_version=APPLICATION_VERSION,
        executor_id=executor,
        serializer=DBOSPortableJSONSerializer(),
        max_executor_threads=THREADS,
        sys_db_pool_size=THREADS,
        console_log_level="WARNING",
        log_level="WARNING",
    )
    if database_url.startswith("sqlite"):
        config["system_database_url"] = f"sqlite:///{_prepared_file(database_url)}"
    else:
        config["system_database_url"] = database_url
        config["dbos_system_schema"] = SCHEMA
    return config


def _prepared_file(database_url: str) -> Path:
    """The engine's file beside the database, in WAL mode; the busy timeout comes first."""
    path = Path(database_url.removeprefix("sqlite:///")).parent / "jobs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")
    return path
