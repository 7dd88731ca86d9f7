"""Plots with one style: this function in blue, the alternatives in other colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

WIDTH = 8.0  # inches; the text is then as large as the documentation's
OURS = "#1a73e8"
OTHERS = ("#5f6368", "#9aa0a6", "#c5221f", "#e8a33d", "#188038", "#8e24aa")

mpl.rcParams.update(
    {
        "svg.hashsalt": "classify",  # the same figures give the same file
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": "#e8eaed",
        "axes.edgecolor": "#9aa0a6",
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
    }
)


def bars(values: Mapping[str, float], *, ours: str, unit: str) -> Figure:
    """Horizontal bars with their values; names that contain `ours` are highlighted."""
    figure = Figure(figsize=(WIDTH, 0.6 + 0.32 * len(values)))
    axes = figure.add_subplot()
    colours = [OURS if ours in name else OTHERS[1] for name in values]
    drawn = axes.barh(list(values), list(values.values()), color=colours)
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(unit)
    return figure


def stacks(parts: Mapping[str, Sequence[float]], names: Sequence[str], *, unit: str) -> Figure:
    """A horizontal bar for each name, stacked from the parts."""
    figure = Figure(figsize=(WIDTH, 1.0 + 0.32 * len(names)))
    axes = figure.add_subplot()
    lefts = [0.0] * len(names)
    for (part, values), colour in zip(parts.items(), (OURS, *OTHERS), strict=False):
        axes.barh(names, values, left=lefts, label=part, color=colour)
        lefts = [left + value for left, value in zip(lefts, values, strict=True)]
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(unit)
    figure.legend(loc="outside upper center", ncols=len(parts))
    return figure


def line_panels(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]],
    *,
    x: str,
    ours: str = "",
    log: bool = False,
) -> Figure:
    """Panels side by side; each has a line through the points (x, y) of every name."""
    figure = Figure(figsize=(WIDTH, 3.4))
    handles: dict[str, Line2D] = {}
    for number, (title, lines) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), number)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(x)
        colours = dict(zip((name for name in lines if name != ours), OTHERS, strict=False))
        for name, points in lines.items():
            (handles[name],) = axes.plot(
                *zip(*points, strict=True),
                label=name,
                color=colours.get(name, OURS),
                marker="o" if log else None,
                markersize=4,
                linewidth=2 if name == ours else 1.3,
            )
        _scale(axes, log=log)  # after plotting, which sets the limits
    if any(name for name in handles):
        figure.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles)
        )
    return figure


def _scale(axes: Axes, *, log: bool) -> None:
    if log:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    else:
        axes.set_ylim(bottom=0)
