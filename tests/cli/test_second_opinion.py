"""`dedup filter --second-opinion` with real commands, good ones and broken ones."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
from helpers.opinions import Command, is_running, lines, pair, wait_until
from helpers.running import HANG, dedup, pipes, start

PAIRS = [pair(number) for number in range(5)]
OLD = [old for old, _ in PAIRS]
NEW = [new for _, new in PAIRS]
CONFIRM = 'for _ in lines(): answer("true\\n")'
DENY = 'for _ in lines(): answer("false\\n")'
#: Reads five questions before it answers any.
FIVE = """
questions = lines()
for batch in iter(lambda: [next(questions, None) for _ in range(5)], [None] * 5):
    answer(ANSWERS)
"""
STALL = "for _ in lines(): sys.stdin.read()"
SLEEP = "for _ in lines(): time.sleep(300)"  # does not even see the end of its input


def batch(tmp_path: Path, command: Command, *options: str) -> tuple[str, list[str]]:
    """Filter five uncertain repeats that arrive together. Returns stderr, and which of them were emitted."""
    assert dedup("filter", "--quiet", "--state", tmp_path / "state", stdin=lines(OLD)).stdout == lines(OLD)
    run = dedup("filter", "--state", tmp_path / "state", "--second-opinion", command.line, *options, stdin=lines(NEW))
    assert run.returncode == 0, run.stderr
    return run.stderr.decode(), run.stdout.decode().splitlines()


@pytest.mark.parametrize(("yes", "no"), [("true", "false"), ('{"repeat": true}', ' {"repeat":false, "score": 0.1}\\r')])
def test_the_answer_decides(tmp_path: Path, yes: str, no: str) -> None:
    """A confirmed repeat is dropped. Others are emitted as reworded, and counted in the summary and the statistics."""
    command = Command(tmp_path, f"for k, _ in enumerate(lines()): answer('{no}\\n' if k == 1 else '{yes}\\n')")
    options = ("--second-opinion", command.line, "--stats", str(tmp_path / "stats.json"), "--output-format", "jsonl")
    run = dedup("filter", *options, stdin=lines(OLD + NEW))
    assert run.returncode == 0
    assert run.stderr.decode() == "dedup: read 10, kept 6 (1 reworded), dropped 4: 4 near\n"
    emitted = [json.loads(line) for line in run.stdout.splitlines()]
    assert [item["text"] for item in emitted] == [*OLD, NEW[1]]
    decision = emitted[-1]["dedup"]
    assert (decision["decision"], decision["certain"]) == ("reworded", False)
    assert [NEW[1][first:last] for first, last in decision["new_words"]] == ["demolished"]
    stats = json.loads((tmp_path / "stats.json").read_bytes())
    assert (stats["kept"], stats["dropped"], stats["decisions"]["reworded"]) == (6, 4, 1)
    assert stats["second_opinions"] == {"repeat": 4, "new": 1, "none": 0}


def test_a_question_has_both_texts_and_the_new_words(tmp_path: Path) -> None:
    """Only uncertain repeats are asked about, in the order of the feed."""
    command = Command(tmp_path, CONFIRM)
    certain = OLD[0].replace(".", ", officials said.")
    dedup("filter", "--second-opinion", command.line, stdin=lines([*OLD, certain, *NEW, OLD[1], "Another line"]))
    assert command.asked == [{"old": old, "new": new, "new_words": ["demolished"]} for old, new in PAIRS]
    assert len(command.starts) == 1


def test_it_starts_at_the_first_uncertain_pair(tmp_path: Path) -> None:
    """Without an uncertain repeat, the command never starts."""
    command = Command(tmp_path, CONFIRM)
    run = dedup("filter", "--second-opinion", command.line, stdin=lines(OLD + OLD))
    assert run.stdout == lines(OLD)
    assert command.starts == []


def test_pairs_that_arrive_together_are_asked_together(tmp_path: Path) -> None:
    """The command gets all pairs of a batch before it must answer the first."""
    command = Command(tmp_path, FIVE.replace("ANSWERS", repr("true\nfalse\ntrue\nfalse\ntrue\n")))
    stderr, emitted = batch(tmp_path, command)
    assert emitted == [NEW[1], NEW[3]]
    assert stderr == "dedup: read 5, kept 2 (2 reworded), dropped 3: 3 near\n"


def test_its_messages_pass_through(tmp_path: Path) -> None:
    """What the command writes to its stderr appears on that of dedup."""
    command = Command(tmp_path, f"print('loading a model', file=sys.stderr)\n{CONFIRM}")
    stderr, emitted = batch(tmp_path, command)
    assert emitted == []
    assert "loading a model\n" in stderr


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit(3)", "ended with exit status 3 after 0 of 5 answers"),
        ("next(lines()); os.abort()", f"was ended by signal {int(signal.SIGABRT)} after 0 of 5 answers"),
        ("for _ in range(4): sys.stdin.readline(); answer('true\\n')", "ended with exit status 0 after 4 of 5 answers"),
        ("os.close(1); sys.stdin.read()", "closed its output after 0 of 5 answers"),
        (f"answer('true\\n' * 4)\n{STALL}", "gave [04] of 5 answers within 0.5 s"),
        (STALL, "gave 0 of 5 answers within 0.5 s"),
        (f"answer('true\\n' * 6)\n{STALL}", "wrote more lines than it was asked for"),
        (f"answer('true\\n' * 5 + 'tr')\n{STALL}", "wrote more lines than it was asked for"),
        ("while True: answer('x' * 1_000_000)", "wrote more than 64 KiB without a line end"),
        ("while True: answer('true\\n' * 1_000_000)", "wrote more lines than it was asked for"),
        ("answer('Loading\\n')\nfor _ in lines(): answer('true\\n')", "wrote more lines than it was asked for"),
    ],
    ids=str,
)
def test_a_command_that_fails(tmp_path: Path, body: str, message: str) -> None:
    """If there is not one answer for each pair in time, all are emitted, with one message."""
    limit = "0.5s" if "within" in message else "60s"
    stderr, emitted = batch(tmp_path, Command(tmp_path, body), "--second-opinion-timeout", limit)
    assert emitted == NEW
    first, second = stderr.splitlines()
    assert re.fullmatch(
        f"dedup: the second opinion {message}; without an answer, an uncertain repeat is emitted", first
    )
    assert second == "dedup: read 5, kept 5 (5 reworded), dropped 0; 5 second opinions missing"


def test_a_command_that_never_reads(tmp_path: Path) -> None:
    """Questions that do not fit into the pipe do not block dedup."""
    texts = [[f"{text[:-1]} {'and so on ' * 20_000}" for text in some] for some in (OLD, NEW)]
    command = Command(tmp_path, "time.sleep(300)")
    options = ("--second-opinion", command.line, "--second-opinion-timeout", "0.5s", "--split", "line")
    run = dedup("filter", "--state", tmp_path / "state", stdin=lines(texts[0]))
    assert run.returncode == 0
    run = dedup("filter", "--state", tmp_path / "state", *options, stdin=lines(texts[1]))
    assert run.returncode == 0
    assert run.stdout == lines(texts[1])
    assert b"gave 0 of " in run.stderr


def test_nonsense_counts_for_its_pair(tmp_path: Path) -> None:
    """A line that is no answer leaves its own pair without one. The others keep theirs."""
    answers = "true\nperhaps \x1b[31m\n{}\n[true]\ntrue\n"
    stderr, emitted = batch(tmp_path, Command(tmp_path, FIVE.replace("ANSWERS", repr(answers))))
    assert emitted == NEW[1:4]
    message, summary = stderr.splitlines()
    assert message == (
        r"dedup: the second opinion answered b'perhaps \x1b[31m', which is neither true nor false; "
        "without an answer, an uncertain repeat is emitted"
    )
    assert summary.endswith("dropped 2: 2 near; 3 second opinions missing")


def test_a_command_that_died_starts_again(tmp_path: Path) -> None:
    """The pair at which it dies is emitted. It starts again for the next."""
    body = f"for line in lines():\n    if {OLD[2][:20]!r} in line: sys.exit(1)\n    answer('true\\n')"
    command = Command(tmp_path, body)
    run = dedup("filter", "--second-opinion", command.line, stdin=lines(OLD + NEW))
    assert run.stdout == lines([*OLD, NEW[2]])
    assert run.stderr.decode().count("ended with exit status 1") == 1
    assert [asked["new"] for asked in command.asked].count(NEW[3]) == 1


def test_a_command_may_end_after_some_answers(tmp_path: Path) -> None:
    """A command that ends after two answers is started again. Nothing is missing, so nothing is reported."""
    command = Command(tmp_path, "for k, _ in enumerate(lines()):\n    answer('true\\n')\n    if k: break")
    run = dedup("filter", "--second-opinion", command.line, stdin=lines(OLD + NEW))
    assert run.stdout == lines(OLD)
    assert run.stderr.decode() == "dedup: read 10, kept 5, dropped 5: 5 near\n"
    assert len(command.starts) == 3


@pytest.mark.parametrize("body", ["sys.exit(1)", STALL, "answer('true\\ntrue\\n')\n" + STALL])
def test_after_three_failures_it_is_not_asked_again(tmp_path: Path, body: str) -> None:
    """A command that fails three times in a row is left alone, and that is said once."""
    command = Command(tmp_path, body)
    limit = "0.5s" if body == STALL else "60s"
    options = ("--second-opinion", command.line, "--second-opinion-timeout", limit)
    run = dedup("filter", *options, stdin=lines(OLD + NEW))
    assert run.stdout == lines(OLD + NEW)
    assert body == STALL or len(command.starts) == 3
    assert run.stderr.decode().count("failed 3 times in a row and is not asked again") == 1
    assert len(run.stderr.splitlines()) == 3


def test_a_stray_line_is_found_before_the_next_question(tmp_path: Path) -> None:
    """A line that arrives late is not taken for the answer to the next question."""
    body = """
for _ in lines():
    answer("false\\n")
    while not os.path.exists(os.path.join(FOLDER, "go")): time.sleep(0.01)
    answer("true\\n")
    note("late", "1\\n")
"""
    command = Command(tmp_path, body)
    with start("filter", "--quiet", "--second-opinion", command.line) as process:
        stdin, stdout, stderr = pipes(process)
        for some in PAIRS:
            stdin.write(lines([*some]))
            stdin.flush()
            assert stdout.readline() + stdout.readline() == lines([*some])
            (tmp_path / "go").touch()
            wait_until(lambda: command.notes("late"))
        stdin.close()
        assert b"wrote more lines than it was asked for" in stderr.read()
    assert process.returncode == 0


def test_children_of_a_command_are_ended_too(tmp_path: Path) -> None:
    """A command that fails is killed with its group."""
    body = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], stdout=subprocess.DEVNULL)
note("started", f"{{child.pid}}\\n")
answer("true\\n" * 6)
{STALL}
"""
    command = Command(tmp_path, body)
    batch(tmp_path, command)
    assert len(command.starts) == 2
    wait_until(lambda: not any(map(is_running, command.starts)))


@pytest.mark.parametrize("body", [CONFIRM, "signal.pause()"], ids=["at the end of its input", "never"])
def test_a_command_ends_with_the_run(tmp_path: Path, body: str) -> None:
    """When the input ends, the command gets the end of its own, and is ended if it ignores that."""
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    command = Command(tmp_path, f"{ignore}\nnext(lines()); answer('true\\n')\n{body}\nnote('ended', 'yes\\n')")
    run = dedup("filter", "--second-opinion", command.line, stdin=lines([OLD[0], NEW[0]]))
    assert run.stdout == lines([OLD[0]])
    (process,) = command.starts
    wait_until(lambda: not is_running(process))
    assert command.notes("ended") == (["yes"] if body == CONFIRM else [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("durable", [False, True])
def test_signals_end_it(tmp_path: Path, number: signal.Signals, durable: bool) -> None:
    """A signal ends the command too. A run with a state emits the pair in question, and commits."""
    command = Command(tmp_path, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEP}")
    options = ["--state", str(tmp_path / "state")] if durable else []
    with start("filter", "--quiet", *options, "--second-opinion", command.line) as process:
        stdin, stdout, stderr = pipes(process)
        stdin.write(lines([OLD[0], NEW[0]]))
        stdin.flush()
        wait_until(lambda: command.asked)
        os.kill(process.pid, number)
        assert process.wait(HANG) == (0 if durable else -number)
        assert stdout.read() == (lines([OLD[0], NEW[0]]) if durable else b"")
        assert stderr.read() == b""
    (asked,) = command.starts
    wait_until(lambda: not is_running(asked))


@pytest.mark.parametrize("body", [CONFIRM, DENY])
def test_a_later_run_asks_nothing_twice(tmp_path: Path, body: str) -> None:
    """With a state, a text that was dropped or emitted is not asked about again."""
    command = Command(tmp_path, body)
    options = ("filter", "--quiet", "--state", tmp_path / "state", "--second-opinion", command.line)
    first = dedup(*options, stdin=lines(OLD + NEW))
    assert first.stdout == lines(OLD if body == CONFIRM else OLD + NEW)
    assert len(command.asked) == 5
    assert dedup(*options, stdin=lines(OLD + NEW)).stdout == b""
    assert dedup(*options, stdin=lines(NEW + NEW)).stdout == b""
    assert len(command.asked) == 5


def test_after_a_crash_only_uncommitted_pairs_are_asked_again(tmp_path: Path) -> None:
    """A run that is killed between two batches asks again only about what it had not committed."""
    body = f"for line in lines():\n    if {OLD[1][:20]!r} in line: sys.stdin.read()\n    answer('true\\n')"
    command = Command(tmp_path, body)
    options = ("filter", "--quiet", "--emit", "all", "--state", str(tmp_path / "state"), "--second-opinion")
    with start(*options, command.line) as process:
        stdin, stdout, _ = pipes(process)
        for text in (OLD[0], OLD[1], NEW[0], "The next batch begins when this one is committed."):
            stdin.write(lines([text]))
            stdin.flush()
            assert stdout.readline() == lines([text])
        stdin.write(lines([NEW[1]]))
        stdin.flush()
        wait_until(lambda: len(command.asked) == 2)
        process.kill()
    (asked,) = command.starts
    wait_until(lambda: not is_running(asked))
    Command(tmp_path, CONFIRM)
    run = dedup(*options, command.line, stdin=lines([OLD[0], OLD[1], NEW[0], NEW[1]]))
    assert run.returncode == 0
    assert [question["new"] for question in command.asked] == [NEW[0], NEW[1], NEW[1]]


def test_any_text_fits_into_a_line(tmp_path: Path) -> None:
    """Lone surrogates, control characters and line separators arrive as they are, each pair on one line."""
    odd = ' "\\ \ud800 \udcff \x00 \x07 \x1b[2J \x85 \u2028 \r '
    texts = [text.replace(" ", odd, 1) for text in (OLD[0], NEW[0], OLD[1], NEW[1])]
    feed = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)
    command = Command(tmp_path, CONFIRM)
    run = dedup("filter", "--split", "blank", "--second-opinion", command.line, stdin=feed)
    assert run.returncode == 0, run.stderr
    assert command.asked == [
        {"old": texts[place], "new": texts[place + 1], "new_words": ["demolished"]} for place in (0, 2)
    ]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_threads_change_no_answer(tmp_path: Path, jobs: str) -> None:
    """Several threads ask about the same pairs."""
    command = Command(tmp_path, f"for line in lines(): answer('false\\n' if {OLD[3][:20]!r} in line else 'true\\n')")
    run = dedup("filter", "--jobs", jobs, "--second-opinion", command.line, stdin=lines(OLD + NEW))
    assert run.stdout == lines([*OLD, NEW[3]])
    assert len(command.asked) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--second-opinion", "no-such-program --fast"], "'no-such-program' is not a program that can be run"),
        (["--second-opinion", "./opinion.py"], "'./opinion.py' is not a program that can be run"),
        (["--second-opinion", "echo 'true"], "No closing quotation"),
        (["--second-opinion", " "], "the command is empty"),
        (["--second-opinion", "cat", "--second-opinion-timeout", "soon"], "'soon' is not a duration"),
        (["--second-opinion", "cat", "--second-opinion-timeout", "0s"], "must be above 0"),
        (["--second-opinion-timeout", "5s"], "--second-opinion-timeout needs --second-opinion"),
        (["--second-opinion", "cat", "--updates", "drop"], "--second-opinion needs --updates keep"),
    ],
)
def test_wrong_usage(tmp_path: Path, options: list[str], message: str) -> None:
    """A command that cannot be run is refused before anything is read or written."""
    (tmp_path / "opinion.py").write_text("print('true')\n")  # may not be executed
    run = dedup("filter", *options, "--rejected", "errors", stdin=b"one\n", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    last = run.stderr.decode().splitlines()[-1]
    assert last.startswith("Error: ")
    assert message in last
    assert not (tmp_path / "errors").exists()


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    """A file that may be executed, but is no program, is reported at the first pair."""
    file = tmp_path / "opinion"
    file.write_bytes(b"\x00 no program")
    file.chmod(0o755)
    run = dedup("filter", "--second-opinion", str(file), stdin=lines([OLD[0], NEW[0]]))
    assert run.returncode == 0
    assert run.stdout == lines([OLD[0], NEW[0]])
    assert re.search(rb"the second opinion cannot be started: Exec format error; ", run.stderr)


def test_strict_needs_no_second_opinion() -> None:
    """With --strict, uncertain repeats are emitted, and counted as reworded."""
    texts = [*OLD, f"{OLD[0]} Two sailors are missing.", *NEW]
    run = dedup("filter", "--strict", stdin=lines(texts))
    assert run.stdout == lines(texts)
    assert run.stderr.decode() == "dedup: read 11, kept 11 (1 update, 5 reworded), dropped 0\n"


def test_prometheus(tmp_path: Path) -> None:
    """The metrics have a counter for each answer, and count reworded paragraphs."""
    command = Command(tmp_path, "for k, _ in enumerate(lines()): answer(('true', 'false', 'what')[k % 3] + '\\n')")
    stats = tmp_path / "stats.prom"
    dedup("filter", "--second-opinion", command.line, "--stats", stats, stdin=lines(OLD + NEW))
    found = dict(line.rsplit(" ", 1) for line in stats.read_text().splitlines() if not line.startswith("#"))
    assert found['dedup_paragraphs_total{decision="reworded"}'] == "3"
    assert [found[f'dedup_second_opinions_total{{answer="{name}"}}'] for name in ("repeat", "new", "none")] == [
        "2", "2", "1",
    ]  # fmt: skip
