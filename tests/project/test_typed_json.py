"""Records: what is written is read back, faults name their place, and older files open."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.checked_json import Value
from snnconvert.errors import InputError
from snnconvert.typed_json import (
    Bounds,
    Count,
    Share,
    added,
    from_json,
    inline,
    made,
    others,
    rare,
    to_json,
)


@dataclass(frozen=True, kw_only=True)
class Point:
    x: float
    y: float | None


@dataclass(frozen=True, kw_only=True)
class Record:
    name: str
    flag: bool
    count: int
    tries: list[int] = added(list)
    limit: float | None = rare()
    words: dict[str, float | None] = rare(dict)
    points: list[Point]
    first: Point = inline("first_")
    last: Point | None = inline("last_")
    more: dict[str, Any] = others()

    def check(self, value: Value) -> None:
        value["points"].each(lambda point: point["x"].number(), least=1)


FULL: dict[str, Any] = {
    "name": "a",
    "flag": True,
    "count": 3,
    "tries": [1, 2],
    "limit": 0.5,
    "words": {"b": 1.0, "c": None},
    "points": [{"x": 1, "y": 2.5}, {"x": 0.0, "y": None}],
    "first_x": 7.0,
    "first_y": None,
    "last_x": 8.0,
    "last_y": 9.0,
    "colour": ["red", {"deep": 1}],
}
LEAST = {k: FULL[k] for k in ("name", "flag", "count", "points", "first_x", "first_y")}


def read(content: Any) -> Record:
    return from_json(Record, Value(content, "run/x.json: stage", "make it again"))


def test_a_record_is_written_as_it_was_read() -> None:
    record = read(FULL)
    assert to_json(record) == FULL
    assert list(to_json(record)) == list(FULL)  # in the order of the fields
    assert record.first == Point(x=7.0, y=None) and record.more == {"colour": FULL["colour"]}
    assert isinstance(record.points[0].x, int)  # whole numbers stay whole
    assert read(json.loads(json.dumps(to_json(record)))) == record


def test_what_an_older_file_lacks_has_its_default_and_only_added_fields_are_written() -> None:
    record = read(LEAST)
    assert (record.tries, record.limit, record.words, record.last) == ([], None, {}, None)
    assert to_json(record) == {**LEAST, "tries": []}
    assert read(LEAST | {"tries": None, "limit": None, "last_x": None}) == record
    assert read(LEAST).tries is not record.tries


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", None, "expected a string at run/x.json: stage.name, but it is nothing; make it"),
        ("flag", 1, "expected true or false at run/x.json: stage.flag, but it is 1;"),
        ("count", 2.5, "expected a whole number at run/x.json: stage.count, but it is 2.5;"),
        ("count", True, "a whole number at"),
        ("tries", [1, "2"], "a whole number at run/x.json: stage.tries[1], but it is '2'"),
        ("words", {"b": "x"}, "a number at run/x.json: stage.words.b"),
        ("words", [1], "a mapping at run/x.json: stage.words"),
        ("points", {}, "a list at run/x.json: stage.points"),
        ("points", [], "a list with something in it at run/x.json: stage.points"),
        ("points", [{"x": math.inf}], "a number at run/x.json: stage.points[0].x, but it is inf"),
        ("points", [3], "a mapping at run/x.json: stage.points[0]"),
        ("first_x", None, "a number at run/x.json: stage.first_x, but it is nothing"),
        ("last_x", "far", "a number at run/x.json: stage.last_x, but it is 'far'"),
    ],
)
def test_a_fault_names_its_place(key: str, value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(FULL | {key: value})
    assert message in str(caught.value) and str(caught.value).endswith("make it again")


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_what_is_no_mapping(content: object) -> None:
    with pytest.raises(InputError, match="expected a mapping at run/x.json: stage"):
        read(content)


def test_a_part_that_is_there_must_be_whole() -> None:
    with pytest.raises(InputError, match=r"a number at run/x.json: stage.last_x"):
        read(LEAST | {"last_y": 1.0})


def test_what_code_makes_may_have_no_entry_that_would_not_be_written() -> None:
    point = {"x": 1.0, "y": None}
    assert made(Point, point) == Point(x=1.0, y=None)
    with pytest.raises(TypeError, match="Point has no field for z"):
        made(Point, point | {"z": 3})
    with pytest.raises(InputError, match="expected a number at Point.x"):
        made(Point, {"x": "1"})


NUMBERS = st.one_of(st.integers(-9, 9), st.floats(-1e30, 1e30))
WHOLE = st.integers(-(2**53), 2**53)


@given(
    st.fixed_dictionaries(
        {
            "name": st.text(),
            "flag": st.booleans(),
            "count": WHOLE,
            "points": st.lists(
                st.fixed_dictionaries({"x": NUMBERS, "y": st.none() | NUMBERS}), min_size=1
            ),
            "first_x": NUMBERS,
        },
        optional={
            "tries": st.lists(WHOLE),
            "limit": NUMBERS,
            "words": st.dictionaries(st.text(), st.none() | NUMBERS, min_size=1),
        },
    )
)
def test_every_content_goes_there_and_back(content: dict[str, Any]) -> None:
    written = to_json(read(content))
    assert read(json.loads(json.dumps(written))) == read(content)
    assert written.items() >= content.items()


@dataclass(frozen=True, kw_only=True)
class Bounded:
    share: Share
    count: Count | None = rare()
    name: Annotated[str, Bounds(0, 3)] = rare("")
    some: Annotated[list[Annotated[int, Bounds(0, 9)]], Bounds(1, 2)] = rare(lambda: [1])
    any: Any = rare()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"share": 1.5}, "a number from -1e-06 to 1 at x.share, but it is 1.5"),
        ({"share": -1}, "a number from"),
        ({"share": 10**400}, "a number from"),
        ({"share": 1e308}, "a number from"),
        ({"share": 0, "count": -1}, "a whole number of at least 0 at x.count"),
        ({"share": 0, "count": 2**60}, "a whole number of at least 0"),
        ({"share": 0, "name": "four"}, "a string of at most 3 characters"),
        ({"share": 0, "some": []}, "a list with something in it"),
        ({"share": 0, "some": [1, 2, 3]}, "a list of at most 2"),
        ({"share": 0, "some": [10]}, "a whole number from 0 to 9 at x.some[0]"),
        ({"share": 0, "any": {"a": [1, {"b": 1e31}]}}, "within 1e+30 of 0 at x.any.a[1].b"),
    ],
)
def test_bounds_stand_on_the_type_hints(value: dict[str, Any], says: str) -> None:
    assert from_json(Bounded, Value({"share": 1, "count": 2, "any": [1.5]}, "x", "")).share == 1
    with pytest.raises(InputError) as caught:
        from_json(Bounded, Value(value, "x", "make it again"))
    assert says in str(caught.value)
