"""Intentions about a pupil and a pupil's adults."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ecm.pupils.words import LANGUAGE_LABELS
from ecm.web.text import Line, MaybeLine


def _language(code: str) -> str:
    if code not in LANGUAGE_LABELS:
        raise PydanticCustomError("enum", "Not a language of the list.")
    return code


Version = Annotated[int, Field(title="the version", ge=1, le=2_000_000_000)]
FirstName = Annotated[Line, Field(title="the first name", max_length=100)]
LastName = Annotated[MaybeLine, Field(title="the last name", max_length=100)]
PreferredName = Annotated[MaybeLine | None, Field(title="the preferred name", max_length=100)]
Pronouns = Annotated[MaybeLine | None, Field(title="the pronouns", max_length=40)]
Born = Annotated[date | None, Field(title="the date of birth")]
Upn = Annotated[MaybeLine | None, Field(title="the UPN", max_length=30)]
YearGroup = Annotated[
    Literal["N1", "N2", "R", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "X"] | None,
    Field(title="the year group"),
]
ClassName = Annotated[MaybeLine | None, Field(title="the class", max_length=40)]
Need = Literal["SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS", "OTH", "NSA"]
Provision = Annotated[Literal["N", "K", "E"], Field(title="the SEN provision")]

CarerName = Annotated[Line, Field(title="the name", max_length=100)]
Relationship = Annotated[Line, Field(title="the relationship", max_length=60)]
Email = Annotated[MaybeLine | None, Field(title="the e-mail address", max_length=254)]
Mobile = Annotated[MaybeLine | None, Field(title="the mobile number", max_length=30)]
Language = Annotated[str, AfterValidator(_language), Field(title="the language", max_length=8)]
Format = Annotated[Literal["standard", "large_print", "telephone"], Field(title="the format")]


class RollFilter(BaseModel):
    """A list of the school's pupils as its address describes it. What it does not know it leaves alone."""

    model_config = ConfigDict(extra="ignore")
    year_group: YearGroup = None
    class_name: ClassName = None
    sen: Annotated[Literal["any", "N", "K", "E"] | None, Field(title="the SEN provision")] = None
    need: Annotated[Need | None, Field(title="the need")] = None
    case: Annotated[Literal["open", "none"] | None, Field(title="the case")] = None

    @property
    def narrows(self) -> bool:
        """Whether this is less than the whole roll."""
        return any((self.year_group, self.class_name, self.sen, self.need, self.case))


class PupilSearch(BaseModel):
    """Words of a search. They never come in an address: a name in it would stay behind in histories and logs."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[Line, Field(title="a name or a UPN", max_length=100)]


class NewContactBar(BaseModel):
    """A carer who must see nothing of this pupil from now on, until a day or for good."""

    model_config = ConfigDict(extra="forbid")
    carer_id: Annotated[UUID, Field(title="the parent or carer")]
    reason_code: Annotated[Literal["court_order", "safety", "other"], Field(title="the reason")]
    until_on: Annotated[date | None, Field(title="the last day")] = None


class NewPupil(BaseModel):
    """A pupil who comes to the roll of the acting school. Without a year group, the one that the age gives."""

    model_config = ConfigDict(extra="forbid")
    first_name: FirstName
    last_name: LastName = ""
    preferred_name: PreferredName = None
    pronouns: Pronouns = None
    date_of_birth: Born = None
    date_of_birth_known: bool | None = None
    upn: Upn = None
    year_group: YearGroup = None
    class_name: ClassName = None
    sen_provision: Provision = "N"


class PupilChange(BaseModel):
    """What is to be different about a pupil; `version` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: Version
    first_name: FirstName | None = None
    last_name: LastName | None = None
    preferred_name: PreferredName = None
    pronouns: Pronouns = None
    date_of_birth: Born = None
    date_of_birth_known: bool | None = None
    upn: Upn = None
    year_group: YearGroup = None
    class_name: ClassName = None
    sen_provision: Provision | None = None


class PupilPage(NewPupil):
    """The page that corrects a pupil: all of it, as it is to be."""

    version: Version


class NewCarer(BaseModel):
    """Somebody who cares for a pupil. Responsibility is a claim; nothing is granted by it."""

    model_config = ConfigDict(extra="forbid")
    name: CarerName
    relationship: Relationship
    has_parental_responsibility: Annotated[bool, Field(title="parental responsibility")] = False
    email: Email = None
    mobile: Mobile = None
    language: Language = "en"
    needs_interpreter: Annotated[bool, Field(title="the interpreter")] = False
    format: Format = "standard"


class CarerPage(NewCarer):
    """The page that corrects a carer: all of it, as it is to be."""

    version: Version


class PhoneChecked(BaseModel):
    """This number was tried with the carer present: the one that the page showed, and none that came since."""

    model_config = ConfigDict(extra="forbid")
    mobile: Annotated[Line, Field(title="the mobile number", max_length=30)]
    checked: Annotated[Literal[True], Field(title="that the number was checked in person")]
