"""Files that are never half written."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from snnconvert.errors import InputError, SnnConvertError
from snnconvert.files import (
    read_json,
    read_text,
    read_yaml_mapping,
    replace_file,
    sha256,
    write_json,
    write_text,
)


def dead_pid() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_swept_by_the_next_write(tmp_path):
    path = tmp_path / "a[1].json"
    dead, alive = (
        tmp_path / f".a[1].json.{dead_pid()}.tmp",
        tmp_path / f".a[1].json.{os.getppid()}.tmp",
    )
    other = tmp_path / f".b.json.{dead_pid()}.tmp"
    for leftover in (dead, alive, other):
        leftover.write_text("half")
    write_json(path, {"x": 1})
    assert read_json(path) == {"x": 1}
    assert not dead.exists() and alive.exists() and other.exists()


def test_a_failed_write_leaves_the_old_content_and_no_temporary_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(SnnConvertError, match="No space left"):
        replace_file(path, fail)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_nan_is_never_written_as_json(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xba\xc3", "UTF-8"), (b"{", "not valid JSON"), (None, "no such file")],
)
def test_unreadable_files_are_one_line(tmp_path, content, words):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_json(path)
    assert "\n" not in str(caught.value)


def test_byte_order_marks_are_dropped_and_hashes_are_sha256(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfhello")
    assert read_text(path) == "hello"
    assert sha256(b"ab", b"c") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_yaml_mappings_are_read_and_all_else_is_refused_by_name(tmp_path):
    path = tmp_path / "a.yaml"
    write_text(path, "steps: 4\nattack:\n  examples: 5\n")
    assert read_yaml_mapping(path, "a recipe") == {"steps": 4, "attack": {"examples": 5}}
    for text, words in (
        ("steps: [", "expected a recipe in YAML, but .*a.yaml is not: while parsing"),
        ("- steps", "expected .*a.yaml to map option names to values"),
        ("", "to map option names"),
        ("a: !!python/object/apply:os.getcwd []", "expected a recipe in YAML"),
    ):
        write_text(path, text)
        with pytest.raises(InputError, match=words) as caught:
            read_yaml_mapping(path, "a recipe")
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="expected a recipe at .*but there is no such file"):
        read_yaml_mapping(tmp_path / "none.yaml", "a recipe")


def test_threads_that_write_one_file_leave_one_of_their_texts(tmp_path):
    path, texts = tmp_path / "a.txt", [letter * 50_000 for letter in "abcd"]

    def write(text):
        for _ in range(25):
            write_text(path, text)
            assert read_text(path) in texts

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, texts))
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
