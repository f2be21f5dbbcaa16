"""Writing down who a pupil is and who cares for them: a school, for pupils on its roll now. One event each."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, Refused, Stale
from ecm.pupils.queries import read_card, read_carer, read_pupil
from ecm.pupils.rules import (
    birth_problem,
    email_problem,
    name_problem,
    phone_problem,
    search_key,
    tidy_name,
    tidy_phone,
    tidy_upn,
    upn_problem,
    year_group,
    year_group_code,
)
from ecm.pupils.schemas import CarerPage, NewCarer, NewPupil, PhoneChecked, PupilChange

TAKEN_UPN = "Your school has a pupil with this UPN already. Look for them by the UPN."
TAKEN_EMAIL = "This address cannot be used here. Check it, or leave it empty and ask in person."
THEIR_OWN = "This is not your school’s alone to change. Ask them to change it, or leave it as it was."
ALREADY = "This person is recorded as a parent or carer of this pupil already."


async def add_pupil(actor: Actor, new: NewPupil) -> dict[str, Any]:
    """Put a pupil on the roll of the acting school, from today. Records pupil:added.

    Raises: NotAllowed; Refused for a name, date or number that cannot be, or a number that the school has already.
    """
    async with acting_as(actor, "add_pupil") as act:
        if not act.who.may("pupil:keep"):
            raise NotAllowed
        said = _checked(new.model_dump())
        pupil_id = new_id()
        if not await _insert(act, pupil_id, said):
            raise NotAllowed
        act.record(Event.PUPIL_ADDED, subject=pupil_id, pupils=[pupil_id])
        return await read_pupil(act, pupil_id)


async def _insert(act: Act, pupil_id: UUID, said: Mapping[str, Any]) -> bool:
    names = [said["first_name"], said["last_name"], said["preferred_name"], said["pronouns"]]
    born: date | None = said["date_of_birth"]
    known = born is not None and said["date_of_birth_known"] is not False
    year = said["year_group"] or year_group_code(year_group(born, today()) if born else None) or "X"
    try:
        return await act.value(
            "SELECT add_pupil($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            pupil_id, new_id(), names, search_key(names[0], names[1], names[2] or ""), born, known,
            said["upn"], year, said["class_name"], said["sen_provision"],
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Refused({"upn": TAKEN_UPN}) from None


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, as it is stored; an empty answer is none. Raises: Refused."""
    tidy = {name: (tidy_name(value) if name in NAMES and value else value) for name, value in said.items()}
    tidy = {name: None if value == "" and name != "last_name" else value for name, value in tidy.items()}
    if tidy.get("upn"):
        tidy["upn"] = tidy_upn(tidy["upn"])
    problems = {name: name_problem(tidy[name]) for name in NAMES if tidy.get(name)}
    born = tidy.get("date_of_birth")
    if isinstance(born, date):
        problems["date_of_birth"] = birth_problem(born, today())
    if tidy.get("upn"):
        problems["upn"] = upn_problem(tidy["upn"], synthetic=True)
    _refuse(problems)
    return tidy


NAMES = ("first_name", "last_name", "preferred_name")


def _refuse(problems: Mapping[str, str | None]) -> None:
    found = {field: sentence for field, sentence in problems.items() if sentence}
    if found:
        raise Refused(found)


async def change_pupil(actor: Actor, pupil_id: UUID, change: PupilChange) -> dict[str, Any]:
    """Correct the record of a pupil on the roll of the acting school now. Records pupil:changed.

    Raises: NotFound; NotAllowed for a reader whose school does not keep the pupil; Stale; Refused.
    """
    async with acting_as(actor, "change_pupil") as act:
        now = await read_pupil(act, pupil_id, lock=True)
        if not await act.value("SELECT keeps_pupil($1, 'pupil:keep')", pupil_id):
            raise NotAllowed
        if now["version"] != change.version:
            raise Stale(now)
        asked = change.model_dump(exclude_unset=True, exclude={"version"})
        asked = {k: v for k, v in asked.items() if v is not None or k not in NEVER_EMPTY}
        wanted = {k: v for k, v in _checked(asked).items() if v != now[k]}
        await _update(act, pupil_id, now | wanted, wanted)
        act.record(Event.PUPIL_CHANGED, subject=pupil_id, pupils=[pupil_id], fields=":".join(sorted(wanted)) or "none")
        return await read_pupil(act, pupil_id)


NEVER_EMPTY = ("first_name", "last_name", "sen_provision", "year_group", "date_of_birth_known")


async def _update(act: Act, pupil_id: UUID, to_be: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    born = to_be["date_of_birth"]
    known = born is not None and (to_be["date_of_birth_known"] or "date_of_birth_known" not in wanted)
    names = [to_be["first_name"], to_be["last_name"], to_be["preferred_name"]]
    try:
        await act.run(
            """UPDATE pupil SET first_name = $2, last_name = $3, preferred_name = $4, pronouns = $5, date_of_birth = $6,
               date_of_birth_known = $7, search_key = $8, version = version + 1 WHERE id = $1""",
            pupil_id, *names, to_be["pronouns"], born, known, search_key(names[0], names[1], names[2] or ""),
        )  # fmt: skip
        if wanted.keys() & {"upn", "year_group", "class_name"}:
            await act.run(
                "UPDATE enrolment SET upn = $2, year_group = $3, class_name = $4 WHERE pupil_id = $1",
                pupil_id, to_be["upn"], to_be["year_group"] or "X", to_be["class_name"],
            )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Refused({"upn": TAKEN_UPN}) from None
    if provision := wanted.get("sen_provision"):
        await act.run("UPDATE sen_status SET sen_provision = $2 WHERE pupil_id = $1", pupil_id, provision)


async def add_carer(actor: Actor, pupil_id: UUID, new: NewCarer) -> dict[str, Any]:
    """Write down who cares for a pupil of the acting school: nothing is granted by it. Records carer:added.

    Somebody of the same name and e-mail address who cares for another pupil of this school is the same person.
    Raises: NotFound; NotAllowed; Refused.
    """
    async with acting_as(actor, "add_carer") as act:
        await read_pupil(act, pupil_id, lock=True)
        said = _checked_carer(new)
        carer_id = new_id()
        try:
            done = await act.value(
                "SELECT add_carer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                carer_id, new_id(), pupil_id, *_in_order(said),
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            field, why = ("email", TAKEN_EMAIL) if error.table_name == "person" else ("name", ALREADY)
            raise Refused({field: why}) from None
        if not done:
            raise NotAllowed
        act.record(Event.CARER_ADDED, subject=carer_id, pupils=[pupil_id])
        return await read_carer(act, carer_id)


async def change_carer(actor: Actor, carer_id: UUID, page: CarerPage) -> dict[str, Any]:
    """Correct what is written of a carer. Another mobile number is unverified, and cannot carry consent for 14 days.

    Records carer:changed. Raises: NotFound; Stale; Refused for what only they themselves can change.
    """
    async with acting_as(actor, "change_carer") as act:
        now = await read_card(act, carer_id)
        if now["version"] != page.version:
            raise Stale(dict(now))
        said = _checked_carer(page)
        try:
            done = await act.value(
                "SELECT change_carer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", carer_id, page.version, *_in_order(said)
            )
        except asyncpg.UniqueViolationError:
            raise Refused({"email": TAKEN_EMAIL}) from None
        except asyncpg.CheckViolationError:
            raise Refused({_first_of_their_own(now, said): THEIR_OWN}) from None
        if not done:
            raise Stale(dict(await read_card(act, carer_id)))
        act.record(
            Event.CARER_CHANGED, subject=carer_id, pupils=[now["pupil_id"]], phone=said["mobile"] != now["phone"]
        )
        return await read_carer(act, carer_id)


def _first_of_their_own(now: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    pairs = (("name", "name"), ("email", "email"), ("mobile", "phone"))
    return next((field for field, column in pairs if said[field] != now[column]), "name")


def _checked_carer(new: NewCarer) -> dict[str, Any]:
    said = new.model_dump(exclude={"version"})
    said["name"] = tidy_name(new.name)
    said["email"] = (new.email or "").lower() or None
    said["mobile"] = tidy_phone(new.mobile) if new.mobile else None
    _refuse({
        "name": name_problem(said["name"]),
        "email": email_problem(said["email"]) if said["email"] else None,
        "mobile": phone_problem(said["mobile"]) if said["mobile"] else None,
    })  # fmt: skip
    return said


def _in_order(said: Mapping[str, Any]) -> list[Any]:
    order = (
        "name",
        "email",
        "mobile",
        "relationship",
        "has_parental_responsibility",
        "language",
        "needs_interpreter",
        "format",
    )
    return [said[name] for name in order]


async def verify_phone(actor: Actor, carer_id: UUID, said: PhoneChecked) -> None:
    """Record that a worker has tried this number with the carer present. Does not shorten the 14 days after a change.

    Records phone:verified. Raises: NotFound; NotAllowed; Refused when the number has changed meanwhile.
    """
    async with acting_as(actor, "verify_phone") as act:
        now = await read_card(act, carer_id)
        if not act.who.may("carer:admit"):
            raise NotAllowed
        if now["phone"] != said.mobile:
            raise Refused({"mobile": "The number has changed since. Check the one that is shown now."})
        if not await act.value("SELECT verify_phone($1, $2)", carer_id, said.mobile):
            raise NotAllowed
        act.record(Event.PHONE_VERIFIED, subject=carer_id, pupils=[now["pupil_id"]])
