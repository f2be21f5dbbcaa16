"""`ecm import-pupils`: one file, or a folder of many schools; interrupted, it goes on; what was approved is passed over."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ecm import connections
from ecm.errors import Refused
from ecm.imports import command_line
from ecm.imports.command_line import import_all, set_numbers
from ecm.seeds import known
from tests.conftest import SECRET
from tests.imports.files import HEADER, csv, line, roll

CTF = """<CTfile><Header><DocumentName>Common Transfer File</DocumentName><CTFversion>19.0</CTFversion>
<SourceSchool><LEA>999</LEA><Estab>4001</Estab></SourceSchool><DestSchool><LEA>999</LEA><Estab>4002</Estab></DestSchool></Header>
<CTFpupilData><Pupil><Surname>Moved</Surname><Forename>Mia</Forename><DOB>2014-02-14</DOB></Pupil></CTFpupilData></CTfile>"""


@pytest.fixture
def config(db: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of this installation; the pool of the test stands for the command's own."""

    async def nothing(*_: Any, **__: Any) -> None:
        """The pool is open, and stays."""

    monkeypatch.setattr(connections, "open_pool", nothing)
    monkeypatch.setattr(connections, "close_pool", nothing)
    return SimpleNamespace(secret_key=SECRET, database_url=db.app_url)


async def test_a_file_is_looked_at_and_then_written_once(db: Any, config: Any, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "pupils.csv"
    file.write_bytes(csv(line(1), line(2), "X,Wrong,Number,14/02/2018,4,Elm"))
    assert await import_all(config, file, None, False) == 2  # neither the file nor its name says which school
    assert "--school" in capsys.readouterr().err
    assert await import_all(config, file, "999001", False) == 1
    told = capsys.readouterr().out
    assert "Oakfield Primary School: read, nothing written yet" in told
    assert "2 new, 0 changed, 0 unchanged, 1 not taken" in told
    assert "  row 4, UPN: " in told
    assert "Test1" not in await roll(db, known("oakfield"))
    for said in ("approved. 2 new", "approved before, passed over. 2 new"):
        assert await import_all(config, file, "9994001", True) == 1
        assert said in capsys.readouterr().out
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM pupil_import") == 1
        by = await admin.fetchrow("SELECT entry FROM audit_event WHERE event = 'import:approved'")
    assert '"service": "import"' in by[0]
    assert (await roll(db, known("oakfield"))).keys() >= {"Test1", "Test2"}


async def test_a_folder_goes_on_where_it_was_interrupted(
    db: Any, config: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "9994001_CTF_9994002_001.xml").write_text(CTF)  # who goes to Hillside
    (tmp_path / "9994001_CTF_XXXXXXX_002.csv").write_bytes(csv(line(1)))
    (tmp_path / "b.csv").write_bytes(csv(f"{line(2)},9994002", header=f"{HEADER},LAESTAB"))
    (tmp_path / "c.csv").write_bytes(b"no list")
    (tmp_path / "notes.md").write_text("nothing")
    approve = command_line.approve_import

    async def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "approve_import", stop)
    with pytest.raises(KeyboardInterrupt):
        await import_all(config, tmp_path, None, True)
    monkeypatch.setattr(command_line, "approve_import", approve)
    assert await import_all(config, tmp_path, None, True) == 2
    told = capsys.readouterr()
    assert [told.out.count(each) for each in (": approved.", "Hillside Academy", "Oakfield")] == [3, 2, 1]
    assert "[4/4] c.csv: not taken." in told.err
    assert "Mia" in await roll(db, known("hillside"))
    assert await import_all(config, tmp_path, None, True) == 2
    assert capsys.readouterr().out.count("passed over") == 3
    # A school for which a file is not is not asked twice.
    assert await import_all(config, tmp_path / "b.csv", "999001", True) == 2
    assert "another school" in capsys.readouterr().err


async def test_a_schools_number_is_recorded(db: Any, config: Any) -> None:
    for wrong in (("Oakfield Primary School", "12", None), ("Oakfield Primary School", None, None), ("Nowhere", "999009", None),
                  ("Oakfield Primary School", "999002", None)):  # fmt: skip
        with pytest.raises(Refused):
            await set_numbers(config, *wrong)
    await set_numbers(config, "oakfield primary school", "999009", None)
    async with db.admin() as admin:
        row = await admin.fetchrow("SELECT urn, laestab FROM agency WHERE id = $1", known("oakfield"))
    assert tuple(row) == ("999009", "9994001")
