"""Feeds, pages and folders through the real command."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from helpers.feeds import ids, rss
from helpers.running import COMMAND, HANG, MODULES, dedup, python

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
OLD = (
    "The bridge at Halmere opened for ships again on Monday after eleven weeks of repairs to its southern lifting gear."
)
NEW = "Library boats will call at the outer islands twice a month from now on, paid for by a bequest."


def entry(name: str, text: str) -> str:
    """An RSS item."""
    return f"<guid isPermaLink='false'>{name}</guid><description>&lt;p&gt;{text}&lt;/p&gt;</description>"


@pytest.mark.parametrize(("kind", "left"), [("rss", ["hh-1", "hh-2"]), ("json", ["mb-1", "3"])])
def test_feeds(kind: str, left: list[str]) -> None:
    """A feed on standard input comes out as a feed of its novel items, whether compressed or not."""
    data = (SAMPLES / f"harbour.{kind}").read_bytes()
    run = dedup("filter", stdin=data)
    assert run.returncode == 0
    assert ids(run.stdout) == left
    assert dedup("filter", stdin=gzip.compress(data)).stdout == run.stdout
    trimmed = dedup("filter", "--trim", stdin=data).stdout
    assert ids(trimmed) == left


def test_polling(tmp_path: Path) -> None:
    """If a feed is polled twice, exactly the new and the changed items come out."""
    (tmp_path / "1.xml").write_bytes(rss(entry("a", OLD), entry("b", NEW)))
    (tmp_path / "2.xml").write_bytes(rss(entry("c", "Ice closed the northern arm of the Sound."), entry("a", OLD),
                                         entry("b", f"{NEW}&lt;/p&gt;&lt;p&gt;The first left.")))  # fmt: skip
    run = dedup("filter", "--output-format", "jsonl", "1.xml", "2.xml", cwd=tmp_path)
    found = [json.loads(line)["id"] for line in run.stdout.splitlines()]
    assert found == ["a", "b", "c", "b#2"]
    both = dedup("filter", "1.xml", "2.xml", cwd=tmp_path).stdout
    second = both[both.index(b"<rss", 1) :]
    assert ids(second) == ["c", "b"]


def test_folders_and_patterns(tmp_path: Path) -> None:
    """A directory and a pattern stand for their files in order. A file that cannot be read does not end the run."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("one\n")
    (tmp_path / "in" / "deep" / "b.txt").write_text("One!\ntwo\n")
    (tmp_path / "in" / ".hidden").write_text("three\n")
    assert dedup("filter", "in", cwd=tmp_path).stdout == b"one\ntwo\n"
    assert dedup("filter", "in/**/b*", cwd=tmp_path).stdout == b"One!\ntwo\n"
    (tmp_path / "in" / "b.pdf").write_bytes(b"%PDF-1.4\n")
    run = dedup("filter", "in", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, b"one\ntwo\n")
    assert "in/b.pdf: this is a PDF document" in run.stderr.decode()
    alone = dedup("filter", "in/b.pdf", cwd=tmp_path)
    assert (alone.returncode, alone.stdout, alone.stderr.count(b"\n")) == (1, b"", 1)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n" + bytes(range(256)) * 9000,
        gzip.compress(b"%PDF-1.4\n" + bytes(range(256)) * 9000),
        gzip.compress(b"one\n")[:10],
        b"PAR1\x15" + bytes(2000),
    ],
    ids=["known", "compressed", "broken", "parquet"],
)
@pytest.mark.parametrize("piped", [True, False])
def test_rejected_holds_unreadable_input(tmp_path: Path, data: bytes, piped: bool) -> None:
    """An unreadable input, even a pipe, is copied byte for byte to --rejected, whether or not it ends the run."""
    (tmp_path / "bad").write_bytes(data)
    (tmp_path / "good").write_bytes(b"one\n")
    name, stdin = ("-", data) if piped else ("bad", b"")
    run = dedup("filter", name, "--rejected", "e", cwd=tmp_path, stdin=stdin)
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
    assert (tmp_path / "e").read_bytes() == data
    run = dedup("filter", "good", name, "good", "--rejected", "e", "--jobs", "2", cwd=tmp_path, stdin=stdin)
    assert (run.returncode, run.stdout) == (3, b"one\n")
    assert (tmp_path / "e").read_bytes() == data


def test_a_cut_feed_is_reported(tmp_path: Path) -> None:
    """The incomplete end of a feed is reported, copied to --rejected, and gives the status 3."""
    data = (SAMPLES / "harbour.rss").read_bytes()
    data = data[: data.index(b"another") + 4]
    run = dedup("filter", "--rejected", tmp_path / "e", stdin=data)
    assert (run.returncode, ids(run.stdout)) == (3, ["hh-1"])
    assert b"dedup: stdin:2: the feed ends within this item" in run.stderr
    assert data.endswith((tmp_path / "e").read_bytes())


def test_late_imports(tmp_path: Path) -> None:
    """Text and JSON Lines load no libraries for other formats; a feed does not load Parquet."""
    heavy = {"feedparser", "selectolax", "pyarrow", "trafilatura", "backports.zstd", "lzma", "sgmllib"}
    for data, allowed in (
        (b"one\n", set()),
        (b'{"text": "one"}\n', set()),
        (rss("<title>a</title>"), heavy - {"pyarrow"}),
    ):
        (tmp_path / "feed").write_bytes(data)
        run = python(MODULES, "filter", str(tmp_path / "feed"))
        assert not set(json.loads(run.stdout.splitlines()[-1])) & (heavy - {"lzma"} - allowed)


@contextmanager
def layout_for(*versions: bytes) -> Iterator[tuple[str, list[str]]]:
    """The address of a feed with a new version at each request, and the list of requested paths."""
    left = list(versions)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(left.pop(0) if left else b"<!ENTITY y 'from outside'>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/feed.xml", asked
        server.shutdown()


def fetching(url: str) -> subprocess.Popen[bytes]:
    """A process that fetches an address and writes the response, as `curl -s` does."""
    code = "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())"
    command = ["curl", "-s", url] if shutil.which("curl") else [sys.executable, "-c", code, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_polling_a_server() -> None:
    """If a feed is fetched twice from a server through pipes, only new or changed items come out the second time."""
    first = rss(entry("a", OLD), entry("b", NEW))
    second = rss(
        entry("c", "Ice closed the northern arm of the Sound."),
        entry("a", OLD),
        entry("b", f"{NEW} The first of them left Halmere on Tuesday."),
    )
    with layout_for(first, second) as (url, asked):
        pipes = []
        for _ in range(2):
            fetch = fetching(url)
            assert fetch.stdout is not None
            pipes.append(fetch.stdout)
            assert fetch.wait(HANG) == 0
        names = [f"/dev/fd/{pipe.fileno()}" for pipe in pipes]
        run = subprocess.run(
            [*COMMAND, "filter", "--output-format", "jsonl", "--quiet", *names],
            pass_fds=[pipe.fileno() for pipe in pipes],
            capture_output=True,
            timeout=HANG,
            check=False,
        )
        for pipe in pipes:
            pipe.close()
        assert asked == ["/feed.xml"] * 2
    assert (run.returncode, run.stderr) == (0, b"")
    found = [(item["id"], item["dedup"]["decision"]) for item in map(json.loads, run.stdout.splitlines())]
    assert found == [("a", "novel"), ("b", "novel"), ("c", "novel"), ("b", "update")]


MEASURED = """
import resource, subprocess, sys
run = subprocess.run([sys.executable, "-m", "dedup", "filter", "--quiet", "--output-format", "jsonl", *sys.argv[1:]])
print(run.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_nothing_is_fetched_or_expanded(tmp_path: Path) -> None:
    """Entities, document types and links of a feed or page send no request, and an entity bomb uses no memory."""
    with layout_for() as (url, asked):
        bomb = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 20}">' for k in range(1, 20))
        subset = f'<!ENTITY e0 "laugh">{bomb}<!ENTITY % p SYSTEM "{url}"> %p; <!ENTITY x SYSTEM "{url}">'
        items = f'<title>&e19;&x;</title><description>{OLD} &e19; &x; &lt;img src="{url}"&gt;</description>'
        links = f'<?xml-stylesheet href="{url}"?><!DOCTYPE rss SYSTEM "{url}" [{subset}]>'
        include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}"/>'
        (tmp_path / "a.xml").write_bytes(rss(f"{items}{include}<link>{url}</link>", head=links))
        (tmp_path / "b.html").write_text(
            f'<!DOCTYPE html><link rel=stylesheet href="{url}"><base href="{url}"><img src="{url}"><script src="{url}">'
            f'</script><iframe src="{url}"></iframe><p>&e19;'
        )
        (tmp_path / "c.txt").write_text("one\n")
        runs = [python(MEASURED, str(tmp_path / name)) for name in ("a.xml", "b.html", "c.txt")]
        assert asked == []
    peaks = []
    for run in runs:
        assert b"outside" not in run.stdout
        assert b"laugh" not in run.stdout
        *written, last = run.stdout.splitlines()
        assert last.split()[0] == b"0"
        assert written
        peaks.append(int(last.split()[1]) / 1024)
    assert max(peaks) < peaks[-1] + 100
