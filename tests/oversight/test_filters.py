"""Every filter finds exactly what a plain look at every entry finds; who may ask; the auditor's searches are events, too."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecm.audit.queries import events_for_auditor
from ecm.clock import LONDON, midnight, new_id
from ecm.database import acting_as
from ecm.oversight.queries import wanted_of
from ecm.oversight.schemas import Search
from ecm.seeds import known

AUDITOR = "auditor@partnership.example"
TODAY = date(2026, 11, 22)
LAY = """
WITH made AS (SELECT audit_id($1, $2) AS id),
     added AS (INSERT INTO audit_event (id, entry) SELECT id, $3::jsonb || jsonb_build_object('id', id) FROM made RETURNING id),
     waiting AS (INSERT INTO audit_inbox SELECT id FROM added)
INSERT INTO audit_event_pupil (pupil_id, event_id) SELECT p, id FROM added, unnest($4::uuid[]) p
"""
PEOPLE = [known("senco@oakfield.example"), known("senco@hillside.example")]
AGENCIES = [known("oakfield"), known("hillside"), None]
CASES, PUPILS = [new_id() for _ in "12"], [known("pupil Leila Reid"), new_id(), new_id()]
EVENTS = ["case:shown", "note:written", "access:denied"]
Entry = dict[str, Any]


async def lay_log(db: Any, number: int = 220) -> list[Entry]:
    """Events of three weeks, some within one millisecond; the second pupil's record was put together with the first's."""
    random = Random(7)
    async with db.admin() as admin:
        await admin.execute(
            """INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, status, opened_at, updated_at, version)
               VALUES ($1, 'ECM-AAAA-AA', $2, $3, $4, 'open', now(), now(), 1)""",
            CASES[0], PUPILS[0], AGENCIES[0], known("seat senco@oakfield.example"),
        )  # fmt: skip
        await admin.execute(
            """INSERT INTO pupil_merge (id, school_id, pupil_id, gone_id, by_membership_id, at, reason)
               VALUES ($1, $2, $3, $4, $5, now(), 'Twice.')""",
            new_id(), AGENCIES[0], PUPILS[0], PUPILS[1], known("seat senco@oakfield.example"),
        )  # fmt: skip
        for n in range(number):
            at = midnight(TODAY - timedelta(days=random.randrange(21))) + timedelta(
                minutes=random.choice([0, 0, 700, 1439])
            )
            pupils, event = random.sample(PUPILS, random.choice([0, 0, 1, 2])), random.choice(EVENTS)
            entry = {
                "v": 1, "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "event": event,
                "outcome": "denied" if event == "access:denied" else random.choice(["shown", "done"]),
                "actor": random.choice(PEOPLE), "agency": random.choice(AGENCIES), "case": random.choice([*CASES, None]),
                "subject": random.choice([*CASES, *PUPILS, None]), "pupils": pupils or None,
            }  # fmt: skip
            said = json.dumps({name: value for name, value in entry.items() if value}, default=str)
            await admin.execute(LAY, at, n, said, pupils)
        rows = await admin.fetch("SELECT id, entry FROM audit_event ORDER BY id DESC")
    return [json.loads(row["entry"]) for row in rows]


def plainly(entries: list[Entry], asked: Search) -> list[str]:
    """The second opinion: what of all the entries is wanted, read off each one alone."""

    def fits(entry: Entry) -> bool:
        day = UUID(entry["id"]).int >> 80
        if asked.lately:
            since, until = TODAY - timedelta(days=int(asked.lately) - 1), TODAY
        else:
            since, until = asked.since or date.min, asked.until or date.max
        there = _london(day)
        alike = {name: entry.get(name) for name in ("event", "outcome", "agency", "case")}
        said = {"event": asked.event and asked.event.value, "outcome": asked.outcome,
                "agency": asked.agency and str(asked.agency), "case": asked.case and str(asked.case)}  # fmt: skip
        return (
            since <= there <= until
            and all(value is None or alike[name] == value for name, value in said.items())
            and (asked.person is None or (entry.get("actor") == str(asked.person) and "agency" in entry))
            and (asked.pupil is None or _about(entry, asked.pupil))
        )

    return [entry["id"] for entry in entries if fits(entry)]


def _london(milliseconds: int) -> date:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(LONDON).date()


def _about(entry: Entry, pupil: UUID) -> bool:
    same = {str(PUPILS[0]), str(PUPILS[1])} if pupil == PUPILS[0] else {str(pupil)}
    cases = {str(CASES[0])} if pupil == PUPILS[0] else set()
    tried = entry["outcome"] == "denied" and entry.get("subject") in same | cases
    return bool(same & set(entry.get("pupils", []))) or entry.get("case") in cases or tried


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


DAYS = st.none() | st.integers(-1, 22).map(lambda back: TODAY - timedelta(days=back))
SEARCHES = st.builds(
    Search, agency=one_of(*AGENCIES[:2]), person=one_of(*PEOPLE), event=one_of(*EVENTS), case=one_of(*CASES),
    outcome=one_of("done", "shown", "denied"), pupil=one_of(*PUPILS), lately=one_of("1", "7"), since=DAYS,
).flatmap(lambda asked: DAYS.map(lambda day: asked.model_copy(update={"until": day})))  # fmt: skip


async def test_every_filter_finds_what_a_plain_look_finds_in_pages_and_both_ways(db):
    entries = await lay_log(db)
    searches: list[Search] = []

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SEARCHES)
    def collect(asked: Search) -> None:
        searches.append(asked)

    collect()
    some = 0
    async with acting_as(await db.act_as(AUDITOR), "test") as act:
        act.record("audit:searched")
        for asked in searches:
            wanted, expected = wanted_of(asked, TODAY), plainly(entries, asked)
            found: list[str] = []
            while page := await events_for_auditor(act, wanted, UUID(found[-1]) if found else None, 60):
                found += [str(each.id) for each in page]
            assert found == expected, asked
            upward = await events_for_auditor(act, wanted, UUID(int=0), 1000, upward=True)
            assert [str(each.id) for each in upward] == expected[::-1], asked
            some += bool(expected)
    assert some > 40
    assert len(plainly(entries, Search())) == len(entries)
