"""The parts of a victim's name, whatever their values are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.victim_name import VictimName
from snnconvert.errors import InputError

WORDS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


@given(
    st.builds(VictimName, WORDS, WORDS | st.just(""), WORDS, st.integers(0, 999), WORDS)
    | st.builds(VictimName, WORDS, WORDS | st.just(""), conversion=WORDS | st.just(""))
)
def test_any_parts_are_read_as_they_are_written(name: VictimName) -> None:
    assert VictimName.parse(str(name)) == name == VictimName.of(str(name))
    assert str(VictimName.parse(name.base)) == name.base and "+" not in name.base


@pytest.mark.parametrize(
    "name", ["", "snn@", "snn@t.4", "snn@saf:x", "a b", "+noise", "snn@saf:4:", "snn@t4+noise"]
)
def test_another_form_is_no_name_but_may_be_a_model(name: str) -> None:
    with pytest.raises(InputError, match="expected a victim like snn"):
        VictimName.parse(name)
    assert VictimName.of(name) == VictimName(name)


@pytest.mark.parametrize(
    ("name", "base", "variant", "is_ann"),
    [
        ("ann", "ann", "", True),
        ("ann-adversarial", "ann-adversarial", "", True),
        ("ann+noise@poisson:7", "ann@poisson:7", "@poisson:7", True),
        ("snn@saf:7:max", "snn@saf:7:max", "@saf:7:max", False),
        ("finetuned+deterministic", "finetuned", "", False),
        ("finetuned@t4", "finetuned@t4", "@t4", False),
        ("ann+levels@t4", "ann@t4", "@t4", True),
    ],
)
def test_what_a_name_says(name: str, base: str, variant: str, is_ann: bool) -> None:
    parts = VictimName.parse(name)
    assert (parts.base, parts.variant, parts.is_ann) == (base, variant, is_ann)
