"""The colours of the page: eight models, a sequential and a diverging scale.

The colours of models are based on those of Okabe and Ito, changed so that each has a contrast of
3:1 with the background of its theme and any two can be told apart with each kind of colour
blindness. Each model also has a shape, so that no information is given by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DARK = "@media screen and (prefers-color-scheme:dark)"
"""Media query of the dark theme; printed pages are always light."""

Theme = Literal["light", "dark"]
Rgb = tuple[float, float, float]

PAPER: dict[Theme, str] = {"light": "#fdfdfc", "dark": "#14161a"}
INK: dict[Theme, str] = {"light": "#16181d", "dark": "#e9eaec"}


@dataclass(frozen=True)
class Mark:
    """How one model is drawn in every section: one colour per theme, and a shape.

    `shape` is the stem of a CSS class, `symbol` the name of the same shape in Plotly.
    """

    light: str
    dark: str
    shape: str
    symbol: str
    dash: str


MARKS = (
    Mark("#105fab", "#6fb3f7", "circle", "circle", "solid"),
    Mark("#c15111", "#f89b58", "square", "square", "dash"),
    Mark("#1d584d", "#79ede3", "diamond", "diamond", "dot"),
    Mark("#5e0067", "#9c37ae", "triangle", "triangle-up", "dashdot"),
    Mark("#a98d71", "#aa7e00", "wedge", "triangle-down", "longdash"),
    Mark("#1298e9", "#1678fe", "plus", "cross", "longdashdot"),
    Mark("#333200", "#f7d900", "cross", "x", "solid"),
    Mark("#697270", "#84869a", "star", "star", "dash"),
)

CIVIDIS = (
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
)
SEQUENTIAL_LEVELS = 32
DIVERGING_ENDS: dict[Theme, tuple[str, str]] = {
    "light": ("#1665ab", "#c05a08"),
    "dark": ("#5aa9ee", "#f0903f"),
}
DIVERGING_LEVELS = 8


def sequential(fraction: float) -> str:
    """Return the colour of the cividis scale at a fraction of its length.

    >>> sequential(0.0), sequential(1.0)
    ('#00224e', '#fee838')
    """
    place = min(max(fraction, 0.0), 1.0) * (len(CIVIDIS) - 1)
    below = min(int(place), len(CIVIDIS) - 2)
    return mixed(CIVIDIS[below], CIVIDIS[below + 1], place - below)


def diverging(fraction: float, theme: Theme) -> str:
    """Return the colour of a difference from −1 to 1; zero is the background.

    >>> diverging(0.0, "dark") == PAPER["dark"]
    True
    """
    negative, positive = DIVERGING_ENDS[theme]
    return mixed(PAPER[theme], positive if fraction > 0 else negative, min(abs(fraction), 1.0))


def legible_ink(background: str) -> str:
    """Return black or white, whichever has the higher contrast with a background."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, background))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2, from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(start: str, end: str, fraction: float) -> str:
    """Return the colour at a fraction of the way between two colours."""
    return _to_hex(
        tuple(a + (b - a) * fraction for a, b in zip(_to_rgb(start), _to_rgb(end), strict=True))
    )


def cell_rules() -> str:
    """Return the CSS of the cells of a confusion matrix, one class per level of each scale."""
    lines = [
        f".s{level}{{background:{colour};color:{legible_ink(colour)}}}"
        for level in range(SEQUENTIAL_LEVELS)
        for colour in [sequential(level / (SEQUENTIAL_LEVELS - 1))]
    ]
    for theme in ("light", "dark"):
        rules = [
            f".{_level_class(level)}{{background:{colour};color:{legible_ink(colour)}}}"
            for level in range(-DIVERGING_LEVELS, DIVERGING_LEVELS + 1)
            for colour in [diverging(level / DIVERGING_LEVELS, theme)]
        ]
        block = "\n".join(rules)
        lines.append(block if theme == "light" else f"{DARK}{{\n{block}\n}}")
    return "\n".join(lines)


def model_rules() -> str:
    """Return the CSS variables of the model colours for both themes."""
    light = "".join(_variables(i, mark.light) for i, mark in enumerate(MARKS))
    dark = "".join(_variables(i, mark.dark) for i, mark in enumerate(MARKS))
    classes = "".join(f".model-{i}{{color:var(--model-{i})}}" for i in range(len(MARKS)))
    return f":root{{{light}}}\n{DARK}{{:root:not([data-printing]){{{dark}}}}}\n{classes}"


def _variables(position: int, colour: str) -> str:
    """Return the colour of a model, and a transparent one for its band."""
    red, green, blue = (round(255 * channel) for channel in _to_rgb(colour))
    return f"--model-{position}:{colour};--model-{position}-band:rgba({red},{green},{blue},0.16);"


def sequential_level(fraction: float) -> str:
    """Return the CSS class of a value from 0 to 1."""
    return f"s{round(min(max(fraction, 0.0), 1.0) * (SEQUENTIAL_LEVELS - 1))}"


def diverging_level(fraction: float) -> str:
    """Return the CSS class of a difference from −1 to 1."""
    return _level_class(round(min(max(fraction, -1.0), 1.0) * DIVERGING_LEVELS))


def _level_class(level: int) -> str:
    return f"d{level}" if level >= 0 else f"e{-level}"


def _luminance(colour: str) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _to_hex(channels: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
