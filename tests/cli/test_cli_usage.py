"""What `dedup` prints about wrong usage, its settings and its version."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from helpers.brokers import RedisBroker, broker_of
from helpers.running import HANG, MODULES, dedup, python
from helpers.spark_session import require_spark

from dedup import Settings, __version__
from dedup.cli import main
from dedup.sketch.lsh import CONTAINED, candidate_probability, layout_for

SAMPLES = Path(__file__).parents[2] / "sample_feeds"


def commands(group: click.Command, names: str = "") -> dict[str, click.Command]:
    """Every command in a group and its subgroups, by its full name."""
    found: dict[str, click.Command] = {}
    if isinstance(group, click.Group):
        for name, command in sorted(group.commands.items()):
            found |= {f"{names}{name}": command, **commands(command, f"{names}{name} ")}
    return found


COMMANDS = commands(main)


def last_line(stderr: bytes) -> str:
    """The last line, which describes the error."""
    return stderr.decode().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threshold", "2"], "--threshold must be above 0 and at most 1, not 2.0"),
        (["--threshold", "much"], "'much' is not a valid float"),
        (["--coverage", "0"], "--coverage must be above 0"),
        (["--recall", "1"], "--recall must be above 0 and below 1"),
        (["--shingle", "line:2"], "--shingle must be word:N or char:N"),
        (["--num-perm", "0"], "--num-perm must be a whole number from 1"),
        (["--num-perm", "1.5"], "'1.5' is not a valid integer"),
        (["--min-words", "-1"], "--min-words must be a whole number from 0"),
        (["--seed", "-1"], "--seed must be a whole number from 0"),
        (["--max-per-bucket", "0"], "--max-per-bucket must be a whole number from 1"),
        (["--max-bytes", "0"], "--max-bytes must be a whole number from 1"),
        (["--threshold", "0.1", "--num-perm", "8"], "raise num_perm or the threshold"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--emit", "nothing"], "'nothing' is not one of"),
        (["--treshold", "0.5"], "No such option"),
        (["missing.txt"], "'missing.txt' does not exist"),
        (["."], "'.' is a directory without files"),
        (["--config", "missing.toml"], "'missing.toml' does not exist"),
        (["--wait", "3s"], "--wait needs --state"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Wrong usage ends with status 2 and one line that names the mistake, before anything is written."""
    run = dedup("filter", *arguments, "--rejected", "errors", stdin=b"one\n", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert last_line(run.stderr).startswith("Error: ")
    assert message in last_line(run.stderr)
    assert b"Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_report_requires_an_output_file() -> None:
    """`dedup report` requires an output file, because a page in the terminal is useless."""
    run = dedup("report", stdin=b"one\n")
    assert (run.returncode, run.stdout) == (2, b"")
    assert last_line(run.stderr) == "Error: Missing option '-o' / '--output-file'."


@pytest.mark.parametrize("option", ["--rejected", "--duplicates"])
def test_an_output_that_is_an_input(tmp_path: Path, option: str) -> None:
    """A file that is read is never opened for writing, not even under another name."""
    feed = tmp_path / "feed.txt"
    feed.write_bytes(b"one\n")
    (tmp_path / "link.txt").symlink_to(feed)
    for name in ("feed.txt", "./feed.txt", "link.txt"):
        run = dedup("filter", "feed.txt", option, name, cwd=tmp_path)
        assert run.returncode == 2
        assert "is also an input" in last_line(run.stderr)
        assert feed.read_bytes() == b"one\n"


def test_two_outputs_in_one_file(tmp_path: Path) -> None:
    """Rejected input and dropped paragraphs cannot go to the same file, because one would overwrite the other."""
    run = dedup("filter", "--rejected", "out", "--duplicates", "./out", stdin=b"one\n", cwd=tmp_path)
    assert run.returncode == 2
    assert "another output" in last_line(run.stderr)
    _, terminal = os.openpty()
    device = os.ttyname(terminal)
    assert dedup("filter", "--rejected", device, "--duplicates", device, stdin=b"one\n").returncode == 0


def test_unwritable_output(tmp_path: Path) -> None:
    """If an output cannot be opened, the run ends with status 1 and one line."""
    run = dedup("filter", "--rejected", tmp_path / "no" / "such" / "file", stdin=b"one\n")
    assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
    assert b"No such file" in run.stderr


def test_config(tmp_path: Path) -> None:
    """A TOML file sets the rule, and an option on the command line overrides it."""
    config = tmp_path / "rule.toml"
    config.write_text('threshold = 0.9\ncoverage = 1\nshingle = "char:4"\nnum-perm = 50\n')
    expected = Settings(threshold=0.9, coverage=1, shingle="char:4", num_perm=50).fingerprint()
    assert expected in dedup("filter", "--config", config, "--show-settings").stdout.decode()
    expected = Settings(threshold=0.8, coverage=1, shingle="char:4", num_perm=50).fingerprint()
    run = dedup("filter", "--config", config, "--show-settings", "--threshold", "0.8")
    assert expected in run.stdout.decode()


@pytest.mark.parametrize("content", [b"threshold = 3\n", b"treshold = 0.5\n", b"threshold =\n", b'shingle = "\xff"\n'])
def test_bad_config(tmp_path: Path, content: bytes) -> None:
    """A config file with a mistake ends with status 2 and one line."""
    config = tmp_path / "rule.toml"
    config.write_bytes(content)
    run = dedup("filter", "--config", config, stdin=b"one\n")
    assert (run.returncode, run.stdout) == (2, b"")
    assert last_line(run.stderr).startswith("Error: ")
    assert b"Traceback" not in run.stderr


def test_show_settings() -> None:
    """The layout, its recall and the fingerprint are printed, and no input is read."""
    run = dedup("filter", "--show-settings", "--threshold", "0.5", "--num-perm", "256", "--recall", "0.99")
    out = run.stdout.decode()
    assert run.returncode == 0
    bands, rows, _ = layout_for(Settings(threshold=0.5, num_perm=256, recall=0.99))
    assert f"{bands} bands of {rows} rows, {bands * rows} of 256 permutations" in out
    recall = float(out.split("probability ")[1].split(",")[0])
    assert 0.99 <= recall <= 1
    assert f"with {candidate_probability(CONTAINED, bands, rows):.4f};" in out
    table = dict(map(str.split, out.partition("proposed\n")[2].partition("\n\n")[0].splitlines()))
    assert list(table) == [f"{tenth / 10:.1f}" for tenth in range(1, 11)]
    assert float(table["0.5"]) == recall
    assert table["1.0"] == "1.0000"
    assert Settings(num_perm=256, threshold=0.5, recall=0.99).fingerprint() in out


def test_version() -> None:
    """`--version` prints the version of the package."""
    assert dedup("--version").stdout.decode().strip() == f"dedup, version {__version__}"


def test_everything_has_help() -> None:
    """Every command has a help text, and the help of its group lists it. Every argument is shown."""
    assert isinstance(main, click.Group)
    assert main.commands
    for names, command in COMMANDS.items():
        out = dedup(*names.split(), "--help").stdout.decode()
        assert command.help
        *group, name = names.split()
        listed = dedup(*group, "--help").stdout.decode()
        first = command.help.splitlines()[0]
        assert re.search(rf"^  {name} +{re.escape(first)}$", listed, re.MULTILINE)
        assert isinstance(command, click.Group) or "Exit status: 0 " in out
        for parameter in command.params:
            assert isinstance(parameter, click.Option) or parameter.human_readable_name in out


def test_commands_share_options() -> None:
    """An option that two commands with a feed share has the same default, type and help in both."""
    assert isinstance(main, click.Group)
    filters, *others = (
        {option.name: option for option in main.commands[name].params if isinstance(option, click.Option)}
        for name in ("filter", "explain", "report", "cluster")
    )
    for options in others:
        both = filters.keys() & options.keys() - {"output_file"}
        assert len(both) > 15
        assert all(options[name].to_info_dict() == filters[name].to_info_dict() for name in both)


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"numba", "numpy", "datasketch", "scipy", "orjson", "xxhash"}),
        (["--version"], {"numba", "numpy", "datasketch", "scipy", "orjson", "xxhash"}),
        (["filter", "--help"], {"numba", "datasketch", "scipy"}),
        (["filter", "FEED"], {"datasketch", "scipy.integrate"}),  # numba itself checks for scipy
    ],
)
def test_start_up_imports_little(arguments: list[str], unwanted: set[str], tmp_path: Path) -> None:
    """A command imports only what it needs."""
    feed = tmp_path / "feed.txt"
    feed.write_bytes(b"one\ntwo\none\n")
    run = python(MODULES, *[argument.replace("FEED", str(feed)) for argument in arguments])
    assert run.returncode == 0, run.stderr
    loaded = set(json.loads(run.stdout.splitlines()[-1]))
    assert "click" in loaded
    assert not loaded & unwanted


def run_until_ready(example: str, folder: Path, path: str) -> None:
    """Run a command that does not end by itself until it is ready, and stop it."""
    with subprocess.Popen(
        ["sh", "-ec", f"exec {example}"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert any("ready" in line or "start" in line for line in process.stderr or ())
        process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_help(name: str, tmp_path: Path) -> None:
    """The example in `--help` works as described on the sample feeds."""
    shown = " ".join(dedup(*name.split(), "--help").stdout.decode().split())
    example = shown.partition("Example: ")[2].partition(" Options:")[0]
    assert example.startswith("dedup ")
    if "dedup spark" in example:
        require_spark()
    shutil.copy(SAMPLES / "liveblog.txt", tmp_path / "feed.txt")
    shutil.copy(SAMPLES / "wire.jsonl", tmp_path / "feed.jsonl")
    shutil.copy(SAMPLES / "pairs.jsonl", tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if name == "stream":
        with broker_of("redis", tmp_path) as broker:
            assert isinstance(broker, RedisBroker)
            run_until_ready(example.replace("localhost", f"127.0.0.1:{broker.port}"), tmp_path, path)
        return
    if name == "serve":
        run_until_ready(example, tmp_path, path)
        return
    subprocess.run(
        ["sh", "-ec", example], cwd=tmp_path, env={**os.environ, "PATH": path}, timeout=4 * HANG, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
