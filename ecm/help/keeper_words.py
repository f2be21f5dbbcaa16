"""Help for people who look after people, rules or machines, and see no case."""

from ecm.agencies.permissions import KINDS
from ecm.help.guide import TALL, Guide, Picture, Task

SIGNED_IN = Task(
    "See where you are signed in",
    "/account/sessions",
    (
        "Under **Your account**, choose **Where you are signed in**.",
        "Do you not know one of them? Choose **Sign out everywhere**, then change your password.",
    ),
)

AUDITORS = Guide(
    "auditors",
    "Auditors",
    "See who did what, in which role and when; check that the log is whole. You see no case.",
    (("partnership", "auditor"),),
    (
        "Search everything that happened: sign-ins, what was opened, what was changed, what was refused.",
        "Take the log away and check it with what you kept, without trusting this system.",
        "You see no name of a pupil, no note and no plan.",
    ),
    (
        Task(
            "See what happened",
            "/oversight",
            (
                "Choose **Oversight**. The state of the log stands at the top, then what happened, the newest first.",
                "Each line says who, in which role, did what, about which case (by its number, never by a name), and why they could.",
                "**Denied attempts** shows what was refused. Many refusals of one person in a short time are worth a question.",
            ),
            "audit:read",
            Picture("oversight", "Oversight: the state of the log in one line, then events, newest first.", TALL),
        ),
        Task(
            "Narrow it down, and do it again next month",
            "/oversight",
            (
                "Open **Filter this list**, choose organisation, person, kind or days, then **Show the list**.",
                "Under **Keep this search**, give it a name: it waits for you under **Your searches**.",
            ),
            "audit:read",
        ),
        Task(
            "Read the record of access of a pupil or a case",
            "/oversight",
            (
                "Under **Find a pupil’s or a case’s record of access**, type the UPN or the reference you were given, then **Find**.",
                "You see everybody who opened it, in which role, when, and why they could.",
            ),
            "audit:read",
        ),
        Task(
            "Look at the month",
            "/oversight",
            (
                "Choose **Figures**: twelve months, in a table and in charts.",
                "To look further back, choose another month under **Twelve months up to**, then **Show**.",
            ),
            "audit:read",
        ),
        Task(
            "Check the log yourself",
            "/oversight",
            (
                "On your first day, keep the key that you were handed, and a checkpoint, where nobody else can change them.",
                "Choose **The log itself**, then **Download the log (ZIP)**. The page says how to check it, offline.",
                "Under **What did the check say?**, write down how it ended. Keep the new checkpoint for next time.",
            ),
            "audit:export",
        ),
    ),
    (
        "About the log and its key: whoever runs the system for the partnership.",
        "About a person’s doings: the data protection officer of the organisation they work for.",
    ),
)

STEWARDS = Guide(
    "partnership-data-protection",
    "Data protection officer of the partnership",
    "Keep the sharing agreements between organisations, and review what nobody else could review in time. You see no case.",
    (("partnership", "data_protection_officer"),),
    (
        "Begin, approve and end agreements. A school can invite a service only if both have signed one that covers it.",
        "Review an emergency access that its own organisation did not review in time, or cannot.",
    ),
    (
        Task(
            "Begin an agreement, and put it in force",
            "/agreements/new",
            (
                "Under **Agreements**, choose **Begin an agreement** and give its title and its first and last day.",
                "For each clause on the paper: its number, the kinds of information and what for, then **Add the clause**.",
                "For each organisation that has signed: choose it, then **Keep the signature**.",
                "Choose **Approve the agreement**. From then on its clauses stand; organisations can still sign and leave.",
            ),
            "agreement:manage",
        ),
        Task(
            "End an agreement",
            "/agreements/{agreement_id}",
            (
                "Open it under **Agreements**, then **End this agreement**, then **End it**.",
                "No new invitation rests on it. Work that goes on is not touched.",
            ),
            "agreement:manage",
        ),
        SIGNED_IN,
    ),
    (
        "About what an agreement should say: whoever signs for each organisation.",
        "About one emergency access: the data protection officer of the organisation it happened in.",
    ),
)

ADMINISTRATORS = Guide(
    "administrators",
    "Administrators of a school or service",
    "Look after the accounts of your own organisation’s people. You see no case.",
    tuple((kind, "agency_admin") for kind in KINDS),
    (
        "Invite colleagues, change their roles, and end their work here.",
        "Set cover for an absence, and hand work over.",
        "You see the numbers and references of work that needs a new owner, and nothing about a pupil.",
    ),
    (
        Task(
            "Invite a colleague",
            "/people/invite",
            (
                "Under **People**, choose **Invite a colleague**.",
                "Give name, e-mail address and role, and the first day. A temporary colleague needs a last day too.",
                "Choose **Send the invitation**. They set their own password; nobody else ever knows it.",
            ),
            "people:manage",
            Picture("people", "People: who works here, in which role, and who is away."),
        ),
        Task(
            "Set cover for an absence",
            "/people/{membership_id}/cover",
            (
                "Under **People**, choose the colleague who is away, then **Set a cover while they are away**.",
                "Choose who covers and the days, then **Set the cover**. It ends by itself.",
            ),
            "people:manage",
        ),
        Task(
            "Hand work over",
            "/people/{membership_id}/handover",
            (
                "Under **People**, choose the colleague, then **Hand over their work**.",
                "Choose who takes what, then **Hand over**.",
            ),
            "people:manage",
        ),
        Task(
            "End somebody’s work here",
            "/people/{membership_id}/ending",
            (
                "Hand their work over first. Then choose **End their work here**.",
                "Choose now, or the end of a day, then **End their work**. The next thing they do is refused, wherever they are signed in.",
            ),
            "people:manage",
        ),
        Task(
            "Change a role",
            "/people/{membership_id}/role",
            (
                "Under **People**, choose the colleague, then **Change their role**.",
                "Choose the new role, then **Change role now**. What they could see in the old one ends at once.",
            ),
            "people:manage",
        ),
    ),
    (
        "About ECM itself, or a message that did not arrive: the system administrator of your partnership.",
        "About what a role may see: your data protection officer.",
    ),
)

SYSTEM = Guide(
    "system-administrators",
    "System administrators",
    "See that messages leave. You see no case, and not what a message says.",
    (("partnership", "system_admin"),),
    (
        "See which messages did not leave, or came back, and try them again.",
        "Addresses are hidden but for a few letters; you never see whom a message is about.",
        "The machine itself is looked after with commands, not here.",
    ),
    (
        Task(
            "See how the post is doing",
            "/post",
            (
                "Choose **Post**. The first line says what is waiting and what left today.",
                "Messages in trouble are listed below it, newest first, with what went wrong.",
            ),
            "post:manage",
        ),
        Task(
            "Try a message again",
            "/post",
            (
                "Repair the cause first: the mail server, the account at the provider, the network.",
                "Choose **Try again** beside one message, or **Try all again**.",
                "Where the link or code in a message has run out it cannot be sent again: the school asks anew.",
            ),
            "post:manage",
        ),
        SIGNED_IN,
    ),
    (
        "About running the machine, backups and upgrades: the documentation that came with it.",
        "About a school’s people: that school’s own administrator.",
    ),
)

OFFICERS = Guide(
    "data-protection-officers",
    "Data protection officers",
    "See what your organisation wrote in error, and who has opened your school’s cases.",
    tuple((kind, "data_protection_officer") for kind in KINDS if kind != "partnership"),
    (
        "Read what people of your organisation wrote and then marked as entered in error.",
        "See who opened a case that your school keeps, when you know its reference. You do not see the case.",
    ),
    (
        Task(
            "Read what was entered in error",
            "/corrections",
            (
                "Choose **Entered in error**.",
                "For each: what it said, who wrote it, who took it back, and why.",
            ),
            "correction:read",
        ),
        Task(
            "See who opened a case",
            "/cases/{reference}/access",
            (
                "Ask for the reference of the case, such as ECM-7K4P-2Q.",
                "Type the address of this site, then /cases/, the reference and /access.",
                "You see who opened it, in which role, for which organisation, and when.",
            ),
            "access_log:read",
        ),
        Task(
            "Review an emergency access",
            "/emergencies",
            (
                "Under **Emergency**, open what waits. You have 2 working days; then it goes to the partnership.",
                "Read who opened a case, why, and what they looked at. You read nothing of the case.",
                "Say whether it was right, and choose **Save the review**. You never review your own.",
            ),
            "emergency:review",
        ),
        SIGNED_IN,
    ),
    (
        "About the whole log: the auditor of your partnership.",
        "About an account: your own administrator. Their name is at the foot of every page.",
    ),
)
