"""The rules of the project: who imports whom, what is public, what the tools say."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from running import HANG

import dedup

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dedup"
# From bottom to top: a file imports only what stands above it here.
ORDER = [
    "errors",
    "model",
    "moments",
    "settings",
    "files",
    "outputs",
    "alphabet",
    "views",
    "jit",
    "bits",
    "plain",
    "canonical",
    "formats.json_values",
    "formats.splice",
    "formats.pieces",
    "formats.records",
    "formats.compressed",
    "formats.tables",
    "formats.checks",
    "formats.articles",
    "formats.wrapped",
    "formats.text",
    "formats.jsonl",
    "formats.roots",
    "formats.detect_json",
    "formats.detect",
    "formats.csv",
    "formats.depth",
    "formats.html",
    "formats.items",
    "formats.jsonfeed",
    "formats.feed",
    "formats.documents",
    "formats.arrow",
    "formats.parquet",
    "formats",
    "formats.objects",
    "shingles",
    "signs",
    "minhash",
    "lsh",
    "memory",
    "buckets",
    "index",
    "kept",
    "clock",
    "life",
    "dropped",
    "names",
    "lock",
    "header",
    "pages",
    "state",
    "verify",
    "facts.vocabulary",
    "facts.tokens",
    "facts.word_forms",
    "facts.alignment",
    "facts.phrases",
    "facts.territories",
    "facts.numbers",
    "facts.text_pair",
    "facts.changed_numbers",
    "facts.changed_days",
    "facts.changed_signs",
    "facts.changed_units",
    "facts.names",
    "facts.introduced_names",
    "facts.added_text",
    "facts.rules",
    "facts",
    "decide",
    "restore",
    "journal",
    "blocks",
    "worddiff",
    "compare",
    "explain",
    "labelled",
    "evaluate",
    "plot",
    "paragraphs",
    "engine",
    "novelty",
    "upkeep",
    "warmup",
    "clusters",
    "ahead",
    "counts",
    "complaints",
    "stats",
    "timeline",
    "stream",
    "charts",
    "survey",
    "report",
    "cli.progress",
    "cli.manners",
    "cli.options",
    "cli.feed",
    "cli.filter",
    "cli.eval",
    "cli.explain",
    "cli.cluster",
    "cli.report",
    "cli.state",
    "cli",
    "__main__",
]
FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("dedup.") in ORDER else str(node.module) for name in names]
        else:
            continue
        found |= {name.removeprefix("dedup.") for name in names if name.startswith("dedup.")}
    return found


def test_every_file_has_a_place() -> None:
    """The order names every file of the package, and none that is not there."""
    assert sorted(FILES.keys() - {"__init__"}) == sorted(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_imports_go_one_way(name: str) -> None:
    """A file imports only files that stand before it in the order."""
    assert imports(FILES[name]) <= set(ORDER[: ORDER.index(name)])


def test_the_order_is_needed() -> None:
    """The imports are really found: the top uses the middle, and the middle the bottom."""
    assert {"formats", "novelty", "model"} <= imports(FILES["stream"])
    assert {"formats.pieces", "formats.text", "canonical"} <= imports(FILES["formats"])
    assert imports(FILES["model"]) == set()


def test_public_names() -> None:
    """At most eight names are public; each can be imported and says what it is."""
    assert 0 < len(dedup.__all__) <= 8
    assert sorted(dedup.__all__) == dedup.__all__
    for name in dedup.__all__:
        assert getattr(dedup, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        dedup.nothing  # noqa: B018  # it raises


@pytest.mark.parametrize("path", FILES.values(), ids=list(FILES))
def test_docstrings(path: Path) -> None:
    """Every module and every public function and class outside of others has a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name)
def test_every_test_says_what_holds(path: Path) -> None:
    """Every test has a docstring of one sentence."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            said = ast.get_docstring(node) or ""
            assert said.endswith("."), node.name
            assert "\n" not in said, node.name


def test_no_pickle_and_no_code_from_data() -> None:
    """Nothing of ours unpickles or evaluates what it reads."""
    used = set()
    for path in FILES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                used |= {alias.name for alias in node.names} | {getattr(node, "module", "")}
            elif isinstance(node, ast.Name):
                used.add(node.id)
    assert not used & {"pickle", "marshal", "shelve", "eval", "exec"}
    assert importlib.import_module("dedup.cli").main.name == "main"


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "dedup", "tests", "benchmarks"],
        ["ruff", "format", "--check", "dedup", "tests", "benchmarks"],
        ["mypy", "--strict", "dedup", "tests"],
    ],
    ids=" ".join,
)
def test_tools(command: list[str]) -> None:
    """The linter, the formatter and the type checker have nothing to say."""
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=4 * HANG, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
