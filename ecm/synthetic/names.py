"""Names of made-up people: first names as families of many cultures give them, last names that nobody has.

Every last name is built on a star, a moon or a mineral (O’Betelgeuse, Feldsparowicz, Nguyễn Obsidian), in the forms
that test software: apostrophes, hyphens, particles, diacritics. Who has one name only is called by such a word. So a
made-up pupil is known at a glance, on every screen and in every printout.
"""

from itertools import accumulate
from random import Random

ROOTS = """
    Feldspar Betelgeuse Olivine Aldebaran Obsidian Callisto Tourmaline Antares Basalt Canopus Malachite Enceladus Quartz
    Arcturus Dolomite Polaris Azurite Fomalhaut Calcite Ganymede Gypsum Bellatrix Haematite Procyon Magnetite Oberon Pyrite
    Achernar Zircon Alcyone Fluorite Umbriel Galena Mintaka Gneiss Alnitak Porphyry Deneb Pumice Iapetus Rutile Mizar
    Sardonyx Thuban Schist Phobos Serpentine Deimos Talc Nereid Wolframite Charon Zeolite Proteus Cinnabar Mirach Corundum
    Sadalsuud Diorite Zubenelgenubi Epidote Rasalhague Gabbro Algieba Labradorite Alphecca Limonite Eltanin Muscovite Kochab
    Rhyolite Menkalinan Selenite Nashira Staurolite Okab Stibnite Porrima Travertine Sheratan Tuff Unukalhai Xenotime Vindemiatrix
    Biotite Almach Chalcedony Wezen Halite Yed Kaolin Zaurak Lazulite Ankaa Bauxite Caph Ilmenite Diphda
"""

# How often, then the forms of a last name (* is a root, + one that does not begin the word), then first names.
CULTURES = (
    (46, "* * * * *-* *son",
     "Amelia Oliver Isla Noah Grace Alfie Poppy Harry Evie Archie Mia Leo Freya Jack Ruby Jamie-Lee Mary_Ann Thomas Ella Max"),
    (6, "O’* Mac* Mc* O'*", "Niamh Seán Siobhán Oisín Caoimhe Pádraig Aoife Ciarán"),
    (4, "ap_* * Llan+", "Siôn Mair Llŷr Angharad Gwenllïan Rhys"),
    (7, "*owicz *ska *ski *czyk", "Łukasz Zofia Wojciech Małgorzata Paweł Agnieszka Stanisław"),
    (9, "* Al-* *_Begum ibn_*", "Fatima Yusuf Aaliyah Muhammad Zaynab Ibrahim Mariam Abdul-Rahman"),
    (7, "* *_Singh *_Kaur *wala", "Priya Arjun Simran Ravi Ananya Gurpreet Kavya Dev"),
    (6, "Ọ+ * Adé+ *-Mensah", "Oluwaseun Chiamaka Kwame Ngozi Adébáyọ̀ Amara Tùndé"),
    (3, "Nguyễn_* Trần_* Lê_*", "Ánh Phương Đức Thị_Hoa Minh Thảo"),
    (4, "de_la_* *_y_* da_* *ez", "José_María Núria João Inés Ángel Conceição Iñaki"),
    (4, "*escu *ová *ić *enko", "Ștefan Ioana Dmytro Žofie Đorđe Oksana Matěj"),
    (2, "*sdóttir *ström von_* Ö+", "Björn Zoë Åsa Jürgen Sølve Anaïs"),
    (2, "* *_Xaawo", "Xaliimo Cabdi Hodan Liibaan Aamiina"),
)  # fmt: skip
ADULTS = "Ewa Dawn Meera Colin Lan Amina Tariq Sian Femi Ines Pavel Ruth Gareth Noor Olga Mark"

ONE_NAME_IN = 90


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


WORDS = _words(ROOTS)
_ADULTS = _words(ADULTS)
_FORMS = [_words(forms) for _, forms, _ in CULTURES]
_FIRSTS = [_words(firsts) for *_, firsts in CULTURES]
_CULTURE_WEIGHTS = list(accumulate(weight for weight, *_ in CULTURES))
_ROOT_WEIGHTS = list(accumulate(1 / (place + 6) for place in range(len(WORDS))))


def root(draw: Random) -> str:
    """A word that no last name comes from; the first of them the commonest, as Smith is."""
    return draw.choices(WORDS, cum_weights=_ROOT_WEIGHTS)[0]


def family_name(draw: Random) -> tuple[int, str]:
    """A culture's number, and a last name as it forms them."""
    culture = draw.choices(range(len(CULTURES)), cum_weights=_CULTURE_WEIGHTS)[0]
    form = draw.choice(_FORMS[culture])
    first, *others = form.replace("+", root(draw).lower()).split("*")
    return culture, first + "".join(root(draw) + each for each in others)


def pupil_name(draw: Random, culture: int, last: str) -> tuple[str, str, str | None]:
    """First, last and preferred name of a child of this family; one in 90 has one name only."""
    if draw.randrange(ONE_NAME_IN) == 0:
        return root(draw), "", None
    first = draw.choice(_FIRSTS[culture])
    if draw.randrange(12) == 0:
        first = f"{first} {draw.choice(_FIRSTS[culture])}"
    return first, last, first[:3] if len(first) > 5 and draw.randrange(25) == 0 else None


def adult_name(draw: Random, last: str) -> str:
    """The whole name of a grown-up."""
    return f"{draw.choice(_ADULTS)} {last}"
