"""`serve`, `worker` and `demo`: what runs until it is told to stop.

1. The address is bound before anything is said: a busy port is a sentence, not a log line.
2. The worker runs inside the web process unless told otherwise; with several web processes it runs
   in the one that watches over them.
3. A signal ends everything in order and in bounded time: requests and jobs may finish first, and
   what does not finish is left (`ending.py`).
"""

import signal
import socket
import tempfile
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Annotated, Any, Final

import typer
import uvicorn
from fastapi import FastAPI
from typing_extensions import override
from uvicorn.supervisors import Multiprocess

from api.app import configure_logging, create_app
from api.bootstrap import (
    build_runtime,
    is_demonstration,
    open_database,
    open_store,
    upgrade_database,
)
from api.cli.database import publish_known
from api.cli.desk import Desk, complain, desk_of, settings_for
from api.cli.ending import Ending, leave_behind
from api.cli.exits import exits_of
from api.cli.publication import prove_logs
from api.demonstration.loading import (
    accounts,
    kept_password,
    load_into,
    load_into_new_file,
    with_kept_clock,
)
from api.language import show_day
from api.settings import Settings, share_metrics
from engine.errors import Conflict
from engine.runtime import Runtime, SystemClock
from engine.worker.durable import Background
from engine.worker.schedule import schedule

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ENDED_BY: Final = (signal.SIGTERM, signal.SIGINT)
REQUESTS_END_WITHIN_SECONDS: Final = 20

Host = Annotated[str | None, typer.Option(help="Địa chỉ lắng nghe · Address to listen on")]
Port = Annotated[int | None, typer.Option(help="Cổng · Port")]


@app.command()
def serve(
    context: typer.Context,
    *,
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Số tiến trình web · Number of web processes")
    ] = 1,
    worker: Annotated[
        bool, typer.Option(help="Kèm tiến trình nền · With the background worker")
    ] = True,
) -> None:
    """Serve the pages and the API."""
    desk = desk_of(context)
    settings = with_kept_clock(settings_for(host=host, port=port))
    runtime = desk.runtime(settings)
    with _bound(settings) as address:
        desk.prove_store(runtime.store)
        prove_logs(desk, runtime)
        desk.tell("serving", address=settings.public_url)
        desk.tell_what_is_missing(runtime)
        _serve(desk, runtime, settings, address, workers=workers, worker=worker)


@app.command()
def worker(context: typer.Context) -> None:
    """Run background jobs until a signal comes."""
    desk = desk_of(context)
    settings = settings_for()
    runtime = desk.runtime(settings)
    desk.prove_store(runtime.store)
    prove_logs(desk, runtime)
    configure_logging()
    ending = Ending(lambda: complain(desk.say("not_ended")))
    ending.heed(*ENDED_BY)
    background = _background(runtime, settings)
    with background:
        desk.tell("working", database=runtime.database.engine.url.render_as_string())
        ending.wait()
    _leave_what_runs(desk, background)


@app.command()
def demo(context: typer.Context, *, host: Host = None, port: Port = None) -> None:
    """Bring the database to head, load the demonstration where it may be, and serve."""
    desk = desk_of(context)
    settings = settings_for(host=host, port=port)
    with _bound(settings) as address:
        # Before a demonstration is loaded: a store that cannot be used would leave half of one.
        desk.prove_store(open_store(settings))
        settings = _prepared(desk, settings)
        runtime = desk.runtime(settings)
        prove_logs(desk, runtime)
        if settings.definitions and is_demonstration(runtime):
            publish_known(runtime, settings.definitions)
        _introduce(desk, runtime, settings)
        _serve(desk, runtime, settings, address, workers=1, worker=True)


def web() -> FastAPI:
    """The application of one of several web processes, which make it themselves."""
    settings = with_kept_clock(settings_for())
    configure_logging()
    return create_app(build_runtime(settings), settings)


def _prepared(desk: Desk, settings: Settings) -> Settings:
    """Load what may be loaded; the settings with the clock of the demonstration."""
    year = SystemClock().now().year
    password = kept_password(settings.data_dir)
    place = settings.data_dir / "quytrinh.db"
    if settings.uses_default_database and not place.exists():
        desk.tell("loading")
        start = load_into_new_file(settings, year=year, password=password).start
        return _on_clock(settings, start.isoformat())
    database = open_database(settings)
    upgrade_database(database)
    runtime = build_runtime(settings, database=database)
    if runtime.organizations():
        publish_known(runtime, ())
    elif settings.uses_default_database or settings.demo:
        desk.tell("loading")
        start = load_into(database, settings, year=year, password=password).start
        settings = _on_clock(settings, start.isoformat())
    else:
        desk.tell("not_loaded")
    database.close()
    return with_kept_clock(settings)


def _on_clock(settings: Settings, start: str) -> Settings:
    """A clock that the operator set holds; else the demonstration's own."""
    return settings if settings.clock else settings.model_copy(update={"clock": start})


def _introduce(desk: Desk, runtime: Runtime, settings: Settings) -> None:
    """Say where the house is, what time it is there, and who may come in."""
    desk.tell("serving", address=settings.public_url)
    if not is_demonstration(runtime):
        return
    zone = runtime.organizations()[0].timezone
    with runtime.read(runtime.organizations()[0].id) as uow:
        now = runtime.clock.now().astimezone(uow.zone)
    day = show_day(now.date(), desk.language)
    desk.tell("demonstration_clock", time=f"{now:%H:%M}", day=day, zone=zone)
    desk.tell("demonstration_password", password=kept_password(settings.data_dir))
    for username, name in accounts():
        typer.echo(f"  {username:<32}{name}")
    desk.tell("stop_hint")


def _bound(settings: Settings) -> socket.socket:
    """The socket to listen on.

    Raises:
        Conflict: `address_in_use`, or one that is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as fault:
        raise Conflict(
            "address_in_use", host=settings.host, port=settings.port, problem=fault.strerror
        ) from fault


def _serve(
    desk: Desk,
    runtime: Runtime,
    settings: Settings,
    address: socket.socket,
    *,
    workers: int,
    worker: bool,
) -> None:
    configure_logging()
    background = _background(runtime, settings) if worker else None
    try:
        if workers == 1:
            entered = (lambda: background) if background is not None else None
            _serve_alone(desk, create_app(runtime, settings, background=entered), address)
        else:
            _serve_with_others(desk, workers, address, background or nullcontext())
    finally:
        if background is not None:
            _leave_what_runs(desk, background)


def _serve_alone(desk: Desk, app: FastAPI, address: socket.socket) -> None:
    # uvicorn ends in order and then raises the signal again: that must not kill the process.
    for number in ENDED_BY:
        signal.signal(number, _leave)
    config = uvicorn.Config(app, **_manner())
    _Server(config, Ending(lambda: complain(desk.say("not_ended")))).run(sockets=[address])


def _serve_with_others(
    desk: Desk,
    workers: int,
    address: socket.socket,
    background: AbstractContextManager[object],
) -> None:
    folder = tempfile.TemporaryDirectory(prefix="quytrinh-metrics-")
    share_metrics(folder.name)
    config = uvicorn.Config("api.cli.serving:web", factory=True, workers=workers, **_manner())
    watcher = Multiprocess(config, sockets=[address])

    def too_late() -> None:
        complain(desk.say("not_ended"))
        for process in watcher.processes:
            process.kill()

    ending = Ending(too_late)

    def told(number: int, _frame: FrameType | None) -> None:
        ending.begin()
        watcher.signal_queue.append(number)

    for number in ENDED_BY:
        signal.signal(number, told)
    with folder, background:
        watcher.run()


class _Server(uvicorn.Server):
    """A server whose end is bounded from the signal on, not from when it gets to it."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._ending.begin()
        super().handle_exit(sig, frame)


def _manner() -> dict[str, Any]:
    """How every web process serves."""
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": REQUESTS_END_WITHIN_SECONDS,
    }


def _leave_what_runs(desk: Desk, background: Background) -> None:
    leave_behind(background.left, lambda jobs: complain(desk.say("jobs_left", jobs=jobs)))


def _background(runtime: Runtime, settings: Settings) -> Background:
    return Background(runtime, schedule(runtime, exits_of(settings)))


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
