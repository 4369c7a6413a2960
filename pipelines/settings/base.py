"""The settings of every command, as small dataclasses; the command line is made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

from ...errors import InputError
from .fields import Settings, option, recipe_option, sized_option

# choices of the conversion, written out because their modules load torch (a test compares them)
MEASURED = ("max", "percentile", "percentile_nonzero", "mse", "balance", "weights")
RULES = ("auto", "bound", "qcfs", *MEASURED, "fixed")
GRAINS = ("layer", "channel")
CODES = ("saf", "bitplane", "poisson", "direct", "ttfs")
KINDS = ("if", "lif", "signed", "burst", "ttfs")
POOLING = ("auto", "spikes", "currents", "counts", "gated")
SCHEDULES = ("cosine", "constant")
ENGINES = ("auto", "fast", "torch", "reference")
PRECISIONS = ("exact", "fast")
ATTACKS = (
    *("deepwordbug", "pwws", "textbugger", "textbugger-nouse", "textfooler", "textfooler-nouse"),
    *("iga", "iga-lists", "pso", "pso-wordnet", "pruthi", "checklist-nonames"),
    *("bae", "bae-nouse", "bert-attack", "bert-attack-nouse"),
    *("lv2023-textfooler", "lv2023-textbugger", "lv2023-pwws", "lv2023-pso", "lv2023-deepwordbug"),
    *("lv2023-textfooler-nouse", "lv2023-textbugger-nouse", "lv2023-pwws-nouse"),
    *("lv2023-pso-nouse", "lv2023-deepwordbug-nouse"),
    *("unlimited", "inputreduction"),
    *("zh-homophone", "zh-glyph", "zh-wordnet", "zh-cilin", "zh-masked", "zh-all", "zh-unlimited"),
    *("hotflip-surrogate", "hotflip-rga", "hotflip-averaged"),
    *("zh-hotflip-surrogate", "zh-hotflip-rga", "zh-hotflip-averaged"),
)


class AttackNames(tuple[str, ...]):
    """Names of attacks; a file of the user's is one too: ``recipe.py``, or ``recipe.py:name``."""

    __slots__ = ()

    def __contains__(self, value: object) -> bool:
        return super().__contains__(value) or is_recipe_file(str(value))


def is_recipe_file(name: str) -> bool:
    """Whether an attack's ``name`` is that of a Python file, with or without a name in it."""
    return re.fullmatch(r".+\.py(:\w+)?", name, re.DOTALL) is not None


@dataclass(frozen=True)
class DataSettings(Settings):
    """Which texts, and which word vectors."""

    dataset: str = option(
        "builtin-en",
        "builtin-en, builtin-zh, sst2, sst5, mr, subj, chnsenti, waimai, emotion, imdb, hf:NAME, "
        "or the path of a TSV, CSV, JSONL, JSON or text file or of a folder",
    )
    text_column: str | None = option(
        None, "column of the texts, by name or number", shown="told by content"
    )
    label_column: str | None = option(
        None, "column of the labels, likewise", shown="told by content"
    )
    delimiter: str | None = option(
        None,
        "what separates columns: tab, comma, semicolon, pipe or a character",
        shown="told by content",
    )
    encoding: str | None = option(
        None, "encoding of the files, as in GB18030 or CP1252", shown="UTF-8"
    )
    data_dir: str | None = option(
        None, "folder of the named data sets", shown="that of SNNCONVERT_DATA"
    )
    language: str = option("auto", "language of the texts", ("auto", "en", "zh"))
    limit: int | None = option(
        None, "use at most this many texts of each split, for a quick trial", shown="all", least=2
    )
    vectors: str = option(
        "train", "word vectors: a word2vec or GloVe file, a gensim name, train, or random"
    )
    dim: int | None = option(
        None,
        "components of vectors that are trained or random",
        shown="100, and 300 from a million words of training texts",
        least=1,
    )
    max_length: int = option(256, "words kept of a text", least=1)
    min_count: int = option(1, "training words seen less often are unknown", least=1)


@dataclass(frozen=True)
class TrainSettings(Settings):
    """The text CNN and its training."""

    model: str = option("textcnn", "network", ("textcnn", "dpcnn"))
    blocks: int = option(2, "residual blocks of a DPCNN", least=1)
    widths: tuple[int, ...] = option((3, 4, 5), "filter widths in words", least=1)
    channels: int = option(100, "filters per width", least=1)
    activation: str = option("qcfs", "activation", ("qcfs", "relu", "tcl"))
    levels: int = option(4, "QCFS levels L; best equal to the time steps", least=1)
    bound: float = option(1.0, "initial bound of QCFS or TCL", above=0)
    pooling: str = option("max", "pooling over positions", ("max", "mean"))
    dropout: float = option(0.5, "dropout before the readout", least=0, below=1)
    word_dropout: float | None = option(
        None,
        "share of a text's words read as unknown in training",
        shown="0.25 where the word vectors are trained too, else 0",
        least=0,
        below=1,
    )
    train_vectors: bool | None = option(
        None,
        "train the word vectors too",
        shown="true with --vectors train and random, else false",
    )
    epochs: int | None = sized_option("most epochs", least=1)
    patience: int | None = sized_option(
        "stop after this many epochs that are no better on dev", least=0
    )
    batch_size: int | None = sized_option("texts per step", least=1)
    lr: float | None = option(None, "learning rate of AdamW", shown="0.002", above=0)
    vector_lr: float | None = option(
        None,
        "learning rate of word vectors that are trained too",
        shown="up to 10 times --lr for few texts with --vectors train and random, else --lr",
        above=0,
    )
    schedule: str = option("cosine", "course of the learning rate", SCHEDULES)
    clip: float = option(5.0, "largest norm of a step's gradient; 0 for no limit", least=0)
    weight_decay: float = option(1e-2, "weight decay of AdamW", least=0)
    class_weights: bool = option(
        False,
        "weigh classes by their inverse frequency, and choose the epoch by the mean of their "
        "accuracies on dev",
    )
    tensorboard: bool = option(True, "write TensorBoard logs")

    def __post_init__(self) -> None:
        super().__post_init__()
        read_by = {
            "blocks": ("model", ("dpcnn",)),
            "widths": ("model", ("textcnn",)),
            "levels": ("activation", ("qcfs",)),
            "bound": ("activation", ("qcfs", "tcl")),
        }
        for name, (owner, readers) in read_by.items():
            chosen = getattr(self, owner)
            if chosen not in readers and getattr(self, name) != getattr(TrainSettings, name):
                raise InputError(
                    f"expected {name} only with the {owner} {' or '.join(readers)}, but got it "
                    f"with {chosen}, which has none: leave it out"
                )


@dataclass(frozen=True)
class ConvertSettings(Settings):
    """The conversion: a recipe, and what is chosen otherwise.

    An option that is None is left to the recipe, so a default never overrides what a recipe says.
    """

    recipe: str = option(
        "default",
        "default, diehl2015, rueckauer2017, deng2021, tcl2021, li2021, bu2022, hao2023, lv2023, or "
        "a YAML file (as RUN/snn/recipe.yaml); the other options change it",
    )
    calibration: int = option(512, "training texts that thresholds are balanced on", least=1)
    steps: int | None = recipe_option("time steps T", least=1)
    encoder: str | None = recipe_option("input code", CODES)
    mapping: str | None = recipe_option(
        "channels of the input (auto: split, none for direct)", ("auto", "split", "shift", "none")
    )
    threshold: str | None = recipe_option("threshold rule", RULES)
    grain: str | None = recipe_option("one threshold per layer or channel", GRAINS)
    percentile: float | None = recipe_option(
        "percentile of the threshold rule, in percent", above=0, most=100
    )
    source: str | None = recipe_option(
        "thresholds from the ANN's activation, or from the ReLU of its pre-activations",
        ("activation", "relu"),
    )
    location: str | None = recipe_option(
        "thresholds from all positions, or from where the neurons stand", ("positions", "neurons")
    )
    threshold_value: float | None = recipe_option("threshold of the rule fixed", above=0)
    normalise: str | None = recipe_option(
        "balance thresholds, or scale the weights", ("thresholds", "weights")
    )
    initial: float | None = recipe_option("V(0) as a fraction of the threshold", least=0, most=1)
    bias_shift: bool | None = recipe_option("add theta/(2T) to the currents instead of V(0)")
    reset: str | None = recipe_option("reset after a spike", ("soft", "hard"))
    neuron: str | None = recipe_option("neuron model", KINDS)
    leak: float | None = recipe_option("share of its potential an lif loses", least=0, below=1)
    burst: int | None = recipe_option("most spikes of a burst neuron a step", least=1)
    negative: float | None = recipe_option(
        "how far below zero a signed neuron spikes, in thresholds", least=0
    )
    pooling: str | None = recipe_option("max pooling of spikes (auto: by encoder)", POOLING)
    correction: str | None = recipe_option(
        "adjust on unlabelled texts", ("none", "bias", "potential", "weights")
    )
    insist: bool | None = recipe_option("build also what is known not to converge")
    srp_steps: int | None = recipe_option("steps run before to silence neurons (SRP)", least=0)
    tau: float | None = recipe_option(
        "soft threshold of the words' components, for fewer spikes", least=0, below=1
    )


@dataclass(frozen=True)
class SweepSettings(Settings):
    """What `convert --sweep` tries: every method with every encoder at every T, on dev."""

    methods: tuple[str, ...] = option(
        ("default", "mse", "channel", "bias", "potential", "weights", "srp"),
        "what is changed of the recipe, joined by + (channel+bias), or named recipes",
    )
    encoders: tuple[str, ...] = option(
        ("direct", "saf", "bitplane", "poisson"),
        "input codes",
        ("direct", "saf", "bitplane", "poisson"),
    )
    steps: tuple[int, ...] = option(
        (1, 2, 4, 8, 16), "numbers of steps T (bitplane: the 2^b - 1 at or below each)", least=1
    )
    tolerance: float = option(
        0.2, "the cheapest within this many points of the best dev accuracy wins", least=0
    )


@dataclass(frozen=True)
class FinetuneSettings(Settings):
    """Fine-tuning with surrogate gradients."""

    epochs: int | None = sized_option("most epochs", least=1)
    patience: int | None = sized_option(
        "stop after this many epochs that are no better on dev", least=0
    )
    batch_size: int | None = sized_option("texts per step", least=1)
    lr: float = option(5e-4, "learning rate of AdamW", above=0)
    schedule: str = option("cosine", "course of the learning rate", SCHEDULES)
    clip: float = option(5.0, "largest norm of a step's gradient; 0 for no limit", least=0)
    weight_decay: float = option(1e-2, "weight decay of AdamW", least=0)
    loss: str = option(
        "mean_logits",
        "cross entropy on mean logits or spike counts",
        ("mean_logits", "spike_counts"),
    )
    surrogate: str = option(
        "atan", "surrogate of the spike's gradient", ("atan", "sigmoid", "rectangle", "triangle")
    )
    width: float = option(1.0, "width of the surrogate, in thresholds", above=0)
    backward: str = option(
        "exact", "gradients through time, or through mean rates (cheaper)", ("exact", "rate")
    )
    dropout: float = option(0.3, "dropout of pooled spikes before the readout", least=0, below=1)
    tied: bool = option(
        False, "keep weights of positive and negative inputs one another's negative, stored once"
    )
    class_weights: bool = option(
        False,
        "weigh classes by their inverse frequency, and choose the epoch by the mean of their "
        "accuracies on dev",
    )
    tensorboard: bool = option(True, "write TensorBoard logs")
    adversarial: tuple[str, ...] | None = option(
        None,
        "attacks, separated by commas, whose adversarial texts are trained on too; makes the "
        "models ann-adversarial and snn-adversarial",
    )
    model: str = option("both", "with --adversarial: what is tuned", ("both", "ann", "snn"))
    adversarial_rounds: int = option(3, "rounds of attack and training", least=1)
    adversarial_texts: int = option(500, "training texts that are attacked in a round", least=1)
    adversarial_dev_texts: int = option(
        200, "dev texts that are attacked, to choose the round", least=1
    )
    adversarial_budget: int = option(500, "most model queries per attacked text", least=1)
    adversarial_share: float = option(
        0.2, "least share of an epoch's texts that are adversarial (repeated)", least=0, below=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        if self.adversarial is None:
            extra = [n for n in given if n == "model" or n.startswith("adversarial_")]
            if extra:
                raise InputError(
                    f"expected {extra[0]} only with adversarial, the attacks to train against: "
                    "name one, or leave it out"
                )
        elif self.model == "ann":
            spiking = ("loss", "surrogate", "width", "backward", "dropout", "tied")
            extra = [n for n in given if n in spiking]
            if extra:
                raise InputError(
                    f"expected {extra[0]} only where an SNN is tuned, but got it with the model "
                    "ann: leave it out"
                )


@dataclass(frozen=True)
class AttackSettings(Settings):
    """Robustness evaluation with TextAttack."""

    presets: tuple[str, ...] = option(
        ("auto",),
        "attacks, separated by commas, by name or as a file RECIPE.py (auto: the quick ones of the "
        "language that can run here)",
        AttackNames(("auto", *ATTACKS)),
    )
    examples: int = option(100, "test texts attacked, the same for every model", least=1)
    query_budget: int = option(500, "most model queries per text", least=1)
    victims: tuple[str, ...] = option(
        ("ann", "snn", "finetuned", "ann-adversarial", "snn-adversarial"),
        "models to attack (of the default ones, those that are made); also the SNN with another "
        "code and T (snn@poisson:7) or threshold rule (snn@saf:7:max), and controls (ann+noise, "
        "ann+levels, snn+deterministic)",
    )
    controls: tuple[str, ...] = option(
        ("auto",),
        "what says what a difference is made of: victims (the ANN with the SNN's noise, or with "
        "T + 1 score levels; the SNN without noise), noise alone, an attack without limits "
        "(auto: all that apply)",
        ("auto", "none", "victims", "noise", "unlimited"),
    )
    draws: int = option(8, "noise draws averaged for a stochastic encoder", least=1)
    verify_draws: int = option(
        51, "fresh draws on which adversarial texts of a stochastic victim are verified", least=1
    )
    transfer: bool = option(True, "replay adversarial texts of each victim on every other")
    workers: int = option(1, "processes on this machine (more than 1: with ray)", least=1)
    ray: str | None = option(None, "address of a Ray cluster, instead of --workers")


@dataclass(frozen=True)
class AttackSweepSettings(Settings):
    """What `attack --sweep` tries: every code at every T with every threshold rule."""

    encoders: tuple[str, ...] = option(
        ("direct", "saf", "poisson"), "input codes", ("direct", "saf", "bitplane", "poisson")
    )
    steps: tuple[int, ...] = option((2, 4, 8), "numbers of steps T", least=1)
    thresholds: tuple[str, ...] = option(
        ("recipe",),
        "threshold rules (recipe: that of the run's SNN)",
        ("recipe", "bound", *MEASURED),
    )


@dataclass(frozen=True)
class EnergySettings(Settings):
    """Work counted on real texts, and what it costs by tables of published figures."""

    split: str = option("test", "split of the run's data", ("train", "dev", "test"))
    texts: int | None = option(None, "count on this many texts of it, drawn by seed (all)", least=1)
    tables: str | None = option(None, "YAML file of more energy tables")
    exit_tolerance: float = option(
        0.2, "points of dev accuracy that early exits may lose", least=0, most=100
    )
    sampled: int = option(32, "texts that spikingjelly's SpikeSim is given; 0 for none", least=0)
    training_texts: int = option(200, "texts on which an epoch's work is estimated", least=1)


@dataclass(frozen=True)
class EngineSettings(Settings):
    """What runs spiking networks; all engines give the same spikes."""

    engine: str = option("auto", "tables of words (fast, torch) or step by step", ENGINES)
    precision: str = option(
        "exact", "exact: weights on a grid where sums do not round; fast: as they are", PRECISIONS
    )


ENGINE = EngineSettings()


@dataclass(frozen=True)
class RunSettings(Settings):
    """Everything: train, convert, fine-tune, attack, report."""

    data: DataSettings = field(default_factory=DataSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    convert: ConvertSettings = field(default_factory=ConvertSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    attack: AttackSettings = field(default_factory=AttackSettings)
    seed: int = option(0, "seed of every random draw")
