"""What a school's own record is made of, sheet by sheet: how each is read, and what its columns are called and mean.

Read as whoever asks: row-level security decides which rows there are, and nothing here filters by reader.
"""

from dataclasses import dataclass

# What a column holds, and its type in a Data Package. `long` is text of several lines, `codes` are several codes,
# `barrier` a code in the catalogue's words; `state`, `since` and `until` are made of the answers to a proposal.
KIND = {
    "text": "string",
    "long": "string",
    "code": "string",
    "codes": "string",
    "day": "date",
    "instant": "datetime",
    "whole": "integer",
    "number": "number",
    "barrier": "string",
    "state": "string",
    "since": "datetime",
    "until": "datetime",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file. `sql` gives the columns in their order, and wants the ids of cases if the sheet is `of_cases`.

    `refers`: column, sheet, column of that sheet. `key`: the column by which a row is known.
    """

    name: str
    about: str
    sql: str
    columns: tuple[tuple[str, str], ...]
    refers: tuple[tuple[str, str, str], ...] = (("case", "cases", "case"),)
    of_cases: bool = True
    key: str = "id"


WHO = "JOIN membership m ON m.id = {0} JOIN person w ON w.id = m.person_id"
OF_CASES = "JOIN support_case c ON c.id = x.case_id WHERE c.id = ANY ($1::uuid[])"

SHEETS = (
    Sheet(
        "cases",
        "The cases of the school, open, closed and opened in error.",
        f"""SELECT c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name, u.date_of_birth,
            (SELECT e.upn FROM enrolment e WHERE e.pupil_id = c.pupil_id ORDER BY e.to_on NULLS FIRST, e.from_on DESC LIMIT 1),
            c.status, b.level, b.reason, b.strengths, w.name, m.role, c.opened_at, c.next_review_on, c.updated_at
            FROM support_case c JOIN pupil u ON u.id = c.pupil_id {WHO.format("c.lead_membership_id")}
            LEFT JOIN case_brief b ON b.case_id = c.id WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id""",
        (
            ("case", "text"), ("pupil_id", "text"), ("first_name", "text"), ("last_name", "text"),
            ("preferred_name", "text"), ("date_of_birth", "day"), ("upn", "text"), ("status", "code"), ("level", "code"),
            ("reason", "long"), ("strengths", "long"), ("lead_practitioner", "text"), ("lead_role", "code"),
            ("opened_at", "instant"), ("next_review_on", "day"), ("updated_at", "instant"),
        ),
        (),
        key="case",
    ),
    Sheet(
        "barriers",
        "What gets in the way of learning, in the words of the catalogue and of whoever noticed it.",
        f"""SELECT x.id, c.reference, x.category, x.code, x.code, x.how_identified, x.detail, a.name, x.updated_at
            FROM identified_barrier x JOIN agency a ON a.id = x.author_agency_id {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("code", "code"), ("barrier", "barrier"),
            ("how_identified", "code"), ("detail", "long"), ("agency", "text"), ("updated_at", "instant"),
        ),
    ),
    Sheet(
        "involvements",
        "Which services were asked, what they answered, and who does the work there.",
        f"""SELECT x.id, c.reference, a.name, a.kind,
            CASE WHEN x.status <> 'accepted' THEN x.status WHEN agency_on_case(x.case_id, x.agency_id) THEN 'active'
                 ELSE 'waiting_for_basis' END,
            x.reason_code, x.offered_categories, t.text, x.invited_at, x.answered_at, x.answer_reason, x.answer_message,
            w.name, x.ended_at
            FROM involvement x JOIN agency a ON a.id = x.agency_id LEFT JOIN involvement_message t ON t.involvement_id = x.id
            LEFT JOIN membership m ON m.id = x.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("agency", "text"), ("agency_kind", "code"), ("status", "code"),
            ("reason", "code"), ("categories", "codes"), ("message", "long"), ("invited_at", "instant"),
            ("answered_at", "instant"), ("answer", "code"), ("answer_message", "long"), ("assignee", "text"),
            ("ended_at", "instant"),
        ),
    ),
    Sheet(
        "actions",
        "What was promised, by whom, by when, and how far it is.",
        f"""SELECT x.id, c.reference, x.category, x.title, a.name, w.name, x.due_on, x.status, x.progress, g.name, x.added_at,
            x.updated_at
            FROM action x JOIN agency a ON a.id = x.owner_agency_id JOIN agency g ON g.id = x.author_agency_id
            LEFT JOIN membership m ON m.id = x.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("title", "text"), ("owner", "text"), ("assignee", "text"),
            ("due_on", "day"), ("status", "code"), ("progress", "long"), ("added_by", "text"), ("added_at", "instant"),
            ("updated_at", "instant"),
        ),
    ),
    Sheet(
        "outcomes",
        "What is to be different for the pupil, how that is measured, and where it stands.",
        f"""SELECT x.id, c.reference, x.category, x.title, x.measure, x.baseline, x.target, x.due_on, x.status, x.settled_at,
            a.name, x.added_at, x.updated_at
            FROM outcome x JOIN agency a ON a.id = x.author_agency_id {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("title", "text"), ("measure", "text"),
            ("baseline", "number"), ("target", "number"), ("due_on", "day"), ("status", "code"), ("settled_at", "instant"),
            ("agency", "text"), ("added_at", "instant"), ("updated_at", "instant"),
        ),
    ),
    Sheet(
        "measurements",
        "What was measured for an outcome. Of one day, the row written last counts.",
        f"""SELECT x.id, c.reference, x.outcome_id, x.category, x.measured_on, x.value, x.note, w.name, a.name, x.written_at
            FROM measurement x JOIN agency a ON a.id = x.author_agency_id {WHO.format("x.author_membership_id")}
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("outcome", "text"), ("category", "code"), ("measured_on", "day"),
            ("value", "number"), ("note", "long"), ("author", "text"), ("agency", "text"), ("written_at", "instant"),
        ),
        (("case", "cases", "case"), ("outcome", "outcomes", "id")),
    ),
    Sheet(
        "provisions",
        "What the pupil gets, from whom, how often, since when.",
        f"""SELECT x.id, c.reference, x.category, x.title, x.who, x.how_often, x.minutes, x.weeks, x.starts_on, x.ended_on, a.name,
            x.added_at, x.updated_at
            FROM provision x JOIN agency a ON a.id = x.author_agency_id {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("title", "text"), ("who", "text"), ("how_often", "text"),
            ("minutes", "whole"), ("weeks", "whole"), ("starts_on", "day"), ("ended_on", "day"), ("agency", "text"),
            ("added_at", "instant"), ("updated_at", "instant"),
        ),
    ),
    Sheet(
        "views",
        "What pupil and family say in their own words. Without a role, a parent or carer wrote it themselves.",
        f"""SELECT x.id, c.reference, x.category, x.whose, x.text, x.how, x.given_on, coalesce(w.name, n.name), m.role, a.name,
            x.written_at
            FROM case_view x LEFT JOIN agency a ON a.id = x.author_agency_id
            LEFT JOIN membership m ON m.id = x.author_membership_id LEFT JOIN person w ON w.id = m.person_id
            LEFT JOIN person n ON n.id = x.author_person_id {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("whose", "code"), ("text", "long"), ("how", "text"),
            ("given_on", "day"), ("by", "text"), ("role", "code"), ("agency", "text"), ("written_at", "instant"),
        ),
    ),
    Sheet(
        "notes",
        "What was written down.",
        f"""SELECT x.id, c.reference, x.category, x.text, w.name, m.role, a.name, x.written_at
            FROM note x JOIN agency a ON a.id = x.author_agency_id {WHO.format("x.author_membership_id")}
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("category", "code"), ("text", "long"), ("author", "text"), ("role", "code"),
            ("agency", "text"), ("written_at", "instant"),
        ),
    ),
    Sheet(
        "consents",
        "What parents and carers were asked, and how their answer stands at the moment of this export.",
        f"""SELECT x.id, c.reference, n.name, a.name, x.category, x.purpose, x.id, x.id, x.id
            FROM consent_proposal x JOIN agency a ON a.id = x.agency_id LEFT JOIN person n ON n.id = x.person_id
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("carer", "text"), ("agency", "text"), ("category", "code"),
            ("purpose", "code"), ("state", "state"), ("since", "since"), ("until", "until"),
        ),
    ),
    Sheet(
        "answers",
        "Every question and every answer of `consents`, as it was given.",
        f"""SELECT x.id, c.reference, x.proposal_id, x.kind, x.at, x.until_at, x.channel, x.language, x.wording_version,
            x.given_by, x.witness, x.reason, w.name, x.corrects_event_id
            FROM consent_event x LEFT JOIN membership m ON m.id = x.recorded_by_membership_id LEFT JOIN person w ON w.id = m.person_id
            {OF_CASES} ORDER BY c.id, x.number""",
        (
            ("id", "text"), ("case", "text"), ("consent", "text"), ("kind", "code"), ("at", "instant"), ("until", "instant"),
            ("channel", "code"), ("language", "code"), ("wording", "text"), ("given_by", "text"), ("witness", "text"),
            ("reason", "long"), ("recorded_by", "text"), ("corrects", "text"),
        ),
        (("case", "cases", "case"), ("consent", "consents", "id")),
    ),
    Sheet(
        "carers",
        "Parents and carers who were let in to a case, and on what authority.",
        f"""SELECT x.id, c.reference, n.name, x.categories, x.authority_seen, w.name, x.admitted_at, x.ended_at
            FROM carer_admission x JOIN person n ON n.id = x.person_id {WHO.format("x.admitted_by_membership_id")}
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("carer", "text"), ("categories", "codes"), ("authority_seen", "long"),
            ("admitted_by", "text"), ("admitted_at", "instant"), ("ended_at", "instant"),
        ),
    ),
    Sheet(
        "reviews",
        "The reviews that were held.",
        f"""SELECT x.id, c.reference, x.held_on, x.next_review_on, w.name, m.role
            FROM review x {WHO.format("x.held_by_membership_id")} {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("held_on", "day"), ("next_review_on", "day"), ("held_by", "text"),
            ("role", "code"),
        ),
    ),
    Sheet(
        "contributions",
        "What was said at a review about each kind of information.",
        f"""SELECT x.id, c.reference, x.review_id, x.category, x.text, w.name, m.role, a.name, x.written_at
            FROM review_contribution x JOIN agency a ON a.id = x.author_agency_id {WHO.format("x.author_membership_id")}
            {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("review", "text"), ("category", "code"), ("text", "long"), ("author", "text"),
            ("role", "code"), ("agency", "text"), ("written_at", "instant"),
        ),
        (("case", "cases", "case"), ("review", "reviews", "id")),
    ),
    Sheet(
        "turns",
        "How cases were closed, reopened or found to be opened in error.",
        f"""SELECT x.id, c.reference, x.kind, x.outcome, x.reason, x.died_on, w.name, x.at
            FROM case_turn x {WHO.format("x.by_membership_id")} {OF_CASES} ORDER BY c.id, x.at, x.id""",
        (
            ("id", "text"), ("case", "text"), ("kind", "code"), ("outcome", "code"), ("reason", "long"), ("died_on", "day"),
            ("by", "text"), ("at", "instant"),
        ),
    ),
    Sheet(
        "plans",
        "The support plans that were issued. The documents themselves are on each case's page of support plans.",
        f"""SELECT x.id, c.reference, x.number, x.plan_type, x.audience, x.categories, w.name, x.made_at,
                   plan_status(x.status, x.made_at), x.sha256
            FROM plan x {WHO.format("x.made_by_membership_id")} {OF_CASES} ORDER BY c.id, x.id""",
        (
            ("id", "text"), ("case", "text"), ("number", "whole"), ("type", "code"), ("audience", "code"),
            ("categories", "codes"), ("made_by", "text"), ("made_at", "instant"), ("status", "code"), ("sha256", "text"),
        ),
    ),
    Sheet(
        "bars",
        "Who must not be in touch with a pupil of the school, since when, until when.",
        """SELECT x.id, x.pupil_id, u.first_name, u.last_name, n.name, x.reason_code, x.from_at, x.until_at
            FROM contact_bar x JOIN pupil u ON u.id = x.pupil_id JOIN person n ON n.id = x.person_id ORDER BY x.id""",
        (
            ("id", "text"), ("pupil_id", "text"), ("first_name", "text"), ("last_name", "text"), ("carer", "text"),
            ("reason", "code"), ("from", "instant"), ("until_at", "instant"),
        ),
        (),
        of_cases=False,
    ),
)  # fmt: skip
