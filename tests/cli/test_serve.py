"""`dedup serve` as a real process: answers, errors, retries, and stopping."""

import re
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from helpers.running import HANG, dedup
from helpers.services import NDJSON, RunningService, service
from prometheus_client.parser import text_string_to_metric_families

from dedup import NoveltyFilter

ANYWHERE = "0.0.0.0"  # noqa: S104  # all interfaces
TOKEN = "secret"  # noqa: S105  # of the test
FIRE = "A fire in the north dock destroyed {} warehouses overnight, the fire brigade said."


@pytest.fixture(name="running", scope="module")
def started() -> Iterator[RunningService]:
    """A service without a state."""
    with service("--max-body", "100000") as running:
        yield running


def kinds(answers: list[Any]) -> list[Any]:
    """The decisions of answers, a list for a record of several paragraphs, and "error" for an error."""
    return [
        "error" if "error" in answer
        else [report["decision"] for report in answer["dedup"]] if isinstance(answer["dedup"], list)
        else answer["dedup"]["decision"]
        for answer in answers
    ]  # fmt: skip


def test_each_line_has_one_answer_in_order(running: RunningService) -> None:
    """Answers have the order and the number of the lines, also of those that cannot be read."""
    body = orjson.dumps({"id": "a", "text": FIRE.format("two")}) + b'\n\n{"id": 7}\n[1]\n{oops\n'
    body += orjson.dumps({"id": "b", "text": FIRE.format("three")})
    response = running.post(body)
    answers = [orjson.loads(line) for line in response.content.splitlines()]
    assert response.headers["content-type"] == NDJSON
    assert kinds(answers) == ["novel", "error", "error", "error", "update"]
    assert [answer["id"] for answer in answers] == ["a", 7, None, None, "b"]
    assert [answer["error"]["line"] for answer in answers[1:4]] == [3, 4, 5]


def test_json_and_text(running: RunningService) -> None:
    """An object gets an object, an array gets an array, and text is one article."""
    text = "The bridge at Halmere is closed to all lorries until the end of the month."
    one = running.post(orjson.dumps({"text": text}), type="application/json").json()
    assert one["dedup"]["decision"] == "novel"
    several = running.post(orjson.dumps([{"text": text}, text]), type="application/json; charset=utf-8").json()
    assert kinds(several) == ["exact", "exact"]
    article = f"{text}\n\nDrivers were told to use the road along the northern shore instead.".encode()
    answer = running.post(article, "?trim=1", type="text/plain").json()
    assert kinds([answer]) == [["exact", "novel"]]
    assert answer["text"] == "Drivers were told to use the road along the northern shore instead."


def test_nothing_is_remembered_if_the_client_says_so(running: RunningService) -> None:
    """With ?remember=0, the same question has the same answer."""
    record = {"text": "The old lighthouse will be lit again in spring after forty years in the dark."}
    assert [kinds(running.judge(record, query="?remember=0")) for _ in range(2)] == [["novel"]] * 2
    assert [kinds(running.judge(record)) for _ in range(2)] == [["novel"], ["exact"]]


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"body": b"{oops", "type": "application/json"}, 400, "not valid JSON"),
        ({"body": b"5", "type": "application/json"}, 400, "object or an array"),
        ({"body": b"\xff", "type": "text/plain"}, 400, "not UTF-8"),
        ({"query": "?remember=no"}, 400, "remember= is 0 or 1"),
        ({"type": "text/csv"}, 415, "application/x-ndjson"),
        ({"content_encoding": "gzip"}, 415, "content encoding"),
        ({"body": b" " * 100_001}, 413, "over 100000 bytes"),
        ({"origin": "http://elsewhere.example"}, 403, "this machine"),
        ({"host": "elsewhere.example"}, 403, "this machine"),
    ],
)
def test_a_wrong_request_gets_a_problem(
    running: RunningService, change: dict[str, Any], status: int, detail: str
) -> None:
    """The answer has the status code, and says what is wrong."""
    response = running.post(**({"body": b'{"text": "nothing"}'} | change))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert detail in problem["detail"]


def test_a_body_without_a_length_is_limited_too(running: RunningService) -> None:
    """A body that is sent in chunks is refused when it grows too long."""
    response = running.client.post(
        "/v1/judge", content=(b" " * 1000 for _ in range(200)), headers={"content-type": NDJSON}
    )
    assert response.status_code == 413


def test_unknown_paths_and_methods_get_a_problem(running: RunningService) -> None:
    """They do too."""
    assert running.client.get("/nothing").json()["status"] == 404
    assert running.client.get("/v1/judge").json()["status"] == 405


def test_a_key_makes_a_request_safe_to_repeat(running: RunningService) -> None:
    """The same request with the same key gets the same answer; another one is refused."""
    record = {"text": "The council has voted for a new tram line between the port and the hospital."}
    first, second = (running.judge(record, idempotency_key="k1") for _ in range(2))
    assert first == second
    assert kinds(first) == ["novel"]
    assert running.post(b'{"text": "another"}', idempotency_key="k1").status_code == 422
    assert kinds(running.judge(record, idempotency_key="k2")) == ["exact"]


def test_compare(running: RunningService) -> None:
    """Two texts get their decision, its reason, and the pieces in which they differ."""
    body = {"old": FIRE.format("two"), "new": FIRE.format("three")}
    answer = running.client.post("/v1/compare", json=body).json()
    assert answer["dedup"]["decision"] == "update"
    assert {"text": "three", "kind": "fact"} in answer["new"]
    assert running.client.post("/v1/compare", json={"old": 5}).status_code == 400


def test_metrics_info_and_description(running: RunningService) -> None:
    """Prometheus can read the metrics, and each path of the description is answered."""
    running.judge({"text": "A single paragraph so that there is something to count here today."})
    families = {family.name: family for family in text_string_to_metric_families(running.client.get("/metrics").text)}
    assert sum(sample.value for sample in families["dedup_paragraphs"].samples) > 0
    assert families["dedup_remembered"].samples[0].value == running.client.get("/v1/info").json()["remembered"]
    assert {"dedup_http_requests", "dedup_batch_seconds", "dedup_build_info", "process_cpu_seconds"} <= set(families)
    for path, methods in running.client.get("/openapi.json").json()["paths"].items():
        response = running.client.request(next(iter(methods)), path)
        assert str(response.status_code) in next(iter(methods.values()))["responses"], path
    assert running.client.get("/healthz").status_code == running.client.get("/readyz").status_code == 200


def test_a_token_is_needed_where_others_can_ask(tmp_path: Path) -> None:
    """Without the right token nothing is judged; without any token, only this machine is served."""
    with service("--host", ANYWHERE, DEDUP_TOKEN=TOKEN) as running:
        assert kinds(running.judge({"text": "a"})) == ["novel"]
        assert running.post(b"", authorization="Bearer wrong").status_code == 401
        assert httpx.get(f"{running.url}/metrics").status_code == 401
        assert httpx.get(f"{running.url}/healthz").status_code == 200
    run = dedup("serve", "--host", ANYWHERE, "--port", "0")
    assert run.returncode == 2
    assert b"set a token" in run.stderr


def test_a_retry_after_a_kill_gets_the_same_answers(tmp_path: Path) -> None:
    """Answered records are in the state, and a record that comes again under its own id gets its first decision."""
    records = [
        {"id": "a", "text": FIRE.format("two")},
        {"id": "b", "text": FIRE.format("three")},
        {"id": "c", "text": f"“{FIRE.format('two')}”"},
    ]
    with service("--state", tmp_path / "state.dedup") as running:
        first = running.judge(*records)
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
    with service("--state", tmp_path / "state.dedup") as running:
        again = running.judge(*records)
    assert kinds(first) == kinds(again) == ["novel", "update", "exact"]
    assert [answer["dedup"].get("again") for answer in again] == [True, True, None]


def test_a_stop_answers_what_waits(tmp_path: Path) -> None:
    """After SIGTERM, a request that is being sent is still answered and committed, and the exit status is 0."""
    state = tmp_path / "state.dedup"
    with service("--state", state) as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=HANG) as connection:
            body = orjson.dumps({"id": "late", "text": FIRE.format("two")})
            fields = {"Host": host, "Content-Type": NDJSON, "Content-Length": len(body)}
            head = "\r\n".join(["POST /v1/judge HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())])
            connection.sendall(f"{head}\r\n\r\n".encode() + body[:10])
            running.client.get("/metrics")  # an answer, so the first part has arrived
            running.process.send_signal(signal.SIGTERM)
            connection.sendall(body[10:])
            answer = b""
            while part := connection.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 200")
        assert running.process.wait(HANG) == 0
    with NoveltyFilter(state=state) as novelty:
        assert len(novelty) == 1


def test_many_clients_get_the_answers_of_some_order(tmp_path: Path) -> None:
    """Of the same text from many clients at once, one is novel, and all others repeat that one."""
    clients, rounds = 16, 20
    with service("--state", tmp_path / "state.dedup", "--max-waiting", "100") as running:
        barrier = threading.Barrier(clients)

        def ask(client: int) -> list[Any]:
            with httpx.Client(base_url=running.url, timeout=HANG) as connection:
                answers = []
                for number in range(rounds):
                    barrier.wait()
                    body = orjson.dumps({"id": f"{number}/{client}", "text": f"Word {number} " * 8})
                    answers.append(connection.post("/v1/judge", content=body, headers={"content-type": NDJSON}).json())
                return answers

        with ThreadPoolExecutor(clients) as pool:
            every = [answer for answers in pool.map(ask, range(clients)) for answer in answers]
    novel = {answer["id"] for answer in every if answer["dedup"]["decision"] == "novel"}
    matches = {answer["dedup"]["match"]["id"] for answer in every if answer["dedup"]["decision"] == "exact"}
    assert len(every) == clients * rounds
    assert len(novel) == rounds
    assert matches == novel


def test_more_than_the_allowed_requests_are_refused(tmp_path: Path) -> None:
    """While requests wait, others get 429 and the time to wait; none is lost."""
    with service("--max-waiting", "1") as running:
        body = b"".join(orjson.dumps({"text": f"Number {k} of the long list of words"}) + b"\n" for k in range(3000))

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{running.url}/v1/judge", content=body, headers={"content-type": NDJSON}, timeout=HANG)

        with ThreadPoolExecutor(12) as pool:
            responses = list(pool.map(ask, range(12)))
        assert {response.status_code for response in responses} == {200, 429}
        assert {response.headers["retry-after"] for response in responses if response.status_code == 429} == {"1"}
        texts = 3000
        assert running.client.get("/v1/info").json()["remembered"] <= texts


def test_a_state_that_fails_ends_the_service(tmp_path: Path) -> None:
    """A service whose state is in use does not start; the message says why."""
    with NoveltyFilter(state=tmp_path / "state.dedup"):
        run = dedup("serve", "--port", "0", "--state", tmp_path / "state.dedup")
    assert run.returncode == 1
    assert b"state.dedup" in run.stderr
    assert b"Traceback" not in run.stderr


def test_the_page_in_a_browser(running: RunningService, browser: Any) -> None:
    """Two texts are compared and a feed is judged on the page, by keyboard, without an error."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(running.url)
    page.focus("#old")
    page.keyboard.type(FIRE.format("two"))
    page.keyboard.press("Tab")
    page.keyboard.type(FIRE.format("three"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#comparison mark:has-text('three')")
    assert "update" in page.inner_text("#comparison")
    page.fill("#lines", "One paragraph of the feed on this page.\n\nAnd a second one that is not the same.")
    page.click("text=Judge against the memory")
    page.wait_for_selector("#decisions table")
    assert page.inner_text("#decisions p") == "0 of 2 repeat what the memory holds."
    page.wait_for_selector("#live table")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []
    page.close()


def test_the_service_is_described_in_its_help() -> None:
    """The help names the paths and the exit status."""
    text = dedup("serve", "--help").stdout.decode()
    assert re.search(r"POST /v1/judge", text)
    assert "Exit status" in text
