"""From typed boxes to the shape a model wants, and from a model's complaints to sentences a person can act on."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Tree = dict[str, Any]

DEEPEST = 5
DATE_PARTS = ("day", "month", "year")
LISTS = (list, set, frozenset, tuple)
UNEXPECTED = "This is not asked for here. If it came from a page, reload the page and try again."


def tree(typed: Mapping[str, list[str]], model: type[BaseModel]) -> tuple[Tree, dict[str, str]]:
    """Nest what was typed by the dots in its names, leaving out empty boxes; and what is wrong with its dates."""
    grown: Tree = {}
    problems: dict[str, str] = {}
    for name, values in _with_whole_dates(typed, model, problems).items():
        given = [each for each in values if each]
        path = name.split(".", DEEPEST)
        if given:
            _plant(grown, path, _value(given, _annotation(model, path)))
    return grown, problems


def listed(branch: Any) -> Any:
    """The same tree with lists where a form numbers its rows (`0`, `1`, `3` become a list of three)."""
    if not isinstance(branch, dict):
        return branch
    if branch and all(key.isdecimal() for key in branch):
        return [listed(branch[key]) for key in _in_order(branch)]
    return {key: listed(value) for key, value in branch.items()}


def sentences(errors: Iterable[Mapping[str, Any]], model: type[BaseModel], grown: Tree | None = None) -> dict[str, str]:
    """One sentence per field for pydantic's complaints, keyed as the form or the API names the field.

    The field's `title` is the noun in the sentence, such as `the reason`; without one its name is.
    """
    found: dict[str, str] = {}
    for error in errors:
        path = _typed_path(error["loc"], grown)
        found.setdefault(".".join(path), _sentence(error, model, path))
    return found


def _value(given: list[str], annotation: Any) -> Any:
    """A list where the model wants one (or where one was sent unasked, to be refused); True for a ticked statement."""
    if len(given) > 1 or _is_list(annotation):
        return given
    return True if _plain(annotation) == Literal[True] and given[0] == "true" else given[0]


def _with_whole_dates(
    typed: Mapping[str, list[str]], model: type[BaseModel], problems: dict[str, str]
) -> dict[str, list[str]]:
    whole: dict[str, list[str]] = {}
    for name, values in typed.items():
        stem, _, part = name.rpartition("-")
        if not stem or part not in DATE_PARTS:
            whole[name] = values
        elif stem not in whole:
            parts = [typed.get(f"{stem}-{each}", [""])[0].strip() for each in DATE_PARTS]
            whole[stem] = [_date(parts, _noun(model, stem.split(".")), stem, problems)]
    return whole


def _date(parts: Sequence[str], noun: str, name: str, problems: dict[str, str]) -> str:
    """An ISO date from day, month and year as typed; '' when nothing was, or when it is no date."""
    missing = [label for label, part in zip(DATE_PARTS, parts, strict=True) if not part]
    if len(missing) == len(DATE_PARTS):
        return ""
    if missing:
        problems[name] = f"{_capital(noun)} must include a {' and a '.join(missing)}."
        return ""
    day, month, year = parts
    try:
        if len(year) != 4 or not (day + month + year).isdecimal():
            raise ValueError
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        problems[name] = f"{_capital(noun)} must be a real date, with a year of 4 digits, such as 27 3 2027."
        return ""


def _plant(grown: Tree, path: list[str], value: Any) -> None:
    """A name that is both a value and a branch keeps the value: the model then refuses it."""
    for step in path[:-1]:
        grown = grown.setdefault(step, {})
        if not isinstance(grown, dict):
            return
    grown.setdefault(path[-1], value)


def _in_order(branch: Tree) -> list[str]:
    return sorted(branch, key=int)


def _typed_path(loc: Sequence[int | str], grown: Tree | None) -> list[str]:
    """pydantic counts list items from 0 without gaps; a page's own row numbers may have some, and ticks have none."""
    path: list[str] = []
    branch: Any = grown
    for step in loc:
        if isinstance(branch, list):
            break
        if isinstance(step, int) and isinstance(branch, dict):
            step = _in_order(branch)[step]
        branch = branch.get(str(step)) if isinstance(branch, dict) else None
        path.append(str(step))
    return path


def _plain(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _is_list(annotation: Any) -> bool:
    plain = _plain(annotation)
    return (get_origin(plain) or plain) in LISTS


def _field(model: type[BaseModel], path: Sequence[str]) -> tuple[Any, str | None]:
    """The annotation and the title of the field at `path`; (None, None) if the model knows no such field."""
    annotation: Any = model
    title: str | None = None
    for step in path:
        plain = _plain(annotation)
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            if (known := plain.model_fields.get(step)) is None:
                return None, None
            annotation, title = known.annotation, known.title
        else:
            annotation = get_args(plain)[-1] if get_args(plain) else None
    return annotation, title


def _annotation(model: type[BaseModel], path: Sequence[str]) -> Any:
    return _field(model, path)[0]


def _noun(model: type[BaseModel], path: Sequence[str]) -> str:
    return _field(model, path)[1] or next(
        (each.replace("_", " ") for each in reversed(path) if not re.fullmatch(r"[\d-]+|[0-9a-f-]{36}", each)), "this"
    )


def _capital(noun: str) -> str:
    return noun[:1].upper() + noun[1:]


def _sentence(error: Mapping[str, Any], model: type[BaseModel], path: Sequence[str]) -> str:
    noun, context = _noun(model, path), error.get("ctx", {})
    kind: str = error["type"]
    if context.get("field_type") == "Value":  # what pydantic calls text whose limit it checks late
        kind = f"string_{kind}"
    if kind in ("missing", "literal_error") and _plain(_annotation(model, path)) == Literal[True]:
        return f"Confirm {noun}."
    if kind == "missing" or (kind == "string_too_short" and context["min_length"] == 1):
        return f"{_verb(_annotation(model, path))} {noun}."
    if kind == "value_error" and "error" in context:
        return str(context["error"])
    if kind in SENTENCES:
        return SENTENCES[kind].format(noun=noun, Noun=_capital(noun), **context)
    family = kind.split("_")[0]
    return SENTENCES.get(family, "Check {noun}.").format(noun=noun, Noun=_capital(noun))


def _verb(annotation: Any) -> str:
    plain = _plain(annotation)
    typed = plain in (str, int, float, date) or (
        isinstance(plain, type) and issubclass(plain, str | int | float | Decimal)
    )
    return "Enter" if typed and plain is not bool else "Choose"


# Keyed by pydantic's name for the complaint, or by its first word.
SENTENCES = {
    "extra_forbidden": UNEXPECTED,
    "string_too_long": "{Noun} must be {max_length} characters or fewer.",
    "string_too_short": "{Noun} must be at least {min_length} characters.",
    "string": "{Noun} must be text.",
    "hidden_character": "{Noun} holds a hidden character. Delete the text and type it again.",
    "one_line": "{Noun} must be on one line.",
    "value_error": "Enter {noun} in the correct format, like name@example.com.",
    "date": "{Noun} must be a real date.",
    "datetime": "{Noun} must be a real date and time.",
    "int": "{Noun} must be a whole number.",
    "float": "{Noun} must be a number.",
    "decimal_max_places": "{Noun} must have no more than {decimal_places} digits after the point.",
    "decimal": "{Noun} must be a number.",
    "finite": "{Noun} must be a number.",
    "greater_than_equal": "{Noun} must be {ge} or more.",
    "greater_than": "{Noun} must be more than {gt}.",
    "less_than_equal": "{Noun} must be {le} or less.",
    "less_than": "{Noun} must be less than {lt}.",
    "too_short": "Choose at least {min_length} of {noun}.",
    "too_long": "Choose no more than {max_length} of {noun}.",
    "bool": "Choose yes or no for {noun}.",
    "literal": "Choose {noun} from the list.",
    "enum": "Choose {noun} from the list.",
    "uuid": "Choose {noun} from the list.",
    "list": "{Noun} must be a list.",
    "dict": "Check {noun}.",
}
