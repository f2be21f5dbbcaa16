"""Bars as SVG: no colour-only meaning, every number written, nothing that a strict policy for styles would refuse."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, ROW = 420, 24
NARROW, WIDE = 66, 232  # how much of the width labels have
NUMBER = 66  # how much the number after the longest bar has

SVG = Markup(
    '<svg class="ecm-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
    'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{title}</title>'
    '<desc id="{name}-desc">{desc}</desc>{bars}{axis}</svg>'
)
BAR = Markup(
    '<text x="{end}" y="{line}" text-anchor="end" font-size="15" fill="#0b0c0c">{label}</text>'
    '<rect x="{begin}" y="{top}" width="{long:.1f}" height="16" fill="#0d4a4f"/>'
    '<text x="{after:.1f}" y="{line}" font-size="15" font-weight="700" fill="#0b0c0c">{number:,}</text>'
)
AXIS = Markup('<line x1="{x}" x2="{x}" y1="0" y2="{y}" stroke="#0b0c0c" stroke-width="2"/>')


def bar_chart(name: str, title: str, bars: Sequence[tuple[str, int]], labels: int = NARROW) -> Markup:
    """Bars below each other in their order, each with its label and its number (0 or more).

    Read out as one picture with a description. `name` makes its ids its own on the page.
    """
    highest = max([number for _, number in bars], default=0) or 1
    longest = WIDTH - labels - 8 - NUMBER
    drawn = [_bar(place, *bar, labels, longest * bar[1] / highest) for place, bar in enumerate(bars)]
    height = len(bars) * ROW
    return SVG.format(
        width=WIDTH, height=height, name=name, title=title, bars=Markup("").join(drawn),
        desc="; ".join(f"{label} {number:,}" for label, number in bars) + ".", axis=AXIS.format(x=labels + 8, y=height),
    )  # fmt: skip


def _bar(place: int, label: str, number: int, ends: int, long: float) -> Markup:
    return BAR.format(
        end=ends, begin=ends + 8, top=place * ROW + 4, line=place * ROW + 17, label=label, long=long, number=number,
        after=ends + 14 + long,
    )  # fmt: skip
