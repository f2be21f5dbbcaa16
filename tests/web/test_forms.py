"""Reading forms: the words people get back, and that nothing they typed is lost."""

from contextlib import suppress
from datetime import date
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import ClientException
from pydantic import BaseModel, EmailStr, Field

from ecm.web.forms import STALE, checked, filled, typed_values
from ecm.web.text import HIDDEN, Line, MaybeLine, Text

ID = "0198c0de-0000-7000-8000-000000000001"


class Barrier(BaseModel, extra="forbid"):
    code: str = Field(title="a barrier")
    detail: Text = Field(title="what it looks like in class")


class Opening(BaseModel, extra="forbid"):
    """Every kind of box there is."""

    reason: Text = Field(title="why now", max_length=20)
    due_on: date = Field(title="the date")
    held_on: date | None = None
    level: Literal["1", "2"] = Field(title="a level")
    lead: UUID = Field(title="who leads")
    weeks: int = Field(6, ge=1, le=52, title="the number of weeks")
    email: EmailStr = Field("x@example.com", title="an e-mail address")
    categories: list[Literal["core", "health"]] = Field(title="what they may see", min_length=1)
    answers: dict[UUID, Literal["given", "refused"]] = Field({}, title="an answer")
    barriers: list[Barrier] = []
    safe: Literal[True] = Field(title="that it is safe")
    nickname: MaybeLine = ""
    asked: Line | None = Field(None, title="the question", max_length=5)


GOOD = {
    "reason": "Falls behind",
    "due_on-day": "18",
    "due_on-month": "12",
    "due_on-year": "2026",
    "level": "2",
    "lead": ID,
    "categories": "core",
    "safe": "true",
}


def sent(**changes: str | list[str]) -> dict[str, list[str]]:
    boxes = {
        name.replace("__", ".").replace("_day", "-day").replace("_month", "-month"): v for name, v in changes.items()
    }
    return typed_values(urlencode(GOOD | boxes, doseq=True).encode())


def problems(**changes: str | list[str]) -> dict[str, str]:
    return checked(sent(**changes), Opening).problems


def test_a_sound_form_makes_its_intention() -> None:
    rows = {
        "barriers__0__code": "a", "barriers__0__detail": "b", "barriers__1__code": "", "barriers__7__code": "c",
        "barriers__7__detail": "d\r\ne", f"answers__{ID}": "refused",
    }  # fmt: skip
    form = checked(sent(**rows), Opening)
    assert form.ok, form.problems
    made = form.result
    assert made.due_on == date(2026, 12, 18)
    assert (made.held_on, made.weeks, made.nickname, made.safe) == (None, 6, "", True)
    assert made.categories == ["core"]
    assert made.answers == {UUID(ID): "refused"}
    assert [(each.code, each.detail) for each in made.barriers] == [("a", "b"), ("c", "d\ne")]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"reason": ""}, "reason", "Enter why now."),
        ({"reason": "   "}, "reason", "Enter why now."),
        ({"reason": "x" * 21}, "reason", "Why now must be 20 characters or fewer."),
        ({"asked": "x" * 6}, "asked", "The question must be 5 characters or fewer."),
        ({"nickname": "x" * 201}, "nickname", "Nickname must be 200 characters or fewer."),
        ({"reason": "a\x00b"}, "reason", "Why now holds a hidden character. Delete the text and type it again."),
        ({"reason": "a\u202eb"}, "reason", "Why now holds a hidden character. Delete the text and type it again."),
        ({"reason": ["a", "b"]}, "reason", "Why now must be text."),
        ({"nickname": "a\nb"}, "nickname", "Nickname must be on one line."),
        ({"due_on_day": "31", "due_on_month": "2"}, "due_on",
         "The date must be a real date, with a year of 4 digits, such as 27 3 2027."),
        ({"due_on_day": "1_8"}, "due_on", "The date must be a real date, with a year of 4 digits, such as 27 3 2027."),
        ({"due_on_day": "", "due_on_month": " "}, "due_on", "The date must include a day and a month."),
        ({"due_on_day": "", "due_on_month": "", "due_on-year": ""}, "due_on", "Enter the date."),
        ({"level": ""}, "level", "Choose a level."),
        ({"level": "9"}, "level", "Choose a level from the list."),
        ({"lead": "nobody"}, "lead", "Choose who leads from the list."),
        ({"weeks": "many"}, "weeks", "The number of weeks must be a whole number."),
        ({"weeks": "0"}, "weeks", "The number of weeks must be 1 or more."),
        ({"weeks": "99"}, "weeks", "The number of weeks must be 52 or less."),
        ({"email": "me"}, "email", "Enter an e-mail address in the correct format, like name@example.com."),
        ({"categories": ""}, "categories", "Choose what they may see."),
        ({"categories": ["core", "secret"]}, "categories", "Choose what they may see from the list."),
        ({"safe": ""}, "safe", "Confirm that it is safe."),
        ({"safe": "no"}, "safe", "Confirm that it is safe."),
        ({f"answers__{ID}": "perhaps"}, f"answers.{ID}", "Choose an answer from the list."),
        ({"barriers__3__code": "a"}, "barriers.3.detail", "Enter what it looks like in class."),
        ({"is_admin": "1"}, "is_admin",
         "This is not asked for here. If it came from a page, reload the page and try again."),
    ],
)  # fmt: skip
def test_one_plain_sentence_for_each_thing_that_is_wrong(
    changes: dict[str, str | list[str]], field: str, sentence: str
) -> None:
    assert problems(**changes) == {field: sentence}


def test_typed_text_comes_back_exactly_and_reaches_the_command_in_normal_form() -> None:
    typed = "  José  \r\n said \u200fسلام"
    form = checked(sent(reason=typed), Opening)
    assert form.text("reason") == typed.replace("\r\n", "\n")
    assert form.result.reason == "José  \n said \u200fسلام"


def test_a_form_can_be_shown_filled() -> None:
    form = filled(due_on=date(2026, 12, 8), level=2, categories=["core"], nothing=None)
    assert [form.text(f"due_on-{part}") for part in ("day", "month", "year")] == ["8", "12", "2026"]
    assert (form.text("level"), form.texts("categories"), form.text("nothing")) == ("2", ["core"], "")


BOXES = st.sampled_from([*Opening.model_fields, "due_on-day", "due_on-year", "a.b.c.d.e.f.g", "barriers.0.code", "0.²"])


@given(st.lists(st.tuples(BOXES | st.text(max_size=12), st.text(max_size=30)), max_size=12))
def test_whatever_is_sent_is_answered_with_sentences_and_kept(pairs: list[tuple[str, str]]) -> None:
    clean = [(name, value) for name, value in pairs if not any("\ud800" <= c <= "\udfff" for c in name + value)]
    typed = typed_values(urlencode(clean).encode())
    form = checked(typed, Opening)
    assert sorted(form.typed) == sorted({name for name, _ in clean if name != "_csrf_token"})
    assert not form.ok
    assert all(text[0].isupper() and text.endswith(".") for text in form.problems.values())


@given(st.binary(max_size=60))
def test_bytes_that_are_no_form_are_refused_as_such(body: bytes) -> None:
    with suppress(ClientException):
        assert checked(typed_values(body), Opening).problems


@pytest.mark.parametrize("body", [b"reason=%ff", b"reason=\xff", b"&".join([b"a=1"] * 1001)])
def test_what_no_browser_sends_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(ClientException):
        typed_values(body)


@given(st.text())
def test_no_hidden_character_gets_through(text: str) -> None:
    class Named(BaseModel):
        name: Line

    form = checked({"name": [text]}, Named)
    if form.ok:
        assert not HIDDEN.search(form.result.name)
        assert "\n" not in form.result.name


@pytest.mark.parametrize(
    ("title", "status", "problem"), [("Refuse", 422, "Choose another title."), ("Stale", 409, STALE), ("Mine", 303, "")]
)
async def test_a_command_that_says_no_shows_the_form_again(
    client: httpx.AsyncClient, title: str, status: int, problem: str
) -> None:
    boxes = {"title": title, "reason": "r", "area": "seb", "decision": "given", "categories": "core", "safe": "true"}
    due = {"due_on-day": "1", "due_on-month": "2", "due_on-year": "2027"}
    answer = await client.post("/gallery", data=boxes | due)
    assert answer.status_code == status
    assert problem in answer.text
    if problem:
        assert f'value="{title}"' in answer.text
        assert '<option value="seb" selected>' in answer.text
        assert "<title>Error: " in answer.text
    else:
        assert answer.headers["location"] == "/gallery"
