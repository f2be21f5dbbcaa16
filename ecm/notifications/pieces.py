"""What a letter may be made of: each kind of field knows which values fit it, and no kind has room for a name or a note."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

Check = Callable[[Any], bool]

EMAIL = re.compile(r"[^@\s<>,;\x00-\x1f]{1,64}@[^@\s<>,;\x00-\x1f]{1,255}")
MOBILE = re.compile(r"\+[1-9]\d{6,14}")


def _like(*shapes: re.Pattern[str]) -> Check:
    return lambda text: any(shape.fullmatch(text) for shape in shapes)


def _number(least: int) -> Check:
    return lambda number: type(number) is int and least <= number <= 9999


def _yes_or_no(value: Any) -> bool:
    return type(value) is bool


Email = Annotated[str, _like(EMAIL)]
Mobile = Annotated[str, _like(MOBILE)]
EmailOrMobile = Annotated[str, _like(EMAIL, MOBILE)]
Secret = Annotated[str, _like(re.compile(r"[A-Za-z0-9_-]{43}"))]
Digits = Annotated[str, _like(re.compile(r"\d{6}"))]
Reference = Annotated[str, _like(re.compile(r"ECM-[0-9A-Z]{4}-[0-9A-Z]{2}"))]
Language = Annotated[str, _like(re.compile(r"[a-z]{2,3}"))]
Count = Annotated[int, _number(0)]
Lasting = Annotated[int, _number(1)]
YesOrNo = Annotated[bool, _yes_or_no]


def checks_of(made: type[Any]) -> dict[str, Check]:
    """By field, whether a value fits. Raises: AttributeError for a field of a kind that is not in this file."""
    hints = get_type_hints(made, include_extras=True)
    return {each.name: hints[each.name].__metadata__[0] for each in fields(made)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What is made only of values that fit. Raises: ValueError, naming the field and never the value."""

    def __post_init__(self) -> None:
        for name, fits in checks_of(type(self)).items():
            if not fits(getattr(self, name)):
                raise ValueError(f"not a value for {name}")
