"""`dedup filter` among other processes: slow feeds, closed pipes, huge lines."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.running import COMMAND, HANG, dedup, pipes, python, start

REPORT = b"The ferry to the northern islands was cancelled again on Tuesday because of the storm.\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ([], [REPORT, b"two\n", b"\n", b"three\n"]),
        ([], [b'{"text": "one"}\n', b'{"text": "two"}\n']),
        (["--split", "blank"], [REPORT + b"and more\n\n", b"two\n\n"]),
    ],
)
def test_slow_input_gets_immediate_output(arguments: list[str], lines: list[bytes], unbuffered: str) -> None:
    """Each line of a slow feed gets its output while the pipe is still open."""
    with start("filter", *arguments, PYTHONUNBUFFERED=unbuffered) as process:
        stdin, stdout, _ = pipes(process)
        for line in lines:
            stdin.write(line)
            stdin.flush()
            assert b"".join(stdout.readline() for _ in line.splitlines()) == line
        stdin.close()
        assert stdout.read() == b""
    assert process.returncode == 0


def test_a_line_in_parts_is_one_line() -> None:
    """A line is judged when its end has arrived. The last line needs no line end."""
    with start("filter") as process:
        stdin, stdout, _ = pipes(process)
        for part in (b"begin", b"ning ", b"of a line\nnext"):
            stdin.write(part)
            stdin.flush()
        assert stdout.readline() == b"beginning of a line\n"
        stdin.close()
        assert stdout.read() == b"next"
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [[], ["--output-format", "jsonl"], ["--emit", "all"]])
def test_a_closed_pipe_ends_the_run(arguments: list[str]) -> None:
    """If the reader closes the pipe, the run ends quietly with status 0."""
    process = start("filter", "--quiet", *arguments)
    stdin, stdout, stderr = pipes(process)
    stdin.write(b"first line\n")
    stdin.flush()
    assert b"first line" in stdout.readline()
    stdout.close()
    with pytest.raises(BrokenPipeError):
        stdin.write(b"".join(b"line %d\n" % k for k in range(1_000_000)))
    with suppress(BrokenPipeError):
        stdin.close()
    with stderr:
        assert stderr.read() == b""
    assert process.wait(HANG) == 0


@pytest.mark.parametrize("arguments", [["explain"], ["cluster"], ["report", "-o", "-"]], ids=" ".join)
def test_closed_pipe_of_other_commands(arguments: list[str], tmp_path: Path) -> None:
    """If the reader of any command closes the pipe, the run ends quietly with status 0."""
    lines = [b"Line %d speaks of the harbour and of its %d cranes.\n" % (k, k) for k in range(2000)]
    (tmp_path / "feed").write_bytes(b"".join(lines + lines))
    process = start(*arguments, "--quiet", str(tmp_path / "feed"))
    stdin, stdout, stderr = pipes(process)
    stdin.close()
    assert len(stdout.read(1)) == 1
    stdout.close()
    with stderr:
        assert stderr.read() == b""
    assert process.wait(HANG) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk() -> None:
    """If output cannot be written, the run ends with status 1 and one line."""
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [*COMMAND, "filter", "--quiet"],
            input=b"one\n",
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=HANG,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr.count(b"\n") == 1
    assert b"No space left" in run.stderr


def test_a_long_line_is_rejected(tmp_path: Path) -> None:
    """A line over --max-bytes is rejected and copied whole to --rejected. Its neighbours are judged."""
    long = b"x" * 1_000_000 + b"\n"
    errors = tmp_path / "errors"
    stdin = REPORT + long + REPORT + b"last\n"
    run = dedup("filter", "--max-bytes", "1000", "--rejected", str(errors), stdin=stdin)
    assert (run.returncode, run.stdout) == (3, REPORT + b"last\n")
    assert errors.read_bytes() == long
    assert run.stderr.decode().splitlines() == [
        "dedup: stdin:2: longer than max-bytes 1000",
        "dedup: read 4, kept 2, dropped 1: 1 exact; rejected 1",
    ]


MEASURED = """
import resource, subprocess, sys
command = [sys.executable, "-m", "dedup", "filter", "--quiet", "--rejected", sys.argv[1]]
run = subprocess.run(command, stdout=subprocess.DEVNULL)
print(run.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is measured in KiB on Linux only")
@pytest.mark.parametrize("split", [b"", b"{"])
def test_a_huge_line_costs_no_memory(tmp_path: Path, split: bytes) -> None:
    """A line of 100 MB is never held in memory as a whole."""

    def peak(megabytes: int) -> int:
        """Peak memory in MB of a run over one line of the given size."""
        with subprocess.Popen(
            [sys.executable, "-c", MEASURED, str(tmp_path / "errors")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(split)
            for _ in range(megabytes):
                process.stdin.write(b"y" * 1_000_000)
            process.stdin.close()
            status, kibibytes = process.stdout.read().split()
        assert int(status) == 3
        assert (tmp_path / "errors").stat().st_size == megabytes * 1_000_000 + len(split)
        return int(kibibytes) // 1000

    dedup("filter", stdin=b"one\n")  # the kernels are in the cache
    assert peak(100) - peak(6) < 30


def test_unwritable_cache(tmp_path: Path) -> None:
    """If no compiled kernel can be stored, the command still works."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    run = dedup("filter", stdin=b"one\none\n", NUMBA_CACHE_DIR=str(file / "cache"))
    assert (run.returncode, run.stdout) == (0, b"one\n")


CANONICAL = "from dedup.sketch.normalize import canonical; print(canonical('One, two!'))"


def copied(tmp_path: Path) -> Path:
    """A copy of the package."""
    package = tmp_path / "copy" / "dedup"
    shutil.copytree(Path(__file__).parents[2] / "dedup", package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def python_beside(
    package: Path, code: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a few lines of Python, which import this copy of the package and compile its kernels."""
    return subprocess.run(
        [sys.executable, "-c", f"import dedup; assert dedup.__file__.startswith({str(package)!r})\n{code}"],
        cwd=package.parent,
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        timeout=10 * HANG,
        check=False,
    )


def test_a_change_in_another_file_begins_a_new_cache(tmp_path: Path) -> None:
    """A kernel is compiled again if a function that it calls changes in another file."""
    package = copied(tmp_path)

    def canonical() -> bytes:
        return python_beside(package, CANONICAL, NUMBA_CACHE_DIR=str(tmp_path / "cache")).stdout

    assert canonical() == b"one two\n"
    called = package / "sketch" / "plain_ascii.py"
    source = called.read_text()
    assert "np.uint8(32)" in source
    called.write_text(source.replace("np.uint8(32)", "np.uint8(95)"))  # the output for a separator
    assert canonical() == b"one_two\n"
    called.write_text(source)
    assert canonical() == b"one two\n"


def test_no_place_for_a_cache(tmp_path: Path) -> None:
    """If no folder can be written, kernels are compiled each time, and a message says why."""
    package = copied(tmp_path)
    file = package / "__pycache__"
    file.touch()
    nowhere = str(file / "nowhere")
    code = "import sys; sys.argv[1:] = ['filter']; from dedup.cli import main; main()"
    run = python_beside(package, code, b"one\none\n", XDG_CACHE_HOME=nowhere, NUMBA_CACHE_DIR=nowhere)
    assert (run.returncode, run.stdout) == (0, b"one\n")
    assert run.stderr.count(b"compiling kernels") == 1
    assert b"no cache can be written" in run.stderr


def test_closed_stdin() -> None:
    """Without standard input, the run ends with status 1 and one line."""
    code = (
        "import os, subprocess, sys; os.close(0); sys.exit(subprocess.call([sys.executable, '-m', 'dedup', 'filter']))"
    )
    run = python(code)
    assert (run.returncode, run.stdout) == (1, b"")
    assert b"Traceback" not in run.stderr
    assert b"Bad file descriptor" in run.stderr


def test_only_a_closed_output_ends_the_run(tmp_path: Path) -> None:
    """A closed stderr loses no output, but a closed output of duplicates is an error."""
    feed = tmp_path / "feed"
    feed.write_bytes(b"{bad\n" * 3_000 + b'{"text": "one two"}\n')
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(
            [*COMMAND, "filter", str(feed)], stdin=nowhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    with process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.stdout is not None
        assert process.stdout.read() == b'{"text": "one two"}\n'
        assert process.wait(HANG) == 3


def test_input_that_does_not_block() -> None:
    """A non-blocking pipe without data is waited for, and not taken as the end of the input."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    process = subprocess.Popen([*COMMAND, "filter"], stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as feed:
        assert process.stdout is not None
        for line in (b"one two\n", b"three four\n"):
            feed.write(line)
            assert process.stdout.readline() == line
    assert process.wait(HANG) == 0
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def test_output_is_not_input(tmp_path: Path) -> None:
    """A feed that would be appended to itself is refused and not changed."""
    feed = tmp_path / "feed"
    feed.write_bytes(REPORT)
    with feed.open("ab") as output:
        run = subprocess.run(
            [*COMMAND, "filter", str(feed)], stdout=output, stderr=subprocess.PIPE, timeout=HANG, check=False
        )
    assert run.returncode == 2
    assert b"also an input" in run.stderr
    assert feed.read_bytes() == REPORT
