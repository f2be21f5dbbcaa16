"""What codes and words in files of pupils mean here. Data: correct or extend a line, nothing else changes."""

import re
from collections.abc import Mapping
from functools import lru_cache

# Source: DfE Common Basic Data Set, SEN provision. A, P and S ended in 2014 to 2018 and stand in histories.
PROVISIONS = {
    "N": ("n", "none", "no", "nosen", "nospecialeducationalneed", "nospecialeducationalneeds", "notsen"),
    "K": ("k", "sensupport", "support", "senk"),
    "E": ("e", "ehcp", "ehc", "ehcplan", "educationhealthandcareplan", "educationhealthcareplan", "sene"),
}
FORMER_PROVISIONS = {
    "K": ("a", "p", "schoolaction", "schoolactionplus", "earlyyearsaction", "earlyyearsactionplus"),
    "E": ("s", "statement", "statemented", "statementofsen"),
}

# Source: DfE Common Basic Data Set, SEN type.
NEEDS = {
    "SPLD": ("spld", "specificlearningdifficulty", "specificlearningdifficulties", "dyslexia"),
    "MLD": ("mld", "moderatelearningdifficulty", "moderatelearningdifficulties"),
    "SLD": ("sld", "severelearningdifficulty", "severelearningdifficulties"),
    "PMLD": ("pmld", "profoundandmultiplelearningdifficulty", "profoundandmultiplelearningdifficulties"),
    "SEMH": ("semh", "socialemotionalandmentalhealth", "socialemotionalmentalhealth"),
    "SLCN": ("slcn", "speechlanguageandcommunicationneeds", "speechlanguagecommunicationneeds", "speechandlanguage"),
    "HI": ("hi", "hearingimpairment"),
    "VI": ("vi", "visualimpairment", "visionimpairment"),
    "MSI": ("msi", "multisensoryimpairment"),
    "PD": ("pd", "physicaldisability"),
    "ASD": ("asd", "asc", "autism", "autisticspectrumdisorder", "autisticspectrumcondition", "autismspectrumdisorder"),
    "DS": ("ds", "downsyndrome"),
    "NSA": ("nsa", "nospecialistassessment", "sensupportbutnospecialistassessmentoftypeofneed"),
    "OTH": ("oth", "other", "otherdifficulty", "otherdifficultydisability", "otherdifficultyordisability"),
}
FORMER_NEEDS = {
    "SEMH": (
        "besd",
        "ebd",
        "behaviouremotionalandsocialdifficulties",
    )
}

# Source: DfE Common Basic Data Set, contact relationship; from general knowledge, so a code may be missing here.
RELATIONSHIPS = {
    "PAM": "mother", "PAF": "father", "STM": "stepmother", "STF": "stepfather", "FOM": "foster mother",
    "FOF": "foster father", "CAR": "carer", "REL": "relative", "OTF": "family member", "OTH": "other",
}  # fmt: skip
# People a school may call, who do not care for the pupil at home: they are not taken as carers.
PROFESSIONALS = frozenset(
    ("chm", "childminder", "swr", "socialworker", "doc", "doctor", "gp", "htc", "headteacher", "tch", "teacher", "reg",
     "religiouscontact", "solicitor", "school", "agency")
)  # fmt: skip

# ISO 639 code by ISO code, by name, and by the code of the Common Basic Data Set.
LANGUAGES = {
    "en": ("eng", "enb", "english", "britishenglish"), "sq": ("alb", "albanian"), "ar": ("ara", "arabic"),
    "bn": ("bng", "bengali", "sylheti"), "bfi": ("bsl", "britishsignlanguage"), "bg": ("bul", "bulgarian"),
    "zh": ("chi", "chinese", "mandarin", "cantonese"), "fr": ("frn", "fra", "french"), "gu": ("guj", "gujarati"),
    "hi": ("hin", "hindi"), "it": ("ita", "italian"), "ku": ("kur", "kurdish"), "lt": ("lit", "lithuanian"),
    "fa": ("prs", "persian", "farsi", "dari"), "pl": ("pol", "polish"), "pt": ("por", "portuguese"),
    "pa": ("pnj", "panjabi", "punjabi"), "ro": ("rmn", "romanian"), "rom": ("romani", "romany"),
    "ru": ("rus", "russian"), "so": ("som", "somali"), "es": ("spa", "spanish"), "ta": ("tam", "tamil"),
    "tr": ("tur", "turkish"), "uk": ("ukr", "ukrainian"), "ur": ("urd", "urdu"), "vi": ("vie", "vietnamese"),
    "cy": ("cym", "welsh"), "yo": ("yor", "yoruba"),
}  # fmt: skip

YES_OR_NO = {"yes": True, "y": True, "true": True, "t": True, "1": True, "no": False, "n": False, "false": False,
             "f": False, "0": False}  # fmt: skip
# What systems write where nothing is known. For numbers, dates and codes only: Null and Na are names of people.
NOTHING = frozenset(
    ("", "na", "none", "null", "nil", "unknown", "notknown", "notapplicable", "tbc", "notgiven", "00000000")
)

_NO_LETTERS = re.compile(r"[\W_]+")


@lru_cache(maxsize=10_000)
def bare(text: str) -> str:
    """Words as they are compared: small letters and digits, and `and` for &."""
    return _NO_LETTERS.sub("", text.casefold().replace("&", "and"))


def turned(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """A table of codes with their words, as the code by the word."""
    return {word: code for code, words in table.items() for word in (*words, bare(code))}


PROVISION_OF, FORMER_PROVISION_OF = turned(PROVISIONS), turned(FORMER_PROVISIONS)
NEED_OF, FORMER_NEED_OF = turned(NEEDS), turned(FORMER_NEEDS)
LANGUAGE_OF = turned(LANGUAGES)
