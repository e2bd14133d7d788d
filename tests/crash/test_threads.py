"""One filter and several threads or processes: results equal some order of the calls, and misuse raises an error."""

import copy
import multiprocessing
import os
import pickle
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from helpers.strategies import lively

from dedup import NoveltyFilter, Paragraph
from dedup.errors import ClosedError

THREADS = 8
WAYS: list[dict[str, Any]] = [{}, {"window": "30d"}, {"max_paragraphs": 100_000, "refresh": True}]


def in_threads(work: Callable[[int], None]) -> None:
    """Run `work` in several threads at once. Raises what any of them raises."""
    errors: list[BaseException] = []

    def detect_updates(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=detect_updates, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def unicode_feed(number: int, count: int) -> list[Paragraph]:
    """The same paragraphs for every thread in different orders, with characters that no text contained before."""
    feed = [
        Paragraph(
            f"{chr(0x400 + 7 * place)}{chr(0x4E00 + 11 * place)} report {place} {chr(0x1F00 + place % 99)} of day"
        )
        for place in range(count)
    ]
    return feed[number * 31 % count :] + feed[: number * 31 % count]


@pytest.mark.parametrize("settings", WAYS)
@pytest.mark.parametrize("durable", [False, True])
def test_equal_texts_from_many_threads(settings: dict[str, Any], durable: bool, tmp_path: Path) -> None:
    """Each text is novel for one thread and exact for the others, and all texts are remembered."""
    path = tmp_path / "feed.dedup" if durable else None
    kinds: Counter[str] = Counter()
    with NoveltyFilter(**settings, min_words=50, state=path) as novelty:

        def work(number: int) -> None:
            found = Counter(decision.kind for decision in novelty.judge(unicode_feed(number, 600)))
            with lock:
                kinds.update(found)

        lock = threading.Lock()
        in_threads(work)
        assert kinds == {"novel": 600, "exact": 600 * (THREADS - 1)}
        assert len(novelty) == 600
    if path is not None:
        with NoveltyFilter(**settings, min_words=50, state=path) as novelty:
            assert {decision.kind for decision in novelty.judge(unicode_feed(0, 600))} == {"exact"}


@pytest.mark.parametrize("settings", WAYS)
def test_results_are_those_of_some_order(settings: dict[str, Any]) -> None:
    """Judging the paragraphs again, in the order in which threads got their decisions, gives the same decisions."""
    novelty = NoveltyFilter(**settings)
    order: list[tuple[str, str | None]] = []
    feeds = [lively(150, seed=number % 3) for number in range(THREADS)]
    by_id: dict[str | None, Paragraph] = {}
    for number, feed in enumerate(feeds):
        feeds[number] = [Paragraph(paragraph.text, f"{number}-{k}", paragraph.time) for k, paragraph in enumerate(feed)]
        by_id |= {paragraph.id: paragraph for paragraph in feeds[number]}
    decide = novelty._engine.advance

    def advance(work: Any, stop: int) -> None:
        decide(work, stop)
        order.append((work.labels.ids[stop - 1], None))

    novelty._engine.advance = advance  # type: ignore[method-assign]  # records the order, inside the lock
    found: dict[str | None, Any] = {}

    def work(number: int) -> None:
        for decision in novelty.judge(feeds[number], batch_size=1 + 5 * number):
            found[decision.paragraph.id] = decision

    in_threads(work)
    again = NoveltyFilter(**settings).judge([by_id[id_] for id_, _ in order])
    assert [found[id_] for id_, _ in order] == list(again)


def test_a_web_handler(tmp_path: Path) -> None:
    """A threaded web server whose handlers share a filter with a state drops each text except the first."""
    with NoveltyFilter(state=tmp_path / "feed.dedup", window="7d") as novelty:

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = orjson.dumps(novelty.judge_one(text).kind)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        kinds: Counter[str] = Counter()
        lock = threading.Lock()

        def client(number: int) -> None:
            for place in range(40):
                request = urllib.request.Request(address, f"Report {place} from the harbour of the island".encode())
                with urllib.request.urlopen(request) as answer:  # noqa: S310  # our own server
                    kind = orjson.loads(answer.read())
                with lock:
                    kinds[kind] += 1

        try:
            in_threads(client)
        finally:
            server.shutdown()
            server.server_close()
        assert kinds["exact"] == 40 * (THREADS - 1)
        assert kinds["novel"] + kinds["update"] == 40


@pytest.mark.parametrize("durable", [False, True])
def test_a_forked_process(durable: bool, tmp_path: Path) -> None:
    """A child process gets a clear error, even while a thread of the parent is busy, and cannot harm the state."""
    path = tmp_path / "feed.dedup" if durable else None
    with NoveltyFilter(state=path) as novelty:
        novelty.judge_one("The bridge to the island is open again.")
        with novelty._turn():  # as if another thread were deciding
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    novelty.judge_one("The bridge is closed.")
                except ClosedError as error:
                    os.write(writing, str(error).encode())
                novelty.close()
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading, "rb") as output:
            assert b"belongs to another process" in output.read()
        assert novelty.judge_one("The bridge to the island is open again.").kind == "exact"


def test_a_pool_of_processes() -> None:
    """A filter that is sent to another process raises an error with a hint what to do instead."""
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(TypeError, match="cannot be pickled"):
        pool.map(len, [NoveltyFilter()])


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_pickling(copied: Callable[[Any], Any]) -> None:
    """Pickling and copying raise an error with a hint to create a filter from settings and a state file."""
    with pytest.raises(TypeError, match="settings"):
        copied(NoveltyFilter())
