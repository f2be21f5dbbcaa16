"""Awkward transfer files, as `corpus` makes lists: each with what must come of it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.imports.corpus import ANNA, PLAIN, UPN, Awkward, many

YEAR = "<BasicDetails><NCyearActual>4</NCyearActual></BasicDetails>"
UTF_16 = '<?xml version="1.0" encoding="utf-16"?>'


def ctf(*pupils: str, header: str = "", start: str = '<?xml version="1.0" encoding="UTF-8"?>') -> Callable[[], bytes]:
    """A transfer file with these pupils."""
    return lambda: f"{start}<CTfile>{header}<CTFpupilData>{''.join(pupils)}</CTFpupilData></CTfile>".encode()


def pupil(more: str = "", names: str = "<Surname>Reid</Surname><Forename>Leila</Forename>") -> str:
    """A pupil of a transfer file."""
    return f"<Pupil><UPN>{UPN}</UPN>{names}<DOB>2018-02-14</DOB>{more}</Pupil>"


def head(lea: str = "999", estab: str = "4001") -> str:
    """The header of a transfer file, from this school."""
    return (
        f"<Header><CTFversion>20.0</CTFversion><SourceSchool><LEA>{lea}</LEA><Estab>{estab}</Estab>"
        "<SchoolName>Oakfield</SchoolName></SourceSchool></Header>"
    )


def contact(code: str, responsibility: str = "true", more: str = "", order: int = 1) -> str:
    """A contact called Anna Reid."""
    return (
        f"<Contact><Order>{order}</Order><Title>Mrs</Title><Surname>Reid</Surname><Forename>Anna</Forename>"
        f"<Relationship>{code}</Relationship><Responsibility>{responsibility}</Responsibility>{more}</Contact>"
    )


def _renamed(file: bytes, **names: str) -> bytes:
    """The file with other names of elements."""
    for name, other in names.items():
        file = re.sub(rf"(</?){name}\b".encode(), rb"\1" + other.encode(), file)
    return file


def _prefixed(file: bytes) -> bytes:
    """The file with a prefix before the name of every element."""
    return re.sub(rb"(</?)(\w)", rb"\1ctf:\2", file)


def bomb(levels: int = 10) -> bytes:
    """A few lines that would unfold to more than two gigabytes."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    text = f'<!DOCTYPE CTfile [<!ENTITY e0 "{"x" * 20}">{entities}]><CTfile>&e{levels - 1};</CTfile>'
    return text.encode()


def _whole() -> Iterator[Awkward]:
    source = {"source": {"laestab": "9994001", "name": "Oakfield"}, "ctf_version": "20.0"}
    yield Awkward("ctf: plain", ctf(pupil(YEAR), header=head()), said={1: PLAIN}, head=source)
    yield Awkward("ctf: no header", ctf(pupil(YEAR)), said={1: PLAIN}, head={"source": {}})
    yield Awkward(
        "ctf: no school known at the other end",
        ctf(
            pupil(YEAR),
            header=head().replace("</Header>", "<DestSchool><LEA>XXX</LEA><Estab>XXXX</Estab></DestSchool></Header>"),
        ),
        said={1: PLAIN},
        head=source | {"destination": {}},
    )
    yield Awkward(
        "ctf: a namespace and a version",
        lambda: ctf(pupil(YEAR))().replace(b"<CTfile>", b'<CTfile xmlns="http://www.dfes.example/ctf" version="12.0">'),
        said={1: PLAIN},
    )
    yield Awkward(
        "ctf: names with prefixes", lambda: _prefixed(ctf(pupil(YEAR), header=head())()), said={1: PLAIN}, head=source
    )
    yield Awkward(
        "ctf: wrapped again",
        lambda: _renamed(ctf(f"<Pupils>{pupil(YEAR)}</Pupils>")(), CTfile="Envelope"),
        said={1: PLAIN},
    )
    yield Awkward(
        "ctf: an admissions file", lambda: _renamed(ctf(pupil(YEAR))(), CTFpupilData="ATFpupilData"), said={1: PLAIN}
    )
    yield Awkward(
        "ctf: capital letters", lambda: _renamed(ctf(pupil(YEAR))(), Pupil="PUPIL", DOB="Dob"), said={1: PLAIN}
    )
    yield Awkward("ctf: white space before", lambda: b"\r\n " + ctf(pupil(YEAR))(), said={1: PLAIN})
    zoe = pupil(names="<Surname>Núñez</Surname><Forename>Zoë</Forename>")
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        yield Awkward(
            f"ctf: {encoding}, whatever it says",
            lambda e=encoding: ctf(zoe)().decode().encode(e),  # type: ignore[misc]
            said={1: {"first_name": "Zoë", "last_name": "Núñez"}},
        )
    yield Awkward("ctf: utf-8 that says utf-16", ctf(zoe, start=UTF_16), said={1: {"first_name": "Zoë"}})

    yield Awkward("ctf: an entity bomb of two gigabytes", bomb, refused="definitions of its own")
    yield Awkward(
        "ctf: a file of the server",
        ctf(pupil().replace("Leila", "&x;"), start='<!DOCTYPE CTfile [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        refused="definitions of its own",
    )
    yield Awkward(
        "ctf: definitions from elsewhere",
        ctf(pupil(), start='<!DOCTYPE CTfile SYSTEM "http://127.0.0.1/ctf.dtd">'),
        refused="definitions of its own",
    )
    yield Awkward("ctf: an entity of nowhere", ctf(pupil().replace("Leila", "&lei;")), refused="damaged or breaks off")
    yield Awkward("ctf: broken off", lambda: ctf(pupil(), pupil())()[:-60], refused="damaged or breaks off")
    yield Awkward("ctf: crossed tags", ctf("<Pupil><UPN></Pupil></UPN>"), refused="damaged or breaks off")
    yield Awkward("ctf: no pupils", ctf(header=head()), refused="The file has no pupils.")
    yield Awkward(
        "ctf: another kind of XML", lambda: b"<rss><item>Leila</item></rss>", refused="not a Common Transfer File"
    )
    yield Awkward("ctf: two headers", ctf(pupil(), header=head() + head()), refused="more than one header")
    yield Awkward("ctf: a header below", ctf(pupil(), head("999", "4002")), refused="more than one header")
    yield Awkward("ctf: a school of no authority", ctf(pupil(), header=head("000")), refused="not the code of a local")
    yield Awkward("ctf: elements without end", many(b"<CTfile>", b"<a>", 1_000_000), refused="deeper than in any")
    yield Awkward("ctf: an endless tag", many(b"<CTfile><a b='", b"x", 50_000_000), refused="longer than any")
    yield Awkward("ctf: an endless comment", many(b"<CTfile><!--", b"x", 50_000_000), refused="longer than any")
    yield Awkward("ctf: an endless name", many(b"<Pupil><Surname>", b"x", 50_000_000), refused="longer than any")
    contacts = many(b"<Pupil><Contacts>", b"<Contact></Contact>", 100_000)
    yield Awkward("ctf: endless contacts", contacts, refused="more than 50 contacts")


def _pupils() -> Iterator[Awkward]:
    def one(name: str, more: str = "", **outcome: Any) -> Awkward:
        return Awkward(f"ctf: {name}", ctf(pupil(more)), **outcome)

    yield Awkward(
        "ctf: facts in their own group",
        ctf(f"<Pupil><BasicDetails><UPN>{UPN}</UPN><Surname>Reid</Surname><Forename>Leila</Forename><DOB>2018-02-14</DOB>"
            f"<PreferredForename>Lei</PreferredForename><FormerUPN>P207000016049</FormerUPN>{YEAR}</BasicDetails>"
            "<UniqueLearnerNumber>9276308686</UniqueLearnerNumber></Pupil>"),
        said={1: PLAIN | {"preferred_name": "Lei", "former_upn": "P207000016049", "uln": "9276308686"}},
    )  # fmt: skip
    yield one(
        "said twice alike", "<BasicDetails><Surname>Reid</Surname></BasicDetails>", said={1: {"last_name": "Reid"}}
    )
    yield one(
        "said once, and once empty",
        "<NCyearActual/><BasicDetails><NCyearActual>4</NCyearActual></BasicDetails>",
        said={1: PLAIN},
    )
    yield one(
        "a pupil inside a pupil", "<Siblings><Pupil><Surname>Lee</Surname></Pupil></Siblings>", said={1: {"upn": UPN}}
    )
    former = "".join(f"<Address><PostCode>{each}</PostCode></Address>" for each in ("M1 1AE", "B33 8TH"))
    yield one("a former address", former, said={1: {"upn": UPN}})
    yield one("an empty contact", "<Contacts><Contact/></Contacts>", carers={1: []})
    yield one(
        "said twice and otherwise", "<BasicDetails><DOB>2018-02-15</DOB></BasicDetails>",
        problems={(1, "date_of_birth"): "two different things"},
    )  # fmt: skip
    yield one(
        "names of others inside",
        "<Sibling><Surname>Lee</Surname><UPN>x</UPN></Sibling>",
        said={1: {"last_name": "Reid"}},
    )
    yield one("a comment inside a text", "<NCyearActual><!-- 6 -->4</NCyearActual>", said={1: PLAIN})
    yield one("an unknown year", "<NCyearActual>E1</NCyearActual>", warnings={(1, "year_group"): "not a year group"})
    yield one(
        "a postcode",
        "<Address><PostCode>M1 1A</PostCode></Address>",
        warnings={(1, "postcode"): "not a full UK postcode"},
    )
    yield one(
        "what is not read", "<LookedAfter><InCare>true</InCare></LookedAfter><BasicDetails><Ethnicity>WBRI</Ethnicity>"
        "<MedicalFlag>true</MedicalFlag></BasicDetails><FSMhistory><FSMinstance/></FSMhistory>",
        said={1: {"upn": UPN}},
    )  # fmt: skip
    for history, code in (
        ((("2019-09-01", "", "K"), ("2022-09-01", "", "E")), "E"),
        ((("2022-09-01", "", "E"), ("2019-09-01", "", "K")), "E"),
        ((("2019-09-01", "2020-08-31", "K"),), "N"),
        ((("2019-09-01", "", "K"), ("2099-09-01", "", "E")), "K"),
        ((("", "", "K"),), "K"),
        ((("2019-09-01", "2026-11-22", "K"),), "K"),
        ((("2026-11-22", "", "E"), ("2019-09-01", "", "K")), "E"),
    ):
        entries = "".join(
            f"<SEN><StartDate>{start}</StartDate><EndDate>{end}</EndDate><SENprovision>{each}</SENprovision></SEN>"
            for start, end, each in history
        )
        yield one(f"provision {history}", f"<SENhistory>{entries}</SENhistory>", said={1: {"sen_provision": code}})
    yield one(
        "a statement", "<SENhistory><SEN><SENprovision>S</SENprovision></SEN></SENhistory>",
        said={1: {"sen_provision": "E"}}, warnings={(1, "sen_provision"): "not used any more"},
    )  # fmt: skip
    needs = "".join(
        f"<SENneed><SENtypeRank>{rank}</SENtypeRank><SENtype>{code}</SENtype></SENneed>"
        for rank, code in ((10, "HI"), (2, "ZZZ"), (1, "SLCN"))
    )
    yield one(
        "ranked needs", f"<SENhistory><SENneeds>{needs}</SENneeds></SENhistory>",
        said={1: {"needs": [{"type": "SLCN", "rank": 1}, {"type": "OTH", "rank": 2}, {"type": "HI", "rank": 3}]}},
        warnings={(1, "needs"): "“ZZZ” is not a type of need"}, raw={1: {"needs": "ZZZ"}},
    )  # fmt: skip

    def people(name: str, *contacts: str, carers: list[dict[str, Any]], **outcome: Any) -> Awkward:
        return one(name, f"<Contacts>{''.join(contacts)}</Contacts>", carers={1: carers}, **outcome)

    phones = "<Phones>" + "".join(
        f"<Phone><PhoneNo>{each}</PhoneNo></Phone>" for each in ("01632 960123", "07700 900123")
    )
    details = f"{phones}</Phones><Email>anna@home.example</Email><Address><PostCode>?</PostCode></Address>"
    yield people(
        "a contact", contact("PAM", more=details),
        carers=[ANNA | {"phone": "+447700900123", "email": "anna@home.example"}],
    )  # fmt: skip
    yield people("a contact with 1 for true", contact("PAM", "1"), carers=[ANNA])
    yield people("a contact with 0", contact("PAM", "0"), carers=[ANNA | {"has_parental_responsibility": False}])
    yield people(
        "an unknown relationship", contact("QQQ"), carers=[ANNA | {"relationship": "other"}],
        warnings={(1, "carers"): "“QQQ” is not a known"}, raw={1: {"carers": "QQQ"}},
    )  # fmt: skip
    yield people("a social worker", contact("SWR"), carers=[], tail="professionals, such as doctors or teachers: 1.")
    second = contact("PAF", order=2).replace("Anna", "Dan")
    yield people(
        "contacts in order",
        second,
        contact("PAM"),
        carers=[ANNA, ANNA | {"name": "Dan Reid", "relationship": "father"}],
    )


FILES = [*_whole(), *_pupils()]
