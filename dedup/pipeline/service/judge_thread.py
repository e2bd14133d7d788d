"""A thread that judges the records of waiting requests together, and commits once for all of them."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any

from dedup.errors import ClosedError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import ArticleDecision
from dedup.pipeline.live_metrics import Metrics

_MOST_RECORDS = 4096  # that are judged together


class TooManyRequestsError(Exception):
    """As many requests wait as may wait."""


@dataclass(slots=True)
class Job:
    """The records of one request.

    Attributes:
        records: Strings or mappings with `text` and optionally `id`, `time` and `source`.
        remember: Whether to remember their paragraphs.
        result: The decision on each record, in order.
    """

    records: Sequence[Any]
    remember: bool
    result: Future[list[ArticleDecision]] = field(default_factory=Future)


class JudgeThread:
    """Judges jobs in the order in which they are submitted. A result is set after the commit.

    If the filter fails, for example because its state cannot be written, every waiting and later job gets the error.

    Attributes:
        novelty: The filter.
        error: Why the filter failed, None if it did not.

    Args:
        novelty: The filter.
        most_waiting: The largest number of jobs that wait.
        metrics: The metrics to update.
    """

    def __init__(self, novelty: NoveltyFilter, most_waiting: int, metrics: Metrics) -> None:
        self.error: BaseException | None = None
        self.novelty = novelty
        self._most_waiting = most_waiting
        self._metrics = metrics
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = Lock()
        self._is_stopping = False
        self._thread = Thread(target=self._run, name="judge", daemon=True)
        self._thread.start()

    def submit(self, records: Sequence[Any], *, remember: bool) -> Future[list[ArticleDecision]]:
        """Let records be judged. Returns their decisions, when they are committed.

        Raises:
            TooManyRequestsError: Too many jobs wait.
            ClosedError: The thread stops, or the filter failed.
        """
        job = Job(records, remember)
        with self._lock:
            if self._is_stopping:
                raise ClosedError("the service stops")
            if self.error is not None:
                raise ClosedError(f"the filter failed: {self.error}")
            if self._jobs.qsize() >= self._most_waiting:
                raise TooManyRequestsError
            self._jobs.put(job)
        return job.result

    def stop(self) -> None:
        """Judge the jobs that wait, and end. Later jobs are refused."""
        with self._lock:
            self._is_stopping = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs, is_last = self._with_waiting(job)
            self._metrics.waiting.set(self._jobs.qsize())
            for remember, some in groupby(jobs, lambda job: job.remember):
                self._judge(list(some), remember)
            if is_last:
                break

    def _with_waiting(self, job: Job) -> tuple[list[Job], bool]:
        """A job and those that wait, up to a number of records, and whether the thread then ends."""
        jobs, records = [job], len(job.records)
        while records < _MOST_RECORDS:
            try:
                waiting = self._jobs.get_nowait()
            except Empty:
                break
            if waiting is None:
                return jobs, True
            jobs.append(waiting)
            records += len(waiting.records)
        return jobs, False

    def _judge(self, jobs: list[Job], remember: bool) -> None:
        """Judge jobs and commit them. If that fails, all of them fail."""
        started = perf_counter()
        try:
            if self.error is not None:
                raise self.error
            records = [record for job in jobs for record in job.records]
            decisions = iter(self.novelty.decide_articles(records, remember=remember, on_error="yield"))
            results = [[next(decisions) for _ in job.records] for job in jobs]
            judged = perf_counter()
            if remember:
                self.novelty.commit()
        except BaseException as error:  # the memory may differ from what was answered
            self.error = error
            for job in jobs:
                job.result.set_exception(ClosedError(f"the filter failed: {error}"))
            return
        self._metrics.batch(results, judged - started, perf_counter() - judged, remember=remember)
        for job, result in zip(jobs, results, strict=True):
            job.result.set_result(result)
