"""A word of its own in every row of text: whoever is entitled to it reads it in every place, and nobody else in any.

The tables below are written from docs/design.md, never from the SQL.
"""

import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from ecm.accounts.commands import token_hash
from ecm.app import create_app
from ecm.clock import new_id
from ecm.database import Actor, acting_as
from ecm.seeds import known
from tests.client import application
from tests.house.routes import ENDS_SESSION, PLACE, UNSOUND, routes_of, send
from tests.journeys.story import CARERS, Story, Visitor, begin, carer_id, pupil_id

SECOND_NURSE, CLINICIAN = "second.nurse@community-health.example", "clinician@young-minds.example"
CATEGORIES = ("classroom", "education", "health", "social_care", "family", "safeguarding")

# Who may write where. Source: docs/permissions.md.
WRITES = {
    "senco": ("classroom", "education", "health", "social_care", "family"),
    "dsl": CATEGORIES,
    "nurse": ("classroom", "education", "health", "family"),
    "social_worker": CATEGORIES,
    "family_worker": ("classroom", "education", "social_care", "family"),
}
AGENCY = {
    "senco": "oakfield", "dsl": "oakfield", "nurse": "community-health", "social_worker": "childrens-services",
    "family_worker": "family-hub",
}  # fmt: skip
WHOSE = {
    "all": tuple(WRITES), "-": (), "school": ("senco", "dsl"), "dsl": ("dsl",), "health": ("nurse",),
    "care": ("social_worker",), "hub": ("family_worker",),
}  # fmt: skip

# Whose rows each reader reads, by category in the order above. The school has by opening the case classroom, education
# and family; a partner what the family agreed to (PARTNERS); a parent classroom and education; everybody their own.
READS = {
    "senco": "all all school school all -",
    "dsl": "all all school school all dsl",
    "teacher": "- - - - - -",
    "nurse": "health all all - health -",
    "therapist": "health all all - health -",
    SECOND_NURSE: "- - - - - -",
    "social_worker": "care all care all all care",
    "manager": "care all care all all care",
    "family_worker": "all hub - hub all -",
    "case_officer": "- - - - - -",
    CLINICIAN: "- - - - - -",
    "stranger": "- - - - - -",
    "auditor": "- - - - - -",
    "amina": "all all - - - -",
    "daniel": "all all - - - -",
}
NOTHING = "- - - - - -"
NEVER_NAMED = (SECOND_NURSE, "case_officer", CLINICIAN, "stranger", "auditor")
# Maker of a plan → the categories it has, and who reads all of these now.
PLANS = {
    "senco": (("classroom", "education", "family"), {"senco", "dsl"}),
    "family": (("classroom", "education"), {"senco", "dsl", "amina", "daniel"}),
    "nurse": (("education", "health"), {"nurse", "therapist"}),
    "social_worker": (("education", "family", "social_care"), {"social_worker", "manager"}),
    "family_worker": (("classroom", "family"), {"family_worker", "senco", "dsl"}),
}
TEXTS = """
SELECT text FROM note UNION ALL SELECT title || ' ' || progress FROM action UNION ALL SELECT detail FROM identified_barrier
UNION ALL SELECT reason || ' ' || strengths FROM case_brief
"""
IN_CASE = ("note", "title", "progress", "detail", "reason", "strengths")
EVERYWHERE = (*IN_CASE, "message")
PRINTED = ("note", "title", "detail", "reason", "strengths")


@dataclass(frozen=True, slots=True)
class Canary:
    """A word, what kind of text it stands in, and who wrote that in which category."""

    word: str
    kind: str
    author: str
    category: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: its status, the words in it, and whether it names the pupil."""

    status: int
    words: frozenset[str]
    named: bool


@dataclass
class Aviary:
    """The story with a word in every text, and the ids of everything, by the names they have in paths."""

    story: Story
    routes: list[str]
    canaries: list[Canary] = field(default_factory=list)
    extra: dict[str, set[str]] = field(default_factory=dict)  # by reader: words shown to them for a reason of their own
    reads: dict[str, str] = field(default_factory=READS.copy)
    ids: dict[str, list[str]] = field(default_factory=dict)
    actions: dict[str, set[str]] = field(default_factory=dict)  # words of each
    plans: dict[str, str] = field(default_factory=dict)
    plans_read: dict[str, Any] = field(default_factory=PLANS.copy)
    written: tuple[Canary, ...] = ()  # when the plans were made
    printed: dict[bytes, str] = field(default_factory=dict)

    def word(self, kind: str, author: str, category: str) -> str:
        """A new word to be written there."""
        made = Canary(f"canary{len(self.canaries):03}x", kind, author, category)
        self.canaries.append(made)
        return made.word

    def entitled(self, reader: str, kinds: Collection[str]) -> set[str]:
        """The words of these kinds that this reader is to see."""
        reads = dict(zip(CATEGORIES, self.reads[reader].split(), strict=True))
        words = {c.word for c in self.canaries if c.kind in kinds and c.author in WHOSE[reads.get(c.category, "-")]}
        return words | {c.word for c in self.canaries if c.kind in kinds and c.word in self.extra.get(reader, ())}

    def found(self, text: str) -> set[str]:
        """The words that are in a text."""
        return {c.word for c in self.canaries if c.word in text}

    def also(self, word: str, *readers: str) -> str:
        """Let these readers see a word, too."""
        for reader in readers:
            self.extra.setdefault(reader, set()).add(word)
        return word


async def fill(db: Any, client: Any) -> Aviary:
    """The thin story with everybody at the table, two people more, and every text a canary."""
    await _employ(db, SECOND_NURSE, "community-health")
    await _employ(db, CLINICIAN, "young-minds")
    aviary = Aviary(Story(client), routes_of(create_app()))
    reason, strengths = aviary.word("reason", "senco", "education"), aviary.word("strengths", "senco", "education")
    aviary.story = story = await begin(client, (), reason=reason, strengths=strengths)
    await story.admit("daniel")
    message = aviary.also(aviary.word("message", "senco", "-"), "senco", "dsl", "nurse", "therapist")
    await story.join("community-health", message=message)
    await story.join("childrens-services")
    await story.join("family-hub")
    waiting = await story.invite("council")
    await story.do("case_officer", f"/involvements/{waiting}/acceptance")
    refused = await story.invite("young-minds", categories=["health"])
    said = aviary.also(aviary.word("message", CLINICIAN, "-"), "senco", "dsl", CLINICIAN)
    await story.do(CLINICIAN, f"/involvements/{refused}/refusal", reason="already_known", message=said)
    await story.agree("online")
    asked = await story.ask({"family-hub": ("education",)}, how="link")
    aviary.ids = {
        "case_id": [story.case_id], "reference": [story.reference], "pupil_id": [pupil_id("Leila Reid")],
        "carer_id": [carer_id("amina"), carer_id("daniel")], "request_id": [asked["id"]],
        "involvement_id": [*story.involvements.values(), waiting, refused], "secret": [await story.link()],
        "proposal_id": [*story.proposals.values(), asked["proposals"][0]["id"]], "bar_id": [str(new_id())],
        "event_id": [str(new_id())], "path": ["nothing"], "file_path": ["nothing"],
    }  # fmt: skip
    for author, category in ((author, category) for author, kinds in WRITES.items() for category in kinds):
        await _write(aviary, author, category)
    await _across(aviary)
    for maker in PLANS:
        audience = "family" if maker == "family" else "professionals"
        aviary.plans[maker] = await story.plan("senco" if maker == "family" else maker, audience)
    aviary.written = tuple(aviary.canaries)
    aviary.ids |= {"plan_id": list(aviary.plans.values()), "action_id": list(aviary.actions)}
    return aviary


async def _employ(db: Any, email: str, agency: str) -> None:
    """One more practitioner, whom no case is given to."""
    person, nurse = known(email), known("nurse@community-health.example")
    async with db.admin() as admin:
        await admin.execute("INSERT INTO person (id, name, email) VALUES ($1, $2, $2)", person, email)
        await admin.execute("INSERT INTO credential SELECT $1, password_hash FROM credential WHERE person_id = $2", person, nurse)
        await admin.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, 'practitioner', now())",
            known(f"seat {email}"), person, known(agency),
        )  # fmt: skip


async def _write(aviary: Aviary, author: str, category: str) -> None:
    """A note, a barrier and an action of this author in this category."""
    story = aviary.story
    await story.note(author, category, aviary.word("note", author, category))
    barrier = {"code": "CL01", "how_identified": "records", "category": category}
    await story.do(author, f"{story.path}/barriers", detail=aviary.word("detail", author, category), **barrier)
    await _action(aviary, author, category, AGENCY[author])


async def _action(aviary: Aviary, author: str, category: str, owner: str) -> tuple[str, str]:
    story, title, progress = aviary.story, aviary.word("title", author, category), aviary.word("progress", author, category)
    action = await story.act(author, category, title, owner)
    answer = await (await story.who(author)).send("PATCH", f"/actions/{action}", {"version": 1, "progress": progress})
    assert answer.status_code == 200, answer.text
    aviary.actions[action] = {title, progress}
    return title, progress


async def _across(aviary: Aviary) -> None:
    """Actions for another agency, in categories it does not read: it is shown these, and the form says so."""
    for word in await _action(aviary, "senco", "family", "community-health"):
        aviary.also(word, "nurse", "therapist")
    for word in await _action(aviary, "dsl", "safeguarding", "childrens-services"):
        aviary.also(word, "social_worker", "manager")
    for word in await _action(aviary, "nurse", "health", "oakfield"):
        aviary.also(word, "senco", "dsl")


async def in_tables(aviary: Aviary, visitor: Visitor) -> set[str]:
    """The words this person's session gets from the tables themselves."""
    async with acting_as(Actor(token_hash(visitor.secret)), "test") as act:
        rows = await act.rows(TEXTS)
        act.record("case:shown", outcome="shown")
    return aviary.found(" ".join(row["text"] for row in rows))


async def answers(aviary: Aviary, visitor: Visitor) -> dict[str, Seen]:
    """What any route answers, about anything there is, refusals too; the changes come after all the looking."""
    found = {}
    for method, path, body in sorted(_requests(aviary), key=lambda each: each[0] != "GET"):
        answer = await send(visitor, method, path, body)
        text = _text(aviary, answer)
        seen = Seen(answer.status_code, frozenset(aviary.found(text)), "Leila" in text)
        assert seen.status < 500, (method, path)
        assert seen.status not in (401, 403, 404) or not (seen.words or seen.named), (method, path, text)
        found[f"{method} {path} {body or ''}"] = seen
    return found


def _requests(aviary: Aviary) -> Iterator[tuple[str, str, Any]]:
    queries = {"/api/v1/pupils": "?q=leila", "/cases/new": "?q=leila", "/api/v1/actions": "?limit=100"}
    for route in aviary.routes:
        method, path = route.split()
        if route in ENDS_SESSION or path.startswith(("/consent/", "/sign-in", "/static")):
            continue
        names = PLACE.findall(path)
        for ids in product(*(aviary.ids[name] if method == "GET" else aviary.ids[name][::-1][:1] for name in names)):
            place = path.format(**dict(zip(names, ids, strict=True))) + queries.get(path, "")
            yield method, place, None if method in ("GET", "DELETE") else UNSOUND
    yield from _late(aviary)


def _late(aviary: Aviary) -> Iterator[tuple[str, str, Any]]:
    """Changes that come too late: whoever may change the row is answered with the row as it is now."""
    for action in aviary.actions:
        yield "PATCH", f"/api/v1/actions/{action}", {"version": 1, "status": "done"}
    yield "POST", f"/actions/{aviary.ids['action_id'][-1]}/step", {"version": "1", "status": "done"}
    yield "PATCH", f"/api/v1/cases/{aviary.story.case_id}", {"version": 999, "level": "4"}
    for involvement in aviary.ids["involvement_id"]:
        for step in ("acceptance", "withdrawal"):
            yield "POST", f"/api/v1/involvements/{involvement}/{step}", {}
        yield "PATCH", f"/api/v1/involvements/{involvement}", {"version": 999}


def _text(aviary: Aviary, answer: Any) -> str:
    if answer.headers.get("content-type") != "application/pdf":
        return answer.text
    if answer.content not in aviary.printed:
        assert shutil.which("pdftotext")
        done = subprocess.run(["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True)
        aviary.printed[answer.content] = done.stdout.decode()
    return aviary.printed[answer.content]


async def in_place(aviary: Aviary, reader: str, named: bool) -> None:
    """Every place where this reader's words belong has them, all of them and no others; and no other place has any."""
    story, seen = aviary.story, await answers(aviary, await aviary.story.who(reader))
    mine = aviary.entitled(reader, IN_CASE)
    places = {
        f"GET /api/v1{story.path} ": mine, f"GET /cases/{story.reference} ": mine,
        "GET /api/v1/actions?limit=100 ": aviary.entitled(reader, ("title", "progress")),
    }  # fmt: skip
    for action, words in aviary.actions.items():
        places |= dict.fromkeys((f"GET /api/v1/actions/{action} ", f"GET /actions/{action} "), words & mine)
    for place, words in places.items():
        assert seen[place].words == words, (reader, place)
        assert seen[place].status == (200 if words or "?" in place else 404), (reader, place)
    assert frozenset().union(*(each.words for each in seen.values())) == aviary.entitled(reader, EVERYWHERE), reader
    assert any(each.named for each in seen.values()) == named, reader
    assert {409, 422} <= {each.status for each in seen.values()} or not mine or reader in CARERS
    for maker, (categories, readers) in aviary.plans_read.items():
        kinds = [kind for kind in PRINTED if maker != "family" or kind != "note"]
        written = {c.word for c in aviary.written if c.kind in kinds and c.category in categories}
        for place in (f"GET /api/v1/plans/{aviary.plans[maker]}/document ", f"GET /plans/{aviary.plans[maker]} "):
            assert seen[place].status == (200 if reader in readers else 404), (reader, maker)
            assert seen[place].words == (written if reader in readers else set()), (reader, maker)


async def test_each_reads_what_is_theirs_in_every_place_and_nothing_else_in_any(db):
    async with application() as client:
        aviary = await fill(db, client)
        for reader in READS:
            await in_place(aviary, reader, named=reader not in NEVER_NAMED)
            assert await in_tables(aviary, await aviary.story.who(reader)) == aviary.entitled(reader, IN_CASE), reader
        link = await aviary.story.follow_link(aviary.ids["secret"][0])
        for visitor in (link, Visitor(client, "", link.secret), Visitor(client, "")):
            assert not any(each.words for each in (await answers(aviary, visitor)).values())
        assert aviary.found(str(await aviary.story.messages())) == set()
        async with db.admin() as admin:
            for table in ("audit_event", "outbox", "idempotency_key", "session", "sign_in_attempt", "consent_event"):
                rows = await admin.fetch(f"SELECT t::text AS row FROM {table} t")
                assert aviary.found(" ".join(each["row"] for each in rows)) == set(), table


async def test_a_withdrawal_and_a_bar_take_away_at_once_and_give_nobody_anything(db):
    async with application() as client:
        aviary = await fill(db, client)
        story = aviary.story
        for agency, maker, readers in (
            ("community-health", "nurse", ("nurse", "therapist")),
            ("childrens-services", "social_worker", ("social_worker", "manager")),
        ):
            own = {c.word for c in aviary.canaries if c.author == maker and c.kind in ("note", "detail")}
            await story.withdraw(agency)
            aviary.plans_read[maker] = PLANS[maker][0], set()
            aviary.reads |= dict.fromkeys(readers, NOTHING)
            aviary.extra |= {reader: set() for reader in readers}
            await story.note("senco", "education", aviary.word("note", "senco", "education"))
            for reader in readers:
                await in_place(aviary, reader, named=False)
                assert await in_tables(aviary, await story.who(reader)) == own
        for reader in ("senco", "dsl"):
            await in_place(aviary, reader, named=True)
            assert await in_tables(aviary, await story.who(reader)) == aviary.entitled(reader, IN_CASE), reader

        bar = {"carer_id": carer_id("daniel"), "reason_code": "court_order"}
        await story.do("senco", f"/pupils/{pupil_id('Leila Reid')}/contact-bars", **bar)
        aviary.reads["daniel"], aviary.plans_read["family"] = NOTHING, (PLANS["family"][0], {"senco", "dsl", "amina"})
        await in_place(aviary, "daniel", named=False)
        assert await in_tables(aviary, await story.who("daniel")) == set()
        await in_place(aviary, "amina", named=True)
