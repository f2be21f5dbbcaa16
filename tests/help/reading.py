"""How hard words are to read: the words of a page as sentences, and the age at which most people can read them.

The measure is the Flesch–Kincaid grade: 0.39 × words per sentence + 11.8 × syllables per word − 15.59. Source: Kincaid,
Fishburne, Rogers and Chissom, Derivation of New Readability Formulas, Naval Research Branch Report 8-75, 1975.
A grade is a school year in the United States, which begins at age 5 + the grade: grade 6 is age 11. Names of people and
services are nobody's to make simpler, so each counts as one short word.
"""

import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

from ecm import seeds

OLDEST = 11
MOST_WORDS = 25  # in a sentence. Source: GOV.UK style, "Sentence length".
LEAST_WORDS = 4  # a button or a label of two words is no sentence, and would make every page look easy
BLOCKS = {
    "p", "li", "h1", "h2", "h3", "dt", "dd", "th", "td", "label", "legend", "summary", "button", "div", "figcaption", "main", "br",
}  # fmt: skip
UNSPOKEN = {"script", "style", "svg"}
NAMES = sorted(
    {each.name for each in (*seeds.AGENCIES, *seeds.WORKERS)}
    | {name for _, name, *_ in seeds.CARERS}
    | {pupil.first for pupil in seeds.PUPILS},
    key=len,
    reverse=True,
)
NAMED = re.compile("|".join(map(re.escape, NAMES)))


class _Main(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = [""]
        self.inside = self.silent = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside |= tag == "main"
        self.silent |= tag in UNSPOKEN
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "main"
        self.silent &= tag not in UNSPOKEN
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if self.inside and not self.silent:
            self.blocks[-1] += data


def of_page(html: str) -> list[str]:
    """The sentences of a page's main part: of each paragraph, heading, label, entry of a list and button."""
    reader = _Main()
    reader.feed(html)
    return of_text("\n\n".join(reader.blocks))


def of_text(text: str) -> list[str]:
    """The sentences of a text whose paragraphs are parted by empty lines, without labels and addresses of pages."""
    text = NAMED.sub("Sam", re.sub(r"https?://\S+|\S+@\S+|ECM-\w{4}-\w{2}", "", text))
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    found = (sentence for block in blocks for sentence in re.split(r"(?<=[.?!])\s+", block))
    return [each for each in found if len(words_of(each)) >= (1 if each.endswith((".", "?", "!")) else LEAST_WORDS)]


def words_of(sentence: str) -> list[str]:
    """The words of a sentence, without numbers."""
    return re.findall(r"[A-Za-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*", sentence)


def longest(sentences: Iterable[str]) -> str:
    """The sentence with most words."""
    return max(sentences, key=lambda each: len(words_of(each)))


def age(sentences: Sequence[str]) -> float:
    """The reading age in years of these sentences together. Raises: ValueError when nothing is said."""
    words = [word for sentence in sentences for word in words_of(sentence)]
    if not words:
        raise ValueError("nothing to read")
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return grade + 5


def syllables(word: str) -> int:
    """How many syllables a word has, nearly: its groups of vowels without a silent e at the end."""
    bare = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzg])es$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouyà-ÿ]+", bare)))
