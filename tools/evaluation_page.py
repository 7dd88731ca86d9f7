"""Measurements as one HTML page, which needs nothing else: tables, and plots as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tools.measurement import Measurement

_SIDE = 240
_MARGIN = 48
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse } th, td { padding: .25rem .75rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ccc }
figure, section { display: inline-block; margin: 0 3rem 0 0; vertical-align: top }
figcaption { text-align: center }
section th:nth-child(2), section td:nth-child(2) { text-align: left }
rect { fill: #f6f6f6 } text { fill: currentColor; font-size: 12px; text-anchor: middle }
@media (prefers-color-scheme: dark) {
  body { background: #161616; color: #eee } rect { fill: #262626 }
}
"""


def page(measurements: Sequence[Measurement]) -> str:
    """The page, for models that were evaluated on the same photos."""
    number = len(measurements)
    title = f"{number} model{'s' * (number > 1)} on {measurements[0].photos} photos"
    figures = [
        f"<figure>{_reliability(each)}<figcaption>{escape(each.name)}</figcaption></figure>"
        for each in measurements
    ]
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
            f"<style>{_STYLE}</style><h1>{title}</h1>",
            _summary(measurements),
            "<h2>Are the scores right?</h2>",
            "<p>Each dot is the photos in a tenth of the scores: mean score to the right, share "
            "of right labels upwards. On the line, scores can be read as probabilities; below it, "
            "they promise too much.</p>",
            *figures,
            "<h2>What is taken for what</h2>",
            *(_confusions(each) for each in measurements),
            "</html>",
        ]
    )


def _summary(measurements: Sequence[Measurement]) -> str:
    head = ("model", "top-1", "top-5", "ECE", "best temperature", "ECE with it", "ties", "ms")
    rows = (
        (
            each.name,
            f"{each.top_1:.1%}",
            f"{each.top_5:.1%}",
            f"{each.calibration_error:.3f}",
            f"{each.temperature:.2f}" if each.temperature else "",
            "" if each.calibrated_error is None else f"{each.calibrated_error:.3f}",
            str(each.ties),
            f"{each.milliseconds:.1f}",
        )
        for each in measurements
    )
    return _table(head, rows)


def _reliability(measurement: Measurement) -> str:
    dots = "".join(
        f'<circle cx="{each.score * _SIDE:.1f}" cy="{(1 - each.right) * _SIDE:.1f}" '
        f'r="{3 + 12 * (each.photos / measurement.photos) ** 0.5:.1f}" fill="#2f6fde">'
        f"<title>{each.photos} photos: score {each.score:.0%}, right {each.right:.0%}</title>"
        "</circle>"
        for each in measurement.reliability
    )
    ticks = "".join(
        f'<text x="{share * _SIDE:.0f}" y="{_SIDE + 18}">{share:.0%}</text>'
        f'<text x="-22" y="{(1 - share) * _SIDE + 4:.0f}">{share:.0%}</text>'
        for share in (0, 0.5, 1)
    )
    full, middle = _SIDE + 2 * _MARGIN, _SIDE // 2
    return (
        f'<svg width="{full}" height="{full}" viewBox="{-_MARGIN} {-_MARGIN} {full} {full}" '
        'role="img" '
        f'aria-label="Reliability of {escape(measurement.name)}">'
        f'<rect width="{_SIDE}" height="{_SIDE}"/>{ticks}'
        f'<text x="{middle}" y="{_SIDE + 36}">mean score</text>'
        f'<text transform="translate(-39 {middle}) rotate(-90)">right labels</text>'
        f'<line x1="0" y1="{_SIDE}" x2="{_SIDE}" y2="0" stroke="#888"/>{dots}</svg>'
    )


def _confusions(measurement: Measurement) -> str:
    rows = ((each.shown, each.said, str(each.photos)) for each in measurement.confusions)
    table = _table(("shown", "said", "photos"), rows)
    return f"<section><h3>{escape(measurement.name)}</h3>{table}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{titles}</tr>{body}</table>"
