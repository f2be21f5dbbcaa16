"""The published description of the API is true: a program that made itself from it meets nothing it was not told of."""

import asyncio
import sys
from pathlib import Path

from tests.actions.story import SENCO, open_story
from tests.browser import served
from tests.client import application, sign_in, the_app

# Rules say no (422) to what a schema cannot say: a day that is past, a worker of another agency, a hidden character.
NOT_ASKED = "positive_data_acceptance"
PHASES = ("Coverage", "Fuzzing", "Stateful")


async def test_schemathesis_finds_no_fault_and_no_surprise(db, tmp_path: Path) -> None:
    await open_story(db)
    async with application() as client, served(the_app()) as address:
        token = (await sign_in(client, SENCO)).headers["Authorization"]
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json",
            "--header", f"Authorization: {token}", "--exclude-path", "/api/v1/tokens/current",
            "--exclude-checks", NOT_ASKED, "--max-examples", "8", "--seed", "7", "--continue-on-failure", "--no-color",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said = (await program.communicate())[0].decode()
    assert program.returncode == 0, said[-8000:]
    assert all(f"✅  {phase}" in said or f"✅ {phase}" in said for phase in PHASES), said[-3000:]
