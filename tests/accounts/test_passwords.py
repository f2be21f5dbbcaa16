import asyncio
import threading
import time
from statistics import median

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError

from ecm.accounts import passwords
from ecm.accounts.passwords import (
    AT_ONCE,
    hash_password,
    hash_password_aside,
    needs_rehash,
    password_problem,
    verify_password,
    verify_password_aside,
)

pytestmark = pytest.mark.usefixtures("dear_passwords")
GOOD = "three moons over Oldham"


@pytest.fixture
def phc(dear_passwords: None) -> str:
    return hash_password(GOOD)


def test_the_right_password_is_accepted_and_every_other_refused(phc: str) -> None:
    assert verify_password(phc, GOOD)
    for wrong in ("", GOOD + " ", GOOD.lower(), GOOD[:-1], GOOD + "\x00", phc, GOOD * 100):
        assert not verify_password(phc, wrong)
    assert phc != hash_password(GOOD)
    # Beyond 1,024 characters nothing is read: the work for a request has a bound.
    assert verify_password(hash_password("x" * 1024), "x" * 1024)
    assert not verify_password(hash_password("x" * 1025), "x" * 1025)


def test_nobody_has_no_password_and_costs_as_much_to_ask_for(phc: str) -> None:
    def took(stored: str | None) -> float:
        start = time.perf_counter()
        assert not verify_password(stored, "not this one at all")
        return time.perf_counter() - start

    assert verify_password(phc, GOOD)
    assert not verify_password(None, GOOD)
    assert not verify_password(None, "")
    times = [(took(phc), took(None)) for _ in range(5)]
    assert 0.5 < median(real for real, _ in times) / median(nobody for _, nobody in times) < 2
    assert extract_parameters(passwords._NOBODY) == extract_parameters(phc)


def test_a_damaged_hash_is_a_fault_and_not_a_wrong_password() -> None:
    with pytest.raises(InvalidHashError):
        verify_password("nonsense", GOOD)


def test_the_parameters_are_at_least_owasps_and_older_ones_are_renewed(phc: str) -> None:
    made = extract_parameters(phc)
    assert phc.startswith("$argon2id$v=19$")
    assert (made.memory_cost, made.time_cost, made.salt_len, made.hash_len) >= (19 * 1024, 2, 16, 32)
    assert not needs_rehash(phc)
    assert needs_rehash(PasswordHasher(1, 19 * 1024, 1).hash(GOOD))


def test_the_same_text_typed_on_another_keyboard_is_the_same_password() -> None:
    composed, decomposed = "für drei Mäuse im Café", "fu\u0308r drei Ma\u0308use im Cafe\u0301"
    assert composed != decomposed
    assert verify_password(hash_password(decomposed), composed)
    assert not verify_password(hash_password(decomposed), "fur drei Mause im Cafe")


async def test_two_at_once_and_the_loop_goes_on(phc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most, ticks, lock = 0, 0, 0, threading.Lock()
    plain = verify_password

    def counted(stored: str | None, password: str) -> bool:
        nonlocal busy, most
        with lock:
            busy, most = busy + 1, max(most, busy + 1)
        try:
            return plain(stored, password)
        finally:
            with lock:
                busy -= 1

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    monkeypatch.setattr(passwords, "verify_password", counted)
    ticker = asyncio.create_task(tick())
    answers = await asyncio.gather(*(verify_password_aside(phc, each) for each in (GOOD, "wrong") * 3))
    ticker.cancel()
    assert answers == [True, False] * 3
    assert most == AT_ONCE == 2
    assert ticks >= 5
    assert plain(await hash_password_aside("another password"), "another password")


@pytest.mark.parametrize(
    "guessable",
    [
        "a" * 15,
        "123456789012345",
        "1122334455667788",
        "abcdefghijklmnop",
        "qwertyuiopasdfgh",
        "poiuytrewqlkjhgfdsa",
        "abcabcabcabcabcabc",
        "lemonlemonlemon",
        "passwordpassword1",
        "Every Child Matters!",
        "senco@oakfield.example",
        "Oakfield-SENCO-2026",
        "Welcome2Oakfield!",
        "ＡＡＡＡＡＡＡＡＡＡＡＡＡＡＡ",
    ],
)
def test_a_password_made_of_guessable_parts_is_refused(guessable: str) -> None:
    assert "harder to guess" in (password_problem(guessable, "senco@oakfield.example") or "")


def test_length_is_the_only_other_rule() -> None:
    email = "senco@oakfield.example"
    letters = "".join(chr(0x4E00 + 7 * number) for number in range(128))
    for good in (GOOD, "correct horse battery staple", "q7-R.w2_Kf9!zXe", letters, letters[:15], "Oakfield has 9 mice"):
        assert password_problem(good, email) is None
    assert "at least 15" in (password_problem("open-the-demo", email) or "")
    assert "at least 15" in (password_problem(letters[:14], email) or "")
    assert "at most 128" in (password_problem(letters + "x", email) or "")
    assert "at most 128" in (password_problem(letters * 100, email) or "")
    # Counted as hashed: 15 typed characters that are 14 once composed are too few.
    assert "at least 15" in (password_problem("e\u0301" + letters[:13], email) or "")
