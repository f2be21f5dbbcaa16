"""Which messages are put in the queue, and which first: in the database itself."""

from ecm.seeds import known
from tests.actions.story import SENCO
from tests.asked import asking


async def test_those_asked_for_that_still_wait_are_put_in_the_queue_and_codes_first(db):
    def letter(name: str, state: str, kind: str) -> str:
        return f"""INSERT INTO outbox (id, recipient, channel, letter, subject, text, at, state)
            VALUES ('{known(name)}', 'x', 'sms', '{kind}', '', 'x', app_now(), '{state}');"""

    waiting = (
        letter("a", "waiting", "link_code")
        + letter("b", "waiting", "link")
        + letter("c", "sent", "link")
        + letter("d", "waiting", "link")
    )
    queued = "SELECT array_agg(convert_from(payload, 'UTF8') || ' ' || priority ORDER BY priority) FROM pgqueuer"
    async with asking(db, "SELECT put_in_queue($1)", [known(each) for each in "abc"], after=queued) as ask:
        assert await ask(await db.act_as(SENCO), "DELETE FROM pgqueuer;" + waiting) == [
            f"{known('b')} 0",
            f"{known('a')} 10",
        ]
