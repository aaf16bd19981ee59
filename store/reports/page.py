"""A report as one HTML page that needs nothing else: figure, definition, a picture in SVG, and the table.

No script, no font, no address is loaded; everything from the record is escaped. The picture is bars where the first
column names things, a line where it is days or months.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from store.reports.run import Report

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #1b1f24; }
h1 { font-size: 1.5em; margin: 0; } .figure { font-size: 2.4em; font-weight: 600; margin: .2em 0; }
.dim { color: #59636e; } table { border-collapse: collapse; width: 100%; margin-top: 1em; }
th { text-align: left; color: #59636e; font-weight: 600; }
th, td { padding: .3em .7em; border-bottom: 1px solid #d1d9e0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } svg { width: 100%; height: auto; margin: 1em 0; }
.bar { fill: #2f6f9f; } .line { fill: none; stroke: #2f6f9f; stroke-width: 2; } text { font: 12px system-ui, sans-serif;
fill: #1b1f24; } pre { white-space: pre-wrap; background: #f6f8fa; padding: 1em; font-size: 12px; }
figure { margin: 1em 0; } @media print { body { margin: 0; } }
"""

MOST_BARS = 25
WIDTH, ROW, LABEL = 900, 22, 300
MOST_IN_A_LABEL = 44


def html_page(report: Report, made: str) -> str:
    """The report as one page; `made` says by whom and when."""
    figure, period = report.figure, report.period
    value, _, unit = (
        ("no figure", "", f"in {figure.unit}")
        if report.value is None
        else figure_words(report.value, figure.unit, 2).partition(" ")
    )
    body = [
        f"<h1>{escape(figure.title)}</h1>",
        f'<p class="dim">{escape(period.since)} to {escape(period.until)}, as of {escape(period.as_of)}</p>',
        f'<p class="figure">{value} <span class="dim" style="font-size:.4em">{escape(unit)}</span></p>',
        f"<p>{escape(report.note)}</p>" if report.note else "",
        svg(report),
        _table(report),
        f"<p><b>Formula</b> {escape(figure.formula)}<br><b>In it</b> {escape(figure.inclusions)}</p>",
        f"<details><summary>SQL</summary><pre>{escape(figure.sql.strip())}</pre></details>",
        f'<p class="dim">{escape(made)}</p>',
    ]
    head = f'<meta charset="utf-8"><title>{escape(figure.title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def svg(report: Report) -> str:
    """The picture of a report: its first column against its main one."""
    place = main_column(report)
    if place is None or not report.rows:
        return ""
    labels, values, told, days = picture_of(report, place)
    title = f"{heading(report.columns[place])} by {heading(report.columns[0])}"
    return _line(labels, values, title) if days else _bars(labels, values, told, title)


def picture_of(report: Report, place: int) -> tuple[list[str], list[float], list[str], bool]:
    """What a picture of a column shows: labels, values, values as text; whether it is a line, over days or months.

    Bars are the longest first, at most MOST_BARS; a line keeps its order.
    """
    names = [", ".join(str(cell) for cell in row[: _names(report)] if cell not in ("", None)) for row in report.rows]
    values = [float(row[place]) if isinstance(row[place], int | float) else 0.0 for row in report.rows]
    told = [row[place] for row in told_rows(report)]
    days = len(names) > 2 and all(re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", name) for name in names)
    order = list(range(len(names)))
    if not days:
        order = sorted(order, key=lambda n: -abs(values[n]))[:MOST_BARS]
    return [names[n] for n in order], [values[n] for n in order], [told[n] for n in order], days


def main_column(report: Report) -> int | None:
    """The place of the column that a picture shows: that of the figure, else the first of numbers."""
    wanted = report.figure.figure.partition(" / ")[0]
    if wanted in report.columns:
        return report.columns.index(wanted)
    return next(
        (
            place
            for place in range(len(report.columns))
            if report.rows and isinstance(report.rows[0][place], int | float)
        ),
        None,
    )


def _names(report: Report) -> int:
    """How many columns from the first name a row."""
    first = next((n for n, cell in enumerate(report.rows[0]) if not isinstance(cell, str)), len(report.columns))
    return max(first, 1)


def _bars(labels: Sequence[str], values: Sequence[float], told: Sequence[str], title: str) -> str:
    most = max((abs(value) for value in values), default=0) or 1
    parts = []
    for n, (label, value, words) in enumerate(zip(labels, values, told, strict=True)):
        y, width = n * ROW, abs(value) / most * (WIDTH - LABEL - 90)
        parts.append(
            f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(_cut(label))}</text>'
            f'<rect class="bar" x="{LABEL}" y="{y + 3}" width="{width:.1f}" height="{ROW - 7}"/>'
            f'<text x="{LABEL + width + 6:.1f}" y="{y + 15}">{escape(words)}</text>'
        )
    return _svg(len(labels) * ROW + 4, title, "".join(parts))


def _line(labels: Sequence[str], values: Sequence[float], title: str) -> str:
    height, most = 220, max(values) or 1
    step = (WIDTH - 80) / max(len(values) - 1, 1)
    points = " ".join(f"{60 + n * step:.1f},{height - 30 - v / most * (height - 50):.1f}" for n, v in enumerate(values))
    marks = "".join(
        f'<text x="{60 + n * step:.1f}" y="{height - 8}" text-anchor="{anchor}">{escape(labels[n])}</text>'
        for n, anchor in ((0, "start"), (len(labels) // 2, "middle"), (len(labels) - 1, "end"))
    )
    top = f'<text x="52" y="24" text-anchor="end">{most:,.10g}</text>'
    scale = f'{top}<text x="52" y="{height - 30}" text-anchor="end">0</text>'
    return _svg(height, title, f'{scale}<polyline class="line" points="{points}"/>{marks}')


def _svg(height: int, title: str, parts: str) -> str:
    drawn = f'<svg viewBox="0 0 {WIDTH} {height}" role="img"><title>{escape(title)}</title>{parts}</svg>'
    return f'<figure><figcaption class="dim">{escape(title)}</figcaption>{drawn}</figure>'


def _cut(label: str) -> str:
    """A label in the room that there is; the table has it whole."""
    return label if len(label) <= MOST_IN_A_LABEL else label[: MOST_IN_A_LABEL - 1] + "…"


def _table(report: Report) -> str:
    if not report.rows:
        return ""
    numbers = [isinstance(cell, int | float) for cell in report.rows[0]]
    kind = [' class="n"' if number else "" for number in numbers]
    head = "".join(f"<th{k}>{escape(heading(name))}</th>" for name, k in zip(report.columns, kind, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{k}>{escape(cell)}</td>" for cell, k in zip(row, kind, strict=True)) + "</tr>"
        for row in told_rows(report)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def heading(name: str) -> str:
    """A column's name as people read it."""
    if name == "cents":
        return "dollars"
    if age := re.fullmatch(r"age_(over_)?(\d+)(?:_(\d+))?", name):
        return f"over {age[2]} days" if age[1] else f"{age[2]}-{age[3]} days"
    return name.removesuffix("_cents").replace("_", " ")


def figure_words(value: float, unit: str, digits: int = 4) -> str:
    """The one number with its unit as people say it: 1 chart, 2 charts, 13.24 days, 62.3 % of charges."""
    if unit.startswith("share of "):
        return f"{_number(100 * value, digits - 1)} % of {unit.removeprefix('share of ')}"
    one = value == 1 and unit.endswith("s") and " " not in unit
    return f"{_number(value, digits)} {unit[:-1] if one else unit}"


def _number(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def told_rows(report: Report) -> list[list[str]]:
    """Every cell as people read it; a column that has a fraction shows two decimals in every row."""
    floats = [any(isinstance(row[n], float) for row in report.rows) for n in range(len(report.columns))]
    return [
        [
            shown(name, float(cell) if fraction and isinstance(cell, int) else cell)
            for name, cell, fraction in zip(report.columns, row, floats, strict=True)
        ]
        for row in report.rows
    ]


def shown(name: str, cell: Any) -> str:
    """A cell as people read it: cents as dollars, numbers with their thousands."""
    if cell is None:
        return ""
    if name.endswith("cents") and isinstance(cell, int):
        return f"{'-' if cell < 0 else ''}{abs(cell) // 100:,}.{abs(cell) % 100:02d}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)
