"""Puts the pages' styles and scripts together in `static/`, under a folder named by what they were made from.

    python -m ecm.web.assets

Nothing that GOV.UK or the Ministry of Justice publishes is kept in git: npm fetches it by the lock file, and this
module copies the compiled parts the pages use, without their fonts, crests and source maps (ADR 0004).
The folder's name changes with its contents, so browsers may keep every file in it for good.
"""

import fcntl
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
MODULES = ROOT / "node_modules"
OWN = ROOT / "ecm" / "web"
LOCK = ROOT / "package-lock.json"
INSTALLED = ".installed-by-ecm"
GOVUK = MODULES / "govuk-frontend"
MOJ = MODULES / "@ministryofjustice" / "frontend"
PICTURES = sorted((ROOT / "docs" / "images").glob("*.png"))
COPIED = ("pages.js", "session.js", "leave.js", "unsaved.js", "drafts.js", "favicon.svg")
SOURCES = (
    LOCK,
    OWN / "assets.py",
    OWN / "brand.css",
    *(OWN / name for name in COPIED),
    *PICTURES,
)
FONTS = '"Segoe UI",system-ui,-apple-system,Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif'
MOJ_USED = re.compile(r"\.moj-(identity-bar|sub-navigation|timeline)(?![a-z])")
NOT_OURS = ("GDS Transport", "/assets/", "sourceMappingURL", "govuk-crest")


@cache
def fingerprint() -> str:
    """Twelve hexadecimal digits (of SHA-256) that change whenever a source of the assets changes."""
    return sha256(b"\0".join(each.read_bytes() for each in SOURCES)).hexdigest()[:12]


def address(name: str) -> str:
    """Where a browser finds the asset `name`, such as `pages.css`."""
    return f"/static/{fingerprint()}/{name}"


def collect() -> Path:
    """Make `static/` complete, running npm only when needed; return the folder of this version.

    Safe to run twice at once. The version before stays, for pages that are open during a change of version.
    Raises: SystemExit with a plain sentence when npm or its registry cannot be had.
    """
    folder = STATIC / fingerprint()
    if not folder.exists():
        with _one_at_a_time():
            if not folder.exists():
                install()
                _publish(folder)
                _forget_all_but(2)
    return folder


def install(folder: Path = ROOT) -> None:
    """Fill the folder's `node_modules/` with exactly what its lock file names, running none of its scripts.

    Nothing happens when an npm of ours has done so already. Raises: SystemExit with a plain sentence when npm or its
    registry cannot be had.
    """
    lock, done = folder / "package-lock.json", folder / "node_modules" / INSTALLED
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL).returncode:
        raise SystemExit("npm could not fetch what the pages need (its message is above). Is the network there?")
    done.write_bytes(lock.read_bytes())


def cleaned(text: str) -> str:
    """A published style sheet or script without the parts that are not ours to use.

    Raises: ValueError naming what is left of them, so that a new version cannot bring them back unseen.
    """
    text = re.sub(r"@font-face\{[^}]*GDS Transport[^}]*\}", "", text)
    text = text.replace("GDS Transport,arial,sans-serif", FONTS)
    text = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", text)
    text = text.replace("/assets/images/", "images/")
    text = re.sub(r"(/\*|//)# sourceMappingURL=\S+( \*/)?", "", text)
    if left := [each for each in NOT_OURS if each in text]:
        raise ValueError(f"Not ours to use, and still there: {', '.join(left)}")
    return text


def only_used(style: str) -> str:
    """The Ministry's style sheet with the rules of those of its components that our pages have: a fifth of it."""

    def kept(rule: re.Match[str]) -> str:
        foreign = re.search(r"\.(moj|probation)-", rule[1]) and not MOJ_USED.search(rule[1])
        return "" if foreign else rule[0]

    return re.sub(r"@media[^{}]*\{\s*\}", "", re.sub(r"([^{}]+)\{[^{}]*\}", kept, style))


def _publish(folder: Path) -> None:
    """Write everything beside its place first: `folder` appears complete or not at all."""
    with tempfile.TemporaryDirectory(dir=STATIC) as beside:
        made = Path(beside) / "made"
        (made / "images").mkdir(parents=True)
        _write_files(made)
        made.chmod(0o755)
        made.rename(folder)


def _write_files(made: Path) -> None:
    style = "\n".join(
        cleaned(each)
        for each in (
            (GOVUK / "dist/govuk/govuk-frontend.min.css").read_text("utf-8"),
            only_used((MOJ / "moj/moj-frontend.min.css").read_text("utf-8")),
            (OWN / "brand.css").read_text("utf-8"),
        )
    )
    (made / "pages.css").write_text(style, "utf-8")
    script = cleaned((GOVUK / "dist/govuk/govuk-frontend.min.js").read_text("utf-8"))
    (made / "govuk-frontend.js").write_text(script, "utf-8")
    for name in COPIED:
        shutil.copyfile(OWN / name, made / name)
    for image in set(re.findall(r"url\(images/([a-z-]+\.svg)\)", style)):
        shutil.copyfile(MOJ / "moj/assets/images" / image, made / "images" / image)
    _write_pictures(made / "pictures")
    (made / "licences.txt").write_text(_credit(GOVUK) + _credit(MOJ), "utf-8")


def _write_pictures(folder: Path) -> None:
    """The pictures of the documentation as help pages show them: a quarter of the bytes."""
    from PIL import Image  # only here: the server never needs it

    folder.mkdir()
    for picture in PICTURES:
        with Image.open(picture) as image:
            image.save(folder / f"{picture.stem}.webp", quality=60, method=2)


def _credit(package: Path) -> str:
    about = json.loads((package / "package.json").read_text("utf-8"))
    return f"{about['name']} {about['version']}: {about['license']} licence, Crown copyright, {about['homepage']}\n"


def _forget_all_but(newest: int) -> None:
    made = sorted((each for each in STATIC.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for old in made[:-newest]:
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    STATIC.mkdir(exist_ok=True)
    with (STATIC / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _npm() -> list[str]:
    """The npm of this machine; where there is none, or one too old for the lock file, the one PyPI carries."""
    found = shutil.which("npm")
    if found and _major_version(found) >= 7:
        return [found]
    beside = Path(sys.executable).with_name("npm")
    if not beside.exists():
        _fetch_npm()
    return [str(beside)]


def _major_version(npm: str) -> int:
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True).stdout
    return int(answer.split(".")[0]) if answer[:1].isdigit() else 0


def _fetch_npm() -> None:
    lock = str(ROOT / "requirements-node.lock")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
    if subprocess.run(command).returncode:
        raise SystemExit("There is no npm on this machine and pip could not fetch one (its message is above).")


if __name__ == "__main__":
    collect()
