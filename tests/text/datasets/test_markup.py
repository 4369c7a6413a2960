"""HTML in texts is told, and what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.datasets.markup import markup_note


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("good<br />and cheap", "<br />"),
        ("GOOD<BR>and cheap", "<BR>"),
        ('see <a href="http://a.b/?c=d&e=f">here</a>', "</a>"),
        ("&quot;good&quot; they say", "&quot;"),
        ("rock &#39;n roll", "&#39;"),
    ],
)
def test_marks_are_named(text: str, mark: str) -> None:
    note = markup_note(["plain words"] * 3 + [text])
    assert note and note.startswith(f"25 % of the training texts have HTML in them, as {mark}:")


@pytest.mark.parametrize(
    "text",
    [
        "if a<b then b>a",
        "i <3 you",
        "x <- y; y -> x",
        "<user> said <number>",
        "R&B; AT&T; fish & chips",
    ],
)
def test_other_signs_are_none(text: str) -> None:
    assert markup_note([text] * 10) is None


def test_a_few_are_passed_over() -> None:
    assert markup_note([]) is None
    assert markup_note(["plain words"] * 99 + ["a<br>b"]) is None


def test_a_file_with_html_says_so(tmp_path: Path) -> None:
    rows = [f"{label}\t{label} text {i}<br />&amp; more\n" for i in range(20) for label in "pn"]
    (tmp_path / "pages.tsv").write_text("".join(rows), "utf-8")
    notes = load_dataset(tmp_path / "pages.tsv").notes
    assert any(note.startswith("100 % of the training texts have HTML") for note in notes), notes
