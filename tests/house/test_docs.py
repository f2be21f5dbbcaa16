"""Documentation is a test: where a page and the code differ, the build is red."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from ecm import seeds, stories
from ecm.agencies.permissions import CATEGORIES, GRANTS, ROLES
from ecm.agencies.words import ACTION_STATUS_LABELS, BASIS_LABELS, INVOLVEMENT_LABELS
from ecm.cli import main
from ecm.config import Settings
from ecm.consent import rules as consent
from tests.house.write_docs import DOCS, PAGES, ROOT, commands

README = ROOT / "README.md"
WRITTEN = [README, ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
MADE_ELSEWHERE = {"ECM_LONG"}  # a switch of the tests, not a setting of an installation


def kept_files() -> list[Path]:
    """Every file that is in git or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(file: Path) -> str:
    return file.read_text(errors="replace")


CODE = [f for f in kept_files() if f.is_relative_to(ROOT / "ecm") or f.is_relative_to(ROOT / "tests")]
SCREENS = "\n".join(map(text_of, [*(ROOT / "templates").rglob("*.*"), *(ROOT / "ecm").rglob("*.py")]))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_the_code_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run: python -m tests.house.write_docs"


def test_every_command_is_in_the_readme_or_its_page() -> None:
    page = (DOCS / "commands.md").read_text() + README.read_text()
    found = [words for words, _ in commands(main)]
    assert {"demo", "serve", "worker", "migrate", "permissions", "audit export", "audit verify"} <= set(found)
    assert [words for words in found if f"`ecm {words}" not in page] == []


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    page = (DOCS / "settings.md").read_text()
    ours = {f"ECM_{each.name.upper()}" for each in fields(Settings)}
    assert len(ours) <= 25
    explained = set(re.findall(r"^\| `(ECM_[A-Z_]+)`", page, re.MULTILINE))
    assert explained == ours
    named = {name for file in [*WRITTEN, ROOT / "Makefile"] for name in re.findall(r"\bECM_[A-Z_]+\b", text_of(file))}
    assert named <= ours | MADE_ELSEWHERE


def test_every_link_between_pages_leads_somewhere() -> None:
    checked = 0
    for file in WRITTEN:
        prose = re.sub(r"^```.*?^```", "", text_of(file), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, _, anchor = target.partition("#")
            place = (file.parent / path).resolve() if path else file
            assert place.exists(), f"{file.name}: {target}"
            assert not anchor or anchor in anchors(place), f"{file.name}: {target}"
            checked += 1
    assert checked > 30


def anchors(file: Path) -> set[str]:
    """The names GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_adr_that_is_cited_exists_and_every_one_is_in_the_index() -> None:
    there = {file.name[:4]: file for file in (DOCS / "adr").glob("*.md")}
    assert sorted(there) == [f"{number:04d}" for number in range(1, len(there) + 1)]
    files = [*CODE, *WRITTEN]
    cited = {(number, file.name) for file in files for number in re.findall(r"\bADR (\d{4})\b", text_of(file))}
    assert {number for number, _ in cited} > {"0005", "0006", "0007"}
    assert {(number, name) for number, name in cited if number not in there} == set()
    index = (DOCS / "index.md").read_text()
    assert [number for number, file in there.items() if f"(adr/{file.name})" not in index] == []


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"({page.name}" not in index] == []


def test_every_page_that_code_cites_exists() -> None:
    cited = {(name, file.name) for file in CODE for name in re.findall(r"\bdocs/[\w/-]+\.md\b", text_of(file))}
    assert {name for name, _ in cited} >= {"docs/access.md", "docs/states.md", "docs/audit-log.md"}
    assert {(name, by) for name, by in cited if not (ROOT / name).exists()} == set()


def test_what_code_quotes_from_the_design_is_there() -> None:
    parts = re.split(r"^## (\d)\. .*$", (DOCS / "design.md").read_text(), flags=re.MULTILINE)
    sections = {number: plain(text).casefold() for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    quotes = {
        (section, words, file.name)
        for file in CODE
        for section, words in re.findall(r"Source: design (\d), \"([^\"]{4,200})\"", plain(text_of(file)))
    }
    assert len(quotes) >= 5
    assert {quote for quote in quotes if quote[1].casefold() not in sections[quote[0]]} == set()


def plain(text: str) -> str:
    """Without comment signs at the start of lines, marks of emphasis, and line ends."""
    return " ".join(re.sub(r"\n\s*(--|#)?|[*`]", " ", text).split())


def test_the_closed_lists_are_explained_where_people_look_for_them() -> None:
    access, states = (DOCS / "access.md").read_text(), (DOCS / "states.md").read_text()
    verbs = {verb for granted in GRANTS.values() for verb in granted if not verb.startswith("write:")}
    words = {*CATEGORIES, *BASIS_LABELS, *verbs, *{role for _, role in GRANTS}}
    assert [word for word in sorted(words) if f"`{word}`" not in access] == []
    assert {role for _, role in GRANTS} <= set(ROLES)
    held = {*INVOLVEMENT_LABELS, *ACTION_STATUS_LABELS, *consent._WEIGHT, "preparing", "ready", "failed"}
    assert [word for word in sorted(held) if f"`{word}`" not in states] == []


def test_a_test_that_a_page_names_as_proof_exists() -> None:
    proof = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
    named = [(page.name, *found) for page in WRITTEN for found in proof.findall(text_of(page))]
    assert len({file for _, file, _ in named}) >= 5
    for page, file, test in named:
        assert (ROOT / file).exists(), f"{page}: {file}"
        assert not test or re.search(rf"def {test}\(", text_of(ROOT / file)), f"{page}: {test}"


def test_the_tour_names_people_and_buttons_that_are_there() -> None:
    tour = README.read_text().partition("## A five-minute tour")[2].partition("\n## ")[0]
    people = {worker.email for worker in seeds.WORKERS} | {email for email, *_ in seeds.CARERS} | {stories.EWA}
    named = set(re.findall(r"`([\w.]+@[\w.-]+\.example)`", tour))
    assert len(named) >= 4
    assert named <= people
    labels = re.findall(r"\*\*([^*]+)\*\*", tour)
    assert len(labels) > 20
    assert [label for label in labels if label not in SCREENS] == []


def test_no_kept_file_names_a_registry_or_a_path_of_one_machine() -> None:
    registry = re.compile(r"pypi[.]org|python[h]osted|npm[j]s[.]|yarn[p]kg|(?<!-)registry[=]|--index[-]url")
    place = re.compile(r"(?<![\w.])(/[w]ork\b|/[r]oot/|/[h]ome/[a-z]|/[U]sers/)")
    files = kept_files()
    assert len(files) > 100
    for file in files:
        text = text_of(file)
        found = registry.search(text) or place.search(text)
        assert found is None, f"{file}: {found}"
        assert "://" not in text or not (file.suffix == ".lock" or file.name == "package-lock.json"), file
