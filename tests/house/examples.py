"""A world in which every route has something to be asked about, and one sound request for each of them.

What a request uses up (an invitation to accept, a yes to take back) is there once for each route that uses it, so that
no answer depends on what was asked before.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx

from ecm import seeds
from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.clock import new_id, today
from ecm.connections import ENGINE
from ecm.database import outside_the_log
from ecm.duplicates.matching import match
from ecm.notifications.letters import YouCover
from ecm.notifications.outbox import queue
from ecm.post.delivery import _settle
from ecm.seeds import PASSWORD, WORKERS, known
from ecm.web import assets
from ecm.web.fields import DATE_PARTS
from tests.imports.files import send as send_pupils
from tests.journeys.story import CARERS, EMAILS, PARTNERS, Story, Visitor, begin, carer_id, pupil_id, soon

PERSONAS = (
    "nobody", "senco", "dsl", "teacher", "nurse", "manager", "auditor", "admin", "system", "officer", "steward",
    "stranger", "amina", "daniel", "link",
)  # fmt: skip
FORM = {"due_on-day": "1", "due_on-month": "12", "due_on-year": str(today().year)}
DATE = ("day", "month", "year")
NURSE_SEAT = str(known(f"seat {EMAILS['nurse']}"))

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """What a route is asked with: a body (perhaps another for each persona), and ids that are not the usual ones."""

    body: Body | Callable[[str], Body] | None = None
    ids: dict[str, str] = field(default_factory=dict)
    query: str = ""

    def body_of(self, persona: str) -> Body | None:
        """The body that this persona sends."""
        return self.body(persona) if callable(self.body) else self.body


@dataclass
class World:
    """The usual ids by their names in paths, the persons, and the examples by `METHOD path`."""

    client: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, Visitor] = field(default_factory=dict)
    examples: dict[str, Example] = field(default_factory=dict)
    case_version: int = 0

    def ids_of(self, route: str) -> dict[str, str]:
        """The ids in the path of a route. Raises: LookupError for a new route that nobody has said how to ask."""
        if route not in self.examples and not route.startswith(("GET", "HEAD")):
            raise LookupError(f"{route}: add an example of what to send to {__file__}")
        there = self.ids | self.examples.get(route, Example()).ids
        return {name: there[name] for name in re.findall(r"\{(\w+)\}", route)}


Place = tuple[World, Any, list[str]]  # the world, its database, and every route of the application


def _of(body: Body | Callable[[str], Body] | None = None, query: str = "", **ids: str) -> Example:
    return Example(body, ids, query)


async def build(client: httpx.AsyncClient) -> World:
    """The whole world, through the API."""
    world = World(client)
    story = await begin(client, ("community-health", "childrens-services"))
    await story.agree("in_person")
    world.ids = {
        "case_id": story.case_id, "reference": story.reference, "pupil_id": pupil_id("Leila Reid"),
        "carer_id": carer_id("daniel"), "involvement_id": story.involvements["community-health"],
        "action_id": await story.act("senco", "education", "Try a hearing test", "community-health"),
        "agency_id": str(known("community-health")), "category": "education",
        "plan_id": await story.plan(), "path": "nothing", "guide": "school-leads", "file_path": f"{assets.fingerprint()}/pages.css",
    }  # fmt: skip
    await story.note("nurse", "health", "Hearing test booked at the clinic.")
    for add in (
        _actions,
        _invitations,
        _bars,
        _consent,
        _outcomes,
        _endings,
        _opening,
        _pupils,
        _imports,
        _duplicates,
        _moves,
        _people,
        _agreements,
        _why,
        _grounds,
        _emergencies,
        _denials,
        _shields,
        _rest,
    ):
        world.examples |= dict([each async for each in add(story, world)])
    for name in PERSONAS[1:-1]:
        world.people[name] = await story.who(name)
    world.people["nobody"] = Visitor(client, "")
    world.case_version = (await world.people["senco"].get(story.path)).json()["version"]
    world.ids["event_id"] = await _sealed(story)
    return world


async def _actions(story: Story, world: World) -> Any:
    new = {"title": "Read together", "category": "education", "owner_agency_id": str(known("oakfield"))}
    yield "POST /api/v1/cases/{case_id}/actions", _of(new | {"due_on": soon()})
    yield "POST /cases/{reference}/actions/add", _of(new | FORM)
    for route, change in (
        ("PATCH /api/v1/actions/{action_id}", {"status": "doing"}),
        ("POST /actions/{action_id}/step", {"status": "done", "progress": "Went well."}),
        ("POST /cases/{reference}/actions/{action_id}/step", {"status": "done", "progress": "Went well."}),
        (
            "POST /actions/{action_id}",
            {"title": "Read together", "progress": "Begun.", "assignee_id": NURSE_SEAT} | FORM,
        ),
    ):
        made = await story.act("senco", "education", "Write a letter", "community-health")
        yield route, _of(change | {"version": 1}, action_id=made)
    ours = await story.act("senco", "education", "Order the books", "oakfield")
    dsl = str(known(f"seat {EMAILS['dsl']}"))
    yield "POST /actions/handover", _of({"chosen": f"{ours}.1", "assignee_id": dsl})
    yield "POST /actions/export", _of({"columns": "title"})
    yield "POST /cases/export", _of({"columns": "pupil"})
    yield "POST /cases/search", _of({"q": "Leila Reid"})
    yield "POST /pupils/search", _of({"q": "Leila Reid"})
    yield "POST /pupils/export", _of({"parts": "names", "purpose": "work"})
    yield "POST /exports/school", _of({"purpose": "records"})
    yield "POST /pupils/add", _of({"first_name": "Solveig", "sen_provision": "N"})


async def _invitations(story: Story, world: World) -> Any:
    """Each on a case of its own: one agency is at work on a case once."""
    api, pages = "POST /api/v1/involvements/{involvement_id}", "POST /invitations/{involvement_id}"
    refusal, ending = {"reason": "at_capacity"}, {"reason": "The work is done."}
    for pupil, route, body, accepted in (
        ("Suhaila", f"{api}/acceptance", {}, False),
        ("Niamh O’Neill", f"{pages}/acceptance", {}, False),
        ("José María Núñez", f"{api}/refusal", refusal, False),
        ("Anne-Marie D'Souza", f"{pages}/refusal", refusal, False),
        ("Jack Null", f"{api}/withdrawal", {}, False),
        ("Yusuf ibn Rashid", f"{pages}/withdrawal", {}, False),
        ("Mair Ll", f"{api}/ending", ending, True),
        ("Łukasz Wiśniewski", f"{pages}/ending", ending, True),
    ):
        case = await story.open(pupil)
        made = await story.invite("community-health", case["id"])
        if accepted:
            await story.do("nurse", f"/involvements/{made}/acceptance")
        yield route, _of(body, involvement_id=made)
        if route.startswith(pages):
            yield route.replace("POST", "GET"), _of(involvement_id=made)
    yield (
        "POST /cases/{reference}/carers",
        _of(
            {"carer_id": carer_id("ewa"), "authority_seen": "Birth certificate", "safe_to_share": "true"},
            reference=case["reference"],
        ),
    )
    care = {"version": 2, "assignee_id": str(known(f"seat {EMAILS['manager']}"))}
    spare = await story.open("Nguyễn Thị Ánh")
    made = await story.invite("childrens-services", spare["id"])
    await story.do("manager", f"/involvements/{made}/acceptance")
    yield "PATCH /api/v1/involvements/{involvement_id}", _of(care, involvement_id=made)
    yield f"{pages}/assignee", _of(care, involvement_id=story.involvements["childrens-services"])
    world.ids["other_reference"] = spare["reference"]
    new = {"agency_id": str(known("council")), "reason_code": "advice", "categories": ["education"]}
    yield "POST /api/v1/cases/{case_id}/involvements", _of(new)
    clinic = str(known("young-minds"))
    yield "POST /cases/{reference}/invite", _of(new | {"agency_id": clinic}, query=f"?agency_id={clinic}")


async def _bars(story: Story, world: World) -> Any:
    pupil, lan = pupil_id("Nguyễn Thị Ánh"), carer_id("lan")
    bars = [
        (await story.do("senco", f"/pupils/{pupil}/contact-bars", carer_id=lan, reason_code="safety"))["id"]
        for _ in "12"
    ]
    reference = world.ids.pop("other_reference")
    yield "DELETE /api/v1/pupils/{pupil_id}/contact-bars/{bar_id}", _of(pupil_id=pupil, bar_id=bars[0])
    yield "POST /cases/{reference}/carers/bars/{bar_id}/lifting", _of({}, reference=reference, bar_id=bars[1])
    new = {"carer_id": carer_id("daniel"), "reason_code": "court_order"}
    yield "POST /api/v1/pupils/{pupil_id}/contact-bars", _of(new)
    yield "POST /cases/{reference}/carers/{carer_id}/bar", _of(new)


async def _consent(story: Story, world: World) -> Any:
    """Requests about an agency that was only invited: what is said moves nobody's sight."""
    story.involvements["family-hub"] = await story.invite("family-hub", categories=PARTNERS["family-hub"][2])
    asked, given = {}, {}
    for place, purpose in (("api", "support"), ("family", "assessment"), ("page", "planning"), ("link", "review")):
        kinds = [{"agency_id": str(known("family-hub")), "categories": ("classroom", "education"), "purpose": purpose}]
        request = await story.ask({}, proposals=kinds, how="link" if place == "link" else "in_person")
        ids = {each["category"]: each["id"] for each in request["proposals"]}
        asked[place], given[place] = request | {"open": ids["classroom"]}, ids["education"]
        await story.say({"id": request["id"], "proposals": [{"id": given[place]}]}, "given", "in_person")
    world.ids["secret"] = await story.link()
    world.people["link"] = await story.follow_link(world.ids["secret"])
    world.ids |= {"request_id": asked["family"]["id"], "proposal_id": given["page"]}
    for prefix, place in (("/family/requests", "family"), ("/answer", "link")):
        for each in _answering(prefix, asked[place], given[place]):
            yield each
    for each in _asking(asked, given):
        yield each


def _ticked(request: Body) -> Body:
    return {"answers.0.question": request["open"], "answers.0.say": "yes", "answers.0.kinds": request["open"]}


def _answering(prefix: str, request: Body, given: str) -> Iterator[tuple[str, Example]]:
    ids = {"request_id": request["id"]}
    pages = ("", "/who", "/questions", "/receipt") if prefix == "/answer" else ("/who", "/questions", "/receipt")
    yield from ((f"GET {prefix}/{{request_id}}{page}", _of(**ids)) for page in pages)
    yield f"POST {prefix}/{{request_id}}/check", _of(_ticked(request), **ids)
    yield f"POST {prefix}/{{request_id}}/answers", _of(_ticked(request), **ids)
    for method, body in (("GET", None), ("POST", {})):
        yield f"{method} {prefix}/{{request_id}}/withdrawal/{{proposal_id}}", _of(body, proposal_id=given, **ids)
    if prefix == "/answer":
        yield "POST /answer/{request_id}/not-mine", _of({}, **ids)


def _asking(asked: dict[str, Body], given: dict[str, str]) -> Iterator[tuple[str, Example]]:
    there = {"witness": "Martin Hale", "given_by": "Amina Yusuf"}
    yes = {"decisions": [{"proposal_id": asked["api"]["open"], "decision": "given"}]}

    def answers(persona: str) -> Body:
        return yes | ({"channel": "online"} if persona in CARERS else {"channel": "in_person"} | there)

    def withdrawing(persona: str) -> Body:
        return {"channel": "online" if persona in CARERS else "phone"}

    recorded = _ticked(asked["page"]) | there | {"channel": "in_person", "read": "true"}
    hub, amina = str(known("family-hub")), carer_id("amina")
    question = {"carer_id": amina, "how": "in_person"}
    api = question | {"proposals": [{"agency_id": hub, "categories": ["social_care"], "purpose": "support"}]}
    form = question | {"proposals.0.agency_id": hub, "proposals.0.categories": "social_care"}
    yield "POST /api/v1/consent-requests/{request_id}/answers", _of(answers, request_id=asked["api"]["id"])
    yield "POST /api/v1/consents/{proposal_id}/withdrawal", _of(withdrawing, proposal_id=given["api"])
    yield "GET /consent-requests/{request_id}/record", _of(request_id=asked["page"]["id"])
    yield "POST /consent-requests/{request_id}/record", _of(recorded, request_id=asked["page"]["id"])
    yield "POST /consents/{proposal_id}/withdrawal", _of({"channel": "phone", "witness": "Martin Hale"})
    yield "POST /api/v1/cases/{case_id}/consent-requests", _of(api)
    yield "POST /cases/{reference}/ask/check", _of(form)
    yield "POST /cases/{reference}/ask", _of(form)
    yield "POST /consent/{secret}", _of({})
    yield "POST /consent/{secret}/code", _of({"code": "123456"})


async def _outcomes(story: Story, world: World) -> Any:
    """What is to change, what was measured, what the pupil gets, what they say: each changed on one of its own."""
    goal = {
        "title": "Reads a page",
        "measure": "Words in a minute",
        "baseline": 20.5,
        "target": 60.5,
        "category": "education",
    }
    help_ = {
        "title": "Picture cards",
        "who": "Ms Nair",
        "how_often": "Every day",
        "minutes": 20,
        "category": "education",
    }
    said = {"whose": "pupil", "text": "I like the cards.", "how": "With drawings"}
    point = {"value": 24.5, "note": "On a good day"}
    made = [(await story.do("senco", f"{story.path}/outcomes", **goal))["id"] for _ in range(3)]
    given = [(await story.do("senco", f"{story.path}/provisions", **help_))["id"] for _ in range(3)]
    world.ids |= {"outcome_id": made[0], "provision_id": given[0]}
    world.ids["measurement_id"] = (await story.do("senco", f"/outcomes/{made[0]}/measurements", value=20))["id"]
    world.ids["view_id"] = (await story.do("senco", f"{story.path}/views", **said))["id"]
    due = {f"due_on-{part}": FORM[f"due_on-{part}"] for part in DATE}
    yield "POST /api/v1/cases/{case_id}/outcomes", _of(goal | {"due_on": soon()})
    yield "POST /cases/{reference}/outcomes/add", _of(goal)
    yield "PATCH /api/v1/outcomes/{outcome_id}", _of({"version": 1, "status": "met"}, outcome_id=made[1])
    changed = {name: value for name, value in goal.items() if name != "category"} | {"version": 1, "status": "working"}
    yield "POST /outcomes/{outcome_id}", _of(changed | due, outcome_id=made[2])
    yield "POST /api/v1/outcomes/{outcome_id}/measurements", _of(point | {"measured_on": today().isoformat()})
    yield "POST /outcomes/{outcome_id}/measurements", _of(point)
    yield "POST /class/outcomes/{outcome_id}", _of({"value": "24.5"}, outcome_id=await _taught(story, goal))
    yield "POST /api/v1/cases/{case_id}/provisions", _of(help_)
    yield "POST /cases/{reference}/provisions/add", _of(help_)
    yield "PATCH /api/v1/provisions/{provision_id}", _of({"version": 1, "weeks": 6}, provision_id=given[1])
    longer = {"version": 1, "title": "Picture cards", "who": "Ms Nair", "how_often": "Twice a day"}
    yield "POST /provisions/{provision_id}", _of(longer, provision_id=given[2])
    yield "POST /api/v1/cases/{case_id}/views", _of(said)
    yield "POST /cases/{reference}/views/add", _of(said | {"category": "classroom"})
    yield "POST /family/views/{reference}", _of({"whose": "family", "text": "Evenings are hard."})


async def _taught(story: Story, goal: Body) -> str:
    """An outcome of a pupil of the teacher's class, whose case the teacher leads."""
    pupil = await story.do("senco", "/pupils", first_name="Wren", last_name="Taught", class_name="Willow")
    case = await story.do("senco", "/cases", pupil_id=pupil["id"], reason="Finds it hard to sit.", level="1")
    lead = {"version": case["version"], "lead_practitioner_id": str(known(f"seat {EMAILS['teacher']}"))}
    answer = await (await story.who("senco")).send("PATCH", f"/cases/{case['id']}", lead)
    assert answer.status_code == 200, answer.text
    return str((await story.do("senco", f"/cases/{case['id']}/outcomes", **goal))["id"])


async def _mistakes(story: Story, held: Body) -> dict[str, str]:
    """One of each other kind that can be said to be entered in error."""
    goal = {"title": "Reads a page", "measure": "Words in a minute", "category": "education"}
    help_ = {"title": "Picture cards", "who": "Ms Nair", "how_often": "Every day", "category": "education"}
    kept = (await story.do("senco", f"{story.path}/outcomes", **goal))["id"]
    return {
        "outcome": (await story.do("senco", f"{story.path}/outcomes", **goal))["id"],
        "measurement": (await story.do("senco", f"/outcomes/{kept}/measurements", value=20))["id"],
        "provision": (await story.do("senco", f"{story.path}/provisions", **help_))["id"],
        "view": (await story.do("senco", f"{story.path}/views", whose="pupil", text="I like cards."))["id"],
        "contribution": (await story.do("senco", f"{story.path}/reviews", **held))["contributions"][0]["id"],
    }


async def _endings(story: Story, world: World) -> Any:
    """Reviews; what ends a case, each on one of its own about a pupil who came lately; what was entered in error."""
    why: Body = {"reason": "It should not be there."}
    held = {"held_on": today().isoformat(), "contributions": [{"category": "education", "text": "Reads aloud."}]}
    typed = {f"held_on-{part}": str(getattr(today(), part)) for part in DATE}
    typed |= {"texts.education": "Reads aloud.", "ends": "true"}
    review = await story.do("senco", f"{story.path}/reviews", **held)
    world.ids |= {"review_id": review["id"], "contribution_id": review["contributions"][0]["id"]}
    world.ids["note_id"] = await story.note("senco", "education", "Bites.")
    yield "POST /reviews/{review_id}/contribute", _of({"texts.education": "Follows pictures."})
    for prefix, end in (("/api/v1", "correction"), ("", "correct")):
        note = await story.note("senco", "education", "Barks.")
        action = await story.act("senco", "education", "Ring the vet", "oakfield")
        yield f"POST {prefix}/notes/{{note_id}}/{end}", _of(why, note_id=note)
        yield f"POST {prefix}/actions/{{action_id}}/{end}", _of(why, action_id=action)
        for kind, made in (await _mistakes(story, held)).items():
            yield f"POST {prefix}/{kind}s/{{{kind}_id}}/{end}", _of(why, **{f"{kind}_id": made})
    hub = [{"agency_id": str(known("family-hub")), "categories": ("family",), "purpose": "planning"}]
    asked = await story.ask({}, proposals=hub)
    await story.say(asked, "given", "in_person")
    yield "POST /consents/{proposal_id}/correct", _of(why, proposal_id=asked["proposals"][0]["id"])
    closing, died = why | {"outcome": "other"}, {f"died_on-{part}": typed[f"held_on-{part}"] for part in DATE}
    for route, body, before in (
        ("POST /api/v1/cases/{case_id}/reviews", held, {}),
        ("POST /cases/{reference}/review/check", typed, {}),
        ("POST /cases/{reference}/review", typed, {}),
        ("POST /api/v1/cases/{case_id}/closure", closing, {}),
        ("POST /cases/{reference}/close", closing, {}),
        ("POST /api/v1/cases/{case_id}/reopening", why, closing),
        ("POST /cases/{reference}/reopen", why, closing),
        ("POST /api/v1/cases/{case_id}/voiding", why, {}),
        ("POST /cases/{reference}/void", why, {}),
        ("POST /cases/{reference}/died", died, {}),
        ("POST /cases/{reference}/died-in-error", why, {}),
    ):
        pupil = await story.do("senco", "/pupils", first_name="Robin", last_name=route.split("/")[-1].title())
        case = await story.do("senco", "/cases", pupil_id=pupil["id"], reason="Finds it hard to sit.", level="1")
        if before:
            await story.do("senco", f"/cases/{case['id']}/closure", **before)
        if route.endswith("died-in-error"):
            await (await story.who("senco")).submit(f"/cases/{case['reference']}/died", died)
        yield route, _of(body, case_id=case["id"], reference=case["reference"])


async def _opening(story: Story, world: World) -> Any:
    """Drafts of the SENCO's, each about a pupil who came lately."""
    why = {"happening": "Finds it hard to follow what is said.", "level": "2"}
    senco, drafts = await story.who("senco"), []
    for name in ("Edda", "Ingrid", "Runa", "Sigrun"):
        drafts.append((await story.do("senco", "/pupils", first_name=name))["id"])
        assert (await senco.submit(f"/cases/new/{drafts[-1]}/why", why | {"version": "0"})).status_code == 303
    new, written, checked, thrown = drafts
    world.ids["step"] = "why"
    for path in ("", "/{step}", "/check", "/throw-away"):
        yield f"GET /cases/new/{{pupil_id}}{path}", _of(pupil_id=new)
    yield "POST /cases/new/{pupil_id}/{step}", _of(why | {"version": "1", "since": "Since spring."}, pupil_id=written)
    yield "POST /cases/new/{pupil_id}/check", _of({"version": "1"}, pupil_id=checked)
    yield "POST /cases/new/{pupil_id}/throw-away", _of({}, pupil_id=thrown)
    yield "POST /cases/new/pupil", _of({"first_name": "Sunniva", "sen_provision": "N"})


async def _pupils(story: Story, world: World) -> Any:
    """Two pupils who came lately, and two carers."""
    pupil, other = [(await story.do("senco", "/pupils", first_name=name))["id"] for name in ("Astrid", "Solveig")]
    mother = {"name": "Maja Dahl", "relationship": "mother", "mobile": "07700 900123"}
    carers = [(await story.do("senco", f"/pupils/{pupil}/carers", **mother))["id"] for _ in "12"]
    form = mother | {"language": "en", "format": "standard"}
    yield "POST /api/v1/pupils", _of({"first_name": "Liv", "date_of_birth": "2018-03-27"})
    yield "PATCH /api/v1/pupils/{pupil_id}", _of({"version": 1, "preferred_name": "Asta"}, pupil_id=pupil)
    yield (
        "POST /pupils/{pupil_id}/edit",
        _of({"version": "1", "first_name": "Sol", "sen_provision": "K"}, pupil_id=other),
    )
    yield "POST /api/v1/pupils/{pupil_id}/carers", _of(mother, pupil_id=pupil)
    yield "POST /pupils/{pupil_id}/carers/add", _of(form, pupil_id=pupil)
    yield "POST /carers/{carer_id}/edit", _of(form | {"version": "1"}, carer_id=carers[0])
    yield "POST /carers/{carer_id}/phone", _of({"mobile": "+447700900123", "checked": "true"}, carer_id=carers[1])


async def _imports(story: Story, world: World) -> Any:
    """Files of one pupil each, that wait to be approved or cancelled."""
    senco = await story.who("senco")
    shown, approved, asked, cancelled, dropped = [
        (await send_pupils(senco, f"First name,Last name\r\nNils,Imported{each}\r\n".encode())).json()["id"]
        for each in "abcde"
    ]
    world.ids["import_id"] = shown
    yield "POST /pupils/import", _of({})
    yield "POST /api/v1/pupil-imports", _of({})
    yield "POST /pupils/import/{import_id}/approve", _of({"version": "2"}, import_id=approved)
    yield "POST /api/v1/pupil-imports/{import_id}/approval", _of({"version": 2}, import_id=asked)
    yield "POST /pupils/import/{import_id}/cancel", _of({}, import_id=cancelled)
    yield "DELETE /api/v1/pupil-imports/{import_id}", _of(import_id=dropped)


async def _duplicates(story: Story, world: World) -> Any:
    """Pairs who came lately, one of them merged and one said to be two; and a pupil of the other school with our number."""
    senco, pairs = await story.who("senco"), []
    for name in ("Hedda", "Frida", "Inga", "Tora", "Vigdis"):
        pairs.append([(await story.do("senco", "/pupils", first_name=name))["id"] for _ in "12"])
    shown, merged, dismissed, undone, gone = [{"pupil_id": one, "other_id": two} for one, two in pairs]
    path, said = "/pupils/duplicates/{pupil_id}/{other_id}", {"version": "2", "reason": "Entered twice."}
    await senco.submit(f"{path}/not-same".format(**undone), {})
    made = await senco.submit(f"{path}/merge".format(**gone), said)
    number = (await senco.get(f"/pupils/{pupil_id('Suhaila')}")).json()["upn"]
    await story.do("stranger", "/pupils", first_name="Suhaila", upn=number)
    await match()
    world.ids["merge_id"] = made.headers["location"].rpartition("/")[2].partition("?")[0]
    world.ids["match_id"] = re.findall(r"/pupils/matches/([0-9a-f-]{36})", (await senco.see("/pupils/matches")).text)[0]
    yield f"GET {path}", _of(**shown)
    yield f"POST {path}/check", _of(said, **shown)
    yield f"POST {path}/merge", _of(said, **merged)
    yield f"POST {path}/not-same", _of({}, **dismissed)
    yield f"POST {path}/undo", _of({}, **undone)
    yield "POST /pupils/matches/{match_id}/settling", _of({"outcome": "moved"})


async def _moves(story: Story, world: World) -> Any:
    """Pupils who came lately leave again, each by one way; and cases offered to the other school, one for each answer."""
    last = {"last_on": today().isoformat(), "destination": "unknown"}
    typed = {"destination": "unknown"} | {f"last_on-{part}": str(getattr(today(), part)) for part in DATE}
    names = iter(("Dag", "Egil", "Finn", "Gorm", "Hakon", "Ivar", "Knut", "Leif"))

    async def came() -> str:
        return (await story.do("senco", "/pupils", first_name=next(names)))["id"]

    yield "POST /api/v1/pupils/{pupil_id}/leaving", _of(last, pupil_id=await came())
    for path in ("/pupils/{pupil_id}/leave/check", "/pupils/{pupil_id}/leave"):
        yield f"POST {path}", _of(typed, pupil_id=await came())
    for path in ("/pupils/leaving/check", "/pupils/leaving"):
        yield f"POST {path}", _of(typed | {"pupils": await came()})
    gone = [(await story.do("senco", f"/pupils/{await came()}/leaving", **last))["id"] for _ in "123"]
    world.ids["departure_id"] = gone[0]
    yield "POST /api/v1/departures/{departure_id}/staying", _of({}, departure_id=gone[1])
    yield "POST /pupils/left/{departure_id}/stayed", _of({}, departure_id=gone[2])
    hill = str(known("hillside"))
    offer = {"to_school_id": hill, "joins_on": soon(), "reason_code": "moved_home", "family_told": "phone"}
    form = {k: v for k, v in offer.items() if k != "joins_on"} | {
        k.replace("last", "joins"): v for k, v in typed.items()
    }
    form.pop("destination")
    lead = {"lead_practitioner_id": str(known("seat senco@hillside.example"))}
    for number, (route, body) in enumerate(
        (
            ("GET /handovers/{handover_id}", None),
            ("POST /api/v1/cases/{case_id}/handover", offer),
            ("POST /cases/{reference}/handover", form),
            ("POST /handovers/{handover_id}/search", {"q": "Ethan"}),
            ("POST /api/v1/handovers/{handover_id}/acceptance", lead),
            ("POST /handovers/{handover_id}/acceptance", lead | {"pupil": "new"}),
            ("POST /api/v1/handovers/{handover_id}/refusal", {"reason": "not_yet"}),
            ("POST /handovers/{handover_id}/refusal", {"reason": "not_yet"}),
            ("POST /api/v1/handovers/{handover_id}/withdrawal", {}),
            ("POST /handovers/{handover_id}/withdrawal", {}),
        )
    ):
        pupil = await story.do("senco", "/pupils", first_name="Olaf", last_name=f"Offered-{'abcdefghij'[number]}")
        case = await story.do("senco", "/cases", pupil_id=pupil["id"], reason="Finds it hard to sit.", level="1")
        ids = {"case_id": case["id"], "reference": case["reference"]}
        if "{handover_id}" in route:
            made = await story.do("senco", f"/cases/{case['id']}/handover", **offer)
            ids = {"handover_id": made["id"]}
            world.ids.setdefault("handover_id", made["id"])
        yield route, _of(body, **ids)


async def _why(story: Story, world: World) -> Any:
    yield "GET /api/v1/cases/{case_id}/access", _of(query=f"?worker_id={NURSE_SEAT}")


async def _agreements(story: Story, world: World) -> Any:
    """A draft for each route that changes one, and one that is approved."""
    steward = await story.who("steward")
    new = {"title": "Protocol"} | {
        f"{n}_on-{p}": str(getattr(today(), p)) for n in ("from", "until") for p in DATE_PARTS
    }
    new["until_on-year"] = str(today().year + 1)
    clause = {"number": "1", "categories": "health", "purposes": "advice"}

    async def made(title: str) -> tuple[str, list[str], list[str]]:
        path = (await steward.submit("/agreements/new", new | {"title": title})).headers["location"]
        await steward.submit(f"{path}/clauses", clause)
        for agency in ("oakfield", "council"):
            await steward.submit(f"{path}/parties", {"agency_id": str(known(agency))})
        page = (await steward.see(path)).text
        return (
            path.rpartition("/")[2],
            re.findall(r"/clauses/([0-9a-f-]{36})", page),
            re.findall(r"/parties/([0-9a-f-]{36})", page),
        )

    first, clauses, parties = await made("First")
    world.ids |= {"agreement_id": first}
    yield "POST /agreements/new", _of(new)
    yield "POST /agreements/{agreement_id}/clauses", _of(clause | {"number": "2"})
    yield "POST /agreements/{agreement_id}/clauses/{clause_id}/dropping", _of({}, clause_id=clauses[0])
    yield "POST /agreements/{agreement_id}/parties", _of({"agency_id": str(known("hillside"))})
    yield "POST /agreements/{agreement_id}/parties/{party_id}/leaving", _of({}, party_id=parties[0])
    yield "POST /agreements/{agreement_id}/approval", _of({}, agreement_id=(await made("Second"))[0])
    yield "POST /agreements/{agreement_id}/ending", _of({}, agreement_id=(await made("Third"))[0])


async def _emergencies(story: Story, world: World) -> Any:
    """Opened by the safeguarding lead, once for each route that uses one up; an alert likewise; the nurse is on duty."""
    boss = await story.who("therapist")
    why = {"reason_code": "missing", "reason": "Not home since five, the police ask for contacts."}
    leila = why | {"first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14"}
    made = [(await story.do("dsl", "/emergency-access", **leila))["id"] for _ in range(5)]
    alerts = [(await story.do("senco", f"{story.path}/health-alerts", text="Asthma."))["id"] for _ in range(2)]
    await boss.submit("/emergencies/duty", {"membership_id": NURSE_SEAT})
    duty = re.findall(r"/emergencies/duty/([0-9a-f-]{36})/ending", (await boss.see("/emergencies/duty")).text)[0]
    world.ids["emergency_id"] = made[0]
    missed, said = why | {"upn": "A999400124999"}, {"verdict": "justified", "text": "The police were rung."}
    yield "POST /api/v1/emergency-access", _of(missed)
    yield "POST /emergencies/open", _of(missed | {"password": PASSWORD})
    yield "POST /api/v1/emergency-access/{emergency_id}/ending", _of({}, emergency_id=made[1])
    yield "POST /emergencies/{emergency_id}/ending", _of({}, emergency_id=made[2])
    yield "POST /api/v1/emergency-access/{emergency_id}/review", _of(said, emergency_id=made[3])
    yield "POST /emergencies/{emergency_id}/review", _of(said, emergency_id=made[4])
    yield "POST /emergencies/duty", _of({"membership_id": NURSE_SEAT})
    yield "POST /emergencies/duty/{duty_id}/ending", _of({}, duty_id=duty)
    yield "POST /api/v1/cases/{case_id}/health-alerts", _of({"text": "Allergic to peanuts."})
    yield "POST /cases/{reference}/alerts", _of({"text": "Allergic to peanuts."})
    yield "POST /api/v1/health-alerts/{alert_id}/ending", _of({}, alert_id=alerts[0])
    yield "POST /health-alerts/{alert_id}/ending", _of({}, alert_id=alerts[1])


async def _denials(story: Story, world: World) -> Any:
    """The SENCO's own conflicts about pupils who came lately; orders about Lan; cases of others, for named people only."""
    ends = []
    for name in ("Ylva", "Saga"):
        pupil = (await story.do("senco", "/pupils", first_name=name))["id"]
        ends.append((await story.do("senco", f"/pupils/{pupil}/conflicts", kind="neighbour"))["id"])
    one, two = [(await story.do("senco", "/pupils", first_name=name))["id"] for name in ("Tyra", "Thora")]
    yield "POST /api/v1/pupils/{pupil_id}/conflicts", _of({"kind": "neighbour"}, pupil_id=one)
    yield "POST /pupils/{pupil_id}/conflict", _of({"kind": "neighbour"}, pupil_id=two)
    yield "POST /api/v1/conflicts/{conflict_id}/ending", _of({}, conflict_id=ends[0])
    yield "POST /conflicts/{conflict_id}/ending", _of({}, conflict_id=ends[1])

    made_on = {f"made_on-{part}": str(getattr(today(), part)) for part in DATE_PARTS}
    pupil, kind = pupil_id("Nguyễn Thị Ánh"), {"kind": "care", "bars_sharing": False}
    new = kind | {"carer_id": carer_id("lan"), "made_on": today().isoformat()}
    orders = [(await story.do("senco", f"/pupils/{pupil}/court-orders", **new))["id"] for _ in "12"]
    theirs = (await _case_of(story, pupil))["reference"]
    yield "POST /api/v1/pupils/{pupil_id}/court-orders", _of(new | {"carer_id": carer_id("daniel")})
    yield "POST /cases/{reference}/carers/{carer_id}/order", _of(kind | made_on | {"bars_sharing": "false"})
    yield (
        "POST /api/v1/pupils/{pupil_id}/court-orders/{order_id}/discharge",
        _of({}, pupil_id=pupil, order_id=orders[0]),
    )
    yield "POST /cases/{reference}/carers/orders/{order_id}/discharge", _of({}, reference=theirs, order_id=orders[1])

    dsl, teacher = [str(known(f"seat {EMAILS[name]}")) for name in ("dsl", "teacher")]
    only = {"reason_code": "publicity", "named": [dsl]}
    for route, body, before in (
        ("POST /api/v1/cases/{case_id}/restriction", only, False),
        ("POST /cases/{reference}/restriction", only, False),
        ("POST /cases/{reference}/restriction/check", only, False),
        ("POST /api/v1/cases/{case_id}/restriction/people", {"worker_id": teacher}, True),
        ("POST /cases/{reference}/restriction/people", {"worker_id": teacher}, True),
        ("DELETE /api/v1/cases/{case_id}/restriction/people/{worker_id}", None, True),
        ("POST /cases/{reference}/restriction/people/{worker_id}/removal", {}, True),
        ("POST /api/v1/cases/{case_id}/restriction/lifting", {}, True),
        ("POST /cases/{reference}/restriction/lifting", {}, True),
    ):
        pupil = (await story.do("senco", "/pupils", first_name="Alva", last_name=route.split("/")[-1].title()))["id"]
        case = await story.do("senco", "/cases", pupil_id=pupil, reason="Finds it hard to sit.", level="1")
        lead = {"version": case["version"], "lead_practitioner_id": teacher}
        assert (await (await story.who("senco")).send("PATCH", f"/cases/{case['id']}", lead)).status_code == 200
        if before:
            senco = str(known(f"seat {EMAILS['senco']}"))
            await story.do("dsl", f"/cases/{case['id']}/restriction", **only | {"named": [dsl, senco]})
            yield route, _of(body, case_id=case["id"], reference=case["reference"], worker_id=senco)
        else:
            yield route, _of(body, case_id=case["id"], reference=case["reference"])


async def _case_of(story: Story, pupil: str) -> Body:
    found = (await (await story.who("senco")).get("/cases", limit=100)).json()["items"]
    return next(each for each in found if each["pupil"]["id"] == pupil)


async def _shields(story: Story, world: World) -> Any:
    """What the safeguarding lead shields about Leila: one for each route that uses it up."""
    path, manager = f"{story.path}/shielded-facts", str(known(f"seat {EMAILS['manager']}"))
    new = {"kind": "telephone", "text": "07700 900456"}
    facts = [(await story.do("dsl", path, **new))["id"] for _ in range(5)]
    for fact in facts:
        await story.do("dsl", f"{path}/{fact}/readers", worker_id=manager)
    nurse = {"worker_id": NURSE_SEAT}
    world.ids |= {"fact_id": facts[0], "worker_id": manager}
    api, pages = "/api/v1/cases/{case_id}/shielded-facts", "/cases/{reference}/shielded"
    yield f"POST {api}", _of(new)
    yield f"POST {pages}", _of(new)
    for prefix, removal in ((api, "DELETE {}"), (pages, "POST {}/removal")):
        yield f"POST {prefix}/{{fact_id}}/readers", _of(nurse)
        fact = facts.pop()
        yield (
            removal.format(prefix + "/{fact_id}/readers/{worker_id}"),
            _of(None if prefix == api else {}, fact_id=fact),
        )
        yield f"POST {prefix}/{{fact_id}}/ending", _of({}, fact_id=facts.pop())


async def _people(story: Story, world: World) -> Any:
    """Colleagues of the school; whoever is to go or to change is nobody of the personas."""
    admin, grace, priya, martin = await story.who("admin"), *(_seat(each) for each in ("senco", "teacher", "dsl"))
    days = {f"{name}_on-{part}": str(getattr(today(), part)) for name in ("from", "until") for part in DATE_PARTS}
    new = {"name": "Noor Haddad", "role": "teacher", "class_names": "Willow, Cedar", "lasting": "permanent"}
    for each in ("one", "two"):
        await admin.submit("/people/invite", new | {"email": f"{each}@oakfield.example"})
    sent = re.findall(r"/people/invitations/([0-9a-f-]{36})/again", (await admin.see("/people")).text)
    await admin.submit(f"/people/{priya}/cover", days | {"covering_id": martin})
    cover = re.findall(r"/people/covers/([0-9a-f-]{36})/ending", (await admin.see(f"/people/{priya}")).text)[0]
    world.ids["membership_id"] = spare = str(known("seat dpo@oakfield.example"))
    yield "POST /people/invite", _of(new | {"email": "three@oakfield.example"})
    yield "POST /people/invitations/{invitation_id}/again", _of({}, invitation_id=sent[0])
    yield "POST /people/invitations/{invitation_id}/cancelling", _of({}, invitation_id=sent[1])
    yield "POST /people/agency", _of({"telephone": "01632 960101"})
    yield "POST /people/covers/{cover_id}/ending", _of({}, cover_id=cover)
    yield "GET /people/{membership_id}/cover", _of(membership_id=grace)
    yield "POST /people/{membership_id}/cover", _of(days | {"covering_id": martin}, membership_id=grace)
    last = {f"ends_on-{part}": days[f"until_on-{part}"] for part in DATE_PARTS}
    yield "POST /people/{membership_id}/ending", _of({"when": "later"} | last, membership_id=spare)
    yield "POST /people/{membership_id}/handover", _of({f"lead.{story.case_id}": martin}, membership_id=grace)
    yield "POST /people/{membership_id}/role", _of({"role": "teacher", "lasting": "permanent"}, membership_id=spare)
    yield "POST /account/details", _of(_own_details)
    wrong = {"current": "not the password", "password": "three otters cross the bridge"}
    yield "POST /account/password", _of(wrong)  # the right one would end the sessions of this world
    yield "POST /account/address", _of({"email": "new@oakfield.example", "current": PASSWORD})
    yield "POST /account/sessions/ending", _of({})
    yield "POST /account/sessions/{session_id}/ending", _of({}, session_id=str(new_id()))
    yield "POST /password/forgotten", _of({"email": "nobody@oakfield.example"})
    # A link works once, so what stands here is the secret of another kind of link: one of nothing.
    yield "POST /password/reset/{secret}", _of({"password": "three otters cross the bridge"})
    yield "POST /address/{secret}", _of({})
    yield "POST /join/{secret}", _of({"name": "Noor Haddad", "password": "three otters cross the bridge"})


async def _grounds(story: Story, world: World) -> Any:
    """Sharing without consent on the usual case, told to the mother: one for each route that uses it up."""
    path, told = f"{story.path}/sharing-grounds", {"told_carer_ids": [carer_id("amina")]}
    law = told | {"code": "ca1989_s17", "agency_id": str(known("childrens-services")), "categories": ["education"]}
    dated, typed = {"told_on": today().isoformat()}, {f"told_on-{part}": str(getattr(today(), part)) for part in DATE}
    made = [(await story.do("senco", path, basis="statutory", **law | dated))["id"] for _ in range(6)]
    agreed = {
        "basis": "service_agreement",
        "code": "early_help",
        "agency_id": str(known("family-hub")),
        "channel": "phone",
    }
    agreed |= {"categories": ["classroom"], "carer_id": carer_id("amina")}
    yes = [(await story.do("senco", path, **agreed))["id"] for _ in "12"]
    world.ids |= {"ground_id": made[0], "kind": "law"}
    ends = {"reason": "No longer in need."}
    yield "POST /api/v1/cases/{case_id}/sharing-grounds", _of(law | dated | {"basis": "statutory"})
    yield "POST /cases/{reference}/grounds/{kind}/check", _of(law | typed)
    yield "POST /cases/{reference}/grounds/{kind}", _of(law | typed)
    yield "POST /api/v1/sharing-grounds/{ground_id}/telling", _of(told | dated)
    yield "POST /grounds/{ground_id}/telling", _of(told | typed)
    yield "POST /api/v1/sharing-grounds/{ground_id}/ending", _of(ends, ground_id=made[1])
    yield "POST /grounds/{ground_id}/ending", _of(ends, ground_id=made[2])
    yield "POST /api/v1/sharing-grounds/{ground_id}/objection", _of({"text": "Nobody asked me."}, ground_id=made[3])
    yield "POST /family/grounds/{ground_id}/objection", _of({"text": "Nobody asked me."}, ground_id=made[4])
    path = f"/sharing-grounds/{made[5]}/objection"
    said = [(await story.do("amina", path, text="No."))["objections"][-1]["id"] for _ in "12"]
    answer = {"answer": "It must go on: the law asks for it."}
    yield "POST /api/v1/objections/{objection_id}/answer", _of(answer, objection_id=said[0])
    yield "POST /grounds/{ground_id}/objections/{objection_id}", _of(answer, ground_id=made[5], objection_id=said[1])
    yield "GET /family/grounds/{ground_id}/ending", _of(ground_id=yes[0])
    yield "POST /family/grounds/{ground_id}/ending", _of({}, ground_id=yes[1])


def _seat(persona: str) -> str:
    return str(known(f"seat {EMAILS[persona]}"))


async def _rest(story: Story, world: World) -> Any:
    version = (await (await story.who("senco")).get(story.path)).json()["version"]
    case = {"reason": "Finds it hard to follow what is said.", "level": "2"}
    note = {"category": "education", "text": "Follows pictures better than words."}
    barrier = {"code": "CL01", "how_identified": "screening", "category": "education"}
    sound = {"email": EMAILS["senco"], "password": PASSWORD}
    plan = {"audience": "family"}
    async for each in _oversight(story, world):
        yield each
    yield "POST /api/v1/tokens", _of(sound)
    yield "POST /sign-in", _of(sound)
    yield "DELETE /api/v1/tokens/current", _of()
    yield "POST /sign-out", _of({})
    yield "POST /leave", _of({})
    yield "POST /cases/new", _of({"q": "leila"})
    yield "PUT /api/v1/me/acting-as", _of(_own_hat)
    yield "POST /post/again", _of({})
    yield "POST /post/{message_id}/again", _of({}, message_id=await _failed_message())
    yield "POST /account/acting-as", _of(lambda persona: {k: v or "" for k, v in _own_hat(persona).items()})
    yield "POST /api/v1/cases", _of(case | {"pupil_id": pupil_id("Zoë Brontë-Hughes")})
    yield "PATCH /api/v1/cases/{case_id}", _of({"version": version, "level": "3"})
    admission = {"carer_id": carer_id("daniel"), "authority_seen": True, "safe_to_share": True}
    yield "POST /api/v1/cases/{case_id}/carers", _of(admission)
    yield "POST /api/v1/cases/{case_id}/plan-copies", _of({"plan_type": "one_page_profile"})
    yield "POST /cases/{reference}/plans/copy", _of({"plan_type": "one_page_profile"})
    for path, body in (("notes", note), ("barriers", barrier), ("plans", plan)):
        yield f"POST /api/v1/cases/{{case_id}}/{path}", _of(body)
        yield f"POST /cases/{{reference}}/{path}{'/add' if path == 'barriers' else ''}", _of(body)


async def _oversight(story: Story, world: World) -> Any:
    """The auditor's searches; a search kept by the auditor, once for each route that uses it up."""
    auditor, senco = await story.who("auditor"), known(EMAILS["senco"])
    await auditor.submit(f"/oversight/saved?person={senco}", {"name": "The SENCO"})
    kept = re.findall(r"/oversight/saved/([0-9a-f-]{36})/removal", (await auditor.see("/oversight")).text)[0]
    world.ids["person_id"] = str(senco)
    yield "POST /oversight/saved", _of({"name": "Denied lately"}, query="?outcome=denied&lately=7")
    yield "POST /oversight/saved/{query_id}/removal", _of({}, query_id=kept)
    yield "POST /oversight/find", _of({"number": pupil_id("Leila Reid")})
    yield "POST /oversight/export", _of({}, query="?outcome=denied")
    yield "POST /oversight/figures/export", _of({})
    yield "POST /oversight/bundle", _of({})
    yield "POST /oversight/checks", _of({"verdict": "sound", "size": "1"})


async def _failed_message() -> str:
    """The id of a message that could not be delivered, and a second one like it for who tries them all again."""
    made = []
    async with outside_the_log("post") as act:
        for _ in "12":
            await queue(act, YouCover("nobody@home.example"))
        rows = await act.rows("SELECT payload FROM pgqueuer ORDER BY id DESC LIMIT 2")
        made = [UUID(row["payload"].decode()) for row in rows]
    for each in made:
        await _settle(each, "failed", "http_503")
    return str(made[0])


def _own_details(persona: str) -> Body:
    """The own name, as it is: a question to a family is worded with the name of who asks."""
    names = {worker.email: worker.name for worker in WORKERS} | {email: name for email, name, *_ in seeds.CARERS}
    return {"name": names.get(EMAILS.get(persona, ""), "Noor Haddad Lee"), "telephone": "01632 960111"}


def _own_hat(persona: str) -> Body:
    """The hat that is worn already: the request is sound and changes nothing."""
    return {
        "membership_id": str(known(f"seat {EMAILS[persona]}")) if persona in EMAILS and persona not in CARERS else None
    }


async def _sealed(story: Story) -> str:
    """Everything so far is sealed in the log; the id of an event in it."""
    event = (await (await story.who("auditor")).get("/audit/events", limit="1")).json()["items"][0]["id"]
    assert ENGINE.pool is not None
    with TemporaryDirectory() as folder:
        signer, kept = log_key(Path(folder) / "key.pem", "ecm.example/routes"), Path(folder) / "checkpoint"
        async with ENGINE.pool.acquire() as connection:
            await seal_batch(connection, signer, kept, await resume(connection, signer, kept))
    return event
