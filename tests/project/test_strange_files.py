"""Strange files, JSON and YAML that nobody wrote by hand: one line, at once, without memory."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.files import (
    file_sha256,
    is_alive,
    json_text,
    load_tensors,
    read_bytes,
    read_json,
    read_yaml,
    yaml_text,
)
from snnconvert.files.json_text import DEPTH, BadJSONError
from snnconvert.files.yaml_text import BadYAMLError

unix = pytest.mark.skipif(sys.platform == "win32", reason="no such files")


@unix
def test_pipes_devices_and_folders_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, kind in (("pipe", "a pipe"), ("folder", "a folder"), ("zero", "a device")):
        for read in (read_bytes, read_json, load_tensors, file_sha256):
            with pytest.raises(InputError, match=f"{name}, but it is {kind}"):
                read(tmp_path / name)


def test_no_more_is_read_than_a_kind_of_file_can_need(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    assert len(read_bytes(path, "a file", 3_000_000)) == 3_000_000
    with pytest.raises(InputError, match="at most 1 MB at .*a, but it has 3;"):
        read_bytes(path, "a file", 1 << 20)
    with path.open("r+b") as handle:
        handle.truncate(1 << 40)  # a terabyte that is not there
    with pytest.raises(InputError, match="at most 512 MB"):
        read_bytes(path)
    assert file_sha256(path, 10) == file_sha256(path, 10)
    with pytest.raises(InputError, match="that is no path"):
        read_bytes("a\0b")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_file_that_does_not_know_its_size_is_read_whole() -> None:
    assert read_bytes("/proc/self/status").startswith(b"Name:")
    assert len(read_bytes("/proc/self/status")) > 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NaN", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("1e400", "too large"),
        ("9" * 400, "has 400 digits"),
        ("-" + "9" * 5000, "has 5001 digits"),
        ("[" * (DEPTH + 2) + "]" * (DEPTH + 2), "in one another"),
        ("[" * 200_000, "in one another"),
        ('{"a":' * 900 + "1" + "}" * 900, "in one another"),
        ('["\\ud800"]', "half of a character"),
        ('{"\\udfff": 1}', "half of a character"),
        ("[1,]", "line 1"),
    ],
)
def test_json_that_cannot_be_worked_with(text: str, says: str) -> None:
    with pytest.raises(BadJSONError, match=says):
        json_text.loads(text)


WORDS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | WORDS | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
)


@given(JSON, st.booleans())
def test_all_else_is_read_as_the_library_reads_it(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert json_text.loads(text) == json.loads(text)


def test_depth_counts_no_brackets_in_strings_and_halves_may_be_wanted() -> None:
    text = json.dumps(["[{" * 500, '"[[[', {"a": "]]]"}])
    assert json_text.loads(text) == json.loads(text)
    assert json_text.loads("[" * DEPTH + "]" * DEPTH)
    assert json_text.loads('"\\ud800"', halves=True) == "\ud800"


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]\n" for i in range(1, 14)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "values, those of aliases"),
        ("a: &a [*a]", "holds itself"),
        ("&a {b: {c: *a}}", "holds itself"),
        ("[" * 500 + "]" * 500, "in one another"),
        ("- " * 500, "in one another"),
        ("a: !!binary aGk=", "a is of the kind bytes"),
        ("a: {b: !!set {c}}", "a.b is of the kind set"),
        ("!!timestamp x", "its tag"),
        ("a: !!int ''", "its tag"),
        ("a: !!bool perhaps", "its tag"),
        ("a: .inf", "inf at a is no number"),
        ("a: .nan", "nan at a is no number"),
        ("a: " + "9" * 400, "too long"),
        ("a: " + "9" * 5000, "its tag"),
        ("1.5: a", "is no name"),
        ("!!python/object/apply:os.getcwd []", "python"),
        ("a: *b", "undefined alias"),
    ],
)
def test_yaml_that_is_no_settings(text: str, says: str) -> None:
    with pytest.raises(BadYAMLError, match=says) as caught:
        yaml_text.loads(text)
    assert "\n" not in str(caught.value)


def test_yaml_aliases_and_dates_are_plain_values(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: &a [1, x]\nb: *a\nday: 2020-01-01\n")
    assert read_yaml(path, "a") == {"a": [1, "x"], "b": [1, "x"], "day": "2020-01-01"}
    with pytest.raises(InputError, match="expected a in YAML, but .* is not: a part of it"):
        path.write_text("&a [*a]")
        read_yaml(path, "a")


def test_no_number_is_a_process_of_ours() -> None:
    assert is_alive(os.getpid())
    assert not any(is_alive(pid) for pid in (0, -1, 2**31, 10**30))
