"""A case with invited agencies, and the ways to ask and answer, for the tests of this folder."""

from dataclasses import dataclass
from typing import Any

from ecm.seeds import known
from tests.client import Person, sign_in

SENCO, STRANGER = "senco@oakfield.example", "senco@hillside.example"
NURSE, THERAPIST = "nurse@community-health.example", "therapist@community-health.example"
SOCIAL, MANAGER = "social.worker@childrens-services.example", "manager@childrens-services.example"
FAMILY_WORKER = "family.worker@family-hub.example"
AMINA, DANIEL = "amina.yusuf@home.example", "daniel.reid@home.example"
HEALTH, CARE, HUB = (str(known(name)) for name in ("community-health", "childrens-services", "family-hub"))


def carer(email: str) -> str:
    """A parent's id as a carer of Leila's."""
    return str(known(f"carer {email}"))


@dataclass(frozen=True, slots=True)
class Story:
    """One open case and the SENCO who keeps it."""

    client: Any
    senco: Person
    case_id: str
    reference: str

    @property
    def path(self) -> str:
        return f"/cases/{self.case_id}"

    async def invite(self, agency: str = HEALTH, **other: Any) -> dict[str, Any]:
        """The involvement of an agency just invited."""
        body = {"agency_id": agency, "reason_code": "assessment", "categories": ["education", "health"]} | other
        answer = await self.senco.post(f"{self.path}/involvements", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def join(self, email: str, agency: str, **other: Any) -> Person:
        """Invite an agency and let this worker accept."""
        worker = await sign_in(self.client, email)
        answer = await worker.post(f"/involvements/{(await self.invite(agency, **other))['id']}/acceptance")
        assert answer.status_code == 201, answer.text
        return worker

    async def ask(
        self, email: str, *scopes: tuple[str, list[str]], how: str = "in_person", purpose: str = "support"
    ) -> dict[str, Any]:
        """The request just put to a parent; a scope is an agency and its categories."""
        proposals = [{"agency_id": agency, "categories": list(kinds), "purpose": purpose} for agency, kinds in scopes]
        body = {"carer_id": carer(email), "proposals": proposals, "how": how}
        answer = await self.senco.post(f"{self.path}/consent-requests", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def states(self, person: Person | None = None) -> dict[tuple[str | None, str], str]:
        """Carer's name and category → state, as somebody sees them."""
        answer = await (person or self.senco).get(f"{self.path}/consents")
        assert answer.status_code == 200, answer.text
        return {(c["carer"] and c["carer"]["name"], c["category"]): c["state"] for c in answer.json()["items"]}

    async def categories(self, person: Person) -> set[str]:
        """What somebody may see of the case, by a reason other than having written it; empty when it is not there."""
        answer = await person.get(self.path)
        if answer.status_code == 404:
            return set()
        return {each["category"] for each in answer.json()["sharing"] if each["basis"] != "own_record"}


async def open_story(client: Any, pupil: str = "Leila Reid") -> Story:
    """The SENCO of Oakfield opens a case."""
    senco = await sign_in(client, SENCO)
    body = {"pupil_id": str(known(f"pupil {pupil}")), "reason": "Finds it hard to follow what is said.", "level": "2"}
    answer = await senco.post("/cases", body)
    assert answer.status_code == 201, answer.text
    return Story(client, senco, answer.json()["id"], answer.json()["reference"])


async def answer(person: Person, request: dict[str, Any], *, channel: str = "online", **said: str) -> Any:
    """Answer proposals by category, such as `education="given"`; a worker names witness and giver."""
    decisions = [
        {"proposal_id": p["id"], "decision": said[p["category"]]} for p in request["proposals"] if p["category"] in said
    ]
    there = {} if channel == "online" else {"witness": "Martin Hale, safeguarding lead", "given_by": "Amina Yusuf"}
    return await person.post(
        f"/consent-requests/{request['id']}/answers", {"channel": channel, "decisions": decisions} | there
    )


async def messages(client: Any) -> list[dict[str, Any]]:
    """What was sent, newest first."""
    return (await client.get("/demo/outbox.json")).json()
