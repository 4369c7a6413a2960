"""From an ANN to a verified SNN: balance thresholds, build, verify, correct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.autocast import without_autocast
from ..models.batches import by_length, to_batch
from ..models.devices import device_of, on_cpu
from ..models.encoders.check import check_code
from ..models.encoders.encoder import soft_threshold
from ..models.encoders.histogram import read_vectors
from ..models.network import Network, Signal
from ..models.nodes.activations import Activation
from ..models.silenced import spiking_model
from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel
from ..text.inputs import as_read
from .adjust.bias_shift import shift_biases
from .adjust.correction import correct
from .adjust.normalise import normalise_weights
from .build import build_snn
from .measurement import Measurement
from .recipes.recipe import ConversionRecipe
from .stored import written_down
from .thresholds.choose import choose_threshold
from .thresholds.statistics import ActivationStatistics
from .totals import MOST_VALUES, position_values
from .ttfs.network import convert_ttfs
from .ttfs.verify import verify_ttfs
from .verify import LayerCheck, verify


@dataclass
class Conversion:
    """A converted model, and what its report says.

    ann: what was converted: the trained model, its vectors soft-thresholded where the recipe says
    so and in their place bits where it names a book; thresholds: theta by activation node; rows:
    one per ANN node; corrections: one per layer that was corrected on unlabelled texts; recipe: its
    choices, with what was fitted on the texts; book: what was written down, None where nothing was.
    """

    snn: SpikingTextModel
    ann: TextModel
    thresholds: dict[str, Tensor]
    rows: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    recipe: ConversionRecipe
    book: dict[str, Any] | None = None


def convert_model(
    ann: TextModel, recipe: ConversionRecipe, sequences: list, seed: int = 0
) -> Conversion:
    """Balance thresholds on texts, convert, verify against the ANN, and correct.

    All of it is done on the CPU; the SNN then lies on the device of ``ann``.

    Args:
        ann: the trained model
        recipe: the choices of the conversion
        sequences: id sequences of calibration texts
        seed: of the draws of a stochastic encoder

    Raises:
        InputError: a node that cannot be converted, no calibration texts, or a code or threshold
            rule of the user's own that does not keep what it must.
        SnnConvertError: the converted network is not the ANN's (see `convert.verify`).
    """
    with without_autocast():  # in half precision no network equals another
        return _converted(ann, recipe, _checked(ann, sequences), seed)


def _converted(ann: TextModel, recipe: ConversionRecipe, sequences: list, seed: int) -> Conversion:
    check_code(recipe.encoder.code, recipe.encoder.coding, recipe.steps)  # before it is asked
    device, ann = device_of(ann), on_cpu(ann)  # where weights come out the same for any device
    ann = sparser(ann, recipe.soft_threshold)
    recipe = fitted_recipe(recipe, ann, sequences)
    ann, recipe, book = written_down(ann, recipe, sequences, seed)
    thresholds, used = balance(ann, recipe, sequences)
    corrections: list[dict[str, Any]] = []
    if recipe.neuron.layer.windowed:
        network, rows = _ttfs_network(ann, recipe, thresholds, sequences)
    else:
        network, rows = _spiking_network(ann, recipe, thresholds, sequences)
        if recipe.correction != "none":
            batches = _Batches(ann, sequences, _positions(ann, network))
            network, corrections = correct(
                ann.network, network, recipe, thresholds, batches, seed=seed, progress=True
            )
    _note_thresholds(rows, thresholds, used)
    snn = spiking_model(ann.table, recipe.encoder, network, recipe.steps, recipe.srp_steps)
    if book is not None:  # how many slices it has is the model's, not a choice
        recipe = replace(recipe, encoder=replace(recipe.encoder, slices=0))
    return Conversion(snn.eval().to(device), ann, thresholds, rows, corrections, recipe, book)


def _checked(ann: TextModel, sequences: list) -> list:
    """The calibration texts, where a model and texts of its words were given."""
    if not isinstance(ann, TextModel):
        raise InputError(f"expected an ANN (TextModel) to convert, but got {type(ann).__name__}")
    sequences = as_read(sequences, ann.embedding.num_embeddings, ann.embedding.embedding_dim)
    if not any(len(ids) for ids in sequences):
        raise InputError(
            f"expected at least one calibration text with words, but got {len(sequences)} texts "
            "without any (--calibration)"
        )
    return sequences


@torch.no_grad()
def fitted_recipe(recipe: ConversionRecipe, ann: TextModel, sequences: list) -> ConversionRecipe:
    """``recipe`` with the gain of its input settled on what ``sequences`` hold."""
    if not recipe.fits_gain:
        return recipe
    if ann.reads_vectors:
        read = torch.from_numpy(np.concatenate(sequences))  # (N, D)
        return recipe.with_gain(read, torch.ones(len(read)))
    vectors, counts = read_vectors(ann.embedding.weight, sequences)
    return recipe.with_gain(vectors.clamp(-1, 1), counts)


def _note_thresholds(
    rows: list[dict[str, Any]], thresholds: dict[str, Tensor], used: dict[str, str]
) -> None:
    """Write the thresholds of each activation, and the rule that gave them, into its report row."""
    for row in rows:
        if row["name"] in thresholds:
            theta = thresholds[row["name"]]
            row |= {
                "threshold_rule": used[row["name"]],
                "threshold_min": float(theta.min()),
                "threshold_mean": float(theta.mean()),
                "threshold_max": float(theta.max()),
            }


def sparser(ann: TextModel, level: float) -> TextModel:
    """``ann`` on soft-thresholded word vectors, its network shared; ``ann`` itself at level 0.

    What it loses is not the conversion's, so it is what the SNN is balanced and checked against.
    """
    if level == 0:
        return ann
    if ann.reads_vectors:
        raise InputError(
            "expected a table of word vectors for a soft threshold, but the model reads one vector "
            "a text, which its text stage makes: set the soft threshold to 0"
        )
    vectors = ann.embedding.weight.detach().clamp(-1, 1)
    return TextModel(soft_threshold(vectors, level), ann.network).eval()


def _spiking_network(
    ann: TextModel, recipe: ConversionRecipe, thresholds: dict[str, Tensor], sequences: list
) -> tuple[Network, list[dict[str, Any]]]:
    """The verified spiking network and its report rows, by balanced thresholds or weights."""
    source, folded = ann.network, thresholds
    if recipe.normalise == "weights":
        source = normalise_weights(ann.network, thresholds)
        folded = {name: torch.ones(1) for name in thresholds}
    network, rows = build_snn(source, recipe, folded)
    for vectors, lengths in _checked_on(ann, sequences, network):
        checks = verify(
            ann.network,
            network,
            recipe.encoder,
            thresholds,
            vectors,
            lengths,
            steps=recipe.steps,
        )
        _note_errors(rows, checks)
    if recipe.bias_shift:
        shift_biases(network, recipe.steps)
    return network, rows


def _ttfs_network(
    ann: TextModel, recipe: ConversionRecipe, thresholds: dict[str, Tensor], sequences: list
) -> tuple[Network, list[dict[str, Any]]]:
    """The verified time-to-first-spike network and its report rows."""
    steps, encoder = recipe.steps, recipe.encoder
    network, report = convert_ttfs(ann.network, thresholds, steps, encoder)
    for vectors, lengths in _checked_on(ann, sequences, network, steps):
        checks = verify_ttfs(ann.network, network, encoder, thresholds, vectors, lengths, steps)
        _note_errors(report.rows, checks)
    return network, report.rows


def _note_errors(rows: list[dict[str, Any]], checks: list[LayerCheck]) -> None:
    """Write the verified error of each layer into its report row, the largest of several."""
    errors = {check.name: check.error for check in checks}
    for row in rows:
        if row["name"] in errors:
            row["verify_error"] = max(errors[row["name"]], row.get("verify_error", 0.0))


def _positions(ann: TextModel, network: Network, steps: int = 1) -> int:
    """How many positions of a batch may be held in all nodes of a network over ``steps`` steps."""
    each = position_values(network, 2 * ann.embedding.embedding_dim)
    return max(1, MOST_VALUES // (each * steps))


def _checked_on(
    ann: TextModel, sequences: list, network: Network, steps: int = 1
) -> Iterator[tuple[Tensor, Tensor]]:
    """The first 64 texts as vectors and lengths: one batch, or several where they are long."""
    some = sequences[:64]
    longest = max(max((len(ids) for ids in some), default=1), 1)
    size = max(1, _positions(ann, network, steps) // longest)
    for start in range(0, len(some), size):
        yield _vectors(ann, some, list(range(start, min(start + size, len(some)))))


class _Batches(Sequence[tuple[Tensor, Tensor]]):
    """Texts of similar lengths as vectors and lengths, made when they are looked at."""

    def __init__(self, ann: TextModel, sequences: list, positions: int) -> None:
        self.ann, self.sequences = ann, sequences
        self.texts = list(by_length(sequences, 32, positions))

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: Any) -> Any:
        return _vectors(self.ann, self.sequences, self.texts[index])


@torch.no_grad()
def _vectors(ann: TextModel, sequences: list, batch: list[int]) -> tuple[Tensor, Tensor]:
    """Some texts as range-mapped vectors (B, D, L) and their lengths (B,)."""
    ids, lengths = to_batch([sequences[i] for i in batch])
    return ann.embed(ids), lengths


@torch.no_grad()
def balance(
    ann: TextModel, recipe: ConversionRecipe, sequences: list
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Thresholds of every activation, from the ANN's activations on ``sequences``.

    Returns:
        theta (C,) or (1,) by node name, and the rule that gave each.
    """
    names = [n for n in ann.network.inputs if isinstance(ann.network.node(n), Activation)]
    statistics = {name: ActivationStatistics() for name in names}
    look = Measurement(ann.network, recipe)
    for batch in by_length(sequences, 128, _positions(ann, ann.network)):
        record: dict[str, Signal] = {}
        look.network(Signal(*_vectors(ann, sequences, batch)), record)
        for name in names:
            statistics[name].update(look.at(name, record))
    shift = 0.5 if recipe.bias_shift else recipe.initial
    chosen = {
        name: choose_threshold(
            name, ann.network, statistics[name], recipe.threshold, recipe.steps, shift
        )
        for name in names
    }
    return {n: theta for n, (theta, _) in chosen.items()}, {
        n: how for n, (_, how) in chosen.items()
    }
