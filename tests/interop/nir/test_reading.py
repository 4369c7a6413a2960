"""Back from a file: bit for bit, or refused with the first node that does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert import TextClassifier
from snnconvert.errors import InputError
from snnconvert.interop import nir as interop
from snnconvert.interop.nir.folder.files import write_graph
from snnconvert.interop.nir.graph.nodes import alike
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Signal
from snnconvert.tests.helpers.nir import builtin_texts, exported, random_snn, random_texts
from snnconvert.tests.interop.nir.conftest import CASES

nir = pytest.importorskip("nir")

ROUND_TRIPS: list[dict[str, Any]] = [
    {"soft": soft, "steps": steps, "pooling": pooling}
    for soft in (True, False)
    for steps in (1, 4, 8)
    for pooling in ("spikes", "counts")
]
ROUND_TRIPS += [
    {"encoder": Encoder("saf", "shift"), "padding": 0},
    {"encoder": Encoder("saf", "split", 1.5625)},
    {"each": True},
    {"each": True, "soft": False},
    {"widths": (3, 4, 5), "padding": 0},
    {"widths": (1,), "classes": 6},
    {"padding": (1, 0)},
    {"leak": 0.5, "each": True, "soft": False},
    {"leak": 0.25, "steps": 1, "soft": False},
]


def same(network: Any, again: Any, model: Any, texts: list[np.ndarray]) -> None:
    """Equal weights, equal V(0) and equal outputs, all bit for bit."""
    ours, theirs = network.state_dict(), again.state_dict()
    assert set(ours) == set(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    from snnconvert.models.batches import to_batch

    ids, lengths = to_batch(texts)
    frames = model.frames(ids, lengths, torch.Generator().manual_seed(0))
    outputs = [net(Signal(frames, lengths)) for net in (network, again)]
    assert torch.equal(*outputs)


@pytest.mark.parametrize("case", ROUND_TRIPS, ids=str)
@pytest.mark.parametrize("bits", ["auto", "float", "8"])
def test_round_trip(case: dict[str, Any], bits: str, tmp_path: Path) -> None:
    network = exported(random_snn(**case), "snntorch", bits=bits)
    write_graph(tmp_path / "a.nir", network.graph)
    again, info = interop.read(tmp_path / "a.nir")
    same(network.network, again, network.model, random_texts([1, 4, 8, 2]))
    assert info["steps"] == case.get("steps", 3) and info["grid"] == network.bits
    assert info["reset"] == ("soft" if case.get("soft", True) else "hard")
    assert len(info["classes"]) == case.get("classes", 2)
    assert Encoder(**info["encoder"]) == network.model.encoder
    names = {name: network.network.node(name).settings() for name in again.inputs}
    assert {name: again.node(name).settings() for name in again.inputs} == names


@pytest.mark.parametrize("simulator", ["norse", "spikingjelly", "sinabs"])
@pytest.mark.parametrize("case", CASES)
def test_trained_networks(
    case: str, simulator: str, classifiers: dict[str, TextClassifier], tmp_path: Path
) -> None:
    classifier = classifiers[case]
    network = interop.export(classifier, simulator=simulator, positions=20)
    network.save(tmp_path / "out", builtin_texts(4))
    again, info = interop.read(tmp_path / "out")
    same(network.network, again, network.model, classifier.stage.encode(builtin_texts(12)))
    assert info["classes"] == list(classifier.classes) and info["simulator"] == simulator


def test_branches(tmp_path: Path) -> None:
    network = exported(random_snn((2, 3, 4), each=True), mode="branches")
    write_graph(tmp_path / "a.nir", network.graph)
    again, _ = interop.read(tmp_path / "a.nir")
    same(network.network, again, network.model, random_texts([3, 8]))


def test_an_older_nir_can_read_the_file(tmp_path: Path) -> None:
    """nir 1.0.4, to which sinabs is pinned, knows these keys of a node and no v_reset."""
    h5py = pytest.importorskip("h5py")
    for simulator, keys in (
        ("sinabs", {"type", "r", "v_threshold"}),
        ("snntorch", {"type", "tau", "r", "v_leak", "v_threshold"}),
    ):
        path = tmp_path / f"{simulator}.nir"
        write_graph(path, exported(random_snn(), simulator).graph)
        with h5py.File(path) as file:
            nodes = file["node"]["nodes"]
            assert {*nodes["act"]} == {*nodes["pool"]} == {*nodes["count"]} == keys
            assert {*nodes["sum"]} == {"type", "kernel_size", "stride", "padding"}


def test_the_same_network_gives_the_same_files(
    classifiers: dict[str, TextClassifier], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        network = interop.export(classifiers["default"], simulator="norse", positions=20)
        network.save(tmp_path / name, builtin_texts(4))
    for file in ("examples.npz", "load.py", "README.md", "export.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file
    first, second = (nir.read(tmp_path / name / "network.nir") for name in ("a", "b"))
    assert first.edges == second.edges and first.metadata == second.metadata
    assert first.nodes.keys() == second.nodes.keys()
    assert all(alike(node, second.nodes[name]) for name, node in first.nodes.items())


def changed(path: Path, change: Any) -> None:
    """A graph, read, changed and written again as it is."""
    graph = nir.read(path)
    change(graph)
    nir.write(path, graph)


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nir"
    network = exported(random_snn())

    def fresh() -> None:
        write_graph(path, network.graph)

    with pytest.raises(InputError, match="expected an exported network at .*but there is no such"):
        interop.read(path)
    path.write_bytes(b"nothing of HDF5")
    with pytest.raises(InputError, match="expected a graph of NIR in .*OSError.*export it again"):
        interop.read(path)
    fresh()
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="expected a graph of NIR in "):
        interop.read(path)

    def other_threshold(graph: Any) -> None:
        graph.nodes["pool"].v_threshold += 1

    def other_type(graph: Any) -> None:
        node = graph.nodes["act"]
        graph.nodes["act"] = nir.LIF(
            tau=node.r, r=node.r, v_leak=node.r * 0, v_threshold=node.v_threshold
        )

    def other_mask(graph: Any) -> None:
        layout = network.layout
        channel = layout.start + 1
        graph.nodes["conv"].weight[:, channel // layout.taps, 0, channel % layout.taps] = 0

    for change, node in (
        (other_threshold, "pool"),
        (other_type, "act"),
        (other_mask, "conv"),
    ):
        fresh()
        changed(path, change)
        with pytest.raises(InputError, match=rf"the node {node} \(\w+\) is another"):
            interop.read(path)


def test_graphs_of_others_are_refused(tmp_path: Path) -> None:
    one = np.ones(3, np.float32)
    graph = nir.NIRGraph.from_list(nir.Affine(weight=np.eye(3), bias=one), nir.IF(one, one))
    nir.write(tmp_path / "b.nir", graph)
    with pytest.raises(InputError, match="another program's.*graphs of other programs are not"):
        interop.read(tmp_path / "b.nir")
    graph.metadata = {"snnconvert": json.dumps({"format": 9})}
    nir.write(tmp_path / "b.nir", graph)
    with pytest.raises(InputError, match="of format 1 in .*but it is of format 9"):
        interop.read(tmp_path / "b.nir")
    graph.metadata = {"snnconvert": json.dumps({"format": 1, "steps": 4})}
    nir.write(tmp_path / "b.nir", graph)
    with pytest.raises(InputError, match="expected a mapping at .*encoder, but it is nothing"):
        interop.read(tmp_path / "b.nir")
