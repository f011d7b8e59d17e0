"""What a monitor reads of a process: requests, how long they took, what waits in the background.

1. Served only where a token is set (`QUYTRINH_METRICS_TOKEN`), and only to who sends it: numbers of
   an office are nobody else's business. Without one the address does not exist.
2. Labels are patterns of addresses, known methods and statuses: nothing that a stranger chooses, so
   that nobody can fill the memory with names.
3. Several web processes write to files of one folder (`api.settings.share_metrics`), and any of
   them tells the sum.
4. Queues are counted when they are asked for; a database that is away leaves them out and says so
   by `quytrinh_database_up 0`.
"""

import hmac
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from typing_extensions import override

from api.settings import shared_metrics
from engine.queries.background import installation_queues
from engine.queries.workers import live_workers
from engine.runtime import Runtime, SystemClock, Unavailable

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_1_0_0
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one web process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "quytrinh_http_requests",
            "Requests answered, by pattern of address",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "quytrinh_http_request_seconds",
            "How long requests took",
            ("method", "route"),
            buckets=SECONDS,
            registry=self._registry,
        )

    def count(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; status 0 is a connection that ended before an answer."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        requests: CollectorRegistry = self._registry
        folder = shared_metrics()
        if folder is not None:
            requests = CollectorRegistry()
            MultiProcessCollector(requests, path=folder)  # type: ignore[no-untyped-call]
        work = CollectorRegistry()
        work.register(_Work(self._runtime))
        return generate_latest(requests) + generate_latest(work)


def is_let_in(header: str | None, token: str) -> bool:
    """Whether an `Authorization` header carries the token by its scheme, in constant time.

    The name of the scheme may be written in either case (RFC 9110 §11.1).
    """
    scheme, _, given = (header or "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


class _Work(Collector):
    """Queues and workers, counted at each reading."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @override
    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("quytrinh_database_up", "1 while the database answers")
        try:
            queues = installation_queues(self._runtime)
            workers = live_workers(self._runtime)
        except Unavailable:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        now = SystemClock().now()
        waiting = GaugeMetricFamily(
            "quytrinh_queue_waiting", "Work that could be done now", labels=("queue",)
        )
        age = GaugeMetricFamily(
            "quytrinh_queue_oldest_seconds",
            "How long the first of it has waited",
            labels=("queue",),
        )
        failed = GaugeMetricFamily(
            "quytrinh_queue_failed", "Work that was given up", labels=("queue",)
        )
        for queue in queues:
            waited = (
                0.0
                if queue.oldest is None
                else (self._runtime.clock.now() - queue.oldest).total_seconds()
            )
            waiting.add_metric((queue.name,), queue.waiting)
            age.add_metric((queue.name,), max(0.0, waited))
            failed.add_metric((queue.name,), queue.failed)
        yield from (waiting, age, failed)
        alive = GaugeMetricFamily("quytrinh_workers", "Background workers heard of lately")
        alive.add_metric((), len(workers))
        yield alive
        heard = GaugeMetricFamily(
            "quytrinh_worker_silent_seconds", "Since the latest worker was heard of"
        )
        if workers:
            heard.add_metric((), (now - max(w.seen_at for w in workers)).total_seconds())
            yield heard
