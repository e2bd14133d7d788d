"""The Scrapy pipeline in a real crawl against a server on this machine."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from helpers.running import HANG

_SPIDER = """
import sys
import scrapy
from scrapy.crawler import CrawlerProcess

class News(scrapy.Spider):
    name = "news"
    start_urls = [sys.argv[1]]

    def parse(self, response):
        for number, article in enumerate(response.css("article")):
            yield {"url": f"{response.url}#{number}", "text": "\\n\\n".join(article.css("p::text").getall())}
        if DIES:
            import os, signal
            from twisted.internet import reactor
            reactor.callLater(0.2, os.kill, os.getpid(), signal.SIGKILL)
            yield scrapy.Request(response.url + "slow", dont_filter=True)

DIES = len(sys.argv) > 3
process = CrawlerProcess({
    "ITEM_PIPELINES": {"dedup.integrations.scrapy.NoveltyPipeline": 300},
    "DEDUP_STATE": "%(name)s.dedup", "FEEDS": {sys.argv[2]: {"format": "jsonlines"}}, "LOG_LEVEL": "WARNING",
    "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0,
})
crawler = process.create_crawler(News)
process.crawl(crawler)
process.start()
import json
print(json.dumps({key: value for key, value in crawler.stats.get_stats().items() if key.startswith("dedup/")}))
"""
FIRE = "A fire in the north dock destroyed two warehouses overnight, the fire brigade said."
BRIDGE = "The bridge at Halmere is closed to all lorries until the end of the month."
HALL = "Something else happened in the town hall on this very day."
TRAM = "The council has voted for a new tram line between the port and the hospital."


@pytest.fixture(name="site")
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a page with articles in the folder `site`."""
    (tmp_path / "site").mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith("slow"):
                time.sleep(5)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def publish(folder: Path, *articles: list[str]) -> None:
    """Write the page."""
    page = "".join(f"<article>{''.join(f'<p>{text}</p>' for text in article)}</article>" for article in articles)
    (folder / "site" / "index.html").write_text(page)


def crawl(folder: Path, site: str, output: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Crawl the page in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", _SPIDER, site, output, *options],
        cwd=folder, capture_output=True, timeout=HANG, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def texts(path: Path) -> list[str]:
    """The texts of the exported items."""
    return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []


def test_a_second_crawl_keeps_only_what_is_new(site: str, tmp_path: Path) -> None:
    """Repeated articles are dropped, and repeated paragraphs are cut out. The statistics count both."""
    publish(tmp_path, [FIRE], [BRIDGE, TRAM])
    first = crawl(tmp_path, site, "first.jsonl")
    assert first.returncode == 0, first.stderr.decode()
    assert texts(tmp_path / "first.jsonl") == [FIRE, f"{BRIDGE}\n\n{TRAM}"]
    assert crawl(tmp_path, site, "again.jsonl").returncode == 0
    assert texts(tmp_path / "again.jsonl") == []
    publish(tmp_path, [HALL], [FIRE], [TRAM, FIRE.replace("two", "three")])
    second = crawl(tmp_path, site, "second.jsonl")
    assert texts(tmp_path / "second.jsonl") == [HALL, FIRE.replace("two", "three")]
    counts = json.loads(second.stdout.splitlines()[-1])
    assert counts["dedup/items/dropped"] == counts["dedup/items/trimmed"] == counts["dedup/items/kept"] == 1


def test_a_killed_crawl_loses_nothing(site: str, tmp_path: Path) -> None:
    """What a crawl that was killed had seen comes again in the next one."""
    publish(tmp_path, [FIRE], [BRIDGE])
    assert crawl(tmp_path, site, "killed.jsonl", "dies").returncode == -signal.SIGKILL
    assert crawl(tmp_path, site, "next.jsonl").returncode == 0
    assert texts(tmp_path / "next.jsonl") == [FIRE, BRIDGE]
