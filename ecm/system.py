"""What no Python package can bring: Pango and fonts for documents, and a browser and PDF tools for the tests.

    python -m ecm.system documents|tests

Installs what is missing where it may (root, apt-get); elsewhere it says the one command that does.
"""

import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
FONT = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
PROGRAMS = {
    "chromium-headless-shell": "chromium-headless-shell",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
}


def missing(purpose: str) -> list[str]:
    """Debian packages that this machine lacks for `documents` or for `tests`, sorted."""
    lacking = {package for library, package in LIBRARIES.items() if find_library(library) is None}
    if sys.platform == "linux" and not FONT.exists():
        lacking.add("fonts-noto-core")
    if purpose == "tests":
        lacking |= {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    return sorted(lacking)


def provide(purpose: str) -> None:
    """Install what is missing. Raises: SystemExit with one sentence and the exact command where we may not."""
    packages = missing(purpose)
    if not packages:
        return
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SystemExit(f"ecm needs some system packages first. Run:  sudo {' '.join(command)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "--quiet"], command):
        done = subprocess.run(step, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout}\n{' '.join(step)} failed: see above.")


if __name__ == "__main__":
    provide(sys.argv[1])
