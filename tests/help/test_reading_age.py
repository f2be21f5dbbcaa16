"""Every text that a family reads can be read at the age of 11: measured as it arrives, page by page and letter by letter."""

from collections.abc import Mapping
from dataclasses import asdict

from ecm.clock import today
from ecm.config import settings
from ecm.notifications.letters import (
    AddressChanged,
    AddressLink,
    CarerLink,
    Letter,
    LinkCode,
    PasswordChanged,
    PasswordLink,
    SchoolChanged,
    SchoolChanges,
)
from ecm.seeds import known
from ecm.web.render import environment
from tests.client import application
from tests.consent.phone import Phone, code_of, link_of
from tests.consent.story import messages
from tests.help.reading import MOST_WORDS, OLDEST, age, longest, of_page, of_text, syllables, words_of
from tests.journeys.story import Story, begin, carer_id, soon

AMINA, TEXT, SECRET = "amina.yusuf@home.example", "+447700900101", "s" * 43
LETTERS: tuple[Letter, ...] = (
    CarerLink(AMINA, SECRET, 7, interpreter=True, large_print=True),
    CarerLink(TEXT, SECRET, 7),
    LinkCode(TEXT, "012345", 10),
    SchoolChanges(AMINA),
    SchoolChanged(AMINA),
    PasswordLink(AMINA, SECRET, 30),
    PasswordChanged(AMINA),
    AddressLink(AMINA, SECRET, 24),
    AddressChanged(AMINA),
)


def test_the_measure_tells_easy_words_from_hard_ones() -> None:
    known = {"school": 1, "people": 2, "changed": 1, "wanted": 2, "information": 4, "decide": 2, "services": 3, "be": 1}
    assert {word: syllables(word) for word in known} == known
    assert words_of("It’s 5 o’clock, you’ll see!") == ["It’s", "o’clock", "you’ll", "see"]
    easy, hard = (
        of_text("The cat sat on the mat. It was warm."),
        of_text("Professionals utilise confidential information systems."),
    )
    assert (len(easy), of_text("Send it")) == (2, [])
    assert age(easy) < 6 < 16 < age(hard)


async def test_a_family_reads_nothing_that_is_too_hard(db) -> None:
    async with application() as client:
        read = await _on_the_telephone(client)
        for letter in LETTERS:
            text = environment().get_template(f"letters/{letter.name}.txt")
            words = text.render(letter=letter, **asdict(letter), site=settings().public_url)
            read[f"letter: {letter.name}, {letter.channel}"] = of_text(f"{letter.subject}\n\n{words}")
        _assert_easy(read)
        assert len(read) >= 24


async def _on_the_telephone(client) -> dict[str, list[str]]:
    """Everything a mother is shown from the first message to the day she changes her mind, by page."""
    read: dict[str, list[str]] = {}
    story = await begin(client)
    await story.act("senco", "classroom", "Picture cards for each lesson", "oakfield")
    asked = await story.ask({"community-health": ("education", "health")}, how="link")
    phone, link = Phone(client), link_of((await messages(client))[0])

    async def look(path: str, name: str) -> None:
        assert (await phone.get(path)).status_code == 200, path
        read[name] = of_page(phone.page)

    await look(link, "link")
    assert (await phone.send(link)).status_code == 303
    await look(f"{link}/code", "code")
    base = (await phone.send(f"{link}/code", code=code_of((await messages(client))[0]))).headers["location"]
    await look(base, "child")
    await look(f"{base}/who", "who")
    await look(f"{base}/questions", "questions")
    kinds = {p["category"]: p["id"] for p in asked["proposals"]}
    said = {"answers.0.question": kinds["education"], "answers.0.say": "yes"}
    assert (await phone.send(f"{base}/check", **said)).status_code == 422
    read["questions, with a problem"] = of_page(phone.page)
    assert (await phone.send(f"{base}/check", **said, **{"answers.0.kinds": kinds["education"]})).status_code == 200
    read["check"] = of_page(phone.page)
    await phone.send(f"{base}/answers", **said, **{"answers.0.kinds": kinds["education"]})
    await look(f"{base}/receipt", "receipt")
    await look(f"{base}/withdrawal/{kinds['education']}", "withdrawal")

    amina = await story.who("amina")
    view = await story.do("amina", f"{story.path}/views", whose="family", text="Evenings are hard.")
    for path, name in (
        *await _shared_by_law(story),
        ("/family", "family"),
        (f"/family/looked/{story.reference}", "looked"),
        (f"/family/views/{story.reference}", "views"),
        (f"/views/{view['id']}/correct", "views: taking back"),
        (f"/family/requests/{asked['id']}/receipt", "family: receipt"),
        (f"/family/requests/{asked['id']}/withdrawal/{kinds['education']}", "family: withdrawal"),
        ("/help/parents-and-carers", "help"),
        ("/account", "account"),
    ):
        page = await amina.see(path)
        assert page.status_code == 200, path
        read[name] = of_page(page.text)
    nobody = Phone(client)
    for path, name in (("/sign-in", "sign in"), ("/help", "all help"), ("/password/forgotten", "forgotten")):
        await nobody.get(path)
        read[name] = of_page(nobody.page)
    for name in ("ended", "not_mine"):
        read[name] = of_page(environment().get_template(f"consent/{name}.html").render(viewer=None))
    return read


async def _shared_by_law(story: Story) -> list[tuple[str, str]]:
    """She is told of what is shared by law, by override, and for a service she said yes to: the pages of each."""
    await story.join("childrens-services")
    told = {"told_on": today().isoformat(), "told_carer_ids": [carer_id("amina")]}
    care = {"agency_id": str(known("childrens-services")), "categories": ["education", "family"]}
    why = {"reason": "She said what happens at home.", "consulted": "The helpline.", "until_on": soon()}
    yes = {"code": "early_help", "carer_id": carer_id("amina"), "channel": "phone"}
    path, made = f"{story.path}/sharing-grounds", {}
    for who, basis, body in (
        ("senco", "statutory", {"code": "ca1989_s17"} | told),
        ("dsl", "override", {"code": "dpa2018_safeguarding"} | told | why),
        ("senco", "service_agreement", yes),
    ):
        made[basis] = (await story.do(who, path, basis=basis, **care, **body))["id"]
    return [
        (f"/family/grounds/{made['statutory']}/objection", "by law: objecting"),
        (f"/family/grounds/{made['override']}/objection", "override: objecting"),
        (f"/family/grounds/{made['service_agreement']}/ending", "a service: ending"),
    ]


def _assert_easy(read: Mapping[str, list[str]]) -> None:
    ages = {name: round(age(sentences), 1) for name, sentences in read.items()}
    print(*sorted(f"{years:5.1f} {name}" for name, years in ages.items()), sep="\n")
    long = {name: found for name, s in read.items() if len(words_of(found := longest(s))) > MOST_WORDS}
    assert {name: years for name, years in ages.items() if years > OLDEST} == {}
    assert long == {}
