"""The file of records: torn lines, other configurations, two writers, odd characters."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from snnconvert.attacks.records import (
    FORMAT,
    VERSION,
    Record,
    append,
    header_of,
    open_records,
    partial_records,
    read_records,
)
from snnconvert.errors import InputError, SnnConvertError

HEADER = header_of({"victim": "ann", "preset": "pwws", "seed": 0, "settings": {"weights": "ab"}})


def record(index: int, text: str = "很好 good\u2028\n") -> Record:
    return Record(
        index=index,
        label=1,
        text=text,
        clean_prediction=1,
        clean_probability=0.1 + 0.2,
        status="success",
        adversarial_text=text + "!",
        adversarial_prediction=0,
        words=2,
        words_changed=1,
        queries=7,
        changed_words=[["good", "goof"]],
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "ann-pwws.jsonl"


def write(path, *records):
    with open_records(path, HEADER) as (_, handle):
        for item in records:
            append(handle, path, item)


def test_records_come_back_as_they_were(path):
    items = [record(0), record(5, "half a pair: \ud83d"), record(2, "😀")]
    write(path, *items)
    header, found = read_records(path)
    assert found == items
    assert header["configuration"]["settings"] == {"weights": "ab"}
    assert "很好" in path.read_bytes().decode("utf-8")


def test_a_file_cut_at_any_byte_of_its_last_line_goes_on(path):
    write(path, record(0), record(1))
    whole = path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert [r.index for r in read_records(path)[1]] == [0]
        with open_records(path, HEADER) as (found, handle):
            assert [r.index for r in found] == [0]
            append(handle, path, record(1))
        assert path.read_bytes() == whole


def test_a_file_cut_within_its_first_line_starts_anew(path):
    write(path, record(0))
    first = path.read_bytes().split(b"\n")[0]
    for end in range(len(first) + 1):
        path.write_bytes(first[:end])
        with open_records(path, HEADER) as (found, _):
            assert found == []
        assert path.read_bytes() == first + b"\n"


def test_rubbish_after_a_power_failure_is_cut(path):
    write(path, record(0))
    sound = path.read_bytes()
    path.write_bytes(sound + b"\0" * 100 + b"\n")
    with open_records(path, HEADER) as (found, _):
        assert len(found) == 1
    assert path.read_bytes() == sound


def test_damage_within_is_an_error_that_names_the_line(path):
    write(path, record(0), record(1))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b'{"index": 0}', *lines[2:]]))
    with pytest.raises(InputError, match=r"line 2 of .* is damaged"):
        read_records(path)


def test_another_configuration_is_refused_and_named(path):
    write(path, record(0))
    before = path.read_bytes()
    other = header_of(
        {"victim": "ann", "preset": "pwws", "seed": 3, "settings": {"weights": "cd", "steps": 4}}
    )
    with pytest.raises(InputError) as caught, open_records(path, other):
        pass
    message = str(caught.value)
    assert "seed: 0 there, 3 now" in message
    assert 'settings.weights: "ab" there, "cd" now' in message
    assert "settings.steps: null there, 4 now" in message
    assert "victim" not in message.partition("(")[2]
    assert "\n" not in message
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"a novel\n", b"a novel", b'{"a": 1}\n', b"[1]\n", b"\xff\xfe\n", b"\n"],
)
def test_a_file_of_another_kind_is_left_alone(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    expected = pytest.raises(InputError, match="expected snnconvert-attack-records version 2")
    with expected, open_records(path, HEADER):
        pass
    assert path.read_bytes() == content


def test_a_later_version_is_refused(path):
    path.parent.mkdir()
    path.write_text(json.dumps({**HEADER, "version": VERSION + 1}) + "\n")
    with pytest.raises(InputError, match=f"it is {FORMAT} version {VERSION + 1}"):
        read_records(path)


def test_two_writers_are_kept_apart(path):
    refused = pytest.raises(SnnConvertError, match="another process is writing")
    with open_records(path, HEADER), refused, open_records(path, HEADER):
        pass


def test_missing_file_and_folder_in_the_way(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_records(tmp_path / "none.jsonl")
    refused = pytest.raises(SnnConvertError, match="could not write")
    with refused, open_records(tmp_path, HEADER):
        pass


def test_records_that_are_not_json_are_refused(path):
    with open_records(path, HEADER) as (_, handle), pytest.raises(ValueError, match="JSON"):
        append(handle, path, replace(record(0), clean_probability=float("nan")))


def test_partial_records_of_a_folder(path):
    write(path, record(0), record(1))
    path.write_bytes(path.read_bytes() + b'{"index": 2, "lab')  # torn, as a run that was killed
    folder = path.parent
    write(folder / "ann.empty.jsonl")
    (folder / "a.notes.jsonl").write_text("not ours\n")
    assert partial_records(folder) == [("ann", "pwws", [record(0), record(1)])]
    assert partial_records(folder / "none") == []
