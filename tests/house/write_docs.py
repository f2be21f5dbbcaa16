"""The pages of docs/ that are made from the code: `python -m tests.house.write_docs` writes them, a test compares them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from ecm.agencies.permissions import table
from ecm.audit import events
from ecm.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MADE = "<!-- Made by: python -m tests.house.write_docs -->"


@dataclass(frozen=True, slots=True)
class Rule:
    """A public function of a rules.py: its first sentence and where it comes from ('' when it does not say)."""

    file: Path
    name: str
    line: int
    promise: str
    source: str


def rules_files() -> list[Path]:
    """Every rules.py of the house, in order of their slices."""
    return sorted((ROOT / "ecm").glob("*/rules.py"))


def rules() -> Iterator[Rule]:
    """Every public function of every rules.py, in the order of the files."""
    for file in rules_files():
        for each in ast.parse(file.read_text()).body:
            if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
                text = " ".join((ast.get_docstring(each) or "").split())
                said, _, source = text.partition("Source: ")
                promise = re.split(r"(?<=[a-z0-9)’'\"])\. ", said.strip(), maxsplit=1)[0].rstrip(". ")
                yield Rule(file, each.name, each.lineno, promise, source.strip())


def law() -> str:
    """docs/law.md: each rule beside its source."""
    parts = [
        MADE,
        "# Rules and where they come from",
        "Every rule that decides something about a pupil, a carer or a worker is a pure function in a `rules.py`, and says "
        "where it comes from: a law or guidance with its paragraph, a standard, a section of [the design](design.md), an "
        "ADR (see [the index](index.md#decisions)) or, said openly, a choice of this product. Legal readings are engineering "
        "input, not legal advice.",
    ]
    for file in rules_files():
        found = [rule for rule in rules() if rule.file == file]
        rows = [f"| `{r.name}` | {_cell(r.promise)} | {_cell(r.source)} |" for r in found]
        parts += [f"## {file.parent.name}", "\n".join(["| rule | what it says | source |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def event_page() -> str:
    """docs/events.md: every event, and which files record it."""
    rows = [f"| `{each.value}` | {', '.join(_recorded_in(each.name)) or 'nothing'} |" for each in events.Event]
    parts = [
        MADE,
        "# Events of the audit log",
        "What can be recorded, and which files record it. What else an entry holds: [the format](audit-log.md#an-entry).",
        "\n".join(["| event | recorded by |", "|---|---|", *rows]),
    ]
    return "\n\n".join(parts) + "\n"


def _recorded_in(name: str) -> list[str]:
    word = re.compile(rf"\b(?:Event|Happened)\.{name}\b")
    files = sorted(file for file in (ROOT / "ecm").rglob("*.py") if word.search(file.read_text()))
    return [f"`{file.relative_to(ROOT)}`" for file in files]


def command_page() -> str:
    """docs/commands.md: every `ecm` command with its options, as its own help words them."""
    parts = [
        MADE,
        "# The `ecm` command",
        "Also `python -m ecm`. Every command takes `--data DIR` (or `ECM_DATA`): the folder of the embedded "
        "database, the log's key and its newest checkpoint, `.ecm-data` unless said otherwise. Settings: [settings](settings.md).",
    ]
    for words, command in commands(main):
        takes = "\n".join(f"- `{usage}`: {text}" for usage, text in _options(command))
        parts += [f"## `ecm {words}`", (command.help or "").strip(), *([takes] if takes else [])]
    return "\n\n".join(parts) + "\n"


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words one types after `ecm`."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def _options(command: click.Command) -> Iterator[tuple[str, str]]:
    for each in command.params:
        if isinstance(each, click.Argument):
            yield each.human_readable_name, "needed"
        elif isinstance(each, click.Option):
            value = "" if each.is_flag else f" {(each.metavar or each.type.name).upper()}"
            default = f" Default: {each.default}." if each.show_default and not each.is_flag else ""
            yield each.opts[0] + value, f"{each.help or ''}{default}".strip() or "see above"


PAGES = {
    "permissions.md": lambda: table() + "\n",  # exactly what `ecm permissions` prints
    "law.md": law,
    "events.md": event_page,
    "commands.md": command_page,
}


if __name__ == "__main__":
    for name, text in PAGES.items():
        (DOCS / name).write_text(text())
