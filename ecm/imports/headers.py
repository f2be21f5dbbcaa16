"""Which column of a school's list says what. Case, spaces, underscores and punctuation of a name do not matter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ecm.imports.codes import bare
from ecm.imports.shapes import Unreadable

MOST_COLUMNS = 1_000
LONGEST_NAME = 40
MOST_CARERS = 4

NAMES: dict[str, tuple[str, ...]] = {
    "ecm_id": ("ecmid",),
    "upn": ("upn", "uniquepupilnumber", "upnnumber", "currentupn"),
    "former_upn": ("formerupn", "previousupn", "oldupn"),
    "uln": ("uln", "uniquelearnernumber"),
    "nhs_number": ("nhsnumber", "nhsno", "nhs"),
    "first_name": (
        "firstname", "forename", "forenames", "firstnames", "givenname", "givennames", "christianname", "forename1",
    ),
    "last_name": (
        "lastname", "surname", "familyname", "secondname",
    ),
    "preferred_name": (
        "preferredname", "preferredforename", "preferredfirstname", "knownas", "chosenname", "forenamepreferred",
        "likestobecalled",
    ),
    "date_of_birth": ("dateofbirth", "dob", "birthdate", "dateofbirthddmmyyyy", "dobddmmyyyy", "born", "birthday"),
    "year_group": (
        "year", "yeargroup", "ncyear", "ncyeargroup", "ncyearactual", "yr", "yrgroup", "curriculumyear", "yearcode",
        "nationalcurriculumyear", "nationalcurriculumyeargroup", "actualncyear", "yeartaughtin",
    ),
    "class_name": (
        "class", "classname", "form", "formname", "formgroup", "reg", "reggroup", "regform", "registration", "tutorgroup",
        "registrationgroup", "registrationform", "regclass", "registrationclass", "registrationgroupname", "tutor",
    ),
    "sen_provision": (
        "senprovision", "sen", "senstatus", "sencode", "senstage", "send", "sendstatus", "senprovisioncode", "senstatuscode",
    ),
    "needs": ("senneeds", "senneed", "sentype", "sentypes", "needs", "typeofneed", "sendneeds", "sendneed"),
    "need1": ("senneed1", "sentype1", "primaryneed", "primarysenneed", "primarysentype", "mainneed", "senprimaryneed"),
    "need2": ("senneed2", "sentype2", "secondaryneed", "secondarysenneed", "secondarysentype", "sensecondaryneed"),
    "need3": ("senneed3", "sentype3", "thirdneed"),
    "need4": ("senneed4", "sentype4", "fourthneed"),
    "from_on": (
        "fromon", "entrydate", "dateofentry", "admissiondate", "dateofadmission", "startdate", "doa", "datejoined", "joined",
        "dateofjoining", "onrollfrom", "admitted", "schoolentrydate",
    ),
    "left_on": (
        "lefton", "leavingdate", "dateofleaving", "leftdate", "dateleft", "dol", "enddate", "leavedate",
        "leaverdate",
    ),
    "postcode": ("postcode", "homepostcode", "addresspostcode"),
    "school_laestab": (
        "laestab", "schoollaestab", "dfenumber", "dfeno", "dfe", "dfes", "dfesnumber", "schooldfenumber", "dcsfnumber",
        "establishmentlaestab", "schooldfe",
    ),
    "school_la": ("la", "lea", "lacode", "leanumber", "lanumber"),
    "school_estab": ("estab", "establishmentnumber", "estabnumber", "estabno"),
    "school_urn": ("urn", "schoolurn", "establishmenturn"),
    "school_name": ("school", "schoolname", "nameofschool", "establishment", "establishmentname", "currentschool"),
}  # fmt: skip
CARER_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("", "name", "fullname"),
    "title": ("title",),
    "first_name": ("firstname", "forename", "givenname"),
    "last_name": ("lastname", "surname", "familyname"),
    "relationship": ("relationship", "relation", "relationshiptopupil", "relationshiptostudent", "relationshiptochild"),
    "responsibility": (
        "parentalresponsibility", "pr", "responsibility", "hasparentalresponsibility", "hasparentalresponsibilityclaim",
        "parentalresponsibilityyn", "haspr",
    ),
    "email": ("email", "emailaddress", "mainemail", "homeemail"),
    "mobile": ("mobile", "mobilenumber", "mobilephone", "mobiletelephone", "mobilephonenumber"),
    "phone": ("phone", "telephone", "phonenumber", "tel", "telephonenumber", "mainphone", "primaryphone", "maintelephone"),
    "language": ("language", "firstlanguage", "homelanguage", "spokenlanguage"),
}  # fmt: skip
# One column of a whole name: the only shape of a name that cannot be read, and so worth a sentence of its own.
WHOLE_NAMES = frozenset(("name", "fullname", "pupil", "student", "child", "learner"))

# Words that say only that it is about the pupil, or that a name is the one in law.
_AROUND = (
    re.compile("^(?:pupil|student|child|learner)(?=.)|^legal|legal$"),
    re.compile("^(?:pupil|student|child|learner)s"),
)
_FIELD_OF = {bare(name): known for known, names in NAMES.items() for name in (known, *names)}
_CARER_FIELD_OF = {name: known for known, names in CARER_NAMES.items() for name in names}
_WHO = "(?:emergency|priority|primary|main|parental)?(?:contact|parentcarer|parentorcarer|parentguardian|parent|carer|guardian)s?"
_CARER_FIRST = re.compile(f"{_WHO}([1-9]?)([a-z]*)([1-9]?)")
_CARER_LAST = re.compile(f"([a-z]+?)(?:of|for)?{_WHO}([1-9])")
_BY_RELATIONSHIP = re.compile("(mother|father)s?([a-z]*)")


@dataclass
class Columns:
    """The columns of a list: where each field is, and what was ignored."""

    count: int
    fields: dict[int, str] = field(default_factory=dict)
    carers: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Which contact ("Contact 1" to "Contact 4", "Mother", "Father"), and what of the contact."""
    understood: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    whole_name: str | None = None

    @property
    def names(self) -> set[str]:
        return set(self.fields.values())


def _carer_column(name: str) -> tuple[str, str] | None:
    """Which carer and what of the carer a bare column name says; None if none.

    "contact1mobile", "mobilecontact1" and "contactmobile1" are the same; without a number it is the first.
    """
    if (found := _CARER_FIRST.fullmatch(name)) and found[2] in _CARER_FIELD_OF:
        number, what = found[1] or found[3] or "1", found[2]
        if found[1] and found[3] > "1":
            return None  # the second telephone of the first contact
    elif (found := _CARER_LAST.fullmatch(name)) and found[1] in _CARER_FIELD_OF:
        number, what = found[2], found[1]
    elif (found := _BY_RELATIONSHIP.fullmatch(name)) and found[2] in _CARER_FIELD_OF:
        return found[1].title(), _CARER_FIELD_OF[found[2]]
    else:
        return None
    return (f"Contact {number}", _CARER_FIELD_OF[what]) if int(number) <= MOST_CARERS else None


def what_of(name: str) -> str | tuple[str, str] | None:
    """The field that a column of this name says, or of which carer it says what; None if it is not understood."""
    words = bare(name)
    shorter = (_FIELD_OF.get(each.sub("", words)) for each in _AROUND)
    return _FIELD_OF.get(words) or next(filter(None, shorter), None) or _carer_column(words)


def understand(header: Sequence[str]) -> Columns:
    """What each column says. Raises: Unreadable for two columns that say the same, or too many of them."""
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS:,} columns. Send a list with one column for each fact.")
    columns, seen = Columns(len(header)), dict[object, str]()
    for place, name in enumerate(header):
        shown = _shown(name, place)
        what = what_of(name)
        if what is None:
            columns.ignored.append(shown)
            columns.whole_name = columns.whole_name or (
                shown if _AROUND[0].sub("", bare(name)) in WHOLE_NAMES else None
            )
            continue
        if what in seen:
            raise Unreadable(f"Two columns say the same: “{seen[what]}” and “{shown}”. Keep the one that is right.")
        seen[what] = shown
        if isinstance(what, str):
            columns.fields[place] = what
            columns.understood[shown] = what
        else:
            columns.carers[place] = what
            columns.understood[shown] = f"{what[0]}: {what[1]}"
    return columns


def _shown(name: str, place: int) -> str:
    """A column's name as it can be shown: one short line of what can be printed."""
    line = "".join(each if each.isprintable() else " " for each in name).strip()
    line = " ".join(line.split())
    return (line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…") or f"Column {place + 1}"


def refuse_without_names(columns: Columns) -> None:
    """Raises: Unreadable, naming what is missing, unless first and last name have columns of their own."""
    labels = {"first_name": "the first name (First name, Forename)", "last_name": "the last name (Last name, Surname)"}
    missing = [label for known, label in labels.items() if known not in columns.names]
    if not missing:
        return
    if columns.whole_name:
        raise Unreadable(
            f"The column “{columns.whole_name}” has whole names. First name and last name need a column each."
        )
    raise Unreadable(f"The first row must name the columns. There is none for {' or '.join(missing)}.")
