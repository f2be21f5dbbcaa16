"""A case with two partners, two parents and a refuge on it, for the tests of this folder, made through the API."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ecm.clock import today
from ecm.seeds import known
from tests.client import Person, sign_in
from tests.consent.story import AMINA, CARE, DANIEL, HEALTH, NURSE, SENCO, SOCIAL, Story, answer, carer, open_story

DSL, TEACHER, THERAPIST = "dsl@oakfield.example", "teacher@oakfield.example", "therapist@community-health.example"
STRANGER, MANAGER = "senco@hillside.example", "manager@childrens-services.example"
OAKFIELD, REFUGE = str(known("oakfield")), str(known("safe-haven"))


@dataclass(frozen=True, slots=True)
class Work:
    """The story, everybody in it by e-mail, and the ids of the actions."""

    story: Story
    people: dict[str, Person]
    actions: dict[str, str]

    async def do(self, email: str, path: str, **body: Any) -> Any:
        """Something created under the case."""
        made = await self.people[email].post(f"{self.story.path}/{path}", body)
        assert made.status_code == 201, made.text
        return made.json()


async def build(client: Any) -> Work:
    """Health reads education and health, social care family; the mother is let in; a refuge is asked by the lead for safety."""
    story = await open_story(client)
    people = {SENCO: story.senco}
    people[NURSE] = await story.join(NURSE, HEALTH)
    people[SOCIAL] = await story.join(SOCIAL, CARE, categories=["family"])
    asked = await story.ask(AMINA, (HEALTH, ["education", "health"]), (CARE, ["family"]))
    said = await answer(story.senco, asked, channel="in_person", education="given", health="given", family="given")
    assert said.status_code == 201, said.text
    for email in (DSL, TEACHER, THERAPIST, STRANGER, MANAGER, AMINA, DANIEL):
        people[email] = await sign_in(client, email)
    work = Work(story, people, {})
    await work.do(SENCO, "carers", carer_id=carer(AMINA), authority_seen="birth certificate", safe_to_share=True)
    await work.do(DSL, "involvements", agency_id=REFUGE, reason_code="advice", categories=["safeguarding"])
    for email, category, text in (
        (SENCO, "education", "canary education"),
        (NURSE, "health", "canary health"),
        (SOCIAL, "social_care", "canary care"),
        (DSL, "safeguarding", "canary safety"),
        (SENCO, "family", "canary family"),
    ):
        await work.do(email, "notes", category=category, text=text)
    for title, owner, category, days in (
        ("Ring the clinic", HEALTH, "education", -3),
        ("Read together", OAKFIELD, "classroom", 20),
        ("canary visit at home", CARE, "family", 5),
    ):
        due_on = (today() + timedelta(days=max(days, 0))).isoformat()
        made = await work.do(SENCO, "actions", title=title, owner_agency_id=owner, category=category, due_on=due_on)
        work.actions[title] = made["id"]
    return work


async def make_overdue(db: Any, work: Work) -> None:
    """The first action was due three days ago."""
    async with db.admin() as admin:
        await admin.execute(
            "UPDATE action SET due_on = $2 WHERE id = $1::text::uuid", work.actions["Ring the clinic"], today() - timedelta(days=3)
        )  # fmt: skip
