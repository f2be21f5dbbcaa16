"""What is true of sharing that does not rest on consent: pure, each rule with its source.

The lists are dated configuration: an area has them signed by its data protection officer before it uses them. A law that
is not in force yet stands here without a first day and is offered to nobody.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ecm.agencies.permissions import CATEGORIES

SHORTEST_REASON = 20
# Source: issue "Access that cannot leak", 1; the reason for so short: ICO, "Data sharing: a code of practice" (necessary).
OVERRIDE_DAYS = 14
# When a family that was not told is thought of again, at the latest. Source: product choice, a school half-term.
REVISIT_DAYS = {"service_agreement": 42, "statutory": 42, "override": OVERRIDE_DAYS}
VERBS = {"service_agreement": "ground:record", "statutory": "ground:record", "override": "override:record"}
SHAREABLE = CATEGORIES[1:]
FOR_SAFETY = frozenset({"headteacher", "dsl"})
KEEPERS = FOR_SAFETY | {"senco"}
HELPERS = frozenset({"social_care", "health", "local_authority", "family_support"})


@dataclass(frozen=True, slots=True)
class Gateway:
    """A law under which something may be shared: with what kind of organisation, of what kind, recorded by which roles.

    In force from the midnight `from_on` begins in London until that of `until_on`; without `from_on` not yet.
    """

    code: str
    label: str
    source: str
    receivers: frozenset[str]
    categories: frozenset[str]
    roles: frozenset[str]
    from_on: date | None
    until_on: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether it can be relied on that day. Source: the commencement of the law that `source` names."""
        return self.from_on is not None and self.from_on <= on and (self.until_on is None or on < self.until_on)


_LEARNING = frozenset({"classroom", "education"})
_HELP = _LEARNING | {"health", "social_care", "family"}
_ALL = frozenset(SHAREABLE)

GATEWAYS = (
    Gateway("ca1989_s17", "Help for a child in need", "Children Act 1989, section 17",
            frozenset({"social_care"}), _HELP, KEEPERS, date(1991, 10, 14)),
    Gateway("ca1989_s27", "A council asked us to help it help a child in need", "Children Act 1989, section 27",
            frozenset({"social_care", "local_authority"}), _HELP, KEEPERS, date(1991, 10, 14)),
    Gateway("ca1989_s47", "Finding out whether a child is being harmed", "Children Act 1989, section 47",
            frozenset({"social_care"}), _ALL, FOR_SAFETY, date(1991, 10, 14)),
    Gateway("ca2004_s10", "Working together for a child’s well-being", "Children Act 2004, section 10",
            HELPERS, _LEARNING, KEEPERS, date(2005, 4, 1)),
    Gateway("ca2004_s11", "Keeping a child safe in our own work", "Children Act 2004, section 11",
            HELPERS, _ALL, FOR_SAFETY, date(2005, 10, 1)),
    Gateway("ca2004_s16la", "Sharing that helps another organisation keep a child safe or well",
            "Children Act 2004, section 16LA (Children’s Wellbeing and Schools Act 2026, section 4)",
            HELPERS, _ALL, KEEPERS, None),
    Gateway("cfa2014_s31", "The council asked us for help with special needs", "Children and Families Act 2014, section 31",
            frozenset({"local_authority"}), _HELP, KEEPERS, date(2014, 9, 1)),
    Gateway("cfa2014_s36", "Advice for an education, health and care assessment",
            "Children and Families Act 2014, section 36; SEND Regulations 2014, regulation 6",
            frozenset({"local_authority", "health"}), _HELP, KEEPERS, date(2014, 9, 1)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coded:
    """One entry of a closed list: its code, what a page calls it, and where it comes from."""

    code: str
    label: str
    source: str = ""


# Source: Working Together and the 2024 golden rules: consent is not needed when a child is at risk, a lawful basis is.
LAWFUL_BASES = (
    Coded("dpa2018_safeguarding", "Asking would put the pupil at risk, or nobody can be asked in time",
          "Data Protection Act 2018, Schedule 1, paragraph 18"),
    Coded("significant_harm", "The pupil is suffering serious harm, or is likely to", "Children Act 1989, section 47"),
    Coded("vital_interests", "To save somebody’s life", "UK GDPR, Articles 6(1)(d) and 9(2)(c)"),
)  # fmt: skip
# Source: facts on consent, "agreement to assessment/service" is not consent to share and is kept apart from it.
SERVICES = (
    Coded("early_help", "Early help or family support"),
    Coded("treatment", "Treatment or therapy"),
    Coded("assessment", "An assessment"),
    Coded("teaching_support", "Support with learning"),
)
NOT_TOLD = (
    Coded("puts_at_risk", "Telling them would put somebody at risk"),
    Coded("harms_enquiry", "Telling them would get in the way of an enquiry"),
    Coded("not_reached", "We could not reach them"),
    Coded("not_yet", "We have not had the time yet"),
)
NOT_TOLD_CODES = frozenset(each.code for each in NOT_TOLD)


def gateways_for(role: str, on: date) -> list[Gateway]:
    """The laws this role may rely on that day, in the order of the list. Source: `GATEWAYS`, ADR 0028."""
    return [each for each in GATEWAYS if role in each.roles and each.in_force(on)]


def codes(basis: str, role: str, on: date) -> list[Coded]:
    """What this role may choose for this basis that day. Source: `GATEWAYS`, `LAWFUL_BASES` and `SERVICES`; ADR 0028."""
    if basis == "statutory":
        return [Coded(each.code, each.label, each.source) for each in gateways_for(role, on)]
    return list(LAWFUL_BASES if basis == "override" else SERVICES)


LABELS = {each.code: each.label for group in (GATEWAYS, LAWFUL_BASES, SERVICES, NOT_TOLD) for each in group}
SOURCES = {each.code: each.source for each in (*GATEWAYS, *LAWFUL_BASES)}

NO_CODE = "Choose one that your role may record today."


def misfit(code: str, role: str, receiver: str, categories: Iterable[str], on: date) -> dict[str, str]:
    """What is wrong with relying on this law for an organisation of kind `receiver`; empty when nothing is.

    Source: `GATEWAYS`.
    """
    law = next((each for each in gateways_for(role, on) if each.code == code), None)
    if law is None:
        return {"code": NO_CODE}
    if receiver not in law.receivers:
        return {"code": f"{law.source} is not for this kind of organisation. Choose another reason."}
    if set(categories) - law.categories:
        return {"categories": f"{law.source} does not cover all of these. Choose less, or another reason."}
    return {}


def telling_problems(
    basis: str, on: date, told_on: date | None, told: Sequence[object], code: str | None, revisit_on: date | None
) -> dict[str, str]:
    """What is wrong with what is said about telling the family: told whom and when, or why not and when that is looked at
    again. Empty when nothing is.

    Source: issue "Access that cannot leak", 1, "told / not told recorded"; golden rule 2 of 2024 (tell where safe).
    """
    if told_on is not None or told:
        return _told(on, told_on, told)
    if code not in NOT_TOLD_CODES:
        return {"not_told_code": "Say who was told and when, or why nobody was."}
    latest = on + timedelta(days=REVISIT_DAYS[basis])
    if revisit_on is None or not on <= revisit_on <= latest:
        return {"revisit_on": f"Enter the day on which you look at this again, within {REVISIT_DAYS[basis]} days."}
    return {}


def _told(on: date, told_on: date | None, told: Collection[object]) -> dict[str, str]:
    problems = {}
    if told_on is None or told_on > on:
        problems["told_on"] = "Enter the day on which they were told: today or earlier."
    if not told:
        problems["told_carer_ids"] = "Tick who was told. Nobody else is shown that this is shared."
    return problems


def override_problems(reason: str, consulted: str, until_on: date | None, on: date) -> dict[str, str]:
    """What is missing for an override: why in at least 20 characters, who was consulted, an end within 14 days.

    Source: issue "Access that cannot leak", 1; golden rules of 2024, 4 (seek advice) and 7 (record the decision).
    """
    problems = {}
    if len(reason) < SHORTEST_REASON:
        problems["reason"] = f"Say why in at least {SHORTEST_REASON} characters."
    if not consulted:
        problems["consulted"] = "Enter who you asked for advice, such as the social care helpline. If nobody, say why."
    if until_on is None or not on < until_on <= on + timedelta(days=OVERRIDE_DAYS):
        problems["until_on"] = f"Enter the last day: after today and within {OVERRIDE_DAYS} days."
    return problems
