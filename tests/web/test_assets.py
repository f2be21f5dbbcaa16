"""The styles and scripts that are served: complete, ours to use, and put together only when something changed."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest

from ecm.web import assets


def test_nothing_is_served_that_is_not_ours_to_use() -> None:
    folder = assets.collect()
    texts = {each.name: each.read_text("utf-8") for each in folder.rglob("*") if each.suffix in (".css", ".js", ".svg")}
    assert {"pages.css", "pages.js", "session.js", "govuk-frontend.js", "favicon.svg"} <= texts.keys()
    for name, text in texts.items():
        assert not [word for word in assets.NOT_OURS if word in text], name
    assert "@font-face" not in texts["pages.css"]
    assert ".govuk-button" in texts["pages.css"]
    assert ".moj-timeline" in texts["pages.css"]
    assert ".ecm-header" in texts["pages.css"]
    assert not list(folder.rglob("*crown*")) + list(folder.rglob("*.woff*")) + list(folder.rglob("*.map"))
    for reference in re.findall(r"url\(([^)]+)\)", texts["pages.css"]):
        assert reference.startswith("data:") or (folder / reference).exists(), reference


def test_of_the_ministrys_components_those_are_served_that_pages_have_and_no_others() -> None:
    templates = "".join(each.read_text("utf-8") for each in (assets.ROOT / "templates").rglob("*.html"))
    parts = assets.MODULES / "@ministryofjustice/frontend/moj/components"
    used = {each.name for each in parts.iterdir() if re.search(rf"\bmoj-{each.name}(?![a-z])", templates)}
    style = assets.only_used((assets.MOJ / "moj/moj-frontend.min.css").read_text("utf-8"))
    assert ".moj-sub-navigation__link:focus" in style
    assert {name for name in (each.name for each in parts.iterdir()) if assets.MOJ_USED.match(f".moj-{name}")} == used
    assert used >= {"identity-bar", "sub-navigation", "timeline"}
    assert style.count("{") == style.count("}")
    assert assets.only_used(".moj-menu a,.moj-menu{b:c}@media print{.moj-menu{b:c}}.a{b:c}") == ".a{b:c}"


@pytest.mark.parametrize("left", ["b{font:1em GDS Transport}", "a{background:url(/assets/x.svg)}", "/* govuk-crest */"])
def test_a_new_version_cannot_bring_them_back_unseen(left: str) -> None:
    assert assets.cleaned("a{font-family:GDS Transport,arial,sans-serif}") == f"a{{font-family:{assets.FONTS}}}"
    with pytest.raises(ValueError, match="still there"):
        assets.cleaned(left)


def test_doing_it_again_does_nothing_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = assets.collect()
    before = folder.stat().st_mtime_ns
    monkeypatch.setattr(assets, "install", lambda: pytest.fail("npm was run again"))
    started = time.perf_counter()
    assets.fingerprint.cache_clear()
    assert assets.collect() == folder
    assert time.perf_counter() - started < 0.05
    assert folder.stat().st_mtime_ns == before


def test_a_change_makes_a_new_folder_and_keeps_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = tmp_path / "brand.css"
    shutil.copyfile(assets.OWN / "brand.css", brand)
    monkeypatch.setattr(assets, "STATIC", tmp_path / "static")
    monkeypatch.setattr(assets, "SOURCES", (brand,))
    monkeypatch.setattr(assets, "PICTURES", [])  # making them smaller takes longest, three times
    made = []
    for colour in ("red", "green", "blue"):
        brand.write_text(f"a {{ color: {colour} }}")
        assets.fingerprint.cache_clear()
        made.append(assets.collect())
    assert len(set(made)) == 3
    assert [each.exists() for each in made] == [False, True, True]
    assets.fingerprint.cache_clear()


def test_the_lock_names_no_registry_and_every_package_by_its_hash() -> None:
    lock = json.loads(assets.LOCK.read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert not re.search(r"https?:", assets.LOCK.read_text())
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    wanted = json.loads((assets.ROOT / "package.json").read_text())
    assert wanted["dependencies"] | wanted["devDependencies"] == {
        name.removeprefix("node_modules/"): each["version"] for name, each in packages.items()
    }
