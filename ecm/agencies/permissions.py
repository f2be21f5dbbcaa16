"""Who may do what, on one screen: (kind of agency, role) × verb.

A verb opens a door; which rows lie behind it is the relation's business (ecm/access). `desk:` verbs say for which
principal of the agency a role acts; `write:` verbs in which categories a role may author without having read access.
Source: design 4 and 5; ADR 0006 (dated configuration, to be signed by an area).
"""

from collections.abc import Iterator

CATEGORIES = ("core", "classroom", "education", "health", "social_care", "family", "safeguarding")
KINDS = ("school", "social_care", "health", "family_support", "local_authority", "voluntary", "partnership")
ROLES = (
    "senco", "headteacher", "dsl", "teacher", "practitioner", "manager", "case_officer", "agency_admin", "auditor",
    "data_protection_officer", "system_admin",
)  # fmt: skip


def _write(*categories: str) -> frozenset[str]:
    return frozenset(f"write:{c}" for c in categories)


_LEAD = frozenset({
    "desk:general", "pupil:look_up", "pupil:keep", "case:open", "case:change", "involvement:invite", "carer:admit", "contact:bar",
    "consent:ask", "consent:record", "note:write", "action:add", "action:change", "barrier:add", "outcome:add", "plan:make",
    "death:record", "pupil:leave", "case:hand_over", "school:export", "ground:record", "order:record", "alert:write",
    "conflict:declare",
})  # fmt: skip
_PARTNER = frozenset({
    "involvement:answer", "note:write", "action:add", "action:change", "barrier:add", "outcome:add", "plan:make",
    "conflict:declare",
})  # fmt: skip
# Sharing is looked after by whoever answers for it: what rests on no consent, what was opened in an emergency, who is
# too close to a pupil.
_ANSWERS = frozenset({"sharing:oversee", "emergency:review", "conflict:manage"})
_SHIELDS = frozenset({"shield:set", "emergency:open"})
_DESK = frozenset({"desk:general"})
_SCHOOL_TEXT = _write("classroom", "education", "health", "social_care", "family")

_PARTNER_TEXT: dict[str, frozenset[str]] = {
    "social_care": _write("classroom", "education", "health", "social_care", "family", "safeguarding"),
    "health": _write("classroom", "education", "health", "family"),
    "family_support": _write("classroom", "education", "social_care", "family"),
    "local_authority": _write("classroom", "education", "social_care", "family"),
    "voluntary": _write("classroom", "family"),
}

# Source: design 4, "Emergency access". A health worker only while on the safeguarding duty list (ecm/emergencies).
_MORE: dict[tuple[str, str], frozenset[str]] = {
    ("social_care", "practitioner"): _SHIELDS,
    ("social_care", "manager"): _SHIELDS | {"override:record"},
    ("health", "practitioner"): frozenset({"emergency:open_on_duty", "alert:write"}),
    ("health", "manager"): frozenset({"emergency:open_on_duty", "emergency:duty", "alert:write"}),
}

GRANTS: dict[tuple[str, str], frozenset[str]] = {
    ("school", "senco"): _LEAD | _SCHOOL_TEXT | {"pupil:import", "pupil:merge"},
    ("school", "headteacher"): _LEAD
    | _SCHOOL_TEXT
    | _ANSWERS
    | {"pupil:import", "pupil:merge", "override:record", "case:restrict"},
    ("school", "dsl"): _LEAD
    | _SCHOOL_TEXT
    | _write("safeguarding")
    | _SHIELDS
    | {"desk:safeguarding", "override:record", "case:restrict", "sharing:oversee"},
    ("school", "teacher"): frozenset({"pupil:look_up_class", "note:write", "action:change", "conflict:declare"})
    | _write("classroom", "education"),
    **{
        (kind, "practitioner"): _PARTNER | text | _MORE.get((kind, "practitioner"), frozenset())
        for kind, text in _PARTNER_TEXT.items()
    },
    **{
        (kind, "manager"): _PARTNER | text | _DESK | _ANSWERS | _MORE.get((kind, "manager"), frozenset())
        for kind, text in _PARTNER_TEXT.items()
    },
    ("local_authority", "case_officer"): _PARTNER | _PARTNER_TEXT["local_authority"] | _DESK,
    ("partnership", "auditor"): frozenset({"audit:read", "audit:export"}),
    ("partnership", "system_admin"): frozenset({"post:manage"}),
    **{(kind, "agency_admin"): frozenset({"people:manage"}) for kind in KINDS},
    **{
        (kind, "data_protection_officer"): frozenset({"access_log:read", "correction:read"}) | _ANSWERS
        for kind in KINDS
        if kind != "partnership"
    },
    ("partnership", "data_protection_officer"): frozenset({"agreement:manage", "emergency:review"}),
}


def rows() -> Iterator[tuple[str, str, str]]:
    """(kind, role, verb), sorted: what `ecm migrate` writes for the database to read."""
    for (kind, role), verbs in sorted(GRANTS.items()):
        for verb in sorted(verbs):
            yield kind, role, verb


def verbs_of(kind: str, role: str) -> frozenset[str]:
    """What this role may do in this kind of agency; nothing if the table does not say."""
    return GRANTS.get((kind, role), frozenset())


def table() -> str:
    """The matrix as Markdown: a row for each verb, a column for each (kind, role)."""
    columns = sorted(GRANTS)
    verbs = sorted({verb for granted in GRANTS.values() for verb in granted})
    head = "| verb | " + " | ".join(f"{kind}<br>{role}" for kind, role in columns) + " |"
    rule = "|---|" + "---|" * len(columns)
    lines = [
        "| " + verb + " | " + " | ".join("yes" if verb in GRANTS[c] else "" for c in columns) + " |" for verb in verbs
    ]
    return "\n".join([head, rule, *lines])
