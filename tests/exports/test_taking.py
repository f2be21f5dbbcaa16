"""What a school takes away: what whoever asks may see, in the log with whom it is about, and readable by others."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest

from ecm.cases.commands import write_note
from ecm.cases.schemas import NewNote
from ecm.clock import new_id, now, today
from ecm.errors import NotAllowed
from ecm.exports.pupils import take_pupils
from ecm.exports.schemas import PupilExport, SchoolExport
from ecm.exports.school import take_school
from ecm.imports.csv_reader import read_csv
from ecm.imports.rows import Row
from ecm.pupils.records import add_carer, add_pupil
from ecm.pupils.rules import make_upn
from ecm.pupils.schemas import NewCarer, NewPupil, RollFilter
from ecm.seeds import known
from ecm.web.sheet import RUNS
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story
from tests.actions.test_pages import browsing, words
from tests.client import application, sign_in
from tests.imports.files import approve, everything, send

DSL, STRANGER = "dsl@oakfield.example", "senco@hillside.example"
TEACHER, AMINA = "teacher@oakfield.example", "amina.yusuf@home.example"
LEILA, ETHAN = known("pupil Leila Reid"), known("pupil Ethan Clarke")
EVERYTHING = PupilExport(
    parts=["names", "numbers", "nhs_number", "born", "class", "sen", "contacts"], purpose="records"
)
FORMULA = '=HYPERLINK("https://evil.example","look")'
LETTER = "-2 weeks ago\n\n=1+1\nShe said: “no”."


def sheet_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


async def pupils_of(actor: Any, said: PupilExport = EVERYTHING, **wanted: Any) -> bytes:
    with await take_pupils(actor, RollFilter(**wanted), said) as file:
        file.seek(0)
        return file.read()


async def events(db: Any, name: str) -> list[dict[str, Any]]:
    async with db.admin() as admin:
        rows = await admin.fetch("SELECT entry FROM audit_event WHERE event = $1 ORDER BY id", name)
    return [json.loads(each["entry"]) for each in rows]


async def lay_pupils(db: Any) -> None:
    """Names that are awkward, numbers, carers, and one who must not be in touch."""
    senco = await db.act_as(SENCO)
    one = NewPupil(
        first_name='-Zoë "Zo"', last_name="de, Souza", class_name="-4B", sen_provision="E", preferred_name="-zo"
    )
    made = (await add_pupil(senco, one))["id"]
    mother = NewCarer(name="Maja +One", relationship="mother", has_parental_responsibility=True, email="maja@home.example",
                      mobile="07700 900123", language="pl")  # fmt: skip
    barred = NewCarer(name="Never Him", relationship="father", email="never@home.example", mobile="07700 900124")
    for pupil in (made, LEILA):
        await add_carer(senco, pupil, mother)
    father = (await add_carer(senco, made, barred))["id"]
    async with db.admin() as admin:
        await admin.execute(
            """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at)
               SELECT gen_random_uuid(), pupil_id, person_id, 'court_order', now() FROM carer WHERE id = $1""", father,
        )  # fmt: skip
        for kind, value in (("uln", "1234567899"), ("former_upn", "R999400119077"), ("nhs_number", "9434765919")):
            await admin.execute(
                "INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value) VALUES ($1, $2, $3, $4, $5)",
                new_id(), LEILA, known("oakfield"), kind, value,
            )  # fmt: skip


async def test_a_list_is_read_back_as_it_was(db):
    await lay_pupils(db)
    content = await pupils_of(await db.act_as(SENCO))
    rows = sheet_of(content)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(RUNS)]
    assert b"Never Him" not in content
    assert b"never@home.example" not in content
    read = [each.document() for each in read_csv(BytesIO(content), "utf-8-sig", today()) if isinstance(each, Row)]
    async with db.admin() as admin:
        there = await admin.fetch(
            """SELECT u.id, u.first_name, u.last_name, u.preferred_name, u.date_of_birth, e.upn, e.year_group, e.class_name,
                      s.sen_provision, s.needs FROM pupil u JOIN enrolment e ON e.pupil_id = u.id JOIN sen_status s ON s.pupil_id = u.id
               WHERE e.school_id = $1""", known("oakfield"),
        )  # fmt: skip
    names = {(each["first_name"], each["last_name"]): each for each in there}
    assert len(read) == len(there)
    for row, each in zip(rows, read, strict=True):
        said = each["said"]
        was = names.pop((said["first_name"], said.get("last_name", "")))
        for name in ("preferred_name", "upn", "class_name", "sen_provision"):
            assert said.get(name) == was[name], (row, name)
        assert said.get("date_of_birth") == (was["date_of_birth"].isoformat() if was["date_of_birth"] else None)
        assert said.get("year_group", "X") == was["year_group"]
        assert [need["type"] for need in said.get("needs", [])] == [need["type"] for need in json.loads(was["needs"])]
        assert not each["problems"]
    leila = next(each for each in read if each["said"]["first_name"] == "Leila")
    numbers = {"uln": "1234567899", "former_upn": "R999400119077", "nhs_number": "9434765919"}
    assert leila["said"].items() >= numbers.items()
    maja = next(each for each in leila["carers"] if each["name"] == "Maja +One")
    assert maja == {"name": "Maja +One", "relationship": "mother", "has_parental_responsibility": True, "email": "maja@home.example",
                    "phone": "+447700900123", "language": "pl"}  # fmt: skip


HEADS = "UPN,ULN,Forename,Surname,Known as,DOB,Year,Class,SEN status,SEN need,Contact 1,Contact 1 relationship,Contact 1 email,PR"
FILE = f"""{HEADS}
{make_upn(7777, 24, 1)},,Nora,"Berg, Ödegård",,14/02/2018,4,Elm,SEN Support,MLD; SEMH,Liv Berg,PAM,liv@home.example,Y
,1234567880,-Ola,'Nielsen,'t Ola,03/09/2017,Year 4,=Elm,E,ASD,Kari +Nielsen,step-mother,kari@home.example,N
,,Cher,,,,N2,,,,,,,
""".replace("=Elm", "-Elm")


async def test_what_is_taken_away_and_brought_back_changes_nothing(db):
    await lay_pupils(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        assert (await approve(senco, FILE.encode()))["counts"]["new"] == 3
        ola = next(each["id"] for each in (await senco.get("/pupils", q="ola nielsen")).json()["items"])
        change = {"version": 1, "class_name": "Corrected", "sen_provision": "K"}
        assert (await senco.send("PATCH", f"/pupils/{ola}", change)).status_code == 200
        before = await everything(db)
        content = await pupils_of(await db.act_as(SENCO))
        for _ in "12":  # also when it has been approved before
            preview = (await send(senco, content)).json()
            assert preview["problems"] == []
            assert {name: many for name, many in preview["counts"].items() if many} == {
                "unchanged": len(sheet_of(content))
            }
            await senco.post(f"/pupil-imports/{preview['id']}/approval")
            assert await everything(db) == before
        assert await pupils_of(await db.act_as(SENCO)) == content
        stranger = await sign_in(client, STRANGER)
        assert (await send(stranger, content)).status_code == 422
        # Corrected in a spreadsheet: who has no number is found again under another name; no id of another school is one.
        cher = next(each["ECM id"] for each in sheet_of(content) if each["Forename"] == "Cher")
        there = (await senco.get(f"/pupils/{cher}")).json()
        corrected = f"ECM id,Forename,Surname,UPN\r\n{cher},Sherry,Lapierre,\r\n{ETHAN},Ethan,Clarke,\r\n".encode()
        assert (await approve(senco, corrected))["counts"].items() >= {"changed": 1, "new": 1}.items()
        now = (await senco.get(f"/pupils/{cher}")).json()
        assert (there["name"], now["name"]) == ("Cher", "Sherry Lapierre")
        leila = f"ECM id,Forename,Surname,UPN\r\n{cher},Leila,Reid,{now_upn(content)}\r\nnone,Ola,Nielsen,\r\n".encode()
        assert [each["field"] for each in (await send(senco, leila)).json()["problems"]] == ["ecm_id", "ecm_id"]


def now_upn(content: bytes) -> str:
    return next(each["UPN"] for each in sheet_of(content) if each["Forename"] == "Leila")


async def test_a_list_says_no_more_than_it_was_asked_for_and_names_everybody_in_the_log(db):
    async with db.admin() as admin:
        await admin.execute(
            """WITH made AS (INSERT INTO pupil (id, first_name, last_name, search_key)
                   SELECT gen_random_uuid(), 'Pupil', n::text, 'pupil ' || n FROM generate_series(1, 2100) n RETURNING id)
               INSERT INTO enrolment (id, pupil_id, school_id, year_group, class_name, from_on)
               SELECT gen_random_uuid(), id, $1, '4', 'Many', now() FROM made""", known("oakfield"),
        )  # fmt: skip
        ids = {
            str(r["pupil_id"]) for r in await admin.fetch("SELECT pupil_id FROM enrolment WHERE class_name = 'Many'")
        }
    senco = await db.act_as(SENCO)
    rows = sheet_of(await pupils_of(senco, PupilExport(parts=["names", "class"], purpose="work"), class_name="Many"))
    assert len(rows) == 2100
    heads = "Forename,Surname,Preferred name,Year group,Class,Entry date,ECM id,LAESTAB"
    assert ",".join(rows[0]) == heads
    told = await events(db, "pupils:exported")
    assert [len(each["pupils"]) for each in told] == [1000, 1000, 100]
    assert {pupil for each in told for pupil in each["pupils"]} == ids
    assert told[0]["detail"] == {"count": 1000, "parts": "names:class", "purpose_code": "work"}
    assert await pupils_of(senco, class_name="Nobody")
    assert (await events(db, "pupils:exported"))[-1]["detail"]["count"] == 0
    async with browsing(SENCO) as browser:
        path = "/pupils/export?class_name=Willow"
        assert "those who fit the filters" in await browser.get(path)
        for boxes in (
            {"parts": "names"},
            {"purpose": "work"},
            {"parts": "all", "purpose": "work"},
            {"parts": "names", "purpose": "fun"},
        ):
            refused = await browser.send(path, **boxes)
            assert (refused.status_code, "There is a problem" in words(refused)) == (422, True), boxes
        taken = await browser.send(path, parts=["names", "sen"], purpose="work")
        assert taken.headers["content-disposition"] == f'attachment; filename="pupils-{today()}.csv"'
        assert taken.headers["content-length"] == str(len(taken.content))
        assert taken.headers["cache-control"] == "no-store"
        assert "Leila" in taken.text
        again = await browser.send(path, parts=["names", "sen"], purpose="work")
        assert again.content == taken.content


async def school_of(actor: Any) -> tuple[dict[str, list[dict[str, str]]], bytes]:
    """The sheets of a ZIP file, held against what it says of itself, and all its bytes unpacked."""
    with await take_school(actor, SchoolExport(purpose="another_system")) as file, ZipFile(file) as archive:
        assert archive.testzip() is None
        contents = {each: archive.read(each) for each in archive.namelist()}
    package = json.loads(contents["datapackage.json"])
    sheets = {each["name"]: sheet_of(contents[each["path"]]) for each in package["resources"]}
    for each in package["resources"]:
        rows, fields = sheets[each["name"]], [field["name"] for field in each["schema"]["fields"]]
        assert contents[each["path"]].decode("utf-8-sig").splitlines()[0] == ",".join(f'"{name}"' for name in fields)
        assert len(rows) == each["rows"]
        assert len({row[each["schema"]["primaryKey"][0]] for row in rows}) == len(rows)
        for key in each["schema"].get("foreignKeys", []):
            other = {row[key["reference"]["fields"][0]] for row in sheets[key["reference"]["resource"]]}
            assert {row[key["fields"][0]] for row in rows} - {""} <= other, each["name"]
        assert f"| {each['path']} | {len(rows)} |" in contents["README.md"].decode()
    return sheets, b"".join(contents.values())


async def test_everything_is_what_the_reader_may_see(db):
    await lay_pupils(db)
    story, other = await open_story(db), await open_story(db, "Suhaila")
    await bring_in(db, story, NURSE, HEALTH, "education")
    senco, dsl = await db.act_as(SENCO), await db.act_as(DSL)
    for who, category, text in (
        (senco, "education", LETTER), (dsl, "safeguarding", "Kept from the SENCO."), (senco, "family", FORMULA),
    ):  # fmt: skip
        await write_note(who, story.case_id, NewNote(category=category, text=text))
    sheets, everything = await school_of(senco)
    assert {each["case"] for each in sheets["cases"]} == {story.reference, other.reference}
    assert b"Kept from the SENCO." not in everything
    assert {each["text"] for each in sheets["notes"]} == {f"'{LETTER}", f"'{FORMULA}"}
    assert [(each["agency"], each["status"]) for each in sheets["involvements"]] == [
        ("Northshire Community Health", "active")
    ]
    assert [(each["state"], each["category"]) for each in sheets["consents"]] == [("given", "education")]
    assert sheets["consents"][0]["since"][:10] == now().date().isoformat()
    assert [each["kind"] for each in sheets["answers"]] == ["requested", "given"]
    assert [each["carer"] for each in sheets["bars"]] == ["Never Him"]
    assert len(sheets["pupils"]) > 10
    assert b"never@home.example" not in everything
    assert b"Kept from the SENCO." in (await school_of(dsl))[1]
    theirs, nothing = await school_of(await db.act_as(STRANGER))
    assert theirs["cases"] == []
    assert b"Leila" not in nothing
    told = await events(db, "case:exported")
    assert {(each["case"], *each["pupils"]) for each in told if each["actor"] == str(known(SENCO))} == {
        (str(story.case_id), str(LEILA)), (str(other.case_id), str(known("pupil Suhaila"))),
    }  # fmt: skip
    assert {each["detail"]["purpose_code"] for each in told} == {"another_system"}
    async with browsing(SENCO) as browser:
        assert "The case, taken away as a file" in await browser.get(f"/cases/{story.reference}/access")
        refused = await browser.send("/exports/school")
        assert (refused.status_code, "Choose what you need it for" in words(refused)) == (422, True)
        taken = await browser.send("/exports/school", purpose="request")
        assert taken.headers["content-disposition"] == f'attachment; filename="ecm-school-{today()}.zip"'
        assert ZipFile(BytesIO(taken.content)).testzip() is None


async def test_nobody_else_takes_a_school_away(db):
    for email in (TEACHER, NURSE, AMINA):
        actor = await db.act_as(email)
        with pytest.raises(NotAllowed):
            await pupils_of(actor)
        with pytest.raises(NotAllowed):
            await take_school(actor, SchoolExport(purpose="work"))
        async with browsing(email) as browser:
            for path in ("/pupils/export", "/exports/school"):
                assert (await browser.client.get(path, headers=browser.headers)).status_code == 403
    senco = await db.act_as(SENCO)
    async with db.admin() as admin:  # gone from the roll: neither pupil nor carers are this school's to take
        await admin.execute("UPDATE enrolment SET to_on = $1", today() - timedelta(days=1))
    assert sheet_of(await pupils_of(senco)) == []
