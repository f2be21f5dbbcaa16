"""`ecm demo` as a newcomer meets it: two starts, one interruption, a log that can be checked, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.free import free_port

BARE = {k: v for k, v in os.environ.items() if not k.startswith("ECM_")}


@contextmanager
def demo(data: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """A running demonstration, and the seconds it took to be ready."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ecm", "--data", str(data), "demo", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=BARE,
    )  # fmt: skip
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line == f"ready: http://127.0.0.1:{port}\n":
                break
        else:
            raise AssertionError("".join(said))
        yield process, time.monotonic() - began
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def ecm(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Another `ecm` command on the same folder."""
    return subprocess.run([sys.executable, "-m", "ecm", "--data", str(data), *words], capture_output=True, text=True, env=BARE, check=False)  # fmt: skip


def left_running(data: Path) -> list[str]:
    """Command lines of living processes that speak of this folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(data) in words:
            found.append(words)
    return found


def test_two_starts_an_export_an_interruption_and_a_backup(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data, port = tmp_path / "data", free_port()
    with demo(data, port) as (process, first):
        again = ecm(data, "demo", "--port", str(free_port()))
        assert again.returncode == 3
        assert "already running" in again.stderr
        token = json.load(
            _post(port, "/api/v1/tokens", {"email": "auditor@partnership.example", "password": "open-the-demo"})
        )
        assert token["token_type"] == "Bearer"
        assert json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/demo/outbox.json")) is not None
        bundle, key = tmp_path / "bundle", (data / "log" / "key.vkey")
        _until(lambda: ecm(data, "audit", "export", "--to", str(bundle)).returncode == 0)
        sound = ecm(data, "audit", "verify", str(bundle), "--key", str(key), "--since", str(bundle / "checkpoint"))
        assert sound.returncode == 0, sound.stdout + sound.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert left_running(data) == []
    entries = next(each for each in bundle.iterdir() if each.name.startswith("entries"))
    entries.write_bytes(entries.read_bytes().replace(b'"session:opened"', b'"session:closed"', 1))
    assert ecm(data, "audit", "verify", str(bundle), "--key", str(key)).returncode == 1
    with demo(data, port) as (_, second):
        examined = ecm(data, "audit", "export", "--to", str(tmp_path / "later"))
        assert examined.returncode == 0, examined.stderr
        kept = ecm(data, "backup", str(tmp_path / "kept"))
        assert kept.returncode == 0, kept.stderr
    restored = ecm(tmp_path / "new", "restore", str(tmp_path / "kept"))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "Sound: " in restored.stdout
    assert ecm(tmp_path / "new", "restore", str(tmp_path / "kept")).returncode == 3
    new = tmp_path / "new bundle"
    assert ecm(tmp_path / "new", "audit", "export", "--to", str(new)).returncode == 0
    gone_on = ecm(
        data, "audit", "verify", str(new), "--key", str(key), "--since", str(tmp_path / "later" / "checkpoint")
    )
    assert gone_on.returncode == 0, gone_on.stdout
    assert left_running(data) == []
    # On an idle machine 15 and 3; this one runs a test suite.
    assert first < 30
    assert second < 15


def _post(port: int, path: str, body: dict[str, str]) -> object:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    return urllib.request.urlopen(request)


def _until(done: object, seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.3)
