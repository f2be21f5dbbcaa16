"""Help for people who work at the services around a school."""

from ecm.help.guide import PHONE, Guide, Picture, Task

ANSWER = Task(
    "Answer an invitation",
    "/invitations/{involvement_id}",
    (
        "Under **Invitations**, choose **Read and answer**. You read which school asks, what for, and what you could see. There is no name.",
        "Choose **Accept**, or **Decline** with a reason that helps the school.",
        "It then says “Accepted, waiting for the family”. When they say yes, the case is under **Cases**. If they say no, you never learn the name.",
    ),
    "involvement:answer",
)
WORK = Task(
    "Say how your work is going",
    "/actions",
    (
        "Choose **Actions**: yours, on all cases, what is overdue first.",
        "Type a sentence under **Progress, in a sentence**, then **Save progress** or **Mark as done**.",
    ),
    "action:change",
    Picture("actions-on-a-telephone", "Your actions on a telephone: for each a sentence and two buttons.", PHONE),
)
NOTE = Task(
    "Write a note on a case",
    "/cases/{reference}",
    (
        "Open the case under **Cases**. Each part says why you can see it.",
        "Under **Write a note**, type it, and choose the **Kind of information**: that decides who reads it.",
        "Choose **Save the note**.",
    ),
    "note:write",
)
PROMISE = Task(
    "Promise something",
    "/cases/{reference}/actions/add",
    (
        "On the case, choose **Add an action**.",
        "Say what will be done, who does it and by when.",
        "Choose **Add the action**. The school, and whoever else may see that kind of information, sees it at once.",
    ),
    "action:add",
)
COLLEAGUE = Task(
    "Give work to a colleague",
    "/invitations/{involvement_id}",
    (
        "Under **Invitations**, open what you said yes to.",
        "Under **Give the work to a colleague**, choose who does it from now on, then **Save**.",
        "They see the case from that moment. Whoever did it before does not.",
    ),
    "desk:general",
)
PLAN = Task(
    "Make a support plan",
    "/cases/{reference}/plans",
    (
        "On the case, choose **Plan**.",
        "Choose who it is for, then **Make the plan**. It holds only what its readers may see.",
        "A moment later, **Download (PDF)**. Each download is written down.",
    ),
    "plan:make",
)

EMERGENCY = Task(
    "Open a record in an emergency: social care, and health on duty",
    "/emergencies/open",
    (
        "Under **Emergency**, choose **Open a record in an emergency**. It is for when somebody may come to harm if you wait.",
        "Say who the pupil is, exactly, and why it cannot wait. Type your password again, then **Open the record**.",
        "The case is on your list for four hours at most. Choose **End it now** when you have seen what you need. Somebody else reviews it.",
    ),
    "emergency:open",
)

PARTNERS = Guide(
    "partners",
    "Workers of a partner service",
    "Answer a school that asks for your help, do the work, and say how it is going.",
    tuple(
        (kind, role)
        for kind in ("social_care", "health", "family_support", "voluntary")
        for role in ("practitioner", "manager")
    ),
    (
        "Answer invitations of schools.",
        "See the cases on which the family said yes to your service, and only the kinds of information they agreed to.",
        "Write notes, add barriers and actions in the kinds that are yours to write, and make plans from what you see.",
        "When a family takes its yes back, the case is gone from your list at once. What you wrote yourself stays yours.",
    ),
    (ANSWER, WORK, NOTE, PROMISE, COLLEAGUE, EMERGENCY),
    (
        "About a pupil or an invitation: the person at the school who leads the case. The case says who, and how to ring them.",
        "About your account, or when you change jobs: your own service’s administrator. Their name is at the foot of every page.",
        "About what you may share: your data protection officer. When a child is not safe, use your usual safeguarding route at once; do not wait for an answer here.",
    ),
)

AUTHORITY = Guide(
    "local-authority",
    "Local authority",
    "Work on the cases to which schools invited you, and see where they stand.",
    tuple(("local_authority", role) for role in ("case_officer", "practitioner", "manager")),
    (
        "Answer invitations of schools, as every service does.",
        "See the cases on which the family said yes to the local authority. You do not see other cases, and no lists of pupils of a school.",
        "Write notes, add barriers and actions, and make plans from what you see.",
    ),
    (ANSWER, NOTE, WORK, COLLEAGUE, PLAN),
    (
        "About a pupil or an invitation: the person at the school who leads the case.",
        "About your account: your own administrator. Their name is at the foot of every page.",
        "About what you may share: your data protection officer.",
    ),
)
