"""What others did before a journey begins, through the API: their own journeys prove their pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from ecm.seeds import known
from tests.client import Person, sign_in
from tests.journeys.conftest import Site
from tests.journeys.steps import AMINA, DETAIL, MESSAGE, NOTE, REASON, SENCO, STRENGTHS

HEALTH_ID, HUB_ID = str(known("community-health")), str(known("family-hub"))


@dataclass(frozen=True, slots=True)
class Case:
    """An open case about Leila Reid, and the SENCO who keeps it."""

    id: str
    reference: str
    senco: Person

    async def add(self, part: str, **body: Any) -> dict[str, Any]:
        """Something new in the case, such as `notes` or `involvements`."""
        answer = await self.senco.post(f"/cases/{self.id}/{part}", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def invite(self, agency: str, *kinds: str) -> str:
        """An agency is invited and offered these kinds of information; the id of its involvement."""
        offer = {"reason_code": "advice", "categories": kinds, "message": MESSAGE}
        made = await self.add("involvements", agency_id=agency, **offer)
        return str(made["id"])

    async def ask(self, carer: str, *scopes: tuple[str, list[str]]) -> dict[str, Any]:
        """A carer is written to about these agencies and kinds."""
        proposals = [{"agency_id": agency, "categories": kinds, "purpose": "support"} for agency, kinds in scopes]
        return await self.add("consent-requests", carer_id=str(known(f"carer {carer}")), proposals=proposals)


@asynccontextmanager
async def program(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API."""
    async with httpx.AsyncClient(base_url=site.address) as client:
        yield client


async def open_case(client: httpx.AsyncClient) -> Case:
    """Leila's case, with one text of each kind a school writes, and her mother admitted to it."""
    senco = await sign_in(client, SENCO)
    barrier = {"code": "CI02", "how_identified": "teacher_observation", "detail": DETAIL}
    new = {"pupil_id": str(known("pupil Leila Reid")), "reason": REASON, "strengths": STRENGTHS, "level": "2"}
    answer = await senco.post("/cases", new | {"barriers": [barrier]})
    assert answer.status_code == 201, answer.text
    case = Case(answer.json()["id"], answer.json()["reference"], senco)
    await case.add("notes", category="education", text=NOTE)
    admission = {"carer_id": str(known(f"carer {AMINA}")), "authority_seen": "Birth certificate", "safe_to_share": True}
    await case.add("carers", **admission)
    return case


async def asked_about_two_services(site: Site) -> Case:
    """Two services are invited, and the mother is asked about both by link."""
    async with program(site) as client:
        case = await open_case(client)
        await case.invite(HEALTH_ID, "education", "health")
        await case.invite(HUB_ID, "education", "family")
        await case.ask(AMINA, (HEALTH_ID, ["education", "health"]), (HUB_ID, ["education", "family"]))
    return case
