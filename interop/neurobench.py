"""A spiking text model in NeuroBench's harness, which finds layers by their type and counts.

The harness hooks `torch.nn` layers and neurons and keeps what they were given at every step, so it
is given a plain twin (`twin.py`). It knows no padding of a batch, so texts come one by one at their
own length. It adds in the type of the layers: in the twin's float64 its counts do not round.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..engine.classifier import ModelClassifier
from ..engine.grid import GridSums
from ..engine.reference import ReferenceEngine
from ..errors import InputError
from ..installation import install_packages
from ..models.snn import SpikingTextModel
from ..seeds import generator
from ..text.inputs import TextsLike, as_texts
from .twin import Spikes, Twin

if TYPE_CHECKING:
    from neurobench.models import NeuroBenchModel


class Frames(Dataset[tuple[Tensor, Tensor]]):
    """Texts as frames (T, D', L) at their own lengths, and the numbers of their classes.

    Noise of a stochastic code is drawn by ``seed`` and the text's place.
    """

    def __init__(
        self, classifier: ModelClassifier, texts: TextsLike, labels: Sequence[int], seed: int = 0
    ) -> None:
        self.model, self.seed, self.labels = classifier.model, seed, labels
        self.sequences = classifier.stage.encode(texts)

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        model, ids = self.model, torch.from_numpy(self.sequences[index])
        assert isinstance(model, SpikingTextModel)
        draws = generator(self.seed, "neurobench", index)
        frames = model.frames(ids.unsqueeze(0), torch.tensor([len(ids)]), draws)  # (T, 1, D', L)
        return frames[:, 0], torch.tensor(self.labels[index])


def model(classifier: ModelClassifier) -> NeuroBenchModel:
    """The harness's view of a classifier: frames (1, T, D', L) of one text to its class (1,).

    Weights are those that `predict` runs, on a grid with the precision ``exact``; analog input and
    means, whose grid is more than weights, are run with the weights as they are.

    Raises:
        InputError: NeuroBench is not installed, or the model is none that it can hold.
    """
    with redirect_stdout(io.StringIO()):  # snntorch says something as it is loaded
        need_neurobench()
        from neurobench.models import NeuroBenchModel

    class TextModelOfOurs(NeuroBenchModel):
        """One text at a time."""

        def __init__(self, net: Twin) -> None:
            super().__init__()
            self.net = net.eval()
            self.add_activation_module(Spikes)

        def __call__(self, batch: Tensor) -> Tensor:
            """The most probable class (1,)."""
            if len(batch) != 1:
                raise InputError(
                    f"expected batches of one text, since the harness knows no padding, but got "
                    f"{len(batch)}: give the DataLoader batch_size=1"
                )
            with torch.no_grad():
                return self.net(batch).argmax(dim=1)

        def __net__(self) -> Twin:
            """The twin."""
            return self.net

    found = classifier.model
    if not isinstance(found, SpikingTextModel):
        raise InputError("expected a spiking model for NeuroBench, but the model is an ANN")
    return TextModelOfOurs(Twin(_as_run(found, classifier.precision)))


def _as_run(model: SpikingTextModel, precision: str) -> SpikingTextModel:
    """The model with the weights that it is run with; as it is where these are no plain layers."""
    found = ReferenceEngine(model, precision).model
    nodes = [found.network.node(name) for name in found.network.inputs]
    return model if any(isinstance(node, GridSums) for node in nodes) else found


def benchmark(
    classifier: ModelClassifier, texts: TextsLike, labels: Iterable[Any], seed: int = 0
) -> dict[str, Any]:
    """Run NeuroBench's harness on texts; returns its dictionary.

    Its entries are ParameterCount, ConnectionSparsity, ClassificationAccuracy, ActivationSparsity
    (every neuron of every window of a text at every step) and SynapticOperations a text:
    Effective_ACs, Effective_MACs, Dense. Its footprint is left out, as the twin holds float64.

    Args:
        classifier: of an SNN
        texts: N of them
        labels: N class names, or numbers of classes
        seed: of the noise of a stochastic code

    Raises:
        InputError: NeuroBench is not installed, or texts, labels or a model that do not fit.
    """
    wrapped = model(classifier)
    found = as_texts(texts)
    data = Frames(classifier, found, class_numbers(classifier, labels, len(found)), seed)
    from neurobench.benchmarks import Benchmark
    from neurobench.metrics.static import ConnectionSparsity, ParameterCount
    from neurobench.metrics.workload import (
        ActivationSparsity,
        ClassificationAccuracy,
        SynapticOperations,
    )

    metrics = [
        [ParameterCount, ConnectionSparsity],
        [ClassificationAccuracy, ActivationSparsity, SynapticOperations],
    ]
    loader = DataLoader(data, batch_size=1)
    figures = Benchmark(wrapped, loader, [], [], metrics).run(quiet=True)
    return {name: _plain(value) for name, value in figures.items()}


def class_numbers(classifier: ModelClassifier, labels: Iterable[Any], count: int) -> list[int]:
    """Class names or numbers as numbers of classes; raises `InputError` for others."""
    classes = list(classifier.classes)
    given = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if len(given) != count:
        raise InputError(f"expected one label per text, but got {len(given)} for {count} texts")
    numbers = []
    for position, label in enumerate(given):
        known = label in classes if isinstance(label, str) else label in range(len(classes))
        if not known:
            raise InputError(
                f"expected class names of {', '.join(classes)} or their numbers, but position "
                f"{position} holds {label!r}"
            )
        numbers.append(classes.index(label) if isinstance(label, str) else int(label))
    return numbers


def _plain(value: Any) -> Any:
    """Numbers in place of tensors."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value.item() if hasattr(value, "item") else value


def need_neurobench() -> None:
    """Refuse to go on without NeuroBench.

    Raises:
        InputError: it or snntorch, which it loads, is not installed.
    """
    missing = [name for name in ("neurobench", "snntorch") if find_spec(name) is None]
    if missing:
        raise InputError(
            f"expected the package {missing[0]} for its harness, but it is not installed: "
            f"{install_packages('--no-deps', 'neurobench==2.3.0', 'snntorch==1.0.0')}"
        )
