"""The state of consent is a fold of its events: held against a naive telling of the same rules, and the database."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ecm.consent.rules import Event, State, decides_alone, purpose_of, states, weightiest
from tests.client import application, sign_in
from tests.consent.story import AMINA, CARE, DANIEL, HEALTH, NURSE, SOCIAL, answer, open_story

T0 = datetime(2026, 9, 1, 8, tzinfo=UTC)


def uid(number: int) -> UUID:
    return UUID(int=number)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], datetime]:
    """Any order of asking, answering and taking back, by two carers, on several requests for two scopes."""
    events: list[Event] = []
    proposals: list[tuple[UUID, UUID, str]] = []
    for number in range(draw(st.integers(0, 14))):
        at = T0 + timedelta(days=number)
        if not proposals or draw(st.booleans()):
            proposals.append(
                (uid(100 + len(proposals)), uid(draw(st.integers(1, 2))), draw(st.sampled_from(("health", "family"))))
            )
            proposal, person, category = proposals[-1]
            kind, until = "requested", None
        else:
            proposal, person, category = draw(st.sampled_from(proposals))
            kind = draw(st.sampled_from(("given", "refused", "withdrawn")))
            until = at + timedelta(days=draw(st.integers(1, 20))) if kind == "given" else None
        events.append(Event(number, proposal, person, uid(9), category, "support", kind, at, until))
    return draw(st.permutations(events)), T0 + timedelta(days=draw(st.integers(0, 40)))


def naive(events: list[Event], now: datetime) -> dict[UUID, str]:
    """The same rules said again, slowly: play the story from the beginning for every proposal."""
    told = {}
    for proposal in {e.proposal for e in events}:
        mine = next(e for e in events if e.proposal == proposal)
        word, other_said_no, until = "not_asked", {}, None
        for event in sorted(events, key=lambda e: e.number):
            if (event.agency, event.category, event.purpose) != (mine.agency, mine.category, mine.purpose):
                continue
            if event.person != mine.person:
                if event.kind != "requested":
                    other_said_no[event.person] = event.kind in ("refused", "withdrawn")
            elif event.kind != "requested" or event.proposal == proposal:
                word, until = event.kind, event.until
        if word == "given" and until is not None and until <= now:
            word = "expired"
        elif word == "given" and any(other_said_no.values()):
            word = "paused"
        told[proposal] = word
    return told


@given(histories())
def test_the_fold_says_what_the_story_says(told: tuple[list[Event], datetime]) -> None:
    events, now = told
    found = states(events, now)
    assert {proposal: state.word for proposal, state in found.items()} == naive(events, now)
    for state in found.values():
        assert state.since is not None
        assert (state.until is not None) == (state.word in ("given", "paused"))
        assert state.until is None or state.until > now


@given(histories(), st.data())
def test_what_was_entered_in_error_was_never_said(told: tuple[list[Event], datetime], data: st.DataObject) -> None:
    events, now = [replace(each, id=uid(1000 + each.number)) for each in told[0]], told[1]
    mistaken = [each for each in events if each.kind != "requested" and data.draw(st.booleans())]
    words = [
        replace(each, number=100 + place, kind="entered_in_error", until=None, id=uid(2000 + place), corrects=each.id)
        for place, each in enumerate(mistaken)
    ]
    assert states([*words, *events], now) == states([each for each in events if each not in mistaken], now)


def test_what_stops_sharing_decides_a_cell() -> None:
    yes, no, old = State("given", T0), State("refused", T0), State("expired", T0)
    assert weightiest([yes, no]) == no
    assert weightiest([old, yes]) == yes
    assert weightiest([]).word == "not_asked"


def test_a_carer_decides_until_the_sixteenth_birthday() -> None:
    assert not decides_alone(date(2010, 11, 23), date(2026, 11, 22))
    assert decides_alone(date(2010, 11, 22), date(2026, 11, 22))
    assert not decides_alone(date(2012, 2, 29), date(2028, 2, 28))
    assert not decides_alone(None, date(2026, 11, 22))


def test_what_an_agency_was_invited_for_suggests_the_purpose() -> None:
    assert [purpose_of(r) for r in ("assessment", "coordination", "advice")] == ["assessment", "planning", "support"]


async def test_the_fold_and_the_relation_agree_after_every_step(db):
    """Sixty steps at random: what is `given` is exactly what the database opens on consent."""
    chance = random.Random(20261122)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        await story.join(SOCIAL, CARE)
        carers = {email: await sign_in(client, email) for email in (AMINA, DANIEL)}
        waiting: list[tuple[str, dict]] = []
        opened = 0
        async with db.admin() as admin:
            for _ in range(60):
                items = (await story.senco.get(f"{story.path}/consents")).json()["items"]
                yeses = [c for c in items if c["state"] in ("given", "paused")]
                step = chance.choice(("ask", "answer", "answer", "answer", "withdraw"))
                if step == "withdraw" and yeses:
                    done = await story.senco.post(
                        f"/consents/{chance.choice(yeses)['id']}/withdrawal", {"channel": "phone"}
                    )
                elif step == "answer" and waiting:
                    email, asked = waiting.pop(chance.randrange(len(waiting)))
                    unanswered = {c["id"] for c in items if c["state"] == "requested"}
                    kinds = [p["category"] for p in asked["proposals"] if p["id"] in unanswered]
                    if not kinds:  # the same was asked again and answered there
                        continue
                    said = {kind: chance.choice(("given", "given", "refused")) for kind in kinds}
                    done = await answer(carers[email], asked, **said)
                else:
                    email = chance.choice((AMINA, DANIEL))
                    kinds = chance.choice((["education"], ["health"], ["education", "health"]))
                    waiting.append((email, await story.ask(email, (chance.choice((HEALTH, CARE)), kinds))))
                    continue
                assert done.status_code == 201, done.text
                items = (await story.senco.get(f"{story.path}/consents")).json()["items"]
                given = {(c["agency"]["id"], c["category"]) for c in items if c["state"] == "given"}
                rows = await admin.fetch(
                    "SELECT principal::text, category FROM case_access WHERE basis = 'consent' AND category <> 'core' AND now() < valid_until"
                )
                assert {tuple(row) for row in rows} == given
                opened += len(given)
        assert opened > 10
