"""The command with damaged input and options at random: its contract holds, and nothing is lost."""

import re
from pathlib import Path
from random import Random

import pytest
from helpers.mutations import WHOLE, broken, compressed, content, parquet_table
from helpers.running import dedup
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_SUMMARY = re.compile(r"dedup: read (\d+), kept (\d+)(?: \(.*?\))?, dropped (\d+)(?:.*; rejected (\d+))?")
_BYTES = 300  # a limit that many records of the samples exceed
_OPTIONS: dict[str, list[str]] = {
    "--format": ["auto", "text", "jsonl", "json", "csv", "feed", "html", "parquet"],
    "--split": ["auto", "line", "blank"],
    "--text-field": ["text", "title", "a.b", "", "\u202e", "."],
    "--time-field": ["time", "date", "seen"],
    "--source-field": ["source", "author.name"],
    "--emit": ["novel", "all", "duplicates"],
    "--output-format": ["same", "jsonl", "records", "parquet"],
    "--jobs": ["1", "2", "0"],
    "--max-bytes": [str(_BYTES), "1", "1000000", "-1"],
    "--window": ["1s", "7d", "0s", "nan", "1e400d"],
    "--max-stored": ["1", "7", "0"],
    "--threshold": ["0.33", "1", "0", "nan", "1e-9", "2"],
    "--coverage": ["0.8", "1", "-1"],
    "--shingle": ["word:1", "word:2", "char:4", "char:0", "word:99999999999"],
    "--num-perm": ["56", "1", "128", "100000000"],
    "--recall": ["0.96", "0.5", "1"],
    "--min-words": ["0", "6", "1000000"],
    "--updates": ["keep", "drop"],
    "--seed": ["0", "7", "18446744073709551616"],
    "--max-per-bucket": ["1", "4", "0"],
}
_FLAGS = ["--strict", "--no-strict", "--trim", "--extract", "--refresh", "--fsync", "--no-such-option"]
OPTIONS = st.tuples(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in _OPTIONS.items()}),
    st.sets(st.sampled_from(_FLAGS[:-1]), max_size=3) | st.just({_FLAGS[-1]}),
)
#: Few options at a time, so that most runs get as far as the input.
USUAL = st.dictionaries(st.sampled_from(list(_OPTIONS)), st.just(0), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(_OPTIONS[name][:3]) for name in names})
)

#: Each example is a process, so failures are not shrunk.
WITH_PROCESSES = settings(suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])


def run_and_check(folder: Path, data: bytes, arguments: list[str], *more: str) -> tuple[int, bytes, int, int]:
    """Run `dedup filter`, check its contract, and return its status and output, and what it kept and dropped.

    The summary agrees with the files: one line for each dropped paragraph, and rejected bytes only if something was
    rejected.
    """
    dropped_file, rejected_file = folder / "dropped.jsonl", folder / "rejected"
    for file in (dropped_file, rejected_file):
        file.unlink(missing_ok=True)
    run = dedup("filter", *arguments, "--duplicates", dropped_file, "--rejected", rejected_file, *more, stdin=data)
    message = run.stderr.decode()  # it is always UTF-8
    assert run.returncode in (0, 1, 2, 3), (run.returncode, message)
    assert "Traceback" not in message, message
    summary = _SUMMARY.search(message)
    if run.returncode in (1, 2):
        assert message
        return run.returncode, run.stdout, 0, 0
    assert summary is not None, message
    read, kept, dropped, rejected = (int(number or 0) for number in summary.groups())
    assert kept + dropped + rejected == read
    assert (rejected > 0) == (run.returncode == 3)
    assert len(dropped_file.read_bytes().splitlines()) == dropped
    return run.returncode, run.stdout, kept, dropped


def test_any_bytes_and_any_options(rounds: int, tmp_path: Path) -> None:
    """The exit status is 0, 1, 2 or 3, there is no traceback, and all that was read was kept, dropped or rejected."""

    @settings(WITH_PROCESSES, max_examples=rounds)
    @given(st.binary(max_size=200) | st.text().map(str.encode) | st.sampled_from(list(WHOLE.values())), OPTIONS)
    def check(data: bytes, options: tuple[dict[str, str], set[str]]) -> None:
        arguments = [word for pair in options[0].items() for word in pair]
        run_and_check(tmp_path, data, [*arguments, *sorted(options[1])])

    check()


@pytest.mark.parametrize("name", [*WHOLE, "parquet", "compressed"])
def test_damaged_input(name: str, rounds: int, tmp_path: Path) -> None:
    """A damaged input of any format is read, rejected or refused within the contract."""
    whole = {**WHOLE, "parquet": parquet_table()}

    @settings(WITH_PROCESSES, max_examples=max(1, rounds // 3))
    @given(st.randoms(use_true_random=False), USUAL)
    def check(draw: Random, options: dict[str, str]) -> None:
        data = compressed(whole[draw.choice(list(WHOLE))], draw) if name == "compressed" else whole[name]
        run_and_check(tmp_path, broken(data, draw), [word for pair in options.items() for word in pair])

    check()


@pytest.mark.parametrize("name", [name for name in WHOLE if not name.endswith("html")])
def test_no_line_is_lost(name: str, rounds: int, tmp_path: Path) -> None:
    """Every byte of a damaged input comes out or is rejected, and an output has one line for each paragraph kept."""
    rejected = tmp_path / "rejected"

    @settings(WITH_PROCESSES, max_examples=max(1, rounds // 5))
    @given(st.randoms(use_true_random=False), st.sampled_from([1 << 20, _BYTES]))
    def check(draw: Random, limit: int) -> None:
        data = broken(WHOLE[name], draw)
        arguments = ["--max-bytes", str(limit)]
        status, out, _, _ = run_and_check(tmp_path, data, arguments, "--emit", "all")
        if status not in (0, 3):
            return
        lost = content(data) - content(out + rejected.read_bytes())
        # A page is written from its tree, so its bytes may differ; a repeated header of a table is no record.
        is_page = b"<html" in data.lower()
        assert not lost or is_page or (name.endswith("csv") and set(lost) <= set(data.splitlines()[0]))
        _, out, kept, _ = run_and_check(tmp_path, data, arguments, "--output-format", "jsonl")
        assert len(out.splitlines()) == kept

    check()
