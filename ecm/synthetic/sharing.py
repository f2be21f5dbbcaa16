"""Who is asked to help with a made-up case, what the family was asked, and what it answered: every state there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from ecm.consent.rules import LASTS_MONTHS, WORKER_CHANNELS, purpose_of
from ecm.consent.wording import VERSION, Asked, Facts, written
from ecm.synthetic import sentences
from ecm.synthetic.people import Carer, called
from ecm.synthetic.places import Place, Worker
from ecm.synthetic.stories import Case, Partner

CATEGORIES = {
    "health": ("health", "education"),
    "social_care": ("social_care", "education", "family"),
    "family_support": ("family", "education"),
    "local_authority": ("education", "classroom"),
    "voluntary": ("family", "classroom"),
}
REASONS = ("assessment", "advice", "direct_support", "family_support", "coordination")
REFUSALS = ("not_our_service", "criteria_not_met", "at_capacity", "already_known", "more_information_needed")
# In 100 invitations: what the service did, and what the family said.
STORIES = {
    ("accepted", "given"): 50, ("accepted", "requested"): 7, ("accepted", "refused"): 5, ("accepted", "withdrawn"): 6,
    ("accepted", "expired"): 5, ("accepted", "paused"): 4, ("ended", "given"): 8, ("invited", "requested"): 5,
    ("invited", "given"): 2, ("invited", "not_asked"): 1, ("declined", "requested"): 4, ("withdrawn", "not_asked"): 3,
}  # fmt: skip
_KINDS, _WEIGHTS = tuple(STORIES), tuple(accumulate(STORIES.values()))
YEAR = timedelta(days=LASTS_MONTHS * 365 // 12)


class Said(NamedTuple):
    """Something said about consent, before it has a number."""

    at: datetime
    kind: str
    proposal: UUID
    place: Place
    category: str
    purpose: str
    carer: Carer
    until: datetime | None = None


@dataclass(frozen=True)
class Invited:
    """A service that was invited: how that went, when it began and ended to work, and what the family was to be asked."""

    place: Place
    worker: Worker
    status: str
    wanted: str
    since: datetime
    until: datetime
    reason: str

    @property
    def categories(self) -> tuple[str, ...]:
        """What it works with: a service that is sensitive itself, in its own kind only."""
        return _categories(self.place)


def _categories(place: Place) -> tuple[str, ...]:
    return CATEGORIES[place.kind] if place.category == "core" else (place.category,)


def invite(case: Case, services: Sequence[Place], weights: Sequence[int]) -> list[Invited]:
    """None to three services, each in one of the states; an invitation of a case that ended has ended too."""
    many = case.draw.choices((0, 1, 2, 3), cum_weights=(25, 70, 92, 100))[0]
    drawn = case.draw.choices(services, cum_weights=weights, k=many) if services else []
    return [_invite(case, place) for place in dict.fromkeys(drawn, 0)] if drawn else []


def _invite(case: Case, place: Place) -> Invited:
    draw, rows, key = case.draw, case.area.rows, case.area.rows.new_id()
    status, wanted = draw.choices(_KINDS, cum_weights=_WEIGHTS)[0]
    if case.status != "open":
        status = {"accepted": "ended", "invited": "withdrawn"}.get(status, status)
    at = case.between(case.opened, case.opened + (case.last - case.opened) / 4)
    answered = None if status in ("invited", "withdrawn") else case.between(at, min(at + timedelta(days=20), case.last))
    ended = None
    if status in ("ended", "withdrawn"):
        ended = case.between(answered or at, case.last) if case.status == "open" else case.last
    worker, reason = place.hand(draw), draw.choice(REASONS)
    inviter = case.lead if place.category == "core" else case.school.workers["dsl"][0]
    rows.add(
        "involvement", id=key, case_id=case.id, category=place.category, agency_id=place.id,
        invited_by_agency_id=case.school.id, invited_by_membership_id=inviter.id, reason_code=reason,
        offered_categories=list(_categories(place)), status=status,
        invited_at=at, answered_at=answered, ended_at=ended, ended_by_membership_id=inviter.id if ended else None,
        answer_reason=draw.choice(REFUSALS) if status == "declined" else None,
        assignee_membership_id=worker.id if status in ("accepted", "ended") and draw.random() < 0.85 else None,
        updated_at=ended or answered or at, version=1 + bool(answered) + bool(ended), read_at=answered,
    )  # fmt: skip
    if draw.random() < 0.4:
        rows.add(
            "involvement_message",
            involvement_id=key,
            case_id=case.id,
            category="core",
            text=draw.choice(sentences.MESSAGES),
        )
    return Invited(place, worker, status, wanted, answered or at, ended or case.last, reason)


def ask(case: Case, invited: Sequence[Invited], barred: set[UUID]) -> list[Partner]:
    """Ask the carers about every service that waits for a yes; the services that were at work."""
    carers = [each for each in case.pupil.carers[:2] if each.person not in barred]
    wanted = [each for each in invited if each.wanted != "not_asked"]
    at = min((each.since for each in wanted), default=case.last)
    if not wanted or not carers or at + timedelta(days=30) > case.pupil.sixteen:
        return []
    said = [each for one in wanted for each in _answers(case, one, carers, at)]
    hashes = {carer: _request(case, carer, [each for each in said if each.carer is carer], at) for carer in carers}
    # Numbers follow time, as they do when people say it one after the other.
    for each in sorted(said, key=lambda one: one.at):
        _event(case, each, hashes[each.carer])
    return [partner for one in wanted for partner in _partner(case, one, said)]


def _answers(case: Case, one: Invited, carers: Sequence[Carer], asked: datetime) -> list[Said]:
    purpose, found = purpose_of(one.reason), []
    for category in one.categories:
        for carer, wanted in _voices(one.wanted, carers):
            proposal = case.area.rows.new_id()
            found.append(Said(asked, "requested", proposal, one.place, category, purpose, carer))
            found += [
                Said(at, kind, proposal, one.place, category, purpose, carer, until)
                for at, kind, until in _mind(case, wanted, asked)
            ]
    return found


def _voices(wanted: str, carers: Sequence[Carer]) -> list[tuple[Carer, str]]:
    """Who is asked and what they say; two who do not agree pause it."""
    if wanted != "paused":
        return [(carers[0], wanted)]
    return [(carers[0], "given"), (carers[1], "refused")] if len(carers) > 1 else [(carers[0], "refused")]


def _mind(case: Case, wanted: str, asked: datetime) -> list[tuple[datetime, str, datetime | None]]:
    """When somebody said what, and until when a yes holds: a year at most, and asked again before it ends."""
    first = case.between(asked, min(asked + timedelta(days=12), case.last))
    if wanted in ("requested", "refused"):
        return [(first, wanted, None)] if wanted == "refused" else []
    found: list[tuple[datetime, str, datetime | None]] = [(first, "given", min(first + YEAR, case.pupil.sixteen))]
    while wanted == "given" and found[-1][0] + YEAR < case.last and found[-1][0] + YEAR < case.pupil.sixteen:
        again = found[-1][0] + YEAR - timedelta(days=10)
        found.append((again, "given", min(again + YEAR, case.pupil.sixteen)))
    if wanted == "withdrawn":
        later = first + timedelta(minutes=1)
        found.append((case.between(later, max(case.last, later)), "withdrawn", None))
    return found


def _request(case: Case, carer: Carer, said: Sequence[Said], at: datetime) -> bytes:
    """What this carer was asked, if anything; the hash of what they read."""
    asked = [each for each in said if each.kind == "requested"]
    if not asked:
        return b""
    rows, key, names = case.area.rows, case.area.rows.new_id(), _facts(case, asked)
    text = written(names)
    assert text is not None  # the newest version is always kept
    answered = min((each.at for each in said if each.kind in ("given", "refused")), default=None)
    rows.add(
        "consent_request", id=key, case_id=case.id, carer_id=carer.id, person_id=carer.person, language=carer.language,
        wording_version=VERSION, wording_hash=text.hash, asked_by_membership_id=case.lead.id, asked_at=at, answered_at=answered,
        school_name=names.school, pupil_name=names.child, asker_name=names.asker, asker_role=names.asker_role,
    )  # fmt: skip
    for each in asked:
        rows.add(
            "consent_proposal", id=each.proposal, request_id=key, case_id=case.id, person_id=carer.person,
            agency_id=each.place.id, category=each.category, purpose=each.purpose, agency_name=each.place.name,
        )  # fmt: skip
    return text.hash


def _facts(case: Case, asked: Sequence[Said]) -> Facts:
    """The names in the exact text that this carer would have read."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for each in asked:
        kinds.setdefault((each.place.name, each.purpose), []).append(each.category)
    questions = tuple(Asked(*key, tuple(kinds[key])) for key in sorted(kinds))
    return Facts(case.school.name, called(case.pupil), case.lead.name, case.lead.role, questions)


def _event(case: Case, said: Said, words: bytes) -> None:
    online = said.kind != "requested" and said.carer.verified and case.draw.random() < 0.7
    channel = None if said.kind == "requested" else "online" if online else case.draw.choice(WORKER_CHANNELS)
    spoken = channel not in (None, "online")
    case.area.rows.add(
        "consent_event", id=case.area.rows.new_id(), proposal_id=said.proposal, case_id=case.id, person_id=said.carer.person,
        agency_id=said.place.id, category=said.category, purpose=said.purpose, kind=said.kind, channel=channel,
        witness="School office" if spoken else None, given_by="The carer" if spoken else None,
        recorded_by_membership_id=None if online else case.lead.id, wording_version=VERSION, wording_hash=words,
        language=said.carer.language, at=said.at, until_at=said.until, number=next(case.area.rows.numbers),
    )  # fmt: skip


def _partner(case: Case, one: Invited, said: Sequence[Said]) -> list[Partner]:
    """The service as a partner, if it worked while a yes held."""
    about = [each for each in said if each.place is one.place]
    yes = [each for each in about if each.kind == "given"]
    noes = [each for each in about if each.kind in ("refused", "withdrawn")]
    if one.status not in ("accepted", "ended") or not yes or any(each.kind == "refused" for each in noes):
        return []
    since = max(one.since, min(each.at for each in yes))
    until = min([one.until, max(each.until or case.last for each in yes), *(each.at for each in noes)])
    if since >= until:
        return []
    agreed = until >= case.last
    return [Partner(one.place, one.worker, one.categories, since, until, agreed)]
