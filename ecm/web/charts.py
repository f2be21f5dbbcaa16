"""Charts as SVG of our own: no script, no style, nothing told by colour alone; readable small, and on paper.

The same drawing is used by pages and documents. Whoever shows one shows its numbers as a table beside it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from ecm.web.dates import plural, short_date

WIDTH, HEIGHT = 270, 185
LEFT, RIGHT, TOP, BOTTOM = 8.0, 262.0, 32.0, 160.0
NEAREST = 16.0  # two labels closer than this would run into each other

SVG = Markup(
    '<svg class="ecm-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{key}-title {key}-desc">'
    '<title id="{key}-title">{title}</title><desc id="{key}-desc">{desc}</desc>{body}</svg>'
)
LINE = Markup(
    '<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"{dashes}/>'
)
TEXT = Markup(
    '<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="13" font-family="Arial, Noto Sans, sans-serif" fill="#0b0c0c"{weight}>{words}</text>'
)
DOT = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#0d4a4f"/>')
START = Markup('<rect x="{x:.1f}" y="{y:.1f}" width="9" height="9" fill="#ffffff" stroke="#0b0c0c" stroke-width="2"/>')
PATH = Markup('<polyline points="{points}" fill="none" stroke="#0d4a4f" stroke-width="3"/>')


def is_charted(outcome: Mapping[str, Any]) -> bool:
    """Whether an outcome has what a chart needs: words for what is measured, a number at the start, and one to reach."""
    return bool(outcome["measure"]) and outcome["baseline"] is not None and outcome["target"] is not None


def outcome_chart(outcome: Mapping[str, Any]) -> Markup:
    """An outcome (as a case shows it) drawn: start, target, the straight way between them, what was measured.

    Nothing where there is nothing to draw.
    """
    if not is_charted(outcome):
        return Markup("")
    points = [(each["measured_on"], float(each["value"])) for each in outcome["measurements"]]
    body = Markup("").join([*_frame(outcome, points), *_measured(outcome, points)])
    return SVG.format(
        width=WIDTH, height=HEIGHT, key=f"chart-{outcome['id']}", title=f"{outcome['title']}: {outcome['measure']}",
        desc=in_words(outcome), body=body,
    )  # fmt: skip


def in_words(outcome: Mapping[str, Any]) -> str:
    """What the chart of an outcome shows, in sentences."""
    points = outcome["measurements"]
    by = f" by {short_date(outcome['due_on'])}" if outcome["due_on"] else ""
    told = f"From {plain(outcome['baseline'])} on {short_date(outcome['starts_on'])} to {plain(outcome['target'])}{by}."
    if not points:
        return f"{told} Nothing has been measured yet."
    last = points[-1]
    return f"{told} Measured {plural(len(points), 'time')}, last {plain(last['value'])} on {short_date(last['measured_on'])}."


def plain(value: float) -> str:
    """A number as people write it: no more digits than there are, and a real minus sign."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")


def _across(outcome: Mapping[str, Any], points: Sequence[tuple[date, float]], day: date) -> float:
    days = [outcome["starts_on"], *(on for on, _ in points), *([outcome["due_on"]] if outcome["due_on"] else [])]
    whole = (max(days) - min(days)).days
    return LEFT + 8 + (RIGHT - LEFT - 16) * ((day - min(days)).days / whole if whole else 0.0)


def _up(outcome: Mapping[str, Any], points: Sequence[tuple[date, float]], value: float) -> float:
    values = [float(outcome["baseline"]), float(outcome["target"]), *(each for _, each in points)]
    whole = max(values) - min(values)
    return BOTTOM - 26 - (BOTTOM - TOP - 30) * ((value - min(values)) / whole if whole else 0.5)


def _frame(outcome: Mapping[str, Any], points: Sequence[tuple[date, float]]) -> list[Markup]:
    """The ground, the target, the straight way to it, and the days at both ends."""
    baseline, target = float(outcome["baseline"]), float(outcome["target"])
    x, y, y_target = (
        _across(outcome, points, outcome["starts_on"]), _up(outcome, points, baseline), _up(outcome, points, target),
    )  # fmt: skip
    drawn = [
        _line(LEFT, BOTTOM, RIGHT, BOTTOM, "#505a5f", 1.5),
        _line(LEFT, y_target, RIGHT, y_target, "#0b0c0c", 1.5, "2 4"),
        _text(RIGHT, y_target - 6 if y_target <= y else y_target + 16, "end", f"Target {plain(target)}", bold=True),
        _text(LEFT, BOTTOM + 20, "start", short_date(_ends(outcome, points)[0])),
        _text(RIGHT, BOTTOM + 20, "end", short_date(_ends(outcome, points)[1])),
    ]
    if outcome["due_on"]:
        drawn.append(_line(x, y, _across(outcome, points, outcome["due_on"]), y_target, "#505a5f", 2, "8 5"))
    drawn.append(START.format(x=x - 4.5, y=y - 4.5))
    if abs(y - y_target) > NEAREST:  # on the far side from the target, where nothing is measured as a rule
        drawn.append(_text(LEFT, y + 20 if y > y_target else y - 11, "start", f"Start {plain(baseline)}"))
    return drawn


def _ends(outcome: Mapping[str, Any], points: Sequence[tuple[date, float]]) -> tuple[date, date]:
    days = [outcome["starts_on"], *(on for on, _ in points), *([outcome["due_on"]] if outcome["due_on"] else [])]
    return min(days), max(days)


def _measured(outcome: Mapping[str, Any], points: Sequence[tuple[date, float]]) -> list[Markup]:
    places = [(_across(outcome, points, on), _up(outcome, points, value)) for on, value in points]
    if not places:
        return []
    x, y = places[-1]
    target, start = (_up(outcome, points, float(outcome[name])) for name in ("target", "baseline"))
    below = target <= start and abs(y - target) < NEAREST + 6
    anchor = "end" if x > WIDTH * 0.8 else "start" if x < WIDTH * 0.2 or target > start else "middle"
    way = PATH.format(points=" ".join(f"{across:.1f},{up:.1f}" for across, up in places))
    dots = [DOT.format(x=across, y=up) for across, up in places]
    return [way, *dots, _text(x, y + 19 if below else y - 10, anchor, plain(points[-1][1]), bold=True)]


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float, dashes: str = "") -> Markup:
    dashed = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else ""
    return LINE.format(x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, width=width, dashes=dashed)


def _text(x: float, y: float, anchor: str, words: str, bold: bool = False) -> Markup:
    weight = Markup(' font-weight="bold"') if bold else ""
    return TEXT.format(x=x, y=y, anchor=anchor, words=words, weight=weight)
