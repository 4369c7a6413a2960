"""Files of NIR that a stranger made: they open no other file and fill no memory."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.interop.nir.folder.bounds import DEPTH, MOST_BYTES, check_bounds
from snnconvert.interop.nir.folder.files import write_graph
from snnconvert.interop.nir.reading import read_form
from snnconvert.tests.helpers.nir import exported, random_snn

h5py = pytest.importorskip("h5py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_graph(tmp_path / "a.nir", exported(random_snn()).graph)
    return tmp_path / "a.nir"


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def again(nodes: Any, name: str, **how: Any) -> None:
    """An array of a node anew, made as ``how`` says."""
    del nodes["conv"][name]
    nodes["conv"].create_dataset(name, **how)


def external_link(file: Any, other: Path) -> None:
    del file["node/nodes/conv"]
    file["node/nodes/conv"] = h5py.ExternalLink(str(other), "/secret")


def soft_link(file: Any, _other: Path) -> None:
    file["node/nodes/inner"] = h5py.SoftLink("/node")


def external_values(file: Any, other: Path) -> None:
    again(file["node/nodes"], "bias", shape=(4,), dtype="<f4", external=[(str(other), 0, 16)])


def virtual_values(file: Any, other: Path) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="<f4")
    layout[:] = h5py.VirtualSource(str(other), "secret", shape=(4,))
    del file["node/nodes/conv/bias"]
    file["node/nodes/conv"].create_virtual_dataset("bias", layout)


def no_values(file: Any, _other: Path) -> None:
    again(file["node/nodes"], "weight", shape=(2**20, 2**12), dtype="<f4", chunks=(2**10, 2**10))


def bomb(file: Any, _other: Path) -> None:
    shape = (2**9, 2**20)  # 512 MB
    how = {"dtype": "u1", "compression": "gzip", "compression_opts": 9, "chunks": (1, 2**20)}
    again(file["node/nodes"], "weight", shape=shape, **how)
    for row in range(shape[0]):
        file["node/nodes/conv/weight"][row] = 0


def deep(file: Any, _other: Path) -> None:
    file.create_group("node/nodes/inner" + "/nodes" * DEPTH)


def circle(file: Any, _other: Path) -> None:
    file["node/nodes/inner"] = file["node"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (external_link, "all of the graph in one file, but /node/nodes/conv is a link"),
        (soft_link, "all of the graph in one file, but /node/nodes/inner is a link"),
        (external_values, "the values of /node/nodes/conv/bias in it, but they lie in another"),
        (virtual_values, "the values of /node/nodes/conv/bias in it, but they lie in another"),
        (no_values, "the values of /node/nodes/conv/weight, but it holds none"),
        (bomb, "arrays of at most [0-9]+ MB in all and 10000 of them, but there are more"),
        (deep, "a graph of nodes, but .* is too deep or too large"),
        (circle, "a graph of nodes, but .* is too deep or too large"),
    ],
)
def test_what_leads_out_of_it_or_is_larger_than_it(
    spoil: Callable[[Any, Path], None], said: str, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = [1.0, 2.0, 3.0, 4.0]
    with h5py.File(path, "r+") as file:
        spoil(file, other)
    before = peak()
    with pytest.raises(InputError, match=rf"expected in .*a.nir {said}.*: export it again"):
        read_form(path)
    assert peak() - before < MOST_BYTES


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_and_a_device_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nir")
    with pytest.raises(InputError, match="an exported network at .*, but it is a pipe; give"):
        read_form(tmp_path / "pipe.nir")
    with pytest.raises(InputError, match="an exported network at /dev/zero, but it is a device"):
        read_form("/dev/zero")


def test_as_exported_nothing_is_in_the_way(path: Path) -> None:
    check_bounds(path)
    read_form(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 10**9}, "a whole number from 1 to 100000 at .*steps, but it is 1000000000"),
        ({"positions": 0}, "a whole number from 1 to 1e.07 at .*positions"),
        ({"inputs": 9_000_000}, "numbers of the largest array that it says it has, but all arrays"),
        ({"positions": 9_000_000}, "numbers of the largest array that it says it has"),
        ({"grid": 10**6}, "a whole number from 0 to 44 at .*grid"),
        ({"grid": "4"}, "a whole number at .*grid"),
        ({"graph": ["chain"]}, "a string at .*graph"),
        ({"pooling": "none"}, "spikes or counts at .*pooling, but it is 'none'"),
        ({"classes": []}, "a list with something in it at .*classes"),
        ({"encoder": {"code": "saf", "mapping": "split", "gain": -1}}, "at .*gain"),
        ({"simulator": "no such"}, "expected the simulator to be of any, norse.*but got 'no such'"),
        ({"leak": 2}, "a number from 0 to 1 at .*leak"),
    ],
)
def test_what_it_says_of_itself(change: dict[str, Any], said: str, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        place = file["node/metadata"]
        note = json.loads(place["snnconvert"][()]) | change
        del place["snnconvert"]
        place["snnconvert"] = json.dumps(note)
    before = peak()
    with pytest.raises(InputError, match=said):
        read_form(path)
    assert peak() - before < MOST_BYTES


def test_channels_that_no_array_has(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        place = file["node/metadata"]
        note = json.loads(place["snnconvert"][()])
        note["branches"][0]["channels"] = 9_000_000
        note["branches"][0]["initial"] = []
        del place["snnconvert"]
        place["snnconvert"] = json.dumps(note)
    with pytest.raises(InputError, match="numbers of the largest array that it says it has"):
        read_form(path)
