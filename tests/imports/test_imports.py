"""A file comes in whole or not at all, beside what people wrote and never over it, and is nobody else's to see."""

import asyncio
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import asyncpg
import pytest

from ecm.clock import new_id
from ecm.database import acting_as, acting_for
from ecm.errors import NotFound, Refused, Stale
from ecm.imports import commands
from ecm.imports.commands import approve_import, forget_imports
from ecm.imports.rules import school_problem
from ecm.pupils.rules import year_group, year_group_code
from ecm.seeds import known
from ecm.web.visit import csrf_token
from tests.client import Person, application, sign_in
from tests.imports.files import approve, csv, everything, line, roll, send, upn
from tests.journeys.story import Visitor

SENCO, TEACHER, STRANGER = "senco@oakfield.example", "teacher@oakfield.example", "senco@hillside.example"
OAKFIELD = known("oakfield")
FAMILY = "Parent 1 name,Parent 1 relationship,Parent 1 PR,Parent 1 email,Parent 1 mobile"


async def number_of(db: Any, first: str) -> str:
    return (await roll(db, OAKFIELD))[first]["upn"]


async def correct(person: Person, pupil: Any, **change: Any) -> None:
    version = (await person.get(f"/pupils/{pupil}")).json()["version"]
    answer = await person.send("PATCH", f"/pupils/{pupil}", {"version": version, **change})
    assert answer.status_code == 200, answer.text


async def listed(db: Any, import_id: str, column: str) -> dict[int, list[dict[str, Any]]]:
    async with db.admin() as admin:
        await admin.set_type_codec("jsonb", encoder=str, decoder=__import__("json").loads, schema="pg_catalog")
        rows = await admin.fetch(
            f"SELECT row, {column} FROM import_row WHERE import_id = $1 AND {column} <> '[]' ORDER BY row", import_id
        )
    return {row["row"]: row[column] for row in rows}


async def test_what_was_corrected_by_hand_stays_and_all_else_follows_the_file(db: Any) -> None:
    first = csv(line(1), line(2), line(3))
    async with application() as client:
        senco = await sign_in(client, SENCO)
        done = await approve(senco, first)
        assert (done["status"], done["counts"]["new"], done["counts"]["leavers"]) == ("approved", 3, 12)
        written = await everything(db)
        again = (await send(senco, first)).json()
        assert (again["counts"] | {"leavers": 0}, again["approved_before"] is not None) == (
            {"new": 0, "changed": 0, "unchanged": 3, "rejected": 0, "kept": 0, "leavers": 0}, True,
        )  # fmt: skip
        assert (await senco.post(f"/pupil-imports/{again['id']}/approval")).json()["counts"]["changed"] == 0
        assert await everything(db) == written

        now = await roll(db, OAKFIELD)
        await correct(senco, now["Test1"]["id"], class_name="Oak", last_name="Corrected")
        await correct(senco, now["Test2"]["id"], class_name=None)
        second = csv(*(line(n, year="5", form="Ash", last=f"New{n}") for n in (1, 2, 3)))
        made = (await send(senco, second)).json()
        assert made["counts"] | {"leavers": 0} == {
            "new": 0, "changed": 3, "unchanged": 0, "rejected": 0, "kept": 2, "leavers": 0
        }  # fmt: skip
        kept = await listed(db, made["id"], "kept")
        assert [(k, [(e["field"], e["why"]) for e in v]) for k, v in kept.items()] == [
            (2, [("last_name", "by_hand"), ("class_name", "by_hand")]), (3, [("class_name", "emptied")]),
        ]  # fmt: skip
        await senco.post(f"/pupil-imports/{made['id']}/approval", {"version": made["version"]})
        now = await roll(db, OAKFIELD)
        assert {k: (v["last_name"], v["year_group"], v["class_name"]) for k, v in now.items() if k.startswith("Test")} == {
            "Test1": ("Corrected", "5", "Oak"), "Test2": ("New2", "5", None), "Test3": ("New3", "5", "Ash"),
        }  # fmt: skip
        # Names that are partly the file's are found by what they are now.
        await approve(senco, csv(line(1, first="Testina", last="New1")))
        assert (await roll(db, OAKFIELD))["Testina"]["search_key"] == "testina corrected"
        # Once the hand agrees with the file, the file leads again.
        await correct(senco, now["Test1"]["id"], class_name="Elm")
        await approve(senco, csv(line(1, first="Testina", last="New1", form="Elm")))
        await approve(senco, csv(line(1, first="Testina", last="New1", form="Fir")))
        assert (await roll(db, OAKFIELD))["Testina"]["class_name"] == "Fir"


async def test_pupils_typed_by_hand_are_recognised_and_only_what_is_empty_is_filled(db: Any) -> None:
    leila, jack = await number_of(db, "Leila"), await number_of(db, "Jack")
    header = "UPN,Former UPN,ULN,First name,Last name,Date of birth,Year,Class,Known as"
    async with application() as client:
        senco = await sign_in(client, SENCO)
        await approve(senco, csv(
            f"{leila},,,Leyla,Reid,14/02/2018,5,Willow,Lei",         # by UPN; the first name and the year were typed
            f"{jack},,,Jack,Null,03/03/2019,X,Birch,",                # a date of birth that nobody knew
            f"{upn(9)},,9876543201,Zoe,Bronte Hughes,30/09/2017,4,Willow,",  # by name, with another UPN: somebody else
            ",,,Anne Marie,DSouza,29/02/2020,R,Acorn,",              # by name and date, without accents and signs
            header=header,
        ))  # fmt: skip
        now = await roll(db, OAKFIELD)
        assert (now["Leila"]["preferred_name"], now["Leila"]["year_group"]) == ("Lei", "4")
        assert (now["Jack"]["date_of_birth"], now["Jack"]["date_of_birth_known"]) == (date(2019, 3, 3), True)
        assert ("Zoe" in now, "Zoë" in now, "Anne Marie" in now, "Anne-Marie" in now) == (True, True, False, True)
        # A new number with the old one beside it is the same pupil; so is one who is known by the ULN alone.
        await approve(senco, csv(
            f"{upn(10)},{leila},,Leila,Reid,14/02/2018,4,Willow,",
            f"{upn(11)},,9876543201,Zoe,Bronte Hughes,30/09/2017,4,Willow,",
            header=header,
        ))  # fmt: skip
        now = await roll(db, OAKFIELD)
        assert (now["Leila"]["upn"], now["Zoe"]["upn"]) == (upn(10), upn(11))
        async with db.admin() as admin:
            kinds = await admin.fetch("SELECT kind, value FROM pupil_identifier ORDER BY kind, value")
        assert sorted(map(tuple, kinds)) == sorted(
            [("former_upn", upn(9)), ("former_upn", leila), ("uln", "9876543201")]
        )


async def test_who_has_left_may_come_back_and_hides_no_number(db: Any) -> None:
    header = "UPN,ULN,First name,Last name,Date of birth"
    rows = [f"{upn(1)},9876543201,Ada,One,14/02/2018", f"{upn(2)},,Bea,Two,15/02/2018"]
    async with application() as client, db.admin() as admin:
        senco = await sign_in(client, SENCO)
        await approve(senco, csv(*rows, header=header))
        ada = (await roll(db, OAKFIELD))["Ada"]["id"]
        await admin.execute(
            "UPDATE enrolment SET from_on = '2026-09-01', to_on = '2026-11-01' WHERE pupil_id = $1", ada
        )
        # The number is Bea's now; then Ada is back, as a pupil whom the school does not know, and without it.
        await approve(senco, csv(f"{upn(2)},9876543201,Bea,Two,15/02/2018", header=header))
        made = (await send(senco, csv(f"{upn(1)},,Ada,One,14/02/2018", header=header))).json()
        assert (made["counts"]["new"], made["problems"]) == (1, [])
        assert (await senco.post(f"/pupil-imports/{made['id']}/approval")).status_code == 201
        held = await admin.fetch("SELECT u.first_name FROM pupil_identifier i JOIN pupil u ON u.id = i.pupil_id")
        assert [r[0] for r in held] == ["Bea"]
        assert await admin.fetchval("SELECT count(*) FROM enrolment WHERE upn = $1", upn(1)) == 2


async def test_a_carer_in_a_file_is_a_claim_and_touches_nobody_who_is_known(db: Any) -> None:
    leila, suhaila = await number_of(db, "Leila"), await number_of(db, "Suhaila")
    header = f"UPN,First name,Last name,{FAMILY},{FAMILY.replace('1', '2')}"
    people = csv(
        f"{leila},Leila,Reid,Amina Yusuf,aunt,N,other@home.example,07700 900999,Daniel Reid,uncle,N,,",
        f"{suhaila},Suhaila,,Ruth Other,mother,Y,{TEACHER},07700 900111,Sam Shared,father,Y,sam@home.example,07700 900112",
        f"{upn(20)},Sib,Shared,Sam Shared,father,Y,sam@home.example,07700 900112,Sammy Else,mother,Y,sam@home.example,",
        header=header,
    )
    async with application() as client, db.admin() as admin:
        senco = await sign_in(client, SENCO)
        bar = {"carer_id": str(known("carer daniel.reid@home.example")), "reason_code": "court_order"}
        assert (await senco.post(f"/pupils/{known('pupil Leila Reid')}/contact-bars", bar)).status_code == 201
        before = (
            await admin.fetch("SELECT * FROM person ORDER BY id"),
            await admin.fetch("SELECT * FROM carer ORDER BY id"),
        )
        made = (await send(senco, people)).json()
        assert "id" in made, made
        kept = await listed(db, made["id"], "kept")
        why = {row: {(e["field"], e["why"]) for e in each} for row, each in kept.items()}
        assert why[2] >= {("carer_phone", "verified"), ("carer_email", "their_own"), ("carer_relationship", "barred"),
                          ("carer_has_parental_responsibility", "verified")}  # fmt: skip
        assert (why[3], why[4]) == ({("carer_email", "address_taken")}, {("carer_email", "address_taken")})
        done = await senco.post(f"/pupil-imports/{made['id']}/approval")
        assert done.status_code == 201, done.text
        for old, table in zip(before, ("person", "carer"), strict=True):
            now = {r["id"]: r for r in await admin.fetch(f"SELECT * FROM {table}")}
            assert [now[r["id"]] for r in old] == old or table == "carer"
        added = await admin.fetch(
            """SELECT n.name, n.email, n.phone, k.relationship, k.has_parental_responsibility AS claims, k.authority_verified_at AS seen
               FROM carer k JOIN person n ON n.id = k.person_id WHERE n.name ~ '^(Ruth|Sam)' ORDER BY n.name"""
        )
        assert [tuple(r) for r in added] == [
            ("Ruth Other", None, "+447700900111", "mother", True, None),
            ("Sam Shared", "sam@home.example", "+447700900112", "father", True, None),
            ("Sam Shared", "sam@home.example", "+447700900112", "father", True, None),
            ("Sammy Else", None, None, "mother", True, None),
        ]
        assert await admin.fetchval("SELECT count(*) FROM person WHERE name = 'Sam Shared'") == 1
        daniel = await admin.fetchrow("SELECT * FROM carer WHERE id = $1", known("carer daniel.reid@home.example"))
        assert daniel["relationship"] == "father"
        # Somebody must not come near Leila: whoever else a file brings is for a person to add.
        made = (await send(senco, csv(f"{leila},Leila,Reid,Dan Reid,father,Y,,,,,,,", header=header))).json()
        assert [(e["field"], e["why"]) for e in (await listed(db, made["id"], "kept"))[2]] == [("carer", "bar")]


async def test_rows_that_cannot_be_right_are_told_apart_and_the_others_come(db: Any) -> None:
    async with application() as client:
        senco = await sign_in(client, SENCO)
        header = "UPN,ULN,First name,Last name,Date of birth,Leaving date"
        await approve(senco, csv(f"{upn(1)},9876543201,Ada,One,14/02/2018,", header=header))
        made = (await send(senco, csv(
            f"{upn(2)},,Bea,Two,14/02/2018,", f"{upn(2)},,Cleo,Three,15/02/2018,",   # 2, 3: one number
            ",,Dot,Four,16/02/2018,", ",,Dot,Four,16/02/2018,",                      # 4, 5: nothing tells them apart
            f"{upn(1)},,Ada,One,14/02/2018,", ",,Ada,One,14/02/2018,",               # 6, 7: the same pupil
            f"{upn(3)},9876543201,Eve,Five,17/02/2018,",                             # 8: by the ULN this is Ada too
            f"{upn(4)},,Fay,Six,18/02/2018,01/09/2025",                              # 9: has left, and never came
            f"{upn(5)},,,Seven,18/02/2018,", "nonsense,,Gus,Eight,18/02/2018,", f"{upn(6)},,Hal,Nine,18/02/2018,",
            header=header,
        ))).json()  # fmt: skip
        assert made["counts"] | {"leavers": 0} == {
            "new": 1, "changed": 0, "unchanged": 0, "rejected": 10, "kept": 0, "leavers": 0
        }  # fmt: skip
        told = {each["row"]: each["message"] for each in made["problems"]}
        assert set(told) == set(range(2, 12))
        assert told[2] == told[3] == "Rows 2, 3 of the file have the same UPN. Put the wrong ones right."
        assert "no UPN tells them apart" in told[4] and "about the same pupil" in told[7] and "has left" in told[9]  # noqa: PT018
        await senco.post(f"/pupil-imports/{made['id']}/approval")
        assert "Hal" in await roll(db, OAKFIELD)


async def test_all_of_it_or_nothing(db: Any) -> None:
    async with application() as client, db.admin() as admin:
        senco = await sign_in(client, SENCO)
        await approve(senco, csv(line(1)))
        made = (await send(senco, csv(line(1, form="Ash"), *(line(n) for n in range(2, 9))))).json()
        before = await everything(
            db, ("pupil", "enrolment", "sen_status", "pupil_import", "import_row", "audit_event_pupil")
        )
        await admin.execute(
            """CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $q$fault$q$; END';
               CREATE TRIGGER fault BEFORE UPDATE ON enrolment FOR EACH ROW EXECUTE FUNCTION fault()"""
        )
        assert (await senco.post(f"/pupil-imports/{made['id']}/approval")).status_code == 500
        assert await everything(db, before) == before
        await admin.execute("DROP TRIGGER fault ON enrolment")
        assert (await senco.post(f"/pupil-imports/{made['id']}/approval")).status_code == 201
        assert await admin.fetchval(
            "SELECT count(*) FROM audit_event e JOIN audit_event_pupil p ON p.event_id = e.id WHERE e.event = 'pupils:imported'"
        ) == 9  # fmt: skip
        # The same at the other end: a file that turns out to be no file leaves nothing.
        assert (await send(senco, b"PK\x03\x04 a spreadsheet")).status_code == 422
        counts = "SELECT (SELECT count(*) FROM import_row r WHERE r.import_id = i.id) FROM pupil_import i WHERE i.status = 'failed'"
        assert await admin.fetchval(counts) == 0


async def test_a_file_in_hand_is_its_schools_for_a_day(db: Any) -> None:
    async with application() as client, db.admin() as admin:
        senco, teacher, stranger = [await sign_in(client, each) for each in (SENCO, TEACHER, STRANGER)]
        path = f"/pupil-imports/{(await send(senco, csv(line(1)))).json()['id']}"
        absent = f"/pupil-imports/{new_id()}"
        for other in (teacher, stranger):
            for method, end in (("GET", ""), ("POST", "/approval"), ("DELETE", "")):
                hidden, nothing = [await other.send(method, each + end, {} if end else None) for each in (path, absent)]
                assert (hidden.status_code, hidden.text) == (nothing.status_code, nothing.text)
                assert hidden.status_code == 404
        assert (await send(teacher, csv(line(1)))).status_code == 403
        seen = {}
        for email in (SENCO, TEACHER, STRANGER):
            async with acting_as(await db.act_as(email), "test") as act:
                seen[email] = (
                    await act.value("SELECT count(*) FROM import_row"),
                    await act.value("SELECT count(*) FROM pupil_import"),
                )
                assert await act.value("SELECT forget_import_rows()") == 0
                act.record("import:shown")
            for write in ("DELETE FROM import_row", "UPDATE pupil_import SET status = 'approved'"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with acting_as(await db.act_as(email), "test") as act:
                        await act.run(write)
        assert seen == {SENCO: (13, 1), TEACHER: (0, 0), STRANGER: (0, 0)}
        assert await forget_imports() == 0
        await db.put_clock_forward(timedelta(hours=24))
        late = await sign_in(client, SENCO)
        assert (await late.get(path)).json()["status"] == "expired"
        assert (await late.post(f"{path}/approval")).status_code == 422
        async with acting_as(await db.act_as(SENCO), "test") as act:
            assert await act.value("SELECT count(*) FROM import_row") == 0
            act.record("import:shown")
        assert (await forget_imports(), await admin.fetchval("SELECT count(*) FROM import_row")) == (1, 0)


async def test_a_file_of_another_school_is_refused_and_a_cancelled_one_is_gone(db: Any) -> None:
    async with application() as client, db.admin() as admin:
        senco = await sign_in(client, SENCO)
        for number, sentence in (("9994002", "another school (LAESTAB 9994002)"), ("9994001", "")):
            made = await send(senco, csv(f"{line(1)},{number}", header="UPN,Forename,Surname,DOB,Year,Class,LAESTAB"))
            assert (made.status_code, sentence in made.text) == (422 if sentence else 201, True)
        assert (await senco.send("DELETE", f"/pupil-imports/{made.json()['id']}")).status_code == 204
        assert (await senco.send("DELETE", f"/pupil-imports/{made.json()['id']}")).status_code == 422
        assert await admin.fetchval("SELECT count(*) FROM import_row") == 0
        assert "Test1" not in await roll(db, OAKFIELD)
    ours = {"name": "Oakfield Primary School", "urn": None, "laestab": None}
    assert school_problem(ours, {"name": "OAKFIELD PRIMARY"}, {}) is None
    assert "set-school-number" in (school_problem(ours, {"laestab": "9994001"}, {}) or "")
    told = ours | {"laestab": "9994001"}
    assert school_problem(told, {"laestab": "8881234"}, {"laestab": "9994001"}) is None  # who comes to us
    assert "another school" in (
        school_problem(told, {"laestab": "9994001"}, {"laestab": "8881234"}) or ""
    )  # who leaves us


async def test_of_two_who_approve_at_once_one_does_and_what_changed_is_looked_at_again(db: Any) -> None:
    async with application() as client:
        senco = await sign_in(client, SENCO)
        first, second = [(await send(senco, each)).json() for each in (csv(line(1)), csv(line(1, form="Oak"), line(2)))]
        actor = await db.act_as(SENCO)
        door = partial(acting_as, actor)
        both = await asyncio.gather(*(approve_import(door, first["id"]) for _ in "12"), return_exceptions=True)
        assert {type(each) for each in both} == {type(None), Refused}
        with pytest.raises(Stale):  # it would have added a pupil who is there now
            await approve_import(door, second["id"])
        again = (await senco.get(f"/pupil-imports/{second['id']}")).json()
        assert (again["status"], again["counts"]["new"], again["counts"]["changed"]) == ("ready", 1, 1)
        stale = await senco.post(f"/pupil-imports/{second['id']}/approval", {"version": second["version"]})
        assert stale.status_code == 409
        # What changes nothing of the file's work does not stand in its way.
        await correct(senco, known("pupil Leila Reid"), class_name="Oak")
        done = await senco.post(f"/pupil-imports/{second['id']}/approval", {"version": again["version"]})
        assert done.status_code == 201
        with pytest.raises(NotFound):
            await approve_import(door, new_id())


async def test_a_call_is_done_once_and_what_is_no_file_is_refused(db: Any) -> None:
    async with application() as client, db.admin() as admin:
        senco = await sign_in(client, SENCO)
        key = {"Idempotency-Key": "one"}
        made, again = [await send(senco, csv(line(1)), **key) for _ in "12"]
        assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
        assert (await send(senco, csv(line(2)), **key)).status_code == 422
        assert await admin.fetchval("SELECT count(*) FROM pupil_import") == 1
        for wrong in (
            {"json": {}},
            {"files": {"file": ("a.csv", b"")}},
            {"files": {"other": ("a.csv", b"a")}},
            {"content": b"x"},
        ):
            answer = await senco.client.post("/api/v1/pupil-imports", headers=senco.headers, **wrong)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
        for boundary in ("x", "x" * 71):
            headers = senco.headers | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
            answer = await senco.client.post("/api/v1/pupil-imports", headers=headers, content=b"--x\r\nbroken")
            assert answer.status_code in (400, 422)
        assert await admin.fetchval("SELECT count(*) FROM pupil_import") == 1


async def test_the_command_line_imports_for_a_school_and_for_no_role(db: Any) -> None:
    """The service is proved by the installation's secret; nobody who is signed in, and no other service, is it."""
    async with acting_for("seed", "test") as act:
        assert await act.value("SELECT begin_import($1, $2, 'x', '24 hours', 10)", new_id(), OAKFIELD) is False
        act.record("import:shown")
    async with acting_as(await db.act_as(STRANGER), "test") as act:
        assert await act.value("SELECT begin_import($1, $2, 'x', '24 hours', 10)", new_id(), OAKFIELD) is False
        assert await act.value("SELECT set_school_number('Oakfield Primary School', '1', NULL)") is None
        act.record("import:shown")
    async with acting_for("import", "test") as act:
        assert await act.value("SELECT begin_import($1, $2, 'x', '24 hours', 10)", new_id(), known("council")) is False
        assert await act.value("SELECT begin_import($1, $2, 'x', '24 hours', 10)", new_id(), OAKFIELD) is True
        act.record("import:begun")


async def test_the_database_and_python_agree_on_the_year_of_an_age(db: Any) -> None:
    drawn = Random(4)
    days = [
        (date(2000, 1, 1) + timedelta(drawn.randrange(9_800)), date(2024, 1, 1) + timedelta(drawn.randrange(1_800)))
        for _ in range(500)
    ]
    days += [(born, date(2026, month, day)) for born in (date(2018, 8, 31), date(2018, 9, 1), date(2016, 2, 29))
             for month, day in ((8, 31), (9, 1), (2, 28))]  # fmt: skip
    async with db.admin() as admin:
        found = await admin.fetch(
            "SELECT born, day, year_group_by_age(born, day) FROM unnest($1::date[], $2::date[]) x (born, day)",
            [born for born, _ in days], [day for _, day in days],
        )  # fmt: skip
    assert len({year for _, _, year in found}) > 14
    assert [(r[0], r[1], r[2]) for r in found] == [(r[0], r[1], year_group_code(year_group(r[0], r[1]))) for r in found]


async def test_a_file_that_takes_long_is_read_while_somebody_looks_elsewhere(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SOON", 0.0)
    async with application() as client:
        person = await sign_in(client, SENCO)
        senco = Visitor(client, person.headers["Authorization"].removeprefix("Bearer "))
        for content, heading in (
            (csv(line(1)), "Look at what the file would do"),
            (b"none", "The file could not be read"),
        ):
            token = {"_csrf_token": csrf_token(senco.secret)}
            sent = await client.post(
                "/pupils/import", data=token, files={"file": ("a.csv", content)}, headers=senco.cookies
            )
            assert sent.status_code == 303
            page = await senco.see(sent.headers["location"])
            assert ("Your file is being read" in page.text, page.headers["refresh"]) == (True, "3")
            await asyncio.gather(*commands._readers, return_exceptions=True)
            page = await senco.see(sent.headers["location"])
            assert (heading in page.text, "refresh" in page.headers) == (True, False)


async def test_whoever_is_new_and_has_the_name_of_somebody_here_is_pointed_out(db: Any) -> None:
    file = csv(
        ",LEILA,Reid,14/02/2017,4", ",Mona,Reid,14/02/2017,4", header="UPN,First name,Last name,Date of birth,Year"
    )
    async with application() as client:
        senco = await sign_in(client, SENCO)
        made = (await send(senco, file)).json()
        assert made["counts"]["new"] == 2
        told = await listed(db, made["id"], "warnings")
        assert [(row, [each["message"] for each in found]) for row, found in told.items()] == [
            (2, ["Your roll has a pupil of this name, born 14 February 2018. Make sure that this is another pupil."])
        ]
        await correct(
            senco, (await roll(db, OAKFIELD))["Leila"]["id"], last_name="Read"
        )  # compared again: nobody has it now
        await senco.post(f"/pupil-imports/{made['id']}/approval", {"version": made["version"]})
        assert await listed(db, made["id"], "warnings") == {}
