"""Which column of a file has the texts that `predict` reads, and what separates its columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.streams.names import Names
from snnconvert.pipelines.streams.texts import TextSource

FOUND = {
    "by name": ("x.csv", "id,review\n1,good\n2,bad", {}),
    "by the last word of a name": ("x.csv", "id,review_body\n1,good\n2,bad", {}),
    "a row that ends in such a word": ("x.csv", "the best review,7\nbad,8", {"text_column": "1"}),
    "semicolons": ("x.csv", 'score;text\n0.5;"good, and cheap"\n1.0;bad', {}),
    "semicolons in a .tsv": ("x.tsv", "id;text\n1;good\n2;bad", {}),
    "tabs in a .csv": ("x.csv", "id\ttext\n1\tgood, and cheap\n2\tbad", {}),
    "as in training": ("x.csv", "klass,txt,note\n1,good,a\n2,bad,b", {"trained_on": ("txt",)}),
    "its number, below names": ("x.csv", "id,txt,lab\n1,good,a\n2,bad,b", {"text_column": "2"}),
    "its number, without names": ("x.csv", "no,good\nyes,bad", {"text_column": "2"}),
    "one column, unquoted commas": ("x.csv", 'text\n"good, and cheap"\nbad', {}),
    "a key as in training": ("x.jsonl", '{"klass": 1, "txt": "good"}', {"trained_on": ("txt",)}),
    "a longer key": ("x.jsonl", '{"review_id": 1, "review_body": "good"}', {}),
    "an array of strings": ("x.json", '["good",\n "bad"]', {}),
    "an array of objects": ("x.json", '[{"text": "good", "label": 1},\n {"text": "bad"}]', {}),
    "an object of columns": ("x.json", '{"text": ["good", "bad"], "id": [1, 2]}', {}),
    "lines in a .json": ("x.json", '{"text": "good"}\n{"text": "bad"}', {}),
}


@pytest.mark.parametrize("name", FOUND)
def test_texts_are_found(name: str, tmp_path: Path) -> None:
    file, content, options = FOUND[name]
    (tmp_path / file).write_text(content, "utf-8")
    with TextSource(str(tmp_path / file), **options).batches() as batches:
        texts = [text for batch in batches for text in batch]
    expected = {
        "its number, without names": ["good", "bad"],
        "a row that ends in such a word": ["the best review", "bad"],
    }.get(name)
    first = "good, and cheap" if "cheap" in content else "good"
    assert texts == (expected or [first, "bad"][: len(texts)]) and texts


def test_many_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id;text\n" + "1;good\n" * 900 + "7\n", "utf-8")
    with (
        pytest.raises(InputError, match="line 902: expected a text in column 2"),
        TextSource(str(path)).batches() as batches,
    ):
        assert sum(len(batch) for batch in batches) == 900


def test_columns_that_say_nothing_are_asked_about() -> None:
    with pytest.raises(InputError, match="its first line has a, b; say which .* by its name or"):
        Names().column(["a", "b"], "x.csv")
    with pytest.raises(InputError, match="expected a column 'c' in x.csv"):
        Names("c").column(["text", "b"], "x.csv")
    assert Names().place(["text", "sentence"]) is None  # either could be it
