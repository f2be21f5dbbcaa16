"""Schedules of a withdrawal, of requests that read, and of other work, played in copies of one case, and what came of them."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import groupby
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zipfile import ZipFile

import asyncpg
import httpx

from ecm import connections
from ecm.plans import commands
from ecm.plans.document import PlanDocument
from ecm.plans.pdf import plan_html
from ecm.post.delivery import deliver
from ecm.post.senders import Kept, Message
from tests.access.race_moves import WITHDRAWALS, Move, Withdrawal, ids_for, meanwhile, reads_of
from tests.access.race_scene import PLANNERS, Base, Place, copies, forget, make_base
from tests.access.schedules import AT_ONCE, STUCK_SECONDS, Operation, Schedule, answering_in_steps, in_steps, stand
from tests.client import the_app
from tests.plans.samples import text_of

READERS, OTHERS = 10, 4
PLANNING = "making a plan"
# Kept among so many cases at a time: as long as people's lists are.
BATCH = 10
DRAWN_OF = 100
# Whoever holds a lock may stand still here for longer than anybody would, and others wait for it.
PATIENT = dict.fromkeys(
    ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"), f"{STUCK_SECONDS}s"
)


@dataclass
class Stage:
    """Where the schedules are played, and what came of them."""

    base: Base
    admin: asyncpg.Connection
    aside: asyncpg.Connection
    draws: bool = False
    letters: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)  # of the schedules in which something was found
    counted: Counter[str] = field(default_factory=Counter)
    doors: dict[str, Counter[str]] = field(default_factory=dict)


@asynccontextmanager
async def staged(db: Any) -> AsyncIterator[Stage]:
    """The application on a pool that keeps its statements, and the case that schedules are played in."""
    await connections.close_pool()
    keeping = partial(asyncpg.create_pool, statement_cache_size=2_000, max_cached_statement_lifetime=0)
    with patch("asyncpg.create_pool", keeping), patch("ecm.connections.ANSWER_WITHIN", STUCK_SECONDS):
        await connections.open_pool(db.app_url, size=AT_ONCE + 1, settings=PATIENT)
    transport = httpx.ASGITransport(answering_in_steps(the_app()), raise_app_exceptions=False)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client,
        db.admin() as admin,
        db.admin() as aside,
    ):
        drawn, stage = commands.RENDERER.render, None

        async def render(document: PlanDocument) -> bytes:
            await stand()
            return await drawn(document) if stage and stage.draws else b"%PDF-" + plan_html(document).encode()

        with patch.object(commands.RENDERER, "render", render), in_steps():
            stage = Stage(await make_base(client, admin), admin, aside)
            yield stage


async def play(stage: Stage, numbers: Sequence[int], only: str = "") -> None:
    """These schedules, each in a copy of the case; beside the readers `only` this is done, or whatever is drawn."""
    places = await copies(stage.admin, stage.base, [each + 1 for each in numbers])
    for number, place in zip(numbers, places, strict=True):
        await _schedule(stage, place, number, only)
    await forget(stage.admin, stage.base, places)


async def _schedule(stage: Stage, place: Place, number: int, only: str) -> None:
    random = Random(f"race {number}")
    withdrawal = WITHDRAWALS[number % len(WITHDRAWALS)]
    stage.draws = random.random() < 1 / DRAWN_OF
    end = _operation(stage, place, withdrawal.by, withdrawal.move, random.uniform(-3, 0))
    reads = _reads(stage, place, withdrawal, end, random)
    work = [each for each in meanwhile(withdrawal) if only in each[1].name]
    others = [
        _operation(stage, place, who, move, random.uniform(-4, 0))
        for who, move in random.sample(work, min(OTHERS - 1, len(work)))
    ]
    others.append(Operation("post", partial(_deliver, stage), 1, others[0]))
    operations = [end, *reads, *others]
    random.shuffle(operations)
    schedule = Schedule(random, stage.aside)
    await schedule.play(operations)
    await _deliver(stage)
    already = len(stage.found)
    await _open_new_plans(stage, place, withdrawal, number)
    assert end.result.status_code == 201, (number, end.result.text)
    _judge(stage, place, withdrawal, number, end, reads)
    if len(stage.found) > already:
        steps = (f"{name} ×{len(list(same))}" for name, same in groupby(schedule.order))
        stage.orders.append(f"ECM_RACE={number}: " + ", ".join(steps))
    _count(stage, schedule, end, reads, others)


def _reads(stage: Stage, place: Place, withdrawal: Withdrawal, end: Operation, random: Random) -> list[Operation]:
    """Ten requests of who is about to lose something; some begin only when the withdrawal was answered."""
    found: list[Operation] = []
    while len(found) < READERS:
        reader = random.choice(withdrawal.readers)
        doors = reads_of(reader)
        move = random.choices(doors, [each.share for each in doors])[0]
        if move.name == PLANNING and any(each.name.startswith(PLANNING) for each in found):
            continue  # with that of a colleague two are begun at once; a third would wait for them outside the database
        found.append(_operation(stage, place, reader, move, random.uniform(-3, 3), random.random()))
        found[-1].follows = end if random.random() < 0.5 else None
    return found


def _operation(stage: Stage, place: Place, who: str, move: Move, pace: float, choice: float = 0) -> Operation:
    """`pace` is a power of two; by `choice`, from 0 to 1, a plan is chosen of those there are when it begins."""

    async def make() -> httpx.Response:
        plan = place.plans[int(choice * len(place.plans))]
        answer = await move.make(stage.base.people[who], ids_for(who, place, plan))
        if move.name == PLANNING and answer.status_code == 201:
            place.plans.append(answer.json()["id"])
        return answer

    return Operation(f"{move.name}: {who}", make, 2**pace)


class _Caught(Kept):
    """The way of a letter out of the house, as far as the door."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def send(self, message: Message) -> None:
        await stand()
        self.stage.letters.append(f"{message.subject} {message.text}")


async def _deliver(stage: Stage) -> None:
    """What the worker does with letters that wait."""
    way = _Caught(stage)
    for row in await stage.admin.fetch("SELECT id FROM outbox WHERE state = 'waiting'"):
        await deliver(row["id"], {"email": way, "sms": way})


async def _open_new_plans(stage: Stage, place: Place, withdrawal: Withdrawal, number: int) -> None:
    """Whatever was begun meanwhile, and finished before or after: nobody who has lost its words opens it."""
    made = await stage.admin.fetch("SELECT id FROM plan WHERE case_id = $1", UUID(place.ids["case"]))
    for plan in {str(row["id"]) for row in made} - set(place.plans[: len(PLANNERS)]):
        for reader in withdrawal.readers:
            answer = await stage.base.people[reader].get(f"/plans/{plan}/document")
            stage.counted["new plans asked for"] += 1
            if _bytes_of(answer, withdrawal, place):
                stage.found.append(f"{number}: the plan {plan}, by {reader}")


def _judge(
    stage: Stage, place: Place, withdrawal: Withdrawal, number: int, end: Operation, reads: list[Operation]
) -> None:
    for each in reads:
        secret = _bytes_of(each.result, withdrawal, place)
        when = "after" if each.begun > end.ended else "before"
        door = stage.doors.setdefault(each.name.partition(":")[0], Counter())
        door[when] += 1
        door[f"{when}, with the secret"] += bool(secret)
        if secret and when == "after":
            stage.found.append(f"{number}: {each.name} got {secret} after: {withdrawal.move.name}")
    letters = " ".join(stage.letters).lower()
    stage.counted["letters"] += len(stage.letters)
    stage.letters.clear()
    if place.word in letters:
        stage.found.append(f"{number}: a letter")


def _bytes_of(answer: httpx.Response, withdrawal: Withdrawal, place: Place) -> list[str]:
    """Which of the words that were lost an answer carries, in its heads, its page, its document or its files."""
    body = answer.content
    if body.startswith(b"%PDF-1"):
        body = text_of(body).replace(" ", "").encode()  # a long word may go over the end of a line
    elif body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as archive:
            body = b"".join(map(archive.read, archive.namelist()))
    whole = (str(answer.headers).encode() + body).lower()
    return [each for each in withdrawal.lost if (each + place.word).lower().encode() in whole]


def _count(stage: Stage, schedule: Schedule, end: Operation, reads: list[Operation], others: list[Operation]) -> None:
    every = [end, *reads, *others]
    for each in reads:
        thirds = [other for other in every if other is not each and other is not end]
        meets = any(_meet(third, each) or _meet(third, end) for third in thirds)
        stage.counted["interleavings"] += meets
        stage.counted["reads that met the withdrawal"] += _meet(each, end)
        straddles = any(third.begun < end.ended and _meet(third, each) for third in thirds)
        stage.counted["reads begun after it that met what was begun before its answer"] += (
            each.begun > end.ended and straddles
        )
    stage.counted["schedules"] += 1
    stage.counted["steps"] += len(schedule.order)
    stage.counted["waits for a lock"] += schedule.waits
    stage.counted["schedules with real drawing"] += stage.draws


def _meet(one: Operation, other: Operation) -> bool:
    """Whether the one was under way while the other was."""
    return one.begun < other.ended and other.begun < one.ended


def tell(stage: Stage, seconds: float) -> None:
    """What was counted, in all and by door."""
    print(f"\n{seconds:.0f} s: " + ", ".join(f"{number:,} {name}" for name, number in stage.counted.items()))
    for door, of in sorted(stage.doors.items()):
        print(f"  {door}: begun before {of['before']:,} ({of['before, with the secret']:,} with the secret), "
              f"after {of['after']:,} ({of['after, with the secret']:,})")  # fmt: skip
    print(f"bytes of what was withdrawn, in answers to what was asked after: {len(stage.found)} findings")
