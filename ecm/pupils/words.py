"""What the closed lists about pupils and carers are called on a screen."""

from collections.abc import Mapping
from typing import Any

from ecm.pupils.rules import year_group_label

PROVISION_LABELS = {"N": "None", "K": "SEN support", "E": "EHC plan"}
# Source: DfE Common Basic Data Set, SEN type.
NEED_LABELS = {
    "SPLD": "Specific learning difficulty", "MLD": "Moderate learning difficulty", "SLD": "Severe learning difficulty",
    "PMLD": "Profound and multiple learning difficulty", "SEMH": "Social, emotional and mental health",
    "SLCN": "Speech, language and communication", "HI": "Hearing impairment", "VI": "Vision impairment",
    "MSI": "Multi-sensory impairment", "PD": "Physical disability", "ASD": "Autism", "DS": "Down syndrome",
    "OTH": "Another need", "NSA": "Not yet assessed by a specialist",
}  # fmt: skip
YEAR_LABELS = {code: year_group_label(code) for code in ("R", *map(str, range(1, 15)), "X")} | {
    "N1": "Nursery, first year",
    "N2": "Nursery, second year",
}
FORMAT_LABELS = {
    "standard": "Ordinary print",
    "large_print": "Large print",
    "telephone": "By telephone, not in writing",
}
# ISO 639-1 and -3. The languages most spoken at home by pupils in England; Source: DfE school census, local choice.
LANGUAGE_LABELS = {
    "en": "English", "sq": "Albanian", "ar": "Arabic", "bn": "Bengali", "bfi": "British Sign Language", "bg": "Bulgarian",
    "zh": "Chinese", "fr": "French", "gu": "Gujarati", "hi": "Hindi", "it": "Italian", "ku": "Kurdish", "lt": "Lithuanian",
    "fa": "Persian", "pl": "Polish", "pt": "Portuguese", "pa": "Panjabi", "ro": "Romanian", "rom": "Romani", "ru": "Russian",
    "so": "Somali", "es": "Spanish", "ta": "Tamil", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "cy": "Welsh", "yo": "Yoruba",
}  # fmt: skip


def needs_in_words(carer: Mapping[str, Any]) -> str:
    """What to know before telling this carer anything: `Reads Polish, needs an interpreter`; '' for nothing special."""
    told = [f"reads {LANGUAGE_LABELS[carer['language']]}"] if carer["language"] != "en" else []
    told += ["needs an interpreter"] if carer["needs_interpreter"] else []
    told += (
        [
            {"large_print": "wants large print", "telephone": "wants to be told by telephone, not in writing"}[
                carer["format"]
            ]
        ]
        if carer["format"] != "standard"
        else []
    )
    words = ", ".join(told)
    return words[:1].upper() + words[1:]
