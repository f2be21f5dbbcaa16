"""The thin story with a word of its own in every text, and who is entitled to read which.

The tables are written from docs/design.md, never from the SQL.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ecm.clock import new_id, today
from ecm.seeds import known
from tests.client import the_app
from tests.house.routes import routes_of
from tests.journeys.story import EMAILS, Story, begin, carer_id, pupil_id, soon

SECOND_NURSE, CLINICIAN = "second.nurse@community-health.example", "clinician@young-minds.example"
WORD = re.compile(r"canary\d{3}x")
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
    "teacher": "all - - - - -",
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
OFF_CASE = ("teacher",)  # reads what helps in class by teaching the class, and no page of the case: ADR 0029
NEVER_NAMED = (SECOND_NURSE, "case_officer", CLINICIAN, "stranger", "auditor")
# Maker of a plan → the categories it has, and who reads all of these now.
PLANS = {
    "senco": (("classroom", "education", "family"), {"senco", "dsl"}),
    "family": (("classroom", "education"), {"senco", "dsl", "amina", "daniel"}),
    "nurse": (("education", "health"), {"nurse", "therapist"}),
    "social_worker": (("education", "family", "social_care"), {"social_worker", "manager"}),
    "family_worker": (("classroom", "family"), {"family_worker", "senco", "dsl"}),
}


# Ids in paths of what this story has none of; their slices have canaries of their own (tests/grounds, tests/shields, ...).
OF_NOTHING = (
    "cover", "import", "invitation", "match", "merge", "message", "other", "session", "clause", "party", "ground", "emergency",
    "fact", "worker", "conflict", "order", "duty", "alert", "objection",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Canary:
    """A word, what kind of text it stands in (note, title, ...), and who wrote that in which category."""

    word: str
    kind: str
    author: str
    category: str


@dataclass
class Aviary:
    """The story with a word in every text, and the ids of everything, by the names they have in paths.

    `extra`: by reader, words shown to them for a reason of their own. `written`: what there was when plans were made.
    """

    story: Story
    routes: list[str]
    canaries: list[Canary] = field(default_factory=list)
    extra: dict[str, set[str]] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=READS.copy)
    ids: dict[str, list[str]] = field(default_factory=dict)
    actions: dict[str, set[str]] = field(default_factory=dict)  # words of each
    plans: dict[str, str] = field(default_factory=dict)
    plans_read: dict[str, Any] = field(default_factory=PLANS.copy)
    written: tuple[Canary, ...] = ()
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
        return set(WORD.findall(text)) & {c.word for c in self.canaries}

    def also(self, word: str, *readers: str) -> str:
        """Let these readers see a word, too."""
        for reader in readers:
            self.extra.setdefault(reader, set()).add(word)
        return word


async def fill(db: Any, client: Any) -> Aviary:
    """The thin story with everybody at the table, two people more, and every text a canary."""
    await _employ(db, SECOND_NURSE, "community-health")
    await _employ(db, CLINICIAN, "young-minds")
    aviary = Aviary(Story(client), routes_of(the_app()))
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
        "event_id": [str(new_id())], "path": ["nothing"], "file_path": ["nothing"], "guide": ["nothing"],
        "agency_id": [str(known(each)) for each in (*story.involvements, "council", "young-minds", "oakfield")],
        "category": ["education", "health"], "step": ["why"],
        "membership_id": [str(known(f"seat {EMAILS['nurse']}"))],
        "kind": ["statutory", "override"], "agreement_id": [str(known("agreement of 8"))],
        **{f"{name}_id": [str(new_id())] for name in OF_NOTHING},
        "note_id": [], "outcome_id": [], "measurement_id": [], "provision_id": [], "view_id": [], "contribution_id": [],
    }  # fmt: skip
    for author, category in ((author, category) for author, kinds in WRITES.items() for category in kinds):
        await _write(aviary, author, category)
    await _across(aviary)
    await _hear(aviary)
    aviary.ids |= {"review_id": [await _review(aviary)], "note_id": aviary.ids["note_id"][::5]}
    aviary.ids |= {name: aviary.ids[name][::11] for name in ("outcome_id", "measurement_id", "provision_id", "view_id")}
    for maker in PLANS:
        audience = "family" if maker == "family" else "professionals"
        aviary.plans[maker] = await story.plan("senco" if maker == "family" else maker, audience)
    aviary.written = tuple(aviary.canaries)
    aviary.ids |= {"plan_id": list(aviary.plans.values()), "action_id": list(aviary.actions)}
    aviary.ids |= {"person_id": [str(known(EMAILS["senco"]))], "query_id": [str(new_id())]}
    aviary.ids |= {"departure_id": [await _leave(story)], "handover_id": [await _offer(story)]}
    return aviary


async def _leave(story: Story) -> str:
    """The pupil leaves the school one day, far from now; the id of that."""
    leaving = {"last_on": (today() + timedelta(days=300)).isoformat(), "destination": "unknown"}
    cases = {story.case_id: "keep"}
    return (await story.do("senco", f"/pupils/{pupil_id('Leila Reid')}/leaving", cases=cases, **leaving))["id"]


async def _offer(story: Story) -> str:
    """The stranger's school is offered the case: its id is all that they may know of it."""
    offer = {"to_school_id": str(known("hillside")), "joins_on": soon(), "reason_code": "other", "family_told": "phone"}
    return (await story.do("senco", f"{story.path}/handover", **offer))["id"]


async def _employ(db: Any, email: str, agency: str) -> None:
    """One more practitioner, whom no case is given to."""
    person, nurse = known(email), known("nurse@community-health.example")
    async with db.admin() as admin:
        await admin.execute("INSERT INTO person (id, name, email) VALUES ($1, $2, $2)", person, email)
        await admin.execute(
            "INSERT INTO credential SELECT $1, password_hash FROM credential WHERE person_id = $2", person, nurse
        )
        await admin.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, 'practitioner', now())",
            known(f"seat {email}"), person, known(agency),
        )  # fmt: skip


async def _write(aviary: Aviary, author: str, category: str) -> None:
    """A note, a barrier, an action, an outcome with a number, a provision and a view of this author in this category."""
    story = aviary.story
    aviary.ids["note_id"].append(await story.note(author, category, aviary.word("note", author, category)))
    barrier = {"code": "CL01", "how_identified": "records", "category": category}
    await story.do(author, f"{story.path}/barriers", detail=aviary.word("detail", author, category), **barrier)
    await _action(aviary, author, category, AGENCY[author])
    said = {
        kind: aviary.word(kind, author, category)
        for kind in ("outcome", "measure", "measured", "provision", "view", "how")
    }
    goal = {"title": said["outcome"], "measure": said["measure"], "baseline": 1, "target": 9, "category": category}
    outcome = (await story.do(author, f"{story.path}/outcomes", **goal))["id"]
    point = await story.do(author, f"/outcomes/{outcome}/measurements", value=4, note=said["measured"])
    aviary.ids["measurement_id"].append(point["id"])
    help_ = {"title": said["provision"], "who": aviary.word("provision", author, category)}
    help_ |= {"how_often": aviary.word("provision", author, category), "category": category}
    aviary.ids["outcome_id"].append(outcome)
    aviary.ids["provision_id"].append((await story.do(author, f"{story.path}/provisions", **help_))["id"])
    view = {"whose": "pupil", "text": said["view"], "how": said["how"], "category": category}
    aviary.ids["view_id"].append((await story.do(author, f"{story.path}/views", **view))["id"])


async def _hear(aviary: Aviary) -> None:
    """What a mother says herself: the school reads it, who may see family and home, and she, but not the father."""
    story = aviary.story
    readers = ("senco", "dsl", "social_worker", "manager", "family_worker", "amina")
    said = {
        name: aviary.also(aviary.word(name if name == "how" else "view", "amina", "family"), *readers)
        for name in ("text", "how")
    }
    aviary.ids["view_id"].insert(0, (await story.do("amina", f"{story.path}/views", whose="family", **said))["id"])


async def _review(aviary: Aviary) -> str:
    """A review with a word in every category the safeguarding lead may write; its id."""
    said = [{"category": each, "text": aviary.word("contribution", "dsl", each)} for each in WRITES["dsl"]]
    held = {"held_on": today().isoformat(), "contributions": said, "next_review_on": soon()}
    review = await aviary.story.do("dsl", f"{aviary.story.path}/reviews", **held)
    aviary.ids["contribution_id"] = [each["id"] for each in review["contributions"]]
    return str(review["id"])


async def _action(aviary: Aviary, author: str, category: str, owner: str) -> tuple[str, str]:
    story, title, progress = (
        aviary.story,
        aviary.word("title", author, category),
        aviary.word("progress", author, category),
    )
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
