"""What the ten main pages weigh at first view: each byte that travels, the page itself and all it needs.

Pages travel as they are, because compressing them would give secrets away (ADR 0004); static files are compressed.
"""

import re
from pathlib import PurePosixPath

import httpx

from ecm.web import assets
from tests.client import application
from tests.journeys.story import tell
from tests.pictures import MAIN

MOST_BYTES = 100_000
LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
IMPORTED = re.compile(r'from "\./([\w.-]+)"')
DRAWN = re.compile(r"url\((images/[\w.-]+)\)")


async def test_no_main_page_weighs_more_than_100_kb_at_first_view(db) -> None:
    assets.collect()
    assert len(MAIN) == 10
    async with application() as client:
        story = await tell(client, "in_person")
        for pupil in ("Łukasz Wiśniewski", "Suhaila", "José María Núñez"):
            await story.open(pupil)
        weights, kept = {}, dict[str, tuple[int, str]]()
        for picture in MAIN:
            page = await (await story.who(picture.who)).see(picture.path.replace("{case}", f"/cases/{story.reference}"))
            assert page.status_code == 200, picture.path
            assert "content-encoding" not in page.headers
            parts = await _parts(client, LINKED.findall(page.text), kept)
            weights[picture.name] = len(page.content) + sum(kept[each][0] for each in parts)
    print(*(f"{bytes_:7} {name}" for name, bytes_ in weights.items()), sep="\n")
    assert len(kept) >= 8
    assert {name: bytes_ for name, bytes_ in weights.items() if bytes_ > MOST_BYTES} == {}


async def _parts(client: httpx.AsyncClient, wanted: list[str], kept: dict[str, tuple[int, str]]) -> set[str]:
    """The static files a page fetches: what it links to, what its script imports, every drawing of its style."""
    found: set[str] = set()
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            if path not in kept:
                kept[path] = await _fetched(client, path)
            text, folder = kept[path][1], PurePosixPath(path).parent
            wanted += [str(folder / name) for name in (*IMPORTED.findall(text), *DRAWN.findall(text))]
    return found


async def _fetched(client: httpx.AsyncClient, path: str) -> tuple[int, str]:
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.status_code == 200, path
    return len(raw), (await client.get(path)).text
