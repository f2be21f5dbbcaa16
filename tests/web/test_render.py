"""The frame of every page, and what a template may not get away with."""

import pytest
from jinja2 import UndefinedError

from ecm.web import render, visit
from ecm.web.viewer import NavigationItem, Viewer
from tests.web.conftest import VIEWER

PAGE = (
    '{% extends "layout.html" %}{% block title %}T{% endblock %}{% block content %}<h1>H</h1>[{{ word }}]{% endblock %}'
)


def page(viewer: Viewer | None, path: str = "/", **context: object) -> str:
    visit.open_visit(visit.Visit(path, session="mine"))
    return render.environment().from_string(PAGE).render(viewer=viewer, **context)


def test_text_is_escaped_nothing_is_blank_and_a_forgotten_name_is_an_error() -> None:
    assert "[&lt;b&gt;]" in page(None, word="<b>")
    assert "[]" in page(None, word=None)
    with pytest.raises(UndefinedError, match="word"):
        page(None)


def test_the_frame_says_who_one_is_where_one_is_and_the_way_out() -> None:
    text = " ".join(page(VIEWER, "/invitations/7", word="").split())
    assert "<strong>Priya Shah</strong><br>SENCO, Oakfield Primary School" in text
    assert 'href="/account">Change role' in text
    assert f'action="/sign-out"><input type="hidden" name="_csrf_token" value="{visit.csrf_token("mine")}">' in text
    assert text.count("aria-current") == 1
    assert 'href="/invitations" aria-current="true"' in text
    assert '<span class="ecm-count">3<span class="govuk-visually-hidden"> waiting</span></span>' in text
    assert 'data-session-idle="900"' in text
    assert 'aria-current="page"' in page(VIEWER, "/gallery", word="")
    carer = Viewer("Amina Yusuf", "", "carer", "Parent or carer", (NavigationItem("/family", "Your child"),))
    assert "<br>Parent or carer</p>" in page(carer, word="")
    assert "Change role" not in page(carer, word="")


def test_nobody_signed_in_has_no_menu_no_way_out_and_no_clock_running() -> None:
    text = page(None, word="")
    assert not [each for each in ("/sign-out", "<nav", "<dialog") if each in text]
    assert 'href="/help/accessibility"' in text


@pytest.mark.parametrize("demo", [True, False])
def test_only_the_demonstration_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch, demo: bool) -> None:
    monkeypatch.setattr(render, "settings", lambda: type("Settings", (), {"demo": demo}))
    assert ("Demonstration: everybody here is made up." in page(None, word="")) is demo
    assert ('href="/demo/outbox"' in page(VIEWER, word="")) is demo


def test_every_template_is_sound() -> None:
    names = [each for each in render.environment().list_templates(extensions=["html"]) if not each.startswith("plans/")]
    assert {"layout.html", "errors/wrong.html", "components/form.html"} <= set(names)
    for each in names:
        render.environment().get_template(each)


def test_no_template_has_styles_or_scripts_in_its_lines() -> None:
    for each in render.TEMPLATES.rglob("*.html"):
        if "plans" not in each.parts and "letters" not in each.parts:
            text = each.read_text("utf-8")
            assert not [bad for bad in ("style=", "<style", " onclick", "javascript:") if bad in text], each
            assert text.count("<script") == text.count('<script type="module" src='), each
