"""`predict` on streams: files, standard input, bad lines, gone readers, full disks."""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.streams import lines as lines_module
from snnconvert.pipelines.streams import texts as texts_module
from snnconvert.pipelines.streams.lines import Lines
from snnconvert.pipelines.streams.texts import TextSource

TEXTS = ["good food", "", "bad service", "很好吃", 'a, "quoted" one']


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def rows_of(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def expected(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """The answers for `TEXTS`, given as words of the command line."""
    assert main(["predict", str(tiny_run), "--json", "--", *TEXTS]) == 0
    return rows_of(capsys.readouterr().out)


@pytest.mark.parametrize("batch", [1, 2, 512])
@pytest.mark.parametrize("end", ["", "\n"])
def test_standard_input_a_text_a_line(
    batch: int,
    end: str,
    tiny_run: Path,
    expected: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(texts_module, "BATCH", batch)
    stdin(monkeypatch, ("\ufeff" + "\r\n".join(TEXTS) + end).encode())
    assert main(["predict", str(tiny_run), "-", "--json"]) == 0
    printed, said = capsys.readouterr()
    assert rows_of(printed) == expected  # also of the empty line, so that lines stay in step
    assert said == "empty texts: 1; they get the class of a text without words\n"


MARKED = ("utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be")


@pytest.mark.parametrize("step", [1, 3, 1 << 16])
@pytest.mark.parametrize("encoding", MARKED)
def test_a_byte_order_mark_says_the_encoding_however_the_bytes_come(
    encoding: str, step: int, tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    data = (mark + "text\tn\r\n很好吃\t1\r\n好\t2\r\n").encode(encoding)

    class Slowly(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(step)

    given = Lines(Slowly(data), "x.tsv")
    assert list(given) == ["text\tn", "很好吃\t1", "好\t2"] and given.encoding is not None
    if encoding != "utf-8-sig":
        with pytest.raises(InputError, match=r"line 3: expected text in utf-(16|32)"):
            list(Lines(Slowly(data[:-1]), "x.tsv"))
    path = tmp_path / "texts.tsv"  # as Excel writes "Unicode text"
    path.write_bytes(data)
    assert main(["predict", str(tiny_run), "--input", str(path), "--json"]) == 0
    assert [row["text"] for row in rows_of(capsys.readouterr().out)] == ["很好吃", "好"]


@pytest.mark.parametrize("end", [b"", b"\xff", b"\xef\xbb"])
def test_a_beginning_that_could_become_a_mark_is_waited_for_and_no_longer(end: bytes) -> None:
    class Pipe:
        """Gives what it has, and fails where it is asked for more than a line needs."""

        def __init__(self) -> None:
            self.given = [b"ok\n", end, b""]

        def read1(self, size: int = -1, /) -> bytes:
            return self.given.pop(0)

    pipe = Pipe()
    lines = Lines(pipe, "standard input")
    assert next(lines.chunks()) == ["ok"] and pipe.given == [end, b""]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "txt", "csv.gz"])
def test_files_in_and_out(
    kind: str,
    tiny_run: Path,
    tmp_path: Path,
    expected: list[dict[str, object]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / f"texts.{kind}"
    if kind == "jsonl":
        text = "\n".join(json.dumps({"id": i, "text": t}) for i, t in enumerate(TEXTS))
    elif kind == "txt":
        text = "\n".join(TEXTS)
    else:
        out = io.StringIO()
        writer = csv.writer(out, delimiter="\t" if kind == "tsv" else ",")
        writer.writerows([["id", "review"], *enumerate(TEXTS)])
        text = out.getvalue()
    data = text.encode()
    path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    for target in ("answers.jsonl", "answers.csv"):
        words = ["predict", str(tiny_run), "--input", str(path), "--out", str(tmp_path / target)]
        assert main(words) == 0
    printed, said = capsys.readouterr()
    assert printed == "" and "5 texts classified by the" in said
    assert rows_of((tmp_path / "answers.jsonl").read_text("utf-8")) == expected
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == TEXTS
    assert [row["class"] for row in rows] == [row["class"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        shares = other["probabilities"]
        assert isinstance(shares, dict)
        assert {name: float(row[f"probability of {name}"]) for name in shares} == shares


BAD = {
    "utf-8": ("x.txt", b"good\nbad \xff\n", ("line 2", "UTF-8", "--encoding")),
    "cut character": ("x.txt", "good\n好".encode()[:-1], ("line 2", "UTF-8")),
    "json": ("x.jsonl", b'"good"\n\n{"text": "bad"\n', ("line 3", "expected JSON", "delete")),
    "no key": ("x.jsonl", b'{"title2": "good"}\n', ("line 1", "title2", "--text-column")),
    "a number": ("x.jsonl", b'"a"\n7\n', ("line 2", "got 7")),
    "few columns": ("x.csv", b"id,text\n1,good\n2\n", ("line 3", "column 2")),
    "which column": ("x.csv", b"a,b\n1,good\n", ("a, b", "--text-column")),
    "quotes": ("x.csv", b'text\n"good" x\n', ("line 2", "quotes")),
    "no file": ("", b"", ("no such file",)),
    "cut gzip": ("x.txt.gz", gzip.compress(b"good\n" * 999, mtime=0)[:-9], ("cut off",)),
    "huge line": ("x.txt", b"good\n" + b"x" * 300_000, ("line 2", "longer than 100,000")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_one_message_and_nothing_is_written(
    name: str,
    tiny_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(lines_module, "LONGEST", 100_000)
    file, data, says = BAD[name]
    path, target = tmp_path / (file or "none.txt"), tmp_path / "answers.jsonl"
    if file:
        path.write_bytes(data)
    target.write_text("what was there", "utf-8")
    before = sorted(tmp_path.iterdir())
    words = ["predict", str(tiny_run), "--input", str(path), "--out", str(target)]
    assert main(words) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and said.startswith("snnconvert: ") and said.count("\n") == 1
    assert all(word in said for word in says), said
    assert target.read_text("utf-8") == "what was there"
    assert sorted(tmp_path.iterdir()) == before


def test_other_encodings_and_columns_by_number(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.tsv").write_bytes("1\t很好吃\n2\t不好\n".encode("utf-16"))
    words = ["--text-column", "2", "--encoding", "UTF-16", "--json"]
    assert main(["predict", str(tiny_run), "--input", str(tmp_path / "x.tsv"), *words]) == 0
    assert [row["text"] for row in rows_of(capsys.readouterr().out)] == ["很好吃", "不好"]
    assert main(["predict", str(tiny_run), "-", "--encoding", "klingon"]) == 2
    assert "unknown encoding 'klingon'" in capsys.readouterr().err


def test_the_input_may_be_the_output(tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('"good"\n"bad"\n', "utf-8")
    assert main(["predict", str(tiny_run), "--input", str(path), "--out", str(path)]) == 0
    assert [row["text"] for row in rows_of(path.read_text("utf-8"))] == ["good", "bad"]


class Pipe(io.BytesIO):
    """A pipe that gives one part at a time."""

    def __init__(self, parts: list[bytes]) -> None:
        super().__init__()
        self.parts = parts

    def read1(self, size: int | None = -1) -> bytes:
        return self.parts.pop(0) if self.parts else b""


def test_lines_come_as_soon_as_they_are_there() -> None:
    pipe = Pipe([b"one\ntw", b"o\n\xe5\xa5", b"\xbd\nlast"])
    chunks = Lines(pipe, "a pipe").chunks()
    assert next(chunks) == ["one"] and len(pipe.parts) == 2  # nothing is waited for
    assert list(chunks) == [["two"], ["好"], ["last"]]
    assert [*Lines(Pipe([b"a\n\nb\n"]), "a pipe")] == ["a", "", "b"]
    assert [*Lines(Pipe([]), "a pipe")] == []


def test_memory_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    line = b"a text of some words that is as long as texts are\n"
    with path.open("wb") as file:
        for _ in range(400):
            file.write(line * 2500)  # a million lines, 50 MB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with TextSource(str(path)).batches() as batches:
        assert sum(len(batch) for batch in batches) == 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def process(words: list[str], **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "snnconvert", "predict", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.long
def test_a_reader_that_goes_away_is_no_error(tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("a text of some words\n" * 20_000, "utf-8")
    working = process([str(tiny_run), "--input", str(path)], stdout=subprocess.PIPE)
    assert working.stdout and working.stderr
    assert working.stdout.readline().endswith(b"a text of some words\n")
    working.stdout.close()
    said = working.stderr.read()
    assert working.wait() == 1 and said == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.long
def test_a_full_disk_is_one_line(tiny_run: Path) -> None:
    with open("/dev/full", "wb") as full:
        working = process([str(tiny_run), "good"], stdout=full)
        _, said = working.communicate()
    assert working.returncode == 1 and said.count(b"\n") == 1 and b"no space left" in said
    working = process([str(tiny_run), "good", "--out", "/dev/full"])
    _, said = working.communicate()
    assert working.returncode == 1 and said.count(b"\n") == 1 and b"No space left" in said
    assert Path("/dev/full").is_char_device()  # nothing was put in its place


def test_an_interrupt_leaves_nothing_half_written(
    tiny_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("good\nbad\n", "utf-8")
    before = sorted(tmp_path.iterdir())

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("snnconvert.pipelines.predict.classified", stop)
    words = ["predict", str(tiny_run), "--input", str(path), "--out", str(tmp_path / "a.csv")]
    assert main(words) == 130
    said = capsys.readouterr().err
    assert said == "snnconvert: interrupted; the same command begins anew\n"
    assert sorted(tmp_path.iterdir()) == before


def test_a_text_that_is_the_name_of_a_file(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is classified, since it may be meant so, and what reads the file is said."""
    path = tmp_path / "texts.txt"
    path.write_text("good food\n", "utf-8")
    assert main(["predict", str(tiny_run), str(path), "--quiet"]) == 0
    printed, said = capsys.readouterr()
    assert printed.rstrip("\n").endswith(str(path))
    assert f"--input {path}" in " ".join(said.split())
    assert main(["predict", str(tiny_run), "good food", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
