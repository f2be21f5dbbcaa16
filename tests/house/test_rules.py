"""Rules are pure and say where they come from; the house stays readable."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.house.write_docs import ROOT, rules, rules_files

# What a pure function can need of the standard library and of elsewhere. No clock, no file, no network, no event loop.
PURE = {
    "collections", "dataclasses", "datetime", "hashlib", "ipaddress", "math", "re", "stdnum", "typing", "unicodedata", "uuid",
    "zoneinfo",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "uuid1", "uuid4", "uuid7", "open", "print", "input"}


@pytest.mark.parametrize("file", rules_files(), ids=lambda file: file.parent.name)
def test_rules_import_and_call_nothing_that_could_differ_tomorrow(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert {name for name in imported(tree) if name.split(".")[0] not in PURE and not is_pure_house(name)} == set()
    for each in ast.walk(tree):
        assert not isinstance(each, ast.AsyncFunctionDef | ast.Await | ast.Global), f"{file}: line {each.lineno}"
        if isinstance(each, ast.Call):
            called = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            assert called not in CLOCKS, f"{file}: line {each.lineno} calls {called}"


def imported(tree: ast.Module) -> Iterator[str]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            yield each.module or "."


def is_pure_house(name: str) -> bool:
    """Other rules, the closed lists of words and permissions, and how a date is worded."""
    return name.startswith("ecm.") and name.rpartition(".")[2] in ("rules", "words", "permissions", "dates")


def test_every_public_rule_says_what_it_promises_and_where_it_comes_from() -> None:
    found = list(rules())
    assert len(found) > 30
    assert [f"{r.file.parent.name}.{r.name}" for r in found if not r.promise] == []
    silent = [f"{r.file.relative_to(ROOT)}:{r.line} {r.name}" for r in found if len(r.source) < 8]
    assert silent == [], "a docstring says `Source: `, then a law or guidance with its paragraph, the design, an ADR"


def test_files_and_functions_stay_short(capsys: pytest.CaptureFixture[str]) -> None:
    texts = {file: file.read_text() for file in (ROOT / "ecm").rglob("*.py")}
    files = {str(file.relative_to(ROOT)): len(text.splitlines()) for file, text in texts.items() if text}
    functions = {
        f"{file.relative_to(ROOT)}:{each.name}": (each.end_lineno or 0) - each.lineno + 1
        for file, text in texts.items()
        for each in ast.walk(ast.parse(text))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    with capsys.disabled():
        print(f"\n  files: {summary(files)}; functions: {summary(functions)}")
    assert median(files.values()) <= 120
    assert median(functions.values()) <= 10
    assert {name: lines for name, lines in files.items() if lines > 400} == {}
    assert {name for name, lines in functions.items() if lines > 60} == set()


def summary(lengths: dict[str, int]) -> str:
    ordered = sorted(lengths.values())
    return f"{len(ordered)}, median {median(ordered):g} lines, 9 of 10 within {ordered[len(ordered) * 9 // 10]}, longest {ordered[-1]}"
