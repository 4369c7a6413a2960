"""The settings of every command, as small dataclasses; the command line is made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def option(default: Any, text: str, choices: tuple[str, ...] = ()) -> Any:
    """A dataclass field with its help text and, where it has them, its choices."""
    return field(default=default, metadata={"help": text, "choices": choices})


@dataclass(frozen=True)
class DataSettings:
    """Which texts, and which word vectors."""

    dataset: str = option(
        "builtin-en",
        "builtin-en, builtin-zh, sst2, sst5, mr, subj, chnsenti, waimai, emotion, imdb, hf:NAME, "
        "or the path of a TSV, CSV or JSONL file",
    )
    data_dir: str | None = option(None, "folder of the named data sets (or SNNCONVERT_DATA)")
    language: str = option("auto", "language of the texts", ("auto", "en", "zh"))
    limit: int | None = option(None, "use at most this many texts of each split, for a quick trial")
    vectors: str = option(
        "train", "word vectors: a word2vec or GloVe file, a gensim name, train, or random"
    )
    dim: int | None = option(None, "components of vectors that are trained or random (300)")
    max_length: int = option(256, "words kept of a text")
    min_count: int = option(1, "training words seen less often are unknown")


@dataclass(frozen=True)
class TrainSettings:
    """The TextCNN and its training."""

    widths: tuple[int, ...] = option((3, 4, 5), "filter widths in words")
    channels: int = option(100, "filters per width")
    activation: str = option("qcfs", "activation", ("qcfs", "relu"))
    levels: int = option(4, "QCFS levels L; best equal to the time steps")
    bound: float = option(2.0, "initial QCFS bound")
    pooling: str = option("max", "pooling over positions", ("max", "mean"))
    dropout: float = option(0.5, "dropout before the readout")
    train_vectors: bool = option(False, "fine-tune the word vectors")
    epochs: int = option(20, "most epochs")
    patience: int = option(3, "stop after this many epochs without a better dev accuracy")
    batch_size: int = option(64, "texts per step")
    lr: float = option(1e-3, "learning rate of AdamW")
    weight_decay: float = option(1e-2, "weight decay of AdamW")
    class_weights: bool = option(False, "weigh classes by their inverse frequency")
    tensorboard: bool = option(True, "write TensorBoard logs")


@dataclass(frozen=True)
class ConvertSettings:
    """The conversion."""

    steps: int = option(4, "time steps T")
    encoder: str = option("saf", "input code", ("saf", "bitplane", "poisson", "direct"))
    mapping: str = option(
        "auto",
        "channels of the input (auto: split, none for direct)",
        ("auto", "split", "shift", "none"),
    )
    threshold: str = option("auto", "threshold rule", ("auto", "qcfs", "max", "percentile"))
    grain: str = option("layer", "one threshold per layer or channel", ("layer", "channel"))
    percentile: float = option(99.9, "percentile of the threshold rule, in percent")
    initial: float = option(0.5, "V(0) as a fraction of the threshold")
    reset: str = option("soft", "reset after a spike", ("soft", "hard"))
    pooling: str = option(
        "auto", "max pooling of spikes (auto: by encoder)", ("auto", "spikes", "currents", "counts")
    )
    calibration: int = option(512, "training texts that thresholds are balanced on")


@dataclass(frozen=True)
class FinetuneSettings:
    """Fine-tuning with surrogate gradients."""

    epochs: int = option(3, "most epochs")
    patience: int = option(2, "stop after this many epochs without a better dev accuracy")
    batch_size: int = option(64, "texts per step")
    lr: float = option(2e-4, "learning rate of AdamW")
    weight_decay: float = option(1e-2, "weight decay of AdamW")
    loss: str = option(
        "mean_logits",
        "cross entropy on mean logits or spike counts",
        ("mean_logits", "spike_counts"),
    )
    surrogate: str = option(
        "atan", "surrogate of the spike's gradient", ("atan", "sigmoid", "rectangle", "triangle")
    )
    width: float = option(1.0, "width of the surrogate, in thresholds")
    dropout: float = option(0.0, "dropout of pooled spikes before the readout")
    class_weights: bool = option(False, "weigh classes by their inverse frequency")
    tensorboard: bool = option(True, "write TensorBoard logs")


@dataclass(frozen=True)
class AttackSettings:
    """Robustness evaluation with TextAttack."""

    presets: tuple[str, ...] = option(
        ("auto",), "attacks, separated by commas: deepwordbug, pwws, zh-homophone, zh-wordnet"
    )
    examples: int = option(100, "test texts attacked, the same for every model")
    query_budget: int = option(500, "most model queries per text")
    victims: tuple[str, ...] = option(("ann", "snn", "finetuned"), "models to attack")
    draws: int = option(8, "noise draws averaged for a stochastic encoder")


@dataclass(frozen=True)
class RunSettings:
    """Everything: train, convert, fine-tune, attack, report."""

    data: DataSettings = field(default_factory=DataSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    convert: ConvertSettings = field(default_factory=ConvertSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    attack: AttackSettings = field(default_factory=AttackSettings)
    seed: int = option(0, "seed of every random draw")
