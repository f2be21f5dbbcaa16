"""Help for people who work at a school."""

from ecm.help.guide import PHONE, TALL, Guide, Picture, Task

LEADS = Guide(
    "school-leads",
    "SENCOs and school leads",
    "Open a case, ask the family, bring services together and see that what was promised happens.",
    (("school", "senco"), ("school", "headteacher"), ("school", "dsl")),
    (
        "Open a case for a pupil of your school, and keep it until its work is done.",
        "Invite services and ask the family what each of them may see. Nobody outside your school sees anything before the family says yes.",
        "Write notes, add barriers and actions, hold reviews and make the support plan.",
        "See who may see what, and who has looked.",
        "Keep the list of pupils of your school, and take your data away at any time.",
    ),
    (
        Task(
            "Open a case",
            "/cases/new",
            (
                "On **Home** or under **Cases**, choose **Open a case**.",
                "Type part of the pupil’s name and choose **Find**. A wrong letter does not matter.",
                "Go through the six steps. Each is kept when you leave it, so you can stop and come back: your draft waits under **Carry on where you stopped**.",
                "On **Check and open**, read everything once more and choose **Open the case**. Until then nobody else can see it.",
            ),
            "case:open",
            Picture("senco-home", "Home: a list of what is needed today, the most urgent first, each with one button."),
        ),
        Task(
            "Invite a service",
            "/cases/{reference}/invite",
            (
                "Open the case and choose **Invite a service**.",
                "Find one by what it offers.",
                "Say what you ask for. The least that such a service needs to see is ticked for you.",
                "Choose **Send the invitation**. They read what you ask for and from which school, but no name.",
            ),
            "involvement:invite",
        ),
        Task(
            "Ask the family",
            "/cases/{reference}/ask",
            (
                "On the case, choose **Ask the family**, and who you ask. It must be somebody with parental responsibility whose proof the school has seen.",
                "Choose **See what they will read**, and read it.",
                "By link: choose **Send the link**. In person: choose **Go through it together**, read the words out, and write down the answer with a witness.",
                "The answer counts at once. **People and sharing** shows who may see what, and since when.",
            ),
            "consent:ask",
            Picture(
                "sharing", "People and sharing: a row for each service, a column for each kind of information.", TALL
            ),
        ),
        Task(
            "Follow what was promised",
            "/cases/{reference}/actions",
            (
                "Open the case. It begins with what is overdue, then what happens next.",
                "Choose **Add an action** to say who does what by when.",
                "Under **Actions** in the menu you see everything that you have promised, on all cases.",
                "**Mark as done** with one sentence of what came of it.",
            ),
            "action:add",
            Picture("case", "A case: what is overdue, what happens next, what is going well.", TALL),
        ),
        Task(
            "Say what should change, and measure it",
            "/cases/{reference}",
            (
                "On the case, choose **Add an outcome**. Say what should be different by when, and where it stands today.",
                "Each time you measure, open the outcome and choose **Save the number**. The chart shows whether it is on its way.",
                "**Add provision** says who helps, how often and for how long.",
            ),
            "outcome:add",
        ),
        Task(
            "Hold a review and make the plan",
            "/cases/{reference}/review",
            (
                "On the case, choose **Write down a review**. What was agreed last time stands at the top.",
                "Write in the box whose readers are right for it: under each stands who reads it.",
                "Set the day of the next review, then **Check the review** and **Save the review**.",
                "Under **Plan**, choose who the plan is for, then **Make the plan**. It holds only what its readers may see.",
            ),
            "case:change",
        ),
        Task(
            "Put something right that should never have been there",
            "/cases/{reference}/timeline",
            (
                "Beside a note, what they say or a part of a review, choose **Entered in error?**. An action, an outcome or a provision has the link at its foot, a number in its table.",
                "Say why, then **It was entered in error**. Nobody on the case sees it any more; it is kept for whoever wrote it and for the data protection officer.",
            ),
            "note:write",
        ),
        Task(
            "Bring your pupils in from a file",
            "/pupils/import",
            (
                "Under **Pupils**, choose **Import pupils from a file**, and give it the file your school’s own system writes.",
                "Look at what is new, what would change and what was not taken. Nothing has been written yet.",
                "Choose **Go on to approve**, then **Approve**.",
            ),
            "pupil:import",
        ),
    ),
    (
        "About your account, or a colleague who joins or leaves: your school’s administrator. Their name is at the foot of every page.",
        "About what may be shared: your data protection officer. When a child is not safe: your safeguarding lead, at once, by telephone.",
        "About a service: ring it. Your case says who does the work there.",
    ),
)

TEACHERS = Guide(
    "teachers",
    "Class teachers",
    "See what helps the pupils of your class, write down today’s numbers, and say how your actions are going.",
    (("school", "teacher"),),
    (
        "See the actions your school gave you, with their dates.",
        "Say in a sentence how an action is going, and mark it as done.",
        "See on one page what helps the pupils of your class, in their own words too, and write down today’s numbers.",
        "You see nothing else of a case, unless you were named to work on it. Ask your SENCO for more.",
    ),
    (
        Task(
            "See what needs you today",
            "/",
            (
                "Choose **Home**. What is due stands at the top, the longest overdue first.",
                "Each line has one button that takes you to it.",
            ),
        ),
        Task(
            "Write down today’s numbers",
            "/class",
            (
                "Choose **Your class**. What is measured for your pupils stands at the top, a box for each.",
                "Type the number, and choose **Save**. What you have written down today moves to the end.",
                "Below are your pupils: what each of them says, what is hard, and what helps in class.",
            ),
            "pupil:look_up_class",
        ),
        Task(
            "Say how an action is going",
            "/actions",
            (
                "Choose **Actions**.",
                "Type a sentence under **Progress, in a sentence**, and choose **Save progress**.",
                "When it is done, choose **Mark as done**. You can open it again later.",
            ),
            "action:change",
            Picture(
                "actions-on-a-telephone", "Your actions on a telephone: for each a sentence and two buttons.", PHONE
            ),
        ),
        Task(
            "Put something right that you wrote",
            "/actions",
            (
                "Open the action and choose **This action was entered in error**. You can when you wrote it.",
                "Say why, then **It was entered in error**. Nobody on the case sees it any more; it is kept for your data protection officer.",
            ),
            "action:change",
        ),
        Task(
            "Find a colleague",
            "/people",
            (
                "Under **Your account**, choose **Your colleagues**.",
                "You see who works at your school, in which role, and their telephone number.",
            ),
        ),
        Task(
            "Say who covers for you",
            "/account",
            (
                "Under **Your account**, choose **Who covers while you are away**.",
                "Choose a colleague and the days, then **Set the cover**.",
            ),
        ),
    ),
    (
        "About a pupil: your SENCO.",
        "When a child is not safe: your safeguarding lead, at once, in person or by telephone.",
        "About your account: your school’s administrator. Their name is at the foot of every page.",
    ),
)
