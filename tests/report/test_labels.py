"""The heading of its column on every cell of a table."""

from __future__ import annotations

import re

from snnconvert.pipelines.report.labels import labelled

TABLE = (
    "<p>é \u2028 \x0c \x85 \r 味\n</p>"
    "<table><thead><tr><th>Model</th><th class='n'>Dev<br>accuracy</th>"
    "<th colspan='2'>A &lt; B &amp; \"C\"</th></tr></thead>\n<tbody>"
    "<tr><th>ANN</th><td class='n'>1</td><td>2</td><td>3</td></tr>\n"
    "<tr class='over'><th colspan='4'>group</th></tr>"
    "<tr><td>x</td><th>second</th></tr></tbody></table><td>outside</td>"
)


def test_cells_have_the_heading_of_their_column() -> None:
    found = str(labelled(TABLE))
    assert "<td class='n' data-label=\"Dev accuracy\">1</td>" in found
    assert '<td data-label="A &lt; B &amp; &quot;C&quot;">2</td>' in found
    assert found.count("&quot;C&quot;") == 2  # it spans two columns
    assert "<th>ANN</th>" in found and '<th data-label="Dev accuracy">second</th>' in found
    assert '<td data-label="Model">x</td>' in found


def test_a_head_of_two_rows() -> None:
    """What reaches over both, and what stands above several columns."""
    page = (
        "<table><thead><tr><th rowspan='2'>Class</th><th rowspan='2'>Texts</th>"
        "<th colspan='2'>ANN</th><th colspan='2'><span></span>SNN</th></tr>"
        "<tr><th>P</th><th>R</th><th>P</th><th>R</th></tr></thead>"
        "<tbody><tr><th>bad</th><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td></tr></tbody>"
        "</table><table><thead><tr><th></th><th>b</th></tr></thead>"
        "<tbody><tr><td>6</td><td>7</td></tr></tbody></table>"
    )
    found = str(labelled(page))
    names = ("Texts", "ANN, P", "ANN, R", "SNN, P", "SNN, R")
    for number, name in enumerate(names, 1):
        assert f'<td data-label="{name}">{number}</td>' in found
    assert '<td>6</td><td data-label="b">7</td>' in found


def test_nothing_else_is_changed() -> None:
    assert re.sub(r' data-label="[^"]*"', "", str(labelled(TABLE))) == TABLE
    assert str(labelled("<p>no <b>table</b></p>")) == "<p>no <b>table</b></p>"
