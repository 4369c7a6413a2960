"""Named recipes: our default, and what published conversions chose, restated for text CNNs.

A preset fixes the conversion only. Where a paper also trains its ANN in its own way, ``train``
names the options of `snnconvert train` that go with it. All of them were made for images (but
lv2023), so ``ours`` says honestly what is not the paper's: time steps where the paper has none for
text, the input code, what stands for max-over-time pooling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from .options import read_recipe


@dataclass(frozen=True)
class Preset:
    """A named recipe.

    source: the paper; options: what it sets (`options.py`), the rest is the package's own choice;
    theirs: which of it is the paper's; ours: which is not, and what of the paper is left out;
    train: options of `snnconvert train` that go with it.
    """

    source: str
    options: Mapping[str, Any]
    theirs: str
    ours: str
    train: str = field(default="")


PRESETS: dict[str, Preset] = {
    "default": Preset(
        source="this package",
        options={},
        theirs="",
        ours="learned bound or 99.9 percentile, sum-and-fire input on positive and negative "
        "channels, V(0) = theta/2, soft reset, T = 4",
    ),
    "diehl2015": Preset(
        source="Diehl et al., Fast-classifying, high-accuracy spiking deep networks through "
        "weight and threshold balancing, IJCNN 2015",
        options={
            "steps": 64,
            "encoder": "poisson",
            "threshold": "max",
            "normalise": "weights",
            "initial": 0.0,
            "reset": "hard",
        },
        theirs="data-based weight normalisation by the largest activation of each layer, Poisson "
        "input, reset to zero, V(0) = 0; ReLU",
        ours="biases (theirs are zero), T = 64, max-over-time pooling (theirs averages)",
        train="--activation relu",
    ),
    "rueckauer2017": Preset(
        source="Rueckauer et al., Conversion of continuous-valued deep networks to efficient "
        "event-driven networks for image classification, Frontiers in Neuroscience 2017",
        options={
            "steps": 64,
            "encoder": "direct",
            "threshold": "percentile",
            "percentile": 99.9,
            "normalise": "weights",
            "initial": 0.0,
            "pooling": "gated",
        },
        theirs="weight normalisation by the 99.9 percentile of each layer, analog input, reset by "
        "subtraction, V(0) = 0, max pooling that lets the unit pass that fired most; ReLU",
        ours="T = 64; the gate of the pooling follows the counts so far (theirs follows estimates "
        "of rates)",
        train="--activation relu",
    ),
    "deng2021": Preset(
        source="Deng and Gu, Optimal conversion of conventional artificial neural networks to "
        "spiking neural networks, ICLR 2021",
        options={
            "steps": 16,
            "encoder": "direct",
            "threshold": "max",
            "initial": 0.0,
            "bias_shift": True,
        },
        theirs="the largest activation as the threshold, soft reset, bias shift theta/(2T), analog "
        "input",
        ours="T = 16; their clipped ReLU (an upper bound set before training) is left to TCL, "
        "which learns it",
        train="--activation relu, or tcl for a clipped one",
    ),
    "tcl2021": Preset(
        source="Ho and Chang, TCL: an ANN-to-SNN conversion with trainable clipping layers, "
        "DAC 2021",
        options={
            "steps": 32,
            "encoder": "direct",
            "threshold": "bound",
            "normalise": "weights",
            "initial": 0.0,
        },
        theirs="the learned clipping bound as the scale of the weights, soft reset, analog input",
        ours="T = 32 (theirs up to 250), V(0) = 0, a bound kept positive by softplus and not "
        "decayed",
        train="--activation tcl",
    ),
    "bu2022": Preset(
        source="Bu et al., Optimal ANN-SNN conversion for high-accuracy and ultra-low-latency "
        "spiking neural networks, ICLR 2022",
        options={"steps": 4, "encoder": "direct", "threshold": "qcfs", "initial": 0.5},
        theirs="QCFS, its bound as the threshold, V(0) = theta/2, soft reset, analog input, L = 4",
        ours="max-over-time pooling by the maximum of currents (theirs averages)",
        train="--activation qcfs --levels 4",
    ),
    "li2021": Preset(
        source="Li et al., A free lunch from ANN: towards efficient, accurate spiking neural "
        "networks calibration, ICML 2021",
        options={
            "steps": 32,
            "encoder": "direct",
            "threshold": "mse",
            "grain": "channel",
            "initial": 0.0,
            "bias_shift": True,
            "correction": "weights",
        },
        theirs="threshold of least squared error per channel, calibration of weights layer by "
        "layer on unlabelled data, bias shift theta/(2T), soft reset, analog input, T = 32",
        ours="the search counts the shift in and tries 100 thresholds once on all calibration "
        "texts (theirs 95, averaged over batches)",
        train="--activation relu",
    ),
    "hao2023": Preset(
        source="Hao et al., Reducing ANN-SNN conversion error through residual membrane "
        "potential, AAAI 2023",
        options={
            "steps": 4,
            "encoder": "direct",
            "threshold": "qcfs",
            "initial": 0.5,
            "srp_steps": 4,
        },
        theirs="QCFS, V(0) = theta/2, neurons silenced whose residual potential is negative after "
        "tau = 4 steps, analog input",
        ours="the steps before count for latency and spikes; max-over-time pooling by the maximum "
        "of currents",
        train="--activation qcfs --levels 4",
    ),
    "lv2023": Preset(
        source="Lv et al., Spiking convolutional neural networks for text classification, "
        "ICLR 2023",
        options={
            "steps": 50,
            "encoder": "poisson",
            "mapping": "shift",
            "threshold": "weights",
            "normalise": "weights",
            "initial": 0.0,
        },
        theirs="word vectors shifted to [0, 1], Bernoulli spikes, T = 50, the weights of each "
        "hidden layer divided by the largest (the published model-based normalisation), neurons "
        "without leak (beta = 1), soft reset, V(0) = 0",
        ours="the shift is taken back in the weights (their ANN is trained on shifted vectors), "
        "biases are divided with the weights and the next layer multiplied, so that the scale "
        "cancels (theirs has an ANN without biases and an SNN whose biases stay random), output "
        "currents instead of output neurons; their fine-tuning is snnconvert finetune",
        train="--activation relu --pooling mean",
    ),
}


def load_options(name: str) -> tuple[str, dict[str, Any]]:
    """A recipe by the name of a preset or the path of a YAML file.

    Returns:
        Its short name, and its options.

    Raises:
        InputError: neither a preset nor a readable recipe file.
    """
    if name in PRESETS:
        return name, dict(PRESETS[name].options)
    path = Path(name)
    if path.suffix.lower() not in (".yaml", ".yml") and not path.exists():
        raise InputError(
            f"expected a recipe of {', '.join(PRESETS)}, or a YAML file, but got {name!r}"
        )
    return path.stem, read_recipe(path)
