"""What people may try in a world beside consent: what opens, and what closes. Written as the commands write it."""

from datetime import timedelta
from uuid import UUID

from ecm.clock import new_id
from ecm.database import Act, proof
from ecm.seeds import known
from tests.access.model import midnight
from tests.access.scene import Scene, pupil_now, today


async def ground(
    act: Act, at: Scene, agency: str, basis: str, categories: tuple[str, ...], days: int | None, by: str | None = None
) -> int:
    """Record a reason to share that is no consent, for so many days or until it is ended."""
    if not await act.value(
        "SELECT may_record_ground($1, $2, $3, $4)", at.case, at.agency(agency), basis, list(categories)
    ):
        return 0
    code = {"service_agreement": "treatment", "statutory": "ca1989_s47", "override": "significant_harm"}[basis]
    return await act.run(
        """INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, reason, consulted, agreed_by_person_id,
               channel, family_told_on, told_person_ids, from_at, until_at, recorded_by_membership_id)
           VALUES ($1, $2, $3, $4, $5, $6, 'a reason of twenty characters', 'the safeguarding lead', $7, $8, $9, $10,
                   app_now(), app_now() + make_interval(days => $11), $12)""",
        new_id(), at.case, at.agency(agency), basis, code, list(categories), known(by) if by else None,
        "in_person" if by else None, await today(act), [known(by or "mother")], days, act.who.membership_id,
    )  # fmt: skip


async def end_ground(act: Act, at: Scene, agency: str) -> int:
    return await act.run(
        """UPDATE sharing_ground SET ended_at = app_now(), end_reason = 'over'
           WHERE case_id = $1 AND agency_id = $2 AND ended_at IS NULL""",
        at.case, at.agency(agency),
    )  # fmt: skip


async def break_in(act: Act, at: Scene) -> int:
    """Open the record of the pupil in an emergency."""
    emergency = new_id()
    opened = await act.row(
        "SELECT * FROM open_emergency($1, $2, '', '', NULL, 'immediate_danger', 'a reason of twenty characters', $3, $4)",
        emergency, at.cast.upns[at.pupil], await act.value("SELECT app_now() + interval '2 days'"), proof("emergency", emergency),
    )  # fmt: skip
    return int(opened is not None and opened["case_id"] == at.case)


async def go_out(act: Act, at: Scene) -> int:
    """End one's emergency access."""
    return await act.run("UPDATE emergency_access SET ended_at = app_now() WHERE case_id = $1", at.case)


async def restrict(act: Act, at: Scene, names: tuple[str, ...]) -> int:
    """Restrict the case to some by name, of those that the page offers."""
    seats = await _offered(act, at, names)
    return int(await act.value("SELECT restrict_case($1, $2, 'staff_family', $3)", new_id(), at.case, seats) is True)


async def add_name(act: Act, at: Scene, name: str) -> int:
    return int(await act.value("SELECT name_reader($1, $2)", at.case, at.seat(name)) is True)


async def drop_name(act: Act, at: Scene, name: str) -> int:
    return int(await act.value("SELECT unname_reader($1, $2)", at.case, at.seat(name)) is True)


async def unrestrict(act: Act, at: Scene) -> int:
    return int(await act.value("SELECT lift_restriction($1)", at.case) is not None)


async def declare(act: Act, at: Scene, name: str) -> int:
    """Say that somebody is too close to the pupil: oneself, or a colleague."""
    return await act.run(
        "INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind) VALUES ($1, $2, $3, 'own_family')",
        new_id(), at.cast.seats[name].person, await pupil_now(act, at),
    )  # fmt: skip


async def resolve(act: Act, at: Scene, name: str) -> int:
    """Say that it is over."""
    return await act.run(
        "UPDATE conflict_of_interest SET ended_at = app_now() WHERE person_id = $1 AND ended_at IS NULL",
        at.cast.seats[name].person,
    )


async def order(act: Act, at: Scene, carer: str, days: int | None = None) -> int:
    """Record an order of a court that bars sharing, for so many days or until it is discharged."""
    pupil, barred, made_on = await pupil_now(act, at), new_id(), await today(act)
    until_on = made_on + timedelta(days=days) if days is not None else None
    await act.run(
        """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
           VALUES ($1, $2, $3, 'court_order', app_now(), $4, $5)""",
        barred, pupil, known(carer), midnight(until_on + timedelta(days=1)) if until_on else None, act.who.membership_id,
    )  # fmt: skip
    return await act.run(
        """INSERT INTO court_order (id, pupil_id, person_id, kind, made_on, until_on, contact_bar_id)
           VALUES ($1, $2, $3, 'non_molestation', $4, $5, $6)""",
        new_id(), pupil, known(carer), made_on, until_on, barred,
    )  # fmt: skip


async def discharge(act: Act, at: Scene, carer: str) -> int:
    """The order has ended, and with it its bar."""
    live = "pupil_id = $1 AND person_id = $2 AND ended_at IS NULL"
    bars = await act.rows(
        f"SELECT contact_bar_id FROM court_order WHERE {live}", await pupil_now(act, at), known(carer)
    )
    done = await act.run(
        f"UPDATE court_order SET ended_at = app_now() WHERE {live}", await pupil_now(act, at), known(carer)
    )
    await act.run(
        "UPDATE contact_bar SET until_at = app_now() WHERE id = ANY ($1) AND (until_at IS NULL OR until_at > app_now())",
        [row["contact_bar_id"] for row in bars],
    )
    return done


async def _offered(act: Act, at: Scene, names: tuple[str, ...]) -> list[UUID | None]:
    """Those of them that a page offers for naming: who works on the case."""
    offered = {row["id"] for row in await act.rows("SELECT id FROM workers_on_case($1) k (id)", at.case)}
    return [at.seat(name) for name in names if at.seat(name) in offered]


async def shield(act: Act, at: Scene, names: tuple[str, ...]) -> int:
    """Write down where the pupil can be found, for some by name."""
    fact, pupil = new_id(), await pupil_now(act, at)
    done = await act.value("SELECT shield_fact($1, $2, 'address', 'a place')", fact, pupil)
    for seat in await _offered(act, at, names) if done else ():
        await act.value("SELECT name_shield_reader($1, $2, $3)", new_id(), fact, seat)
    return int(done is True)


SHIELDED = "(SELECT f.id FROM shielded_fact f WHERE f.pupil_id = $1)"


async def drop_reader(act: Act, at: Scene, name: str) -> int:
    dropped = f"SELECT count(*) FILTER (WHERE drop_shield_reader(f.id, $2)) FROM {SHIELDED} f"
    return int(await act.value(dropped, await pupil_now(act, at), at.seat(name)))


async def unshield(act: Act, at: Scene) -> int:
    return int(await act.value(f"SELECT count(end_shield(f.id)) FROM {SHIELDED} f", await pupil_now(act, at)))


async def end_alert(act: Act, at: Scene) -> int:
    """Say that what had to be known in an emergency is over."""
    over = "SELECT count(end_health_alert(h.id)) FROM (SELECT id FROM health_alert WHERE case_id = $1) h"
    return int(await act.value(over, at.case))


async def cover(act: Act, at: Scene, name: str, begins: int, days: int) -> int:
    """Have somebody stand in for oneself, in so many days from now, for so many days."""
    first = await today(act) + timedelta(days=begins)
    words = new_id(), act.who.membership_id, at.seat(name), first, first + timedelta(days=days - 1)
    return int(await act.value("SELECT set_cover($1, $2, $3, $4, $5, $6)", *words, proof("cover", *words)) is True)


async def uncover(act: Act, at: Scene) -> int:
    """Be back early."""
    covers = [row["id"] for row in await act.rows("SELECT id FROM covers_for($1) k (id)", act.who.membership_id)]
    return sum([bool(await act.value("SELECT end_cover($1, $2)", each, proof("end_cover", each))) for each in covers])


SHARING = (
    ground, end_ground, break_in, go_out, restrict, add_name, drop_name, unrestrict, declare, resolve, order, discharge,
    shield, drop_reader, unshield, end_alert, cover, uncover,
)  # fmt: skip
