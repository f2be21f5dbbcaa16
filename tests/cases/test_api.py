"""The first half of the story, through the API alone."""

from ecm.seeds import known
from tests.client import application, sign_in

LEILA = str(known("pupil Leila Reid"))
NEW_CASE = {
    "pupil_id": LEILA,
    "reason": "Leila finds it hard to follow what is said in class.",
    "level": "2",
    "strengths": "Kind, and curious about animals.",
    "barriers": [
        {"code": "CI01", "how_identified": "teacher_observation", "detail": "Loses the thread after one sentence."},
        {"code": "CL08", "how_identified": "assessment", "detail": ""},
    ],
}


async def test_a_senco_opens_a_case_and_nobody_else_learns_of_it(db):
    async with application() as client:
        senco = await sign_in(client, "senco@oakfield.example")
        found = await senco.get("/pupils", q="reid leila")
        assert [p["id"] for p in found.json()["items"]] == [LEILA]
        opened = await senco.post("/cases", NEW_CASE)
        assert opened.status_code == 201, opened.text
        case = opened.json()
        assert case["reason"] == NEW_CASE["reason"]
        assert [b["code"] for b in case["barriers"]] == ["CI01", "CL08"]
        assert case["lead_practitioner"]["name"] == "Grace Okafor"
        again = await senco.post("/cases", NEW_CASE)
        assert again.status_code == 422
        assert case["reference"] in again.json()["errors"][0]["message"]
        listed = (await senco.get("/cases")).json()["items"]
        assert [c["id"] for c in listed] == [case["id"]]
        note = await senco.post(f"/cases/{case['id']}/notes", {"category": "education", "text": "Spoke with Priya."})
        assert note.status_code == 201, note.text
        for stranger in ("senco@hillside.example", "nurse@community-health.example", "amina.yusuf@home.example"):
            other = await sign_in(client, stranger)
            assert (await other.get(f"/cases/{case['id']}")).status_code == 404
            assert (await other.get("/cases")).json() == {"items": [], "next": None}
            assert (
                await other.post(f"/cases/{case['id']}/notes", {"category": "education", "text": "x"})
            ).status_code == 404
