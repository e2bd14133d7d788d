"""The metrics of a service or a message worker while it runs, in the format of Prometheus."""

from collections import Counter as counted  # noqa: N813  # the client has a Counter too
from collections.abc import Sequence
from time import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest

from dedup import __version__
from dedup.model.types import ArticleDecision
from dedup.settings import Settings

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PARAGRAPHS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)


class Metrics:
    """The metrics of one process.

    Args:
        settings: The settings of its filter.
    """

    def __init__(self, settings: Settings) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the client has no types for it
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.paragraphs = Counter(
            "dedup_paragraphs", "Judged paragraphs by decision.", ["decision"], registry=self.registry
        )
        self.records = Counter("dedup_records", "Judged records by result.", ["result"], registry=self.registry)
        self.remembered = Gauge("dedup_remembered", "Paragraphs in the memory.", registry=self.registry)
        self.state_bytes = Gauge("dedup_state_bytes", "Size of the state file.", registry=self.registry)
        self.batch_seconds = Histogram(
            "dedup_batch_seconds", "Time for a batch by step.", ["step"], buckets=_SECONDS, registry=self.registry
        )
        self.batch_paragraphs = Histogram(
            "dedup_batch_paragraphs", "Paragraphs in a batch.", buckets=_PARAGRAPHS, registry=self.registry
        )
        self.last_commit = Gauge(
            "dedup_last_commit_timestamp_seconds", "When the state was last committed.", registry=self.registry
        )
        self.waiting = Gauge("dedup_waiting_requests", "Requests that wait to be judged.", registry=self.registry)
        self.requests = Counter(
            "dedup_http_requests", "Answered requests by status code.", ["code"], registry=self.registry
        )
        info = Gauge(
            "dedup_build_info", "The version and the settings.", ["version", "settings"], registry=self.registry
        )
        info.labels(__version__, settings.fingerprint()).set(1)

    def batch(
        self, results: Sequence[Sequence[ArticleDecision]], judging: float, committing: float, *, remember: bool
    ) -> None:
        """Count a batch.

        Args:
            results: The decisions of each request.
            judging: The seconds that judging took.
            committing: The seconds that the commit took.
            remember: Whether the paragraphs were remembered. Others are not counted.
        """
        if not remember:
            return
        self.batch_seconds.labels("judge").observe(judging)
        self.batch_seconds.labels("commit").observe(committing)
        self.last_commit.set(time())
        self.count([article for result in results for article in result])

    def count(self, articles: Sequence[ArticleDecision]) -> None:
        """Count the decisions of a batch."""
        for outcome, count in counted(article.result for article in articles).items():
            self.records.labels(outcome).inc(count)
        kinds = counted(decision.kind for article in articles for decision in article.decisions)
        for kind, count in kinds.items():
            self.paragraphs.labels(kind).inc(count)
        self.batch_paragraphs.observe(kinds.total())

    def text(self) -> bytes:
        """All metrics as text."""
        return generate_latest(self.registry)
