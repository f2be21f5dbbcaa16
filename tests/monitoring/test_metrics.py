"""Numbers for whoever keeps it going: behind their own token, by route and never by address, and true."""

import dataclasses
import re

import httpx
import pytest

from ecm import config
from ecm.app import create_app
from ecm.config import Unsafe, read_settings
from ecm.seeds import known
from tests.actions.story import SENCO, open_story
from tests.client import sign_in

TOKEN = "a token of twenty characters or more"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that has a token for its numbers."""
    found = dataclasses.replace(config.settings(), metrics_token=TOKEN)
    for module in ("ecm.monitoring.metrics", "ecm.config"):
        monkeypatch.setattr(f"{module}.settings", lambda: found)


@pytest.mark.usefixtures("measured")
async def test_numbers_by_route_for_whoever_has_the_token(db) -> None:
    story = await open_story(db)
    transport = httpx.ASGITransport(create_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        senco = await sign_in(client, SENCO)
        assert (await senco.get(f"/cases/{story.case_id}")).status_code == 200
        assert (await senco.get(f"/cases/{known('nothing')}")).status_code == 404
        for given in ({}, {"authorization": "Bearer wrong"}, senco.headers):
            assert (await client.get("/metrics", headers=given)).status_code == 401
        shown = await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert shown.status_code == 200
        route = 'method="GET",route="/api/v1/cases/{case_id}",status='
        for status in (200, 404):
            assert f'ecm_answers_total{{{route}"{status}"}} 1.0' in shown.text
        waiting = int(float(re.search(r"^ecm_messages_waiting (\S+)$", shown.text, re.M)[1]))
        sessions = int(float(re.search(r"^ecm_live_sessions (\S+)$", shown.text, re.M)[1]))
    async with db.admin() as admin:
        assert waiting == await admin.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting'")
        assert sessions == await admin.fetchval("SELECT count(*) FROM session WHERE ended_at IS NULL") > 0
    for word in ("Leila", "Reid", "@", str(story.case_id), story.reference, str(known("nothing"))):
        assert word not in shown.text


async def test_without_a_token_there_is_no_such_page(db) -> None:
    transport = httpx.ASGITransport(create_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        assert (await client.get("/metrics", headers={"authorization": "Bearer "})).status_code == 404
    with pytest.raises(Unsafe, match="ECM_METRICS_TOKEN"):
        read_settings({"ECM_METRICS_TOKEN": "short"})
