"""What needs whoever signs in today. Each part is read along an index and stops after a few rows."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.actions.lists import Asked, pick
from ecm.actions.queries import SEVERAL
from ecm.agencies.words import REASON_LABELS
from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.clock import LONDON, midnight, today
from ecm.database import Act, Actor, acting_as
from ecm.emergencies.queries import to_review
from ecm.emergencies.rules import review_day
from ecm.home.below import below
from ecm.home.rules import (
    ACTION_SEEN_AHEAD,
    ANSWER_EXPECTED_WITHIN,
    Kind,
    Need,
    answer_expected_by,
    last_review_day,
    most_urgent_first,
    offer_answer_by,
    reply_by,
)
from ecm.paging import Page
from ecm.web.dates import long_date, plural

MOST_SHOWN = 10
MOST_COUNTED = 99
MOST_CASES_COUNTED = 999
VISITS_LOOKED_AT = 50
RECENT = 5
PUPIL = "c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name"
# First the few rows along their index, then what belongs to them.
REVIEWS = f"""
WITH due AS MATERIALIZED (
    SELECT id, next_review_on, reference, pupil_id FROM support_case
    WHERE lead_membership_id = $1 AND status = 'open' AND next_review_on <= $2 ORDER BY next_review_on, id LIMIT {MOST_SHOWN * 2})
SELECT c.id, c.next_review_on, {PUPIL} FROM due c JOIN pupil u ON u.id = c.pupil_id WHERE u.died_on IS NULL
ORDER BY c.next_review_on, c.id LIMIT {MOST_SHOWN}
"""
UNANSWERED = f"""
WITH asked AS MATERIALIZED (
    SELECT r.id, r.asked_at, r.case_id, r.person_id, r.asked_by_membership_id FROM consent_request r
    WHERE {{whose}} AND r.answered_at IS NULL AND r.asked_at < $2 ORDER BY r.asked_at, r.id LIMIT {MOST_SHOWN * 2})
SELECT r.id, r.asked_at, n.name AS carer, {PUPIL} FROM asked r
JOIN support_case c ON c.id = r.case_id JOIN pupil u ON u.id = c.pupil_id JOIN person n ON n.id = r.person_id
JOIN membership m ON m.id = r.asked_by_membership_id AND m.agency_id = c.school_id
WHERE c.status = 'open' AND u.died_on IS NULL ORDER BY r.asked_at, r.id LIMIT {MOST_SHOWN}
"""
ASKED_BY_ME = UNANSWERED.format(whose="r.asked_by_membership_id = $1")
ON_CASES_I_LEAD = UNANSWERED.format(
    whose="""r.asked_by_membership_id <> $1
    AND r.case_id IN (SELECT c.id FROM support_case c WHERE c.lead_membership_id = $1 AND c.status = 'open')"""
)
# Families who were not told of something that is shared, to think of again: for whoever leads the case, and who decided it.
TELLINGS = f"""
WITH due AS MATERIALIZED (
    SELECT g.id, g.agency_id, g.revisit_on, g.case_id FROM sharing_ground g
    WHERE g.recorded_by_membership_id = $1 AND g.revisit_on <= $2 AND g.family_told_on IS NULL
    UNION
    SELECT g.id, g.agency_id, g.revisit_on, g.case_id FROM support_case c JOIN sharing_ground g ON g.case_id = c.id
    WHERE c.lead_membership_id = $1 AND c.status = 'open' AND g.revisit_on <= $2 AND g.family_told_on IS NULL
    ORDER BY revisit_on, id LIMIT {MOST_SHOWN})
SELECT g.id, g.revisit_on, a.name AS agency, {PUPIL} FROM due g JOIN agency a ON a.id = g.agency_id
JOIN support_case c ON c.id = g.case_id JOIN pupil u ON u.id = c.pupil_id WHERE u.died_on IS NULL ORDER BY g.revisit_on, g.id
"""
# What a parent or carer objects to, for whoever leads the case, until it is answered.
OBJECTIONS = f"""
WITH said AS MATERIALIZED (
    SELECT o.id, o.ground_id, o.at, o.case_id FROM support_case c JOIN ground_objection o ON o.case_id = c.id
    WHERE c.lead_membership_id = $1 AND c.status = 'open' AND o.answered_at IS NULL ORDER BY o.at, o.id LIMIT {MOST_SHOWN})
SELECT o.id, o.ground_id, o.at, {PUPIL} FROM said o
JOIN support_case c ON c.id = o.case_id JOIN pupil u ON u.id = c.pupil_id WHERE u.died_on IS NULL ORDER BY o.at, o.id
"""
INVITED = f"""
SELECT i.id, i.invited_at, i.reason_code, s.name AS school FROM involvement i JOIN agency s ON s.id = i.invited_by_agency_id
WHERE i.agency_id = $1 AND i.status = 'invited' ORDER BY i.invited_at, i.id LIMIT {MOST_SHOWN}
"""
OFFERED = f"""
SELECT h.id, h.offered_at, h.joins_on, s.name AS school FROM case_handover h JOIN agency s ON s.id = h.from_school_id
WHERE h.to_school_id = $1 AND h.status = 'offered' ORDER BY h.offered_at, h.id LIMIT {MOST_SHOWN}
"""
NOBODYS_WORK = f"""
SELECT i.id FROM involvement i WHERE i.agency_id = $1 AND i.status = 'accepted' AND i.assignee_membership_id IS NULL
ORDER BY i.answered_at LIMIT {MOST_COUNTED + 1}
"""
# Pupils whose number another school has too, as far as the reader is told of them (ecm/duplicates).
MATCHED = f"SELECT x.id FROM school_match x WHERE x.school_id = $1 AND x.outcome IS NULL LIMIT {MOST_COUNTED + 1}"
VISITS = """
SELECT v.case_id, v.seen_at FROM case_visit v
WHERE v.person_id = $1 AND v.membership_id = $2 ORDER BY v.seen_at DESC LIMIT $3
"""
# Only of cases where something the reader can see moved since; what others wrote there, as far as the reader sees it.
NEW_SINCE = f"""
SELECT v.case_id, new.many, {PUPIL} FROM unnest($1::uuid[], $2::timestamptz[]) v (case_id, seen_at)
JOIN support_case c ON c.id = v.case_id JOIN pupil u ON u.id = c.pupil_id
CROSS JOIN LATERAL (SELECT count(*) AS many FROM (
    SELECT FROM note n WHERE n.case_id = v.case_id AND n.written_at > v.seen_at AND n.author_membership_id <> $3
    UNION ALL SELECT FROM identified_barrier b WHERE b.case_id = v.case_id AND b.updated_at > v.seen_at AND b.author_membership_id <> $3
    UNION ALL SELECT FROM action t WHERE t.case_id = v.case_id AND t.added_at > v.seen_at AND t.author_membership_id <> $3
    UNION ALL SELECT FROM action_change x WHERE x.case_id = v.case_id AND x.at > v.seen_at AND x.by_membership_id <> $3
    LIMIT {MOST_COUNTED + 1}) every) new
WHERE new.many > 0 AND EXISTS (SELECT FROM case_seat s WHERE s.case_id = v.case_id
    AND s.principal = ANY ((SELECT principals())::uuid[]) AND s.last_activity_at > v.seen_at)
ORDER BY v.seen_at DESC LIMIT {MOST_SHOWN}
"""
RECENTLY = f"""
SELECT v.seen_at, {PUPIL} FROM unnest($1::uuid[], $2::timestamptz[]) v (case_id, seen_at)
JOIN support_case c ON c.id = v.case_id JOIN pupil u ON u.id = c.pupil_id ORDER BY v.seen_at DESC
"""
OPEN_CASES = f"""
SELECT count(DISTINCT x.case_id) FROM unnest((SELECT principals())) p (id) CROSS JOIN LATERAL (
    SELECT s.case_id FROM case_seat s WHERE s.principal = p.id AND s.status = 'open' LIMIT {MOST_CASES_COUNTED + 1}) x
"""


async def home(actor: Actor) -> dict[str, Any]:
    """What the reader can do now, the most urgent first; the cases opened last; and how much there is. Records home:shown.

    For somebody outside agencies, and for roles that see no case, there is nothing.
    """
    async with acting_as(actor, "home") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        found = await _everything(act) if act.who.membership_id else _nothing()
        act.record(Event.HOME_SHOWN, pupils=found.pop("pupils"), outcome="shown", count=len(found["needs"]))
    return found


def _nothing() -> dict[str, Any]:
    return {"needs": [], "recent": [], "counts": [], "pupils": set()}


async def _everything(act: Act) -> dict[str, Any]:
    me, pupils, needs = act.who.membership_id, set[UUID](), list[Need]()

    def take(rows: Iterable[Record], made: Callable[[Record], Need]) -> None:
        pupils.update(row["pupil_id"] for row in rows if "pupil_id" in row)
        needs.extend(made(row) for row in rows)

    mine, of_led = await _actions(act, "mine"), await _actions(act, "lead")
    take(mine, lambda row: _action("action", row))
    take(of_led, lambda row: _action("led", row))
    take(await act.rows(REVIEWS, me, last_review_day(today())), _review)
    for sql in (ASKED_BY_ME, ON_CASES_I_LEAD) if act.who.may("consent:record") else ():
        take(await act.rows(sql, me, midnight(today() - ANSWER_EXPECTED_WITHIN + timedelta(days=1))), _unanswered)
    if act.who.may("ground:record") or act.who.may("override:record"):
        take(await act.rows(TELLINGS, me, today()), _telling)
        take(await act.rows(OBJECTIONS, me), _objection)
    if act.who.may("involvement:answer"):
        take(await act.rows(INVITED, act.who.agency_id), _invitation)
    if act.who.may("case:hand_over"):
        take(await act.rows(OFFERED, act.who.agency_id), _offered)
    take(await to_review(act), _emergency)
    behind = await below(act, today())
    pupils.update(row["pupil_id"] for row, _ in behind)
    needs += [need for _, need in behind]
    needs += await _matched(act) if act.who.agency_kind == "school" else []
    needs += await _of_the_team(act) if _answers_for_a_team(act) else []
    visits = await act.rows(VISITS, act.who.person_id, me, VISITS_LOOKED_AT)
    take(await _of_visits(act, NEW_SINCE, visits, me), _news)
    recent = await _of_visits(act, RECENTLY, visits[:RECENT])
    pupils.update(row["pupil_id"] for row in recent)
    return {
        "needs": most_urgent_first(needs),
        "recent": [{"pupil": display(row), "reference": row["reference"], "seen_at": row["seen_at"]} for row in recent],
        "counts": await _counts(act),
        "pupils": pupils,
    }


def _answers_for_a_team(act: Act) -> bool:
    return act.who.may("desk:general") and act.who.agency_kind != "school"


async def _actions(act: Act, whose: Any) -> list[Record]:
    """Overdue and due soon. Who answers for a team gives out what nobody has, instead of having it on the own list."""
    before = today() + ACTION_SEEN_AHEAD + timedelta(days=1)
    asked = Asked(whose, "open", due_before=before, assigned_only=_answers_for_a_team(act))
    ids, _ = await pick(act, asked, Page(MOST_SHOWN))
    rows = await act.rows(SEVERAL, ids) if ids else []
    return [row for row in rows if row["case_status"] == "open"]  # what is left in a case that has ended needs nobody


def _action(kind: Kind, row: Record) -> Need:
    others = f" ({row['assignee_name'] or row['agency_name']})" if kind == "led" else ""
    href = f"/actions/{row['id']}" + ("?list=whose%3Dlead" if kind == "led" else "")
    return Need(kind, row["id"], display(row), row["title"] + others, row["due_on"], href, "Open the action")


def _review(row: Record) -> Need:
    what, href = "The review of the case is due", f"/cases/{row['reference']}/review"
    return Need("review", ("review", row["id"]), display(row), what, row["next_review_on"], href, "Hold the review")


def _unanswered(row: Record) -> Need:
    what, due = f"{row['carer']} has not answered yet", answer_expected_by(_day(row["asked_at"]))
    href = f"/consent-requests/{row['id']}/record"
    return Need("consent", row["id"], display(row), what, due, href, "Record the answer")


def _telling(row: Record) -> Need:
    what = f"The family does not know what is shared with {row['agency']}: can they be told now?"
    href = f"/grounds/{row['id']}/telling"
    return Need("telling", ("telling", row["id"]), display(row), what, row["revisit_on"], href, "Decide")


def _objection(row: Record) -> Need:
    what = "A parent or carer objects to what is shared: please answer by the day shown"
    due = answer_expected_by(_day(row["at"]))
    return Need(
        "objection", ("objection", row["id"]), display(row), what, due, f"/grounds/{row['ground_id']}", "Answer"
    )


def _invitation(row: Record) -> Need:
    what = f"Invitation: {REASON_LABELS[row['reason_code']].lower()}. Please reply by the day shown"
    due = reply_by(_day(row["invited_at"]))
    return Need("invitation", row["id"], row["school"], what, due, f"/invitations/{row['id']}", "Answer")


def _offered(row: Record) -> Need:
    what = f"Offers a case, for a pupil who joins you on {long_date(row['joins_on'])}. Please answer by the day shown"
    due = offer_answer_by(_day(row["offered_at"]))
    return Need("invitation", row["id"], row["school"], what, due, f"/handovers/{row['id']}", "Answer")


def _emergency(row: Record) -> Need:
    where = f" of case {row['reference']}" if row["reference"] else ", in which nobody was found"
    what, due = f"Emergency access{where} waits for your review", review_day(row["review_by_at"])
    return Need("emergency", ("emergency", row["id"]), row["name"], what, due, f"/emergencies/{row['id']}", "Review it")


def _news(row: Record) -> Need:
    what = f"{_counted(row['many'], 'new entry', 'new entries')} since you were last there"
    href = f"/cases/{row['reference']}"
    return Need("contributions", row["case_id"], display(row), what, None, href, "See what is new")


async def _of_the_team(act: Act) -> list[Need]:
    """What nobody has yet, and what is late, in the reader's agency: one row each, with how much there is."""
    team = act.who.agency_name or ""
    found = []
    for asked, kind, words, button in (
        (Asked("unassigned", "open"), "unassigned_actions", ("action", "actions", "nobody in particular has"), "Give them out"),
        (Asked("agency", "open", overdue=True), "team", ("action", "actions", "overdue in your team"), "See them"),
    ):  # fmt: skip
        ids, more = await pick(act, asked, Page(MOST_COUNTED))
        if ids:
            (first,) = await act.rows(SEVERAL, ids[:1])
            what = f"{_counted(len(ids) + bool(more), *words[:2])} {words[2]}"
            href = f"/actions?whose={asked.whose}" + "&overdue=yes" * asked.overdue
            found.append(Need(kind, kind, team, what, first["due_on"], href, button))  # type: ignore[arg-type]
    if waiting := len(await act.rows(NOBODYS_WORK, act.who.agency_id)):
        what = f"{_counted(waiting, 'case', 'cases')} that nobody of you works on yet"
        found.append(Need("unassigned_work", "work", team, what, None, "/invitations", "Choose somebody"))
    return found


async def _matched(act: Act) -> list[Need]:
    """Pupils whom another school may have too: one row, with how many."""
    many = len(await act.rows(MATCHED, act.who.agency_id))
    what = f"{_counted(many, 'pupil', 'pupils')} whom another school may have too"
    need = Need("match", "match", act.who.agency_name or "", what, None, "/pupils/matches", "Ring the school")
    return [need] if many else []


async def _of_visits(act: Act, sql: str, visits: list[Record], *more: Any) -> list[Record]:
    if not visits:
        return []
    return await act.rows(sql, [each["case_id"] for each in visits], [each["seen_at"] for each in visits], *more)


async def _counts(act: Act) -> list[tuple[str, str, str]]:
    """How much there is: (how many, of what, where)."""
    ids, more = await pick(act, Asked("mine", "open"), Page(MOST_COUNTED))
    cases = await act.value(OPEN_CASES)
    counts = [
        (len(ids) + bool(more), MOST_COUNTED, "open action", "/actions"),
        (cases, MOST_CASES_COUNTED, "open case", "/cases?status=open"),
    ]
    if act.who.invitations is not None:
        counts.append((act.who.invitations, 100, "invitation to answer", "/invitations"))
    plurals = {"invitation to answer": "invitations to answer"}
    return [
        (f"more than {most}" if many > most else str(many), one if many == 1 else plurals.get(one, one + "s"), href)
        for many, most, one, href in counts
    ]


def _counted(many: int, one: str, several: str) -> str:
    return f"More than {MOST_COUNTED} {several}" if many > MOST_COUNTED else plural(many, one, several)


def _day(instant: Any) -> date:
    day: date = instant.astimezone(LONDON).date()
    return day
