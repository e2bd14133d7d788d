"""Every option is documented, belongs to a group of `--help`, and keeps its earlier spellings."""

import os
import re
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path

import click
import pytest
from helpers.running import HANG, dedup

from dedup import Settings
from dedup.cli import main
from dedup.cli.options import GROUPS, OLD_SPELLINGS, SETTING_OPTIONS, Option
from dedup.settings import option_name

FEED = (
    b'{"id": "1", "text": "Ferries sail again on Monday."}\n'
    b"broken\n"
    b'{"id": "2", "text": "ferries sail again on monday"}\n'
)
PAIRS = b'{"a": "Ferries sail again on Monday.", "b": "Ferries sail again on Monday", "label": 1}\n'
#: Options with an earlier spelling: a command with each of them, and its value.
USES: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = [
    (("filter", "feed.jsonl", "--show-settings"), "max-per-bucket", ("7",)),
    (("filter", "feed.jsonl", "--stats", "stats.prom", "--state", "state"), "max-stored", ("1",)),
    (("filter", "feed.jsonl"), "rejected", ("file",)),
    (("eval", "pairs.jsonl"), "rejected", ("file",)),
    (("filter", "feed.jsonl", "--emit", "all"), "output-format", ("jsonl",)),
    (("eval", "pairs.jsonl"), "output-format", ("json",)),
    (("filter", "feed.jsonl", "-o", "file"), "fsync", ()),
    (("filter", "--threshold", "0.5"), "show-settings", ()),
]
#: Options that work, but are not shown.
HIDDEN = {"max_new_words"}
OLD = {current: old for old, current in OLD_SPELLINGS.items()}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Every command that is not a group, by its full name."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    return {
        name: leaf for word, below in command.commands.items() for name, leaf in leaves(below, (*path, word)).items()
    }


COMMANDS = leaves(main)


def options(command: click.Command) -> list[Option]:
    """The options of a command. Each must belong to a group."""
    found = [param for param in command.params if isinstance(param, click.Option)]
    assert all(isinstance(option, Option) for option in found)
    return [option for option in found if isinstance(option, Option)]


def outcome(folder: Path, arguments: list[str]) -> tuple[int, bytes, bytes, dict[str, bytes]]:
    """The results of a command in an empty folder with the inputs above: its status, its output and its files."""
    folder.mkdir()
    (folder / "feed.jsonl").write_bytes(FEED)
    (folder / "pairs.jsonl").write_bytes(PAIRS + b"broken\n")
    run = dedup(*arguments, cwd=folder)
    files = {
        path.name: re.sub(rb"dedup_run_seconds [\d.]+", b"", path.read_bytes())
        for path in folder.iterdir()
        if not path.name.startswith("state")  # it contains the time of the run
    }
    return run.returncode, run.stdout, run.stderr, files


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_a_group(name: str) -> None:
    """`--help` shows exactly the options of each group in its section, with a help text of whole sentences."""
    shown = dedup(*name.split(), "--help").stdout.decode()
    sections: dict[str, str] = {}
    for title, body in re.findall(r"^(\w+):\n((?:^ .*\n|^\n(?= {4}))+)", shown, re.MULTILINE):
        sections[title] = body
    assert list(sections) == [group for group in GROUPS if group in sections]
    places: dict[str, list[str]] = {group: [] for group in GROUPS}
    for option in options(COMMANDS[name]):
        assert option.help is not None
        assert option.hidden == (option.name in HIDDEN)
        assert re.fullmatch(r"[A-Z].*[.)](  \[default: .+\])?", option.help)
        assert "None" not in option.help
        if not option.hidden:
            places[option.group].append(option.opts[-1])
    places["Running"].append("--help")
    for group, names in places.items():
        assert re.findall(r"^  (?:-\w, )?(--[\w-]+)", sections.get(group, ""), re.MULTILINE) == names


def test_every_setting_has_an_option() -> None:
    """Each field of Settings has one option, with its name in a TOML file, and `dedup filter` has all of them."""
    names = {field.name for field in fields(Settings)}
    assert set(SETTING_OPTIONS) == names
    taken = {option.name: option.opts[0] for option in options(COMMANDS["filter"])}
    assert {name: taken[name] for name in names} == {name: f"--{option_name(name)}" for name in names}


def test_commands_show_the_real_defaults() -> None:
    """The default of a setting in `--help` is that of Settings."""
    helps = {option.name: option.help for option in options(COMMANDS["filter"])}
    for name, value in asdict(Settings()).items():
        shown = {None: "unlimited", False: f"no-{name}"}.get(value, str(value))
        assert str(helps[name]).endswith(f"[default: {shown}]")


def test_old_spellings_are_tested() -> None:
    """The table above uses every option that has an earlier spelling."""
    assert {current for _, current, _ in USES} == set(OLD)
    assert len(OLD) == len(OLD_SPELLINGS)


@pytest.mark.parametrize(("command", "current", "value"), USES, ids=str)
def test_old_spellings(tmp_path: Path, command: tuple[str, ...], current: str, value: tuple[str, ...]) -> None:
    """An earlier spelling works like the current one, with a space or `=` before the value."""
    new = outcome(tmp_path / "new", [*command, f"--{current}", *value])
    assert new[0] in (0, 3)
    assert outcome(tmp_path / "old", [*command, f"--{OLD[current]}", *value]) == new
    if value:
        assert outcome(tmp_path / "joined", [*command, f"--{OLD[current]}={value[0]}"]) == new
    assert outcome(tmp_path / "without", list(command)) != new or current == "fsync"


def test_old_spellings_are_hidden() -> None:
    """Each earlier spelling belongs to a visible option, and is itself hidden."""
    visible = {name.removeprefix("--") for command in COMMANDS.values() for o in options(command) for name in o.opts}
    assert set(OLD_SPELLINGS.values()) <= visible
    assert not OLD_SPELLINGS.keys() & visible


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("--max-storred", "3"), "--max-stored"),
        (("--output-fromat", "jsonl"), "--output-format"),
        (("--rejectd", "f"), "--rejected"),
    ],
)
def test_mistyped_options(arguments: tuple[str, ...], nearest: str) -> None:
    """A mistyped option ends with status 2, and the nearest option is suggested."""
    run = dedup("filter", *arguments, stdin=b"one\n")
    assert run.returncode == 2
    line = run.stderr.decode().splitlines()[-1]
    assert line.startswith("Error: No such option")
    assert nearest in line.partition(arguments[0])[2]


def test_config_takes_old_and_new_names(tmp_path: Path) -> None:
    """Settings in a TOML file work like the options of the same names, including earlier spellings."""
    expected = dedup("filter", "--max-stored", "9", "--max-per-bucket", "2", "--show-settings").stdout
    default = dedup("filter", "--show-settings").stdout
    for text in ("max-stored = 9\nmax-per-bucket = 2\n", "max-paragraphs = 9\nbucket_limit = 2\n"):
        (tmp_path / "rule.toml").write_text(text)
        found = dedup("filter", "--config", tmp_path / "rule.toml", "--show-settings").stdout
        assert found == expected != default


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("treshold = 0.5\n", "no such setting: treshold (did you mean threshold?)"),
        ("max_store = 5\n", "no such setting: max_store (did you mean max-stored?)"),
        ("max-per-bucket = 0\n", "max-per-bucket must be a whole number from 1"),
        ("max-stored = 5\nmax-paragraphs = 5\n", "max-stored is set twice"),
    ],
)
def test_config_mistakes(tmp_path: Path, content: str, message: str) -> None:
    """A mistake in a TOML file ends with status 2 and a line with the file, the mistake and a remedy."""
    (tmp_path / "rule.toml").write_text(content)
    run = dedup("filter", "--config", "rule.toml", stdin=b"one\n", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode().splitlines()[-1].startswith(f"Error: rule.toml: {message}")


def complete(*words: str) -> set[str]:
    """The kind and the text of the shell completion of the last word."""
    environment = {"_DEDUP_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    run = subprocess.run(
        [Path(sys.executable).with_name("dedup")], env=os.environ | environment, capture_output=True, timeout=HANG,
        check=True,
    )  # fmt: skip
    return set(run.stdout.decode().splitlines())


def test_shell_completion() -> None:
    """The shell completes commands, options in their current spellings, choices, and paths of inputs and outputs."""
    assert complete("dedup", "cl") == {"plain,cluster"}
    assert complete("dedup", "filter", "--max-") == {
        f"plain,--max-{rest}" for rest in ("bytes", "stored", "per-bucket")
    }
    assert complete("dedup", "filter", "--emit", "d") == {"plain,duplicates"}
    assert complete("dedup", "filter", "fe") == complete("dedup", "filter", "-o", "fe") == {"file,fe"}
