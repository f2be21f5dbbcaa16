"""The worker's process: several kinds of work, none of which ends another; and settings that are refused."""

import asyncio
from dataclasses import fields

import pytest

from ecm import worker
from ecm.config import Settings, Unsafe, read_settings

MAIL = {"ECM_SMTP_HOST": "mail.example", "ECM_SMTP_FROM": "school@ecm.example"}


async def test_work_that_fails_begins_again_and_the_other_goes_on(monkeypatch):
    monkeypatch.setattr(worker, "REST_SECONDS", 0.01)
    stop, begun = asyncio.Event(), {"bad": 0, "good": 0}

    async def bad(_: asyncio.Event) -> None:
        begun["bad"] += 1
        if begun["bad"] == 3:
            stop.set()
        raise (OSError, KeyError, RuntimeError)[begun["bad"] - 1]

    async def good(until: asyncio.Event) -> None:
        begun["good"] += 1
        await until.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(*(worker._keep_on(name, work, stop) for name, work in (("a", bad), ("b", good))))
    assert begun == {"bad": 3, "good": 1}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ECM_SMTP_HOST": "mail.example"}, "ECM_SMTP_FROM"),
        (MAIL | {"ECM_SMTP_FROM": "nobody"}, "ECM_SMTP_FROM"),
        (MAIL | {"ECM_SMTP_PORT": "99999"}, "ECM_SMTP_PORT must be a number from 1 to 65535"),
        (MAIL | {"ECM_SMTP_PORT": "٢٥x"}, "ECM_SMTP_PORT"),
        (MAIL | {"ECM_SMTP_USER": "ecm"}, "both, or neither"),
        (MAIL | {"ECM_SMTP_PASSWORD": "secret"}, "both, or neither"),
        ({"ECM_SMS_URL": "http://sms.example", "ECM_SMS_TOKEN": "t"}, "https://"),
        ({"ECM_SMS_URL": "https://sms.example"}, "ECM_SMS_TOKEN"),
    ],
)
def test_unsafe_settings_of_the_post_are_refused_with_a_sentence(wrong, sentence):
    with pytest.raises(Unsafe, match=sentence):
        read_settings(wrong)
    sound = MAIL | {"ECM_SMTP_USER": "ecm", "ECM_SMTP_PASSWORD": "secret", "ECM_SMS_URL": "https://sms.example"}
    found = read_settings(sound | {"ECM_SMS_TOKEN": "hidden", "ECM_SMTP_PORT": "465"})
    assert (found.smtp_port, found.smtp_from) == (465, "school@ecm.example")
    assert "secret" not in repr(found)
    assert "hidden" not in repr(found)
    assert len(fields(Settings)) <= 25
