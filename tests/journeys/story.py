"""The thin story, told through the API by the people who live it: from a new case for Leila Reid to a plan in the hand.

Everybody signs in once and uses that session both ways: by token under /api/v1, by cookie on pages.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import httpx

from ecm.accounts import tokens
from ecm.accounts.current import LINK_COOKIE, SESSION_COOKIE, keyring
from ecm.clock import now, today
from ecm.seeds import known
from ecm.web.visit import CSRF_FIELD, csrf_token
from tests.client import Person, sign_in

EMAILS = {
    "senco": "senco@oakfield.example",
    "dsl": "dsl@oakfield.example",
    "teacher": "teacher@oakfield.example",
    "nurse": "nurse@community-health.example",
    "therapist": "therapist@community-health.example",
    "social_worker": "social.worker@childrens-services.example",
    "manager": "manager@childrens-services.example",
    "family_worker": "family.worker@family-hub.example",
    "case_officer": "case.officer@council.example",
    "auditor": "auditor@partnership.example",
    "admin": "admin@oakfield.example",
    "system": "system@partnership.example",
    "officer": "dpo@oakfield.example",
    "steward": "dpo@partnership.example",
    "stranger": "senco@hillside.example",
    "amina": "amina.yusuf@home.example",
    "daniel": "daniel.reid@home.example",
}
CARERS = ("amina", "daniel")

# Agency → who accepts for it, to whom the work goes, and what the family agrees it may see.
PARTNERS = {
    "community-health": ("therapist", "nurse", ("education", "health")),
    "childrens-services": ("manager", "social_worker", ("education", "family", "social_care")),
    "family-hub": ("family_worker", None, ("classroom", "family")),
}
Channel = Literal["online", "in_person"]


class Visitor(Person):
    """Somebody signed in, with a token and with a browser's cookie; on pages perhaps by a carer's link instead."""

    def __init__(self, client: httpx.AsyncClient, token: str, secret: str = "", cookie: str = SESSION_COOKIE) -> None:
        super().__init__(client, token)
        if not token:
            self.headers = {}
        self.secret = secret or (str(tokens.read(keyring(), token, now()).session_id) if token else "")
        self.cookies = {"Cookie": f"{cookie}={self.secret}"} if self.secret else {}

    async def see(self, path: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path, headers=self.cookies)

    async def submit(self, path: str, form: dict[str, Any]) -> httpx.Response:
        """A page's form, sent from a page of this session."""
        body = form | {CSRF_FIELD: csrf_token(self.secret)}
        return await self.client.post(path, data=body, headers=self.cookies)


@dataclass
class Story:
    """The case so far, who has signed in, and the ids of what was made."""

    client: httpx.AsyncClient
    case_id: str = ""
    reference: str = ""
    people: dict[str, Visitor] = field(default_factory=dict)
    involvements: dict[str, str] = field(default_factory=dict)
    proposals: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The case, under /api/v1."""
        return f"/cases/{self.case_id}"

    async def who(self, name: str) -> Visitor:
        """Somebody of the area by a short name or an address; signed in when first asked for."""
        if name not in self.people:
            person = await sign_in(self.client, EMAILS.get(name, name))
            self.people[name] = Visitor(self.client, person.headers["Authorization"].removeprefix("Bearer "))
        return self.people[name]

    async def do(self, name: str, path: str, /, **body: Any) -> dict[str, Any]:
        """A call that makes something: its answer."""
        answer = await (await self.who(name)).post(path, body)
        assert answer.status_code == 201, (name, path, answer.text)
        return answer.json()

    async def open(self, pupil: str = "Leila Reid", **other: Any) -> dict[str, Any]:
        """The SENCO opens a case, with barriers from the catalogue."""
        barriers = [{"code": code, "how_identified": "teacher_observation"} for code in ("CL01", "SE05")]
        new = {"reason": "Finds it hard to follow what is said.", "strengths": "Kind and curious.", "level": "2"}
        return await self.do("senco", "/cases", pupil_id=pupil_id(pupil), **(new | {"barriers": barriers} | other))

    async def admit(self, carer: str) -> None:
        """The SENCO lets a parent see the case."""
        await self.do("senco", f"{self.path}/carers", carer_id=carer_id(carer), authority_seen=True, safe_to_share=True)

    async def invite(self, agency: str, case_id: str = "", **other: Any) -> str:
        """The SENCO invites an agency; the involvement's id."""
        body = {"agency_id": str(known(agency)), "reason_code": "assessment", "categories": ["education"]}
        return (await self.do("senco", f"/cases/{case_id or self.case_id}/involvements", **(body | other)))["id"]

    async def join(self, agency: str, **other: Any) -> None:
        """Invite a partner; it accepts and gives the work to whom it goes."""
        by, assignee, categories = PARTNERS[agency]
        self.involvements[agency] = await self.invite(agency, categories=categories, **other)
        body = {"assignee_id": str(known(f"seat {EMAILS[assignee]}"))} if assignee else {}
        await self.do(by, f"/involvements/{self.involvements[agency]}/acceptance", **body)

    async def ask(self, scopes: dict[str, tuple[str, ...]], carer: str = "amina", **other: Any) -> dict[str, Any]:
        """The SENCO asks a parent about agencies and categories; the request."""
        proposals = [{"agency_id": str(known(a)), "categories": c, "purpose": "support"} for a, c in scopes.items()]
        body = {"carer_id": carer_id(carer), "proposals": proposals, "how": "in_person"} | other
        return await self.do("senco", f"{self.path}/consent-requests", **body)

    async def say(self, asked: dict[str, Any], decision: str, channel: Channel, carer: str = "amina") -> None:
        """The parent answers everything that was asked: online, or in person before a witness."""
        decisions = [{"proposal_id": each["id"], "decision": decision} for each in asked["proposals"]]
        there = {"witness": "Martin Hale", "given_by": "The parent"} if channel == "in_person" else {}
        by = carer if channel == "online" else "senco"
        await self.do(by, f"/consent-requests/{asked['id']}/answers", channel=channel, decisions=decisions, **there)

    async def agree(self, channel: Channel = "online") -> None:
        """Amina is asked about every partner that has joined, and says yes to everything."""
        asked = await self.ask(
            {agency: PARTNERS[agency][2] for agency in self.involvements},
            how="link" if channel == "online" else "in_person",
        )
        await self.say(asked, "given", channel)
        agencies = {str(known(agency)): agency for agency in self.involvements}
        self.proposals |= {(agencies[p["agency"]["id"]], p["category"]): p["id"] for p in asked["proposals"]}

    async def withdraw(self, agency: str) -> None:
        """Amina takes back all she agreed to for this agency, online."""
        for (of, _), proposal in self.proposals.items():
            if of == agency:
                await self.do("amina", f"/consents/{proposal}/withdrawal", channel="online")

    async def note(self, name: str, category: str, text: str) -> str:
        """Somebody writes a note; its id."""
        return (await self.do(name, f"{self.path}/notes", category=category, text=text))["id"]

    async def act(self, name: str, category: str, title: str, owner: str, **other: Any) -> str:
        """Somebody adds an action for an agency; its id."""
        body = {"title": title, "category": category, "owner_agency_id": str(known(owner)), "due_on": soon()} | other
        return (await self.do(name, f"{self.path}/actions", **body))["id"]

    async def plan(self, name: str = "senco", audience: str = "professionals") -> str:
        """Somebody makes a plan; its id."""
        return (await self.do(name, f"{self.path}/plans", audience=audience, plan_type="sen_support"))["id"]

    async def messages(self) -> list[dict[str, Any]]:
        """What was sent, newest first."""
        return (await self.client.get("/demo/outbox.json")).json()

    async def link(self) -> str:
        """The secret in the newest link that a carer was sent."""
        return next(
            found[1] for each in await self.messages() if (found := re.search(r"/consent/([\w-]{43})", each["text"]))
        )

    async def follow_link(self, secret: str) -> Visitor:
        """The carer opens the link and types the code from the telephone; whoever they are behind it."""
        started = await self.client.post(f"/consent/{secret}")
        browser = {"Cookie": f"{LINK_COOKIE}={_cookie(started)}"}
        code = re.search(r"\b\d{6}\b", (await self.messages())[0]["text"])
        assert code
        form = {"code": code[0], CSRF_FIELD: csrf_token(_cookie(started))}
        return Visitor(
            self.client,
            "",
            _cookie(await self.client.post(f"/consent/{secret}/code", data=form, headers=browser)),
            LINK_COOKIE,
        )


def _cookie(answer: httpx.Response) -> str:
    found = re.search(rf"{LINK_COOKIE}=([^;]+)", answer.headers["set-cookie"])
    assert found, answer.text
    return found[1]


def pupil_id(name: str) -> str:
    """A pupil of the area by their whole name."""
    return str(known(f"pupil {name}"))


def carer_id(name: str) -> str:
    """A carer of the area: a parent by short name, another by the seed's."""
    return str(known(f"carer {EMAILS.get(name, name)}"))


def soon() -> str:
    """A day two weeks from now."""
    return (today() + timedelta(days=14)).isoformat()


async def begin(client: httpx.AsyncClient, partners: tuple[str, ...] = ("community-health",), **case: Any) -> Story:
    """A case for Leila: opened by the SENCO, Amina admitted, these partners joined; nobody has agreed to anything yet."""
    story = Story(client)
    opened = await story.open(**case)
    story.case_id, story.reference = opened["id"], opened["reference"]
    await story.admit("amina")
    for agency in partners:
        await story.join(agency)
    return story


async def tell(client: httpx.AsyncClient, channel: Channel = "online") -> Story:
    """The whole of it: asked and answered, notes and actions by everybody at the table, and a plan."""
    story = await begin(client, tuple(PARTNERS))
    await story.agree(channel)
    await story.note("senco", "education", "Follows pictures better than words.")
    await story.note("nurse", "health", "Hearing test booked at the clinic.")
    await story.note("social_worker", "social_care", "The family has a new flat since May.")
    await story.note("family_worker", "family", "Mum comes to the Tuesday group.")
    await story.act("senco", "education", "Try a hearing test", "community-health")
    await story.act("social_worker", "family", "Visit at home", "childrens-services")
    await story.act("family_worker", "classroom", "Bring the picture cards from the group", "oakfield")
    await story.plan()
    return story
