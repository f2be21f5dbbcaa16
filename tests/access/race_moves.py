"""What is asked and done at once in a case of `race_scene`: withdrawals, doors that read, and other work meanwhile."""

from dataclasses import dataclass
from typing import Any, Literal

import httpx

from ecm.seeds import known
from tests.access.race_scene import ACTION, EDUCATION, FAMILY, NAME, OWNERS, Place
from tests.journeys.story import EMAILS, Visitor, soon

Way = Literal["get", "post", "patch", "see", "submit"]  # the first three under /api/v1, the others as pages
EVERYTHING = (EDUCATION, FAMILY, ACTION, NAME)
HEALTH, CARE, HUB = ("nurse", "therapist"), ("social_worker", "manager"), ("family_worker",)
TEAMS = dict(zip(OWNERS, (HEALTH, CARE, HUB), strict=True))


@dataclass(frozen=True)
class Move:
    """A request; in path and body stand names of a place's ids, as `{case}`. `name` and `share` (of all) are for choosing."""

    name: str
    way: Way
    path: str
    body: dict[str, Any] | None = None
    share: float = 1.0

    async def make(self, who: Visitor, ids: dict[str, str]) -> httpx.Response:
        """The answer to it."""
        path, body = self.path.format(**ids), _filled(self.body or {}, ids)
        if self.way == "get":
            return await who.get(path)
        if self.way == "see":
            return await who.see(path)
        if self.way == "submit":
            return await who.submit(path, body)
        return await who.send(self.way.upper(), path, body)


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return {name: _filled(each, ids) for name, each in value.items()} if isinstance(value, dict) else value


@dataclass(frozen=True)
class Withdrawal:
    """Who withdraws by what, from whom; and the words that those who lose it get no more."""

    by: str
    move: Move
    readers: tuple[str, ...]
    lost: tuple[str, ...] = EVERYTHING


def _post(name: str, path: str, **body: Any) -> Move:
    return Move(name, "post", path, body)


def _seat(name: str) -> str:
    return str(known(f"seat {EMAILS[name]}"))


WITHDRAWALS = (
    Withdrawal("amina", _post("takes a yes back herself", "/consents/{yes to family}/withdrawal", channel="online"), HEALTH, (FAMILY,)),
    Withdrawal("senco", _post("a yes is taken back by telephone", "/consents/{yes to education}/withdrawal", channel="phone"), HEALTH, (EDUCATION,)),
    Withdrawal("daniel", _post("the other parent says no", "/consent-requests/{his request}/answers", channel="online", decisions=[
        {"proposal_id": "{his education}", "decision": "refused"}, {"proposal_id": "{his family}", "decision": "refused"}]), HEALTH),
    Withdrawal("amina", _post("ends a service", "/sharing-grounds/{service}/ending"), HUB),
    Withdrawal("senco", _post("a law holds no more", "/sharing-grounds/{law}/ending", reason="No longer in need."), CARE),
    Withdrawal("senco", _post("an organisation's work ends", "/involvements/{work of community-health}/ending", reason="Done."), HEALTH),
    Withdrawal("dsl", _post("the case is restricted", "/cases/{case}/restriction", reason_code="publicity", named=[_seat("dsl")]),
               (*HEALTH, *CARE, *HUB)),
    Withdrawal("nurse", _post("declares a conflict", "/pupils/{pupil}/conflicts", kind="neighbour"), ("nurse",)),
    Withdrawal("senco", _post("the SENCO declares a conflict", "/pupils/{pupil}/conflicts", kind="neighbour"), ("senco",)),
    Withdrawal("dsl", _post("a parent is barred", "/pupils/{pupil}/contact-bars", carer_id="{mother}", reason_code="safety"), ("amina",)),
)  # fmt: skip

_PLAN = {"plan_type": "sen_support"}
READS = (
    Move("case", "get", "/cases/{case}", share=2),
    Move("case page", "see", "/cases/{reference}"),
    Move("worklist", "get", "/cases", share=2),
    Move("worklist page", "see", "/cases"),
    Move("actions", "get", "/actions", share=2),
    Move("an action", "get", "/actions/{action of reader}", share=2),
    Move("plans", "get", "/cases/{case}/plans"),
    Move("plan download", "get", "/plans/{a plan}/document", share=4),
    Move("plan download, page", "see", "/plans/{a plan}", share=2),
    Move("copy of today", "post", "/cases/{case}/plan-copies", _PLAN),
    Move("making a plan", "post", "/cases/{case}/plans", _PLAN | {"audience": "professionals"}),
    Move("search", "submit", "/cases/search", {"q": "Leila"}, share=2),
    Move("timeline", "see", "/cases/{reference}/timeline"),
    Move("actions page", "see", "/cases/{reference}/actions"),
    Move("plans page", "see", "/cases/{reference}/plans"),
    Move("work", "get", "/involvements"),
    Move("export of cases", "submit", "/cases/export", {"columns": "pupil"}),
    Move("export of actions", "submit", "/actions/export", {"columns": "title"}),
)
# One reader in eight has these doors: enough of each that 5,000 interleavings never miss one.
SCHOOL_READS = (
    Move("pupil", "get", "/pupils/{pupil}", share=2.5),
    Move("pupils", "submit", "/pupils/search", {"q": "Leila"}, share=2.5),
    Move("export of the school", "submit", "/exports/school", {"purpose": "records"}, share=2.5),
)
FAMILY_READS = (
    *(each for each in READS if each.name in ("case", "case page", "worklist", "plan download", "copy of today")),
    Move("family", "get", "/family"),
    Move("family page", "see", "/family"),
    Move("questions", "get", "/consent-requests"),
    Move("who looked", "see", "/family/looked/{reference}"),
)


def reads_of(reader: str) -> tuple[Move, ...]:
    """The doors through which this reader reads."""
    if reader == "amina":
        return FAMILY_READS
    return (*READS, *SCHOOL_READS) if reader == "senco" else READS


def meanwhile(withdrawal: Withdrawal) -> list[tuple[str, Move]]:
    """Who else does what: all of it makes the relation anew, takes the lock of the case, or queues a letter."""
    school = "dsl" if withdrawal.by == "senco" else "senco"
    link = {"carer_id": "{mother}", "how": "link", "proposals": [
        {"agency_id": str(known("family-hub")), "categories": ["classroom"], "purpose": "planning"}]}  # fmt: skip
    work = [
        (school, Move("asks by a link", "post", "/cases/{case}/consent-requests", link)),
        (school, _post("asks for help", "/cases/{case}/involvements", agency_id=str(known("council")), reason_code="advice", categories=["education"])),
        (school, _post("gives work", "/cases/{case}/actions", title="Ring the clinic", category="education", owner_agency_id=str(known("community-health")), due_on=soon())),
        (school, _post("lets the father in", "/cases/{case}/carers", carer_id="{father}", authority_seen=True, safe_to_share=True)),
        ("nurse", _post("writes", "/cases/{case}/notes", category="health", text="Hearing is well.")),
        ("social_worker", _post("writes too", "/cases/{case}/notes", category="social_care", text="A new flat.")),
        ("manager", Move("gives it to nobody", "patch", "/involvements/{work of childrens-services}", {"version": 2})),
        ("social_worker", Move("makes a plan", "post", "/cases/{case}/plans", _PLAN | {"audience": "professionals"})),
    ]  # fmt: skip
    if withdrawal.by != "nurse":  # who has no work on the case any more sees no pupil to declare anything about
        give = {"version": 2, "assignee_id": _seat("therapist")}
        work.append(
            ("therapist", Move("gives it to another", "patch", "/involvements/{work of community-health}", give))
        )
    if withdrawal.by != "daniel":
        yes = [
            {"proposal_id": "{his education}", "decision": "given"},
            {"proposal_id": "{his family}", "decision": "given"},
        ]
        work.append(("daniel", _post("says yes", "/consent-requests/{his request}/answers", channel="online", decisions=yes)))  # fmt: skip
    return work


def ids_for(reader: str, place: Place, plan: str) -> dict[str, str]:
    """The ids of a place as this reader asks about them. A parent was only ever told of the plan for the family."""
    owner = next((name for name, team in TEAMS.items() if reader in team), "nurse")
    plan = place.ids["plan of senco"] if reader == "amina" else plan
    return place.ids | {"a plan": plan, "action of reader": place.ids[f"action of {owner}"]}
