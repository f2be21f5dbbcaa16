"""A plan is made from a case, opened by whoever may read all of it, and by nobody else, also later."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from tests.cases.test_api import NEW_CASE
from tests.client import application, sign_in


async def test_only_who_may_read_everything_in_it_opens_a_plan(db, tmp_path: Path):
    async with application() as client:
        senco, dsl = await sign_in(client, "senco@oakfield.example"), await sign_in(client, "dsl@oakfield.example")
        case = (await senco.post("/cases", NEW_CASE)).json()
        path = f"/cases/{case['id']}"
        secret = await dsl.post(f"{path}/notes", {"category": "safeguarding", "text": "CANARY-SAFE"})
        assert secret.status_code == 201, secret.text
        assert (await senco.post(f"{path}/notes", {"category": "education", "text": "CANARY-EDU"})).status_code == 201
        professional = await senco.post(f"{path}/plans", {"audience": "professionals", "plan_type": "sen_support"})
        assert professional.status_code == 201, professional.text
        family = (await senco.post(f"{path}/plans", {"audience": "family", "plan_type": "sen_support"})).json()
        assert set(family["categories"]) <= {"core", "classroom", "education"}
        plan = professional.json()
        assert plan["status"] == "ready"
        document = await senco.get(f"/plans/{plan['id']}/document")
        assert sha256(document.content).hexdigest() == plan["sha256"]
        text = as_text(document.content, tmp_path)
        assert "CANARY-EDU" in text
        assert "CANARY-SAFE" not in text
        assert "Leila" not in document.headers["content-disposition"]
        stranger = await sign_in(client, "senco@hillside.example")
        assert (await stranger.get(f"/plans/{plan['id']}")).status_code == 404
        assert (await stranger.get(f"/plans/{plan['id']}/document")).status_code == 404
        assert [p["id"] for p in (await dsl.get(f"{path}/plans")).json()["items"]] == [family["id"], plan["id"]]


def as_text(document: bytes, folder: Path) -> str:
    """The words of a PDF, in reading order."""
    assert shutil.which("pdftotext")
    (folder / "plan.pdf").write_bytes(document)
    done = subprocess.run(["pdftotext", "-layout", folder / "plan.pdf", "-"], capture_output=True, check=True)
    return done.stdout.decode()
