"""Help for parents and carers: short words, short sentences (tests/help/test_reading_age.py measures them)."""

from ecm.help.guide import PHONE, Guide, Picture, Task

FAMILIES = Guide(
    "parents-and-carers",
    "Parents and carers",
    "Answer a question from the school, see what happens next, and change your mind.",
    (("", "carer"),),
    (
        "Say yes or no when the school asks what it may show to others.",
        "Change your mind at any time. It works at once.",
        "See what is planned for your child, who does it, and by when.",
        "See who has looked.",
        "You never have to use this. The school can do it all with you in person, by phone or on paper.",
    ),
    (
        Task(
            "Answer a question from the school",
            "/family",
            (
                "Open the link in the message. Or sign in, and choose **Read and answer**.",
                "With a link, press **Start**. We send a code to your phone. Type it in.",
                "Read who asks and why. Then choose yes, no, or that you want to talk first.",
                "If you say yes, tick what may be shown. What you do not tick is not shown.",
                "Check it, then press **Yes, send this to the school**.",
            ),
        ),
        Task(
            "Change your mind",
            "/family",
            (
                "Go to **Your family**, to **You decide**.",
                "Choose **Turn off** beside what you no longer want.",
                "Press **Take my yes back**. From then on they cannot see it here.",
                "What somebody has saved or printed before cannot be taken back.",
            ),
        ),
        Task(
            "See what happens next",
            "/family",
            (
                "Go to **Your family**. What is planned comes first, with a name and a day.",
                "Below it you see who helps, and how to ring the school.",
            ),
            picture=Picture(
                "family-home", "Your family, on a phone: a question from the school, then what happens next.", PHONE
            ),
        ),
        Task(
            "Tell us what you think",
            "/family",
            (
                "Go to **Your family**, then choose **Tell us what you think**.",
                "Say if the words are yours or your child’s. Use any language.",
                "Press **Send**. Nobody changes your words. To take them back, choose **I sent this by mistake**.",
            ),
        ),
        Task(
            "See who has looked",
            "/family/looked/{reference}",
            (
                "Go to **Your family**, then choose **Who has looked**.",
                "You see who opened what is written about your child, and when.",
                "Is there a name you did not expect? Ask the school.",
            ),
        ),
        Task(
            "Leave a page fast",
            "/family",
            (
                "Press **Leave this page quickly**. Or press the Shift key three times.",
                "You are signed out, and the page shows the weather.",
            ),
        ),
    ),
    (
        "Ask the person at the school who leads the plan. You find the name under **Your family**.",
        "Do you want to read this in your own language, or in large print? Ask the school.",
        "Is a message real? We never ask for a password or for money. If you are not sure, ring the school on the number you always use.",
    ),
)
