"""What single cells of a list can say, rightly and wrongly: each with what must come of it."""

from collections.abc import Iterator
from typing import Any

from tests.imports.corpus import ANNA, UPN, Awkward, cells, csv


def _values() -> Iterator[Awkward]:
    def one(name: str, header: str, cell: str, **outcome: Any) -> Awkward:
        return Awkward(f"{name}: {cell[:20]}", cells(cell, header=header), **outcome)

    def wrong(name: str, header: str, cell: str, known: str, says: str) -> Awkward:
        return one(name, header, cell, problems={(2, known): says})

    def doubtful(name: str, header: str, cell: str, known: str, says: str, **more: Any) -> Awkward:
        return one(name, header, cell, warnings={(2, known): says}, **more)

    def right(name: str, header: str, cell: str, known: str, value: Any) -> Awkward:
        return one(name, header, cell, said={2: {known: value}})

    for cell in ("14/02/2018", "14/2/2018", "2018-02-14", "2018-2-14", "14-02-2018", "14.02.2018", "20180214",
                 "14 February 2018", "14-Feb-2018", "14th Feb 2018", "14/02/2018 00:00", "2018-02-14T00:00:00"):  # fmt: skip
        yield right("a date", "DOB", cell, "date_of_birth", "2018-02-14")
    yield right("a date before the 13th", "DOB", "03/04/2018", "date_of_birth", "2018-04-03")
    yield right("a leap day", "DOB", "29/02/2016", "date_of_birth", "2016-02-29")
    yield wrong("no leap day", "DOB", "29/02/2018", "date_of_birth", "no such date")
    yield wrong("neither order", "DOB", "13/25/2015", "date_of_birth", "no such date")
    yield wrong("two digits of a year", "DOB", "14/02/18", "date_of_birth", "four digits")
    yield wrong("two digits and a word", "DOB", "14-Feb-18", "date_of_birth", "four digits")
    yield wrong("a number of days", "DOB", "43145", "date_of_birth", "turned this date into a number")
    yield wrong("words", "DOB", "about 2018", "date_of_birth", "Write the date like")
    yield wrong("no month", "DOB", "14 Foo 2018", "date_of_birth", "Write the date like")
    yield wrong("1900", "DOB", "01/01/1900", "date_of_birth", "within the last 25 years")
    yield wrong("the year 1", "DOB", "0001-01-01", "date_of_birth", "within the last 25 years")
    yield wrong("the year 9999", "DOB", "31/12/9999", "date_of_birth", "in the past")
    yield wrong("the year 0", "DOB", "0000-01-01", "date_of_birth", "no such date")
    yield right("no date", "DOB", "n/a", "last_name", "Reid")
    yield Awkward(
        "months first throughout",
        csv("A,B,12/04/2018", "C,D,03/25/2018", header="First name,Last name,DOB"),
        refused="month first, as in row 3",
    )
    yield Awkward(
        "one month first among others",
        csv("A,B,25/03/2018", "C,D,03/25/2018", header="First name,Last name,DOB"),
        said={2: {"date_of_birth": "2018-03-25"}},
        problems={(3, "date_of_birth"): "The month is over 12"},
    )
    for cell, day in (("01/09/2024", "2024-09-01"), ("01/01/1990", "1990-01-01"), ("27/12/2027", "2027-12-27")):
        yield right("entry", "Admission date", cell, "from_on", day)
    for cell in ("31/12/1989", "28/12/2027"):
        yield wrong("entry", "Admission date", cell, "from_on", "between 1990")
    yield wrong("entry", "Admission date", "31/06/2024", "from_on", "no such date")
    yield right("no entry", "Admission date", "-", "last_name", "Reid")
    yield right("the longest class", "Class", "x" * 40, "class_name", "x" * 40)
    yield right("no year", "Year", "n/a", "last_name", "Reid")
    yield right("no provision", "SEN", "n/a", "last_name", "Reid")
    yield right("no postcode", "Postcode", "unknown", "last_name", "Reid")
    yield Awkward(
        "a pupil of one day",
        cells("01/09/2024", "01/09/2024", header="From on,Left on"),
        said={2: {"left_on": "2024-09-01"}},
    )
    yield wrong("entry", "Admission date", "01/09/1924", "from_on", "between 1990")
    yield wrong("leaving", "Date of leaving", "01/09/2124", "left_on", "between 1990")
    yield Awkward(
        "left before coming", cells("02/09/2024", "01/09/2024", header="From on,Left on"),
        problems={(2, "left_on"): "before the entry date"},
    )  # fmt: skip
    yield Awkward(
        "came before being born", cells("02/09/2017", "14/02/2018", header="From on,DOB"),
        problems={(2, "from_on"): "before the date of birth"},
    )  # fmt: skip

    yield right("a number in small letters", "UPN", f" {UPN[:4].lower()} {UPN[4:]}", "upn", UPN)
    yield wrong("the letter of a wrong example", "UPN", "Q207000016049", "upn", "first letter does not fit")
    yield right("the right letter of it", "UPN", "P207000016049", "upn", "P207000016049")
    yield wrong("a short number", "UPN", "B80120000500", "upn", "13 characters")
    yield right("no number", "UPN", "N/A", "last_name", "Reid")
    yield wrong("an old number", "Former UPN", "B801200005002", "former_upn", "first letter does not fit")
    yield right("a learner", "ULN", "9276308686", "uln", "9276308686")
    yield right("a learner as a formula", "ULN", '="9276308686"', "uln", "9276308686")
    yield wrong("a learner", "ULN", "9276308688", "uln", "does not fit the rest of the ULN")
    yield wrong("a learner", "ULN", "0943476591", "uln", "does not begin with 0")
    yield wrong("a learner", "ULN", "9434765919", "uln", "makes this an NHS number and not a ULN")
    yield wrong("a learner", "ULN", "9.27631E+09", "uln", "has shortened this number")
    yield doubtful("a learner", "ULN", "9999999999", "uln", "not known")
    yield right("a patient", "NHS No", "943 476 5919", "nhs_number", "9434765919")
    yield wrong("a patient", "NHS No", "9434765918", "nhs_number", "does not fit the rest of the NHS number")
    yield wrong("a patient", "NHS No", "1111111111", "nhs_number", "does not fit the rest of the NHS number")
    yield wrong("a patient", "NHS No", "94347659", "nhs_number", "10 digits")
    here = "0199b6a0-0000-7000-8000-00000000000a"
    yield right("our own id", "ECM id", here.upper(), "ecm_id", here)
    yield wrong("our own id", "ECM id", here[:-1], "ecm_id", "as it was when the list was taken away")
    yield doubtful("a postcode", "Postcode", "M1 1A", "postcode", "not a full UK postcode")
    yield right("a postcode", "Post code", "m11ae", "last_name", "Reid")

    for cell, code in (("Y4", "4"), ("04", "4"), ("Reception", "R"), ("N2", "N2"), ("Nursery", "N2"), ("X", "X")):
        yield right("a year", "NC Year", cell, "year_group", code)
    for cell in ("Year 15", "4/5", "Willow", "-1", "E1"):
        yield doubtful("a year", "NC Year", cell, "year_group", "not a year group")
    yield Awkward(
        "a year that does not fit", cells("14/02/2018", "Year 6", header="DOB,Year"),
        warnings={(2, "year_group"): "does not fit the date of birth"}, said={2: {"year_group": "6"}},
    )  # fmt: skip
    yield Awkward("a year apart", cells("14/02/2018", "Year 5", header="DOB,Year"), said={2: {"year_group": "5"}})
    yield wrong("a class", "Class", "x" * 41, "class_name", "40 characters or fewer")
    yield wrong("a class", "Class", "=1+1", "class_name", "cannot begin with =")
    yield wrong("a class", "Class", "4\u202eW", "class_name", "cannot be shown")
    yield wrong("a class", "Class", "x" * 301, "class_name", "too long: it has 301")
    for cell, code in (
        ("SEN Support", "K"),
        ("K - SEN support", "K"),
        ("EHCP", "E"),
        ("E: EHC plan", "E"),
        ("No", "N"),
    ):
        yield right("provision", "SEN status", cell, "sen_provision", code)
    yield doubtful("provision", "SEN", "Yes", "sen_provision", "not a kind of SEN provision")
    for cell, code in (("A", "K"), ("School Action Plus", "K"), ("S", "E")):
        yield doubtful(
            "provision", "SEN", cell, "sen_provision", f"is taken as {code}", said={2: {"sen_provision": code}}
        )
    yield Awkward(
        "needs of one cell and of others",
        cells("ASD - Autism; BESD", "Hearing Impairment", "ASD", "?", header="SEN type,Primary need,Need2,SEN need 3"),
        said={2: {"needs": [{"type": "ASD", "rank": 1}, {"type": "SEMH", "rank": 2}, {"type": "HI", "rank": 3}]}},
        warnings={(2, "needs"): "not used any more"},
    )
    speech = "Speech, language and communication needs"
    for cell in (f'"{speech}"', f'"{speech} (SLCN)"', f'"SLCN: {speech}"', "SLCN", "Speech & Language", "slcn;;SLCN"):
        yield right("a need", "SEN type", cell, "needs", [{"type": "SLCN", "rank": 1}])
    year = f"9\u202e{'9' * 60}"
    yield doubtful("a year", "Year", year, "year_group", "not a year group", raw={2: {"year_group": f"9�{'9' * 38}"}})
    yield doubtful(
        "a need",
        "SEN type",
        "Clumsiness",
        "needs",
        "not a type of need",
        said={2: {"needs": [{"type": "OTH", "rank": 1}]}},
    )


def _names() -> Iterator[Awkward]:
    def first(name: str, says: str = "", **outcome: Any) -> Awkward:
        rows = csv(f'"{name}",Reid', header="First name,Last name")
        return Awkward(f"a name: {name[:20]}", rows, problems={(2, "first_name"): says} if says else {}, **outcome)

    for formula in ("=cmd|' /C calc'!A0", "+441632960000 x", "@SUM(A1)", "＝1", "'=cmd", "\t=cmd"):
        yield first(formula, "cannot begin with =, + or @")
    for legal in (
        "Anne-Marie",
        "-Marie",
        "'Amr",
        "O'Neill",
        "O’Neill",
        "Null",
        "Na",
        "Łukasz",
        "Adébáyọ̀",
        "X Æ",
        "نور",
        "É’moi",
    ):
        yield first(legal, said={2: {"first_name": legal}})
    yield first("'-Marie", said={2: {"first_name": "-Marie"}})
    yield first(" Leila\u00a0 May\t", said={2: {"first_name": "Leila May"}})
    yield first("Zoe\u0308", said={2: {"first_name": "Zoë"}})
    yield first("x" * 101, "100 characters or fewer")
    yield first("x" * 5_000, "too long: it has 5,000")
    for hidden in ("Lei\x07la", "Lei\x1bla", "Leila\u202e", "Lei\u200bla", "Leila\ue000"):
        yield first(hidden, "cannot be shown")
    yield first("1234", "at least one letter")


def _contacts() -> Iterator[Awkward]:
    head = "Contact 1 Name,Contact 1 - Relationship,Contact 1 Parental Responsibility?,Contact 1 Mobile,Contact 1 Email"

    def one(name: str, *row: str, carers: list[dict[str, Any]], header: str = head, **outcome: Any) -> Awkward:
        return Awkward(f"a contact: {name}", cells(*row, header=header), carers={2: carers}, **outcome)

    told = {"email": "anna@home.example", "phone": "+447700900123"}
    yield one(
        "all of it",
        "Anna Reid",
        "Mum",
        "Y",
        "07700 900123",
        "anna@home.example",
        carers=[ANNA | told | {"relationship": "Mum"}],
    )
    yield one(
        "guarded", "Anna Reid", "mother", "TRUE", "'+44 7700 900123", "", carers=[ANNA | {"phone": "+447700900123"}]
    )
    yield one(
        "no responsibility", "Anna Reid", "PAM", "No", "", "", carers=[ANNA | {"has_parental_responsibility": False}]
    )
    yield one(
        "a name only", "Anna Reid", "Neighbour", "", "", "", carers=[{"name": "Anna Reid", "relationship": "Neighbour"}]
    )
    yield one("nothing", "", "", "", "", "", carers=[])
    yield one("no name", "", "Mum", "Y", "", "", carers=[], warnings={(2, "carers"): "there is no name"})
    yield one(
        "a wrong address",
        "Anna Reid",
        "",
        "",
        "",
        "anna at home",
        carers=[{"name": "Anna Reid"}],
        warnings={(2, "carers"): "e-mail address"},
    )
    yield one(
        "numbers of columns behind", "Dan Reid", "01632 960123", "07700 900123",
        header="Contact name 2,Contact 2 mobile 1,Contact 2 mobile 2", carers=[{"name": "Dan Reid"}], tail="left out: 1.",
    )  # fmt: skip
    yield one("a title only", "Mrs", header="Contact 1 title", carers=[], warnings={(2, "carers"): "there is no name"})
    yield one(
        "a long word", "Anna Reid", "x" * 60, "", "", "", carers=[{"name": "Anna Reid", "relationship": "x" * 60}]
    )
    yield one(
        "too long a word",
        "Anna Reid",
        "x" * 61,
        "",
        "",
        "",
        carers=[{"name": "Anna Reid", "relationship": "other"}],
        warnings={(2, "carers"): "not a known relationship"},
    )
    yield one("a formula", "=Anna", "Mum", "Y", "", "", carers=[], warnings={(2, "carers"): "cannot begin with"})
    yield one("too long", "x" * 301, "Mum", "Y", "", "", carers=[], warnings={(2, "carers"): "too long"})
    yield one(
        "in doubt", "Anna Reid", "PAM", "perhaps", "", "anna at home",
        carers=[{"name": "Anna Reid", "relationship": "mother"}], warnings={(2, "carers"): "neither yes nor no"},
    )  # fmt: skip
    yield one("capitals", "Anna Reid", "MUM", "", "", "", carers=[{"name": "Anna Reid", "relationship": "MUM"}])
    yield one("a doctor", "Dr Lee", "DOC", "", "", "", carers=[], tail="professionals, such as doctors or teachers: 1.")
    yield one(
        "a landline", "Anna Reid", "", "", "01632 960123", "", carers=[{"name": "Anna Reid"}], tail="without a mobile number, whose other telephone numbers are left out: 1."
    )  # fmt: skip
    yield one(
        "parts and other orders", "Mrs", "", "Reid", "Polish", "01632 960123", "07700900123", "n/a",
        header="Parent 1 Title,Parent 1 Forename,Surname (parent 1),Parent 1 language,Parent 1 telephone,Parent1Mobile,Parent 1 phone 2",
        carers=[{"name": "Mrs Reid", "phone": "+447700900123", "language": "pl"}],
    )  # fmt: skip
    yield one(
        "four and a fifth", "A B", "C D", "E F", "G H", "I J",
        header="Carer 1,Carer 2,Carer 3,Name of carer 4,Carer 5",
        carers=[{"name": name} for name in ("A B", "C D", "E F", "G H")],
    )  # fmt: skip
    yield one(
        "twice", "Anna Reid", "Anna Reid", header="Contact 1,Contact 2", carers=[{"name": "Anna Reid"}],
        warnings={(2, "carers"): "Contact 2 has the name of another"},
    )  # fmt: skip
    yield one(
        "named by who they are", "Anna Reid", "dan@home.example", "Dan Reid",
        header="Mother's name,Father email,Father's name",
        carers=[
            {"name": "Anna Reid", "relationship": "mother"},
            {"name": "Dan Reid", "relationship": "father", "email": "dan@home.example"},
        ],
    )  # fmt: skip
    yield one(
        "a language", "Anna Reid", "Klingon", header="Contact 1,Contact 1 language", carers=[{"name": "Anna Reid"}],
        warnings={(2, "carers"): "not a known language"},
    )  # fmt: skip
    yield Awkward(
        "a contact: a row that ends early",
        csv("Leila,Reid", header="First name,Last name,Contact 1"),
        warnings={(2, "row"): "ends early"}, carers={2: []},
    )  # fmt: skip


VALUES = [*_values(), *_names(), *_contacts()]
