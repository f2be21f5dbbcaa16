"""A word in a shielded fact: whoever is named reads it on its page, and it is nowhere else in the whole installation."""

import logging
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from ecm.clock import new_id
from ecm.exports.whole import write_whole
from ecm.seeds import known
from tests.client import application, the_app
from tests.house.routes import PLACE, WITHOUT_ID, routes_of
from tests.journeys.story import EMAILS, PARTNERS, Story, begin, carer_id, pupil_id

WORD = "Quillhaven"
SENTENCE = "Do not give out where this pupil lives or can be found. Ask the designated safeguarding lead."
LEILA = pupil_id("Leila Reid")
READERS = ("dsl", "social_worker")
SEES_NONE = ("senco", "amina")
NO_PUPIL = ("/help", "/demo", "/sign-in", "/metrics", "/password", "/account", "/join")
SECRETS = re.compile(r'value="[^"]*"')
TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'shielded_fact'
"""


def seat(name: str) -> str:
    return str(known(f"seat {EMAILS[name]}"))


async def told(client: Any) -> tuple[Story, str, str]:
    """A case with three services at work; the lead shields an address and lets the social worker read it."""
    story = await begin(client, tuple(PARTNERS))
    await story.admit("daniel")
    await story.agree("in_person")
    path = f"{story.path}/shielded-facts"
    fact = (await story.do("dsl", path, kind="address", text=f"12 {WORD} Lane"))["id"]
    await story.do("dsl", f"{path}/{fact}/readers", worker_id=seat("social_worker"))
    return story, path, fact


async def statuses(story: Story, path: str, *names: str) -> list[int]:
    return [(await (await story.who(name)).get(path)).status_code for name in names]


async def places(story: Story, name: str, ids: dict[str, str]) -> set[str]:
    """Every page, call and file in whose answer to this person the word is; each route asked about what there is."""
    found, visitor = set(), await story.who(name)
    for route in routes_of(the_app()):
        method, path = route.split()
        names = PLACE.findall(path)
        if method != "GET" or set(names) & set(WITHOUT_ID) or path.startswith(NO_PUPIL):
            continue
        place = path.format(**{each: ids.get(each, str(new_id())) for each in names})
        headers = visitor.headers if path.startswith("/api/") else visitor.cookies
        answer = await visitor.client.get(place, headers=headers)
        assert answer.status_code < 500, place
        if WORD in answer.text:
            found.add(path)
    return found


async def test_the_word_is_on_one_page_for_the_named_and_nowhere_else(db: Any, tmp_path: Path, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    async with application() as client:
        story, _path, fact = await told(client)
        plan = await story.plan("dsl", "professionals")
        action = await story.act("dsl", "education", "Try a hearing test", "community-health")
        ids = {
            "case_id": story.case_id,
            "reference": story.reference,
            "pupil_id": LEILA,
            "fact_id": fact,
            "plan_id": plan,
        }
        ids |= {"action_id": action, "carer_id": carer_id("amina"), "agency_id": str(known("oakfield"))}
        ids |= {"membership_id": seat("dsl"), "person_id": str(known(EMAILS["dsl"])), "category": "safeguarding"}
        for name in READERS:
            wanted = {"/api/v1/cases/{case_id}/shielded-facts", "/cases/{reference}/shielded"}
            assert await places(story, name, ids) == wanted, name
        for name in SEES_NONE:
            assert await places(story, name, ids) == set(), name

        # A search for it finds what a search for nothing finds; files that leave do not have it.
        dsl = await story.who("dsl")
        for search in ("/pupils/search", "/cases/search"):
            by_word, by_nothing = [
                SECRETS.sub("", (await dsl.submit(search, {"q": each})).text.replace(each, ""))
                for each in (WORD, "Zzyzxhaven")
            ]
            assert by_word == by_nothing, search
        for file, form in (
            ("/pupils/export", {"parts": ["names", "carers"], "purpose": "work"}),
            ("/exports/school", {"purpose": "records"}),
            ("/cases/export", {"columns": ["pupil", "next"]}),
        ):
            assert WORD.encode() not in (await dsl.submit(file, form)).content, file
    await write_whole(db.admin_url, tmp_path, "ecm.example", defaultdict(str), _no_log, lambda *_: None)
    assert files_with_it(tmp_path) == []
    async with db.admin() as admin:
        for row in await admin.fetch(TABLES):
            found = await admin.fetchval(f"SELECT count(*) FROM {row[0]} x WHERE x::text LIKE '%{WORD}%'")
            assert found == 0, row[0]
        looks = (
            "SELECT count(*) FROM audit_event WHERE event = 'shield:shown' AND entry ->> 'subject' = $1 AND actor = $2"
        )
        for name in READERS:
            assert await admin.fetchval(looks, fact, known(EMAILS[name])) == 2
    assert WORD not in caplog.text


def files_with_it(folder: Path) -> list[str]:
    return [each.name for each in folder.rglob("*") if each.is_file() and WORD.encode() in each.read_bytes()]


async def _no_log(_: Any) -> None:
    return None


async def test_readers_are_named_one_by_one_by_readers_and_need_a_reason_now(db: Any) -> None:
    async with application() as client:
        story, path, fact = await told(client)
        new = {"kind": "telephone", "text": "07700 900123"}
        for name, status in (("senco", 403), ("nurse", 403), ("family_worker", 403), ("teacher", 404), ("amina", 403)):
            assert (await (await story.who(name)).post(path, new)).status_code == status, name
        assert await statuses(story, path, "dsl", "social_worker", "senco", "nurse", "amina", "stranger") == [
            200, 200, 403, 403, 403, 404,
        ]  # fmt: skip
        manager = await story.who("manager")  # may shield facts of her own, and reads no other's
        assert (await manager.get(path)).json() == {"items": []}
        shown = f"/cases/{story.reference}"
        for name in ("senco", "nurse", "manager", "family_worker", "dsl"):
            assert SENTENCE in (await (await story.who(name)).see(shown)).text, name
            assert (await (await story.who(name)).get(story.path)).json()["warnings"] == [SENTENCE], name
        for name in ("amina", "daniel"):
            assert SENTENCE not in (await (await story.who(name)).see(shown)).text, name
            assert (await (await story.who(name)).get(story.path)).json()["warnings"] == [], name
            assert "shield" not in (await (await story.who(name)).get(f"{story.path}/access-log")).text, name

        # Named by a reader who may; somebody who works on the case.
        readers, dsl = f"{path}/{fact}/readers", await story.who("dsl")
        one = {"worker_id": seat("nurse")}
        assert [
            (await (await story.who(name)).post(readers, one)).status_code for name in ("senco", "manager", "nurse")
        ] == [404] * 3
        for stranger in ("teacher", "case_officer", "stranger"):
            assert (await dsl.post(readers, {"worker_id": seat(stranger)})).status_code == 422, stranger
        await story.do("social_worker", readers, **one)
        nurse = await story.who("nurse")
        assert WORD in (await nurse.get(path)).text
        assert (await nurse.post(readers, {"worker_id": seat("senco")})).status_code == 403
        assert (await nurse.post(f"{path}/{fact}/ending")).status_code == 403
        assert (
            await dsl.submit(f"/cases/{story.reference}/shielded/{fact}/readers/{seat('nurse')}/removal", {})
        ).status_code == 303
        assert await statuses(story, path, "nurse") == [403]

        # An emergency opens none, even to somebody who was named.
        async with db.admin() as admin:
            await admin.execute(
                """INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
                   SELECT gen_random_uuid(), $1, id, agency_id, 'police', 'Found alone at night by a bus driver', now(),
                          now() + interval '1 hour', now() + interval '2 days' FROM membership WHERE id = $2""",
                story.case_id, seat("teacher"),
            )  # fmt: skip
            await admin.execute(
                "INSERT INTO shielded_reader VALUES (gen_random_uuid(), $1, $2, now(), NULL)", fact, seat("teacher")
            )
        teacher = await story.who("teacher")
        assert (await teacher.get(story.path)).status_code == 200
        assert (await teacher.get(path)).status_code == 403

        # Somebody who can name readers is left; and a reader whose work on the case ended reads no more.
        worker = await story.who("social_worker")
        assert (await worker.send("DELETE", f"{readers}/{seat('dsl')}")).status_code == 204
        assert (await dsl.get(path)).json() == {"items": []}
        assert (await worker.send("DELETE", f"{readers}/{seat('social_worker')}")).status_code == 422
        await story.do("social_worker", readers, worker_id=seat("dsl"))
        await story.do("manager", f"/involvements/{story.involvements['childrens-services']}/ending", reason="Done.")
        assert await statuses(story, path, "dsl", "social_worker") == [200, 404]
        assert (await dsl.submit(f"/cases/{story.reference}/shielded/{fact}/ending", {})).status_code == 303
        assert (await dsl.get(path)).json() == {"items": []}
        assert SENTENCE not in (await (await story.who("senco")).see(shown)).text
