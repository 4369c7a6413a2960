"""The settings of `snnconvert train`."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any

from ...errors import InputError
from ...models.devices import NUMBERS
from ...models.families import FAMILIES
from ...models.families.dpcnn import DPCNNSpec
from ...models.families.family import same_option
from ...models.families.mlp import MLPSpec
from ...models.families.spiking_bert import SpikingBertSpec
from ...models.families.textcnn import FAMILY as TEXTCNN
from ...models.families.textcnn import TextCNNSpec
from ..training.distillation.options import OWN, TeacherOptions
from ..training.options import LATER, LoopOptions
from .fields import Settings, option

INPUT_LEVELS, OWN_LEVELS = 2, 1
"""Levels of word vectors on either side of 0: of vectors that know more than the training texts,
which lose by fewer (of MR, 3 points at one level), and of those that are learned from these alone.
One level is sent alike at every step, for any number of steps."""
INPUT_RATE = 0.15
"""Share of the components that send spikes where vectors are learned from the texts alone."""

FROM_TEXTS = {"pooling": TextCNNSpec.pooling}
"""Options that are ``auto`` until the texts are known, and what they are by themselves."""


def family_options() -> dict[str, tuple[Any, Field[Any]]]:
    """Type and field of the options of all networks, by name; the first of a name counts."""
    found: dict[str, tuple[Any, Field[Any]]] = {}
    for family in FAMILIES.values():
        types = family.types()
        for name, item in family.options().items():
            found.setdefault(name, (types[name], item))
    return found


@dataclass(frozen=True)
class TrainSettings(TeacherOptions, LoopOptions, Settings):
    """The network and its training."""

    model: str = option("textcnn", "network", FAMILIES)
    blocks: int = same_option(DPCNNSpec, "blocks")
    widths: tuple[int, ...] = same_option(TextCNNSpec, "widths")
    channels: int = same_option(TextCNNSpec, "channels")
    convolutions: int = same_option(TextCNNSpec, "convolutions")
    hidden: tuple[int, ...] = same_option(MLPSpec, "hidden")
    activation: str = same_option(TextCNNSpec, "activation")
    levels: int = same_option(TextCNNSpec, "levels")
    bound: float = same_option(TextCNNSpec, "bound")
    pooling: str = option(
        "auto",
        "pooling over positions; auto: mean for few and long texts with the network textcnn, else "
        "max",
        ("auto", "max", "mean"),
    )
    dropout: float = same_option(TextCNNSpec, "dropout")
    padding: str = same_option(TextCNNSpec, "padding", TEXTCNN.usual["padding"])
    size: int = same_option(SpikingBertSpec, "size")
    layers: int = same_option(SpikingBertSpec, "layers")
    heads: int = same_option(SpikingBertSpec, "heads")
    expansion: int = same_option(SpikingBertSpec, "expansion")
    positions: int = same_option(SpikingBertSpec, "positions")
    coding: str = same_option(SpikingBertSpec, "coding")
    shows: int = same_option(SpikingBertSpec, "shows")
    attention: str = same_option(SpikingBertSpec, "attention")
    norm: str = same_option(SpikingBertSpec, "norm")
    direction: str = same_option(SpikingBertSpec, "direction")
    passes: int = same_option(SpikingBertSpec, "passes")
    shift_decays: bool = same_option(SpikingBertSpec, "shift_decays")
    token_dropout: float = same_option(SpikingBertSpec, "token_dropout")
    spike_cost: float = option(
        2.0,
        "weight of the share of synapses that carry a spike in the loss of a network that spikes "
        "already as it is trained",
        least=0,
    )
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
    input_levels: int | None = option(
        None,
        "levels on either side of 0 that word vectors are rounded to in training, so that spikes "
        "send them exactly (0: not rounded)",
        shown=f"{OWN_LEVELS} of trained vectors from the texts, else {INPUT_LEVELS}; 0 for a "
        "text stage without words",
        least=0,
    )
    input_rate: float | None = option(
        None,
        "share of the components of the training words that send spikes, by which the rounding is "
        "chosen",
        shown=f"{INPUT_RATE} of vectors from the texts that are trained, else the least error's",
        above=0,
        below=1,
    )
    lr: float | None = option(None, "learning rate of AdamW", shown="0.002", above=0)
    vector_lr: float | None = option(
        None,
        "learning rate of word vectors that are trained too",
        shown="up to 10 times --lr for few texts with --vectors train and random, else --lr",
        above=0,
    )

    precision: str = option(
        "auto",
        "numbers of the products in training; auto: bfloat16 on a GPU that has it, where the "
        "activation is not qcfs, else float32",
        NUMBERS,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        usual = {item.name: item.default for item in fields(self)} | FROM_TEXTS
        own = FAMILIES[self.model].defaults()
        for name in family_options():
            readers = [model for model in FAMILIES if name in FAMILIES[model].options()]
            self._check_read(name, "model", readers, usual[name])
            if own.get(name, usual[name]) != usual[name]:
                raise InputError(
                    f"expected {usual[name]!r} as the default of {name}, which networks share, but "
                    f"{self.model} has {own[name]!r}: give it that default, or another name"
                )
        spiking = [model for model in FAMILIES if FAMILIES[model].spikes]
        self._check_read("spike_cost", "model", spiking, usual["spike_cost"])
        if self.spikes:
            self._check_spiking()
        self._check_read("levels", "activation", ["qcfs"], usual["levels"])
        self._check_read("bound", "activation", ["qcfs", "tcl"], usual["bound"])
        if self.teacher == OWN:
            raise InputError(
                f"expected the folder of a teacher's run as teacher, but got {OWN!r}, which is "
                "trained here: give it to finetune, or a folder"
            )
        self.check_taught()
        if self.r_drop and not (self.dropout or self.word_dropout or self.spikes):
            raise InputError(
                "expected a dropout above 0 with r_drop, whose two passes differ by it: give "
                "--dropout too, or leave --r-drop out"
            )
        if self.input_rate is not None and self.input_levels == 0:
            raise InputError(
                "expected input_rate only with rounded word vectors, but got it with input_levels "
                "0: leave one of them out"
            )

    @property
    def spikes(self) -> bool:
        """Whether the network spikes already as it is trained."""
        return FAMILIES[self.model].spikes

    @property
    def stage(self) -> str:
        """The stage of a run that the training makes."""
        return "spiking" if self.spikes else "ann"

    def _check_spiking(self) -> None:
        """Refuse what only a network that is converted reads."""
        if self.input_levels or self.input_rate is not None or self.precision == "bfloat16":
            raise InputError(
                f"expected no input_levels, input_rate or bfloat16 with the model {self.model}, "
                "which spikes already and reads word vectors as they are: leave them out"
            )
        spec = {**self.of_network(), "dim": 1, "classes": 2}
        check = getattr(FAMILIES[self.model].spec(**spec), "check", None)
        if check is not None:
            check()

    def _check_read(self, name: str, owner: str, readers: list[str], usual: Any) -> None:
        """Refuse an option that was given and that nothing reads."""
        chosen = getattr(self, owner)
        if chosen not in readers and self._said(name) != usual:
            raise InputError(
                f"expected {name} only with the {owner} {' or '.join(readers)}, but got it "
                f"with {chosen}, which has none: leave it out"
            )

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """The options of networks that a user has added."""
        known = {item.name for item in fields(TrainSettings)}
        return {name: pair for name, pair in family_options().items() if name not in known}

    def unread(self) -> set[str]:
        """Options that runs were once without, and that the network does not read.

        They are left out of a run's settings, so that runs of before they were there stay the same.
        """
        later = {item.name for item in fields(SpikingBertSpec) if "help" in item.metadata}
        unread = {"hidden", *later, *self.added_options()} - self.of_network().keys()
        unread |= set() if self.spikes else {"spike_cost"}
        unread |= self.unread_of_teacher()
        if not self.input_levels:
            unread |= {"input_levels", "input_rate"}
        if self.padding == "none" or "padding" not in self.of_network():
            unread |= {"padding"}
        if self.convolutions == 1:
            unread |= {"convolutions"}
        unread |= {name for name in LATER if not getattr(self, name)}
        if self.precision != "bfloat16":
            unread |= {"precision"}
        return unread

    def of_network(self) -> dict[str, Any]:
        """The options of the network that is trained, by name; none is ``auto``."""
        return {name: self._said(name) for name in FAMILIES[self.model].options()}

    def _said(self, name: str) -> Any:
        """An option's value, as of texts that say nothing of it where they are to choose it."""
        value = getattr(self, name)
        return FROM_TEXTS.get(name, value) if value == "auto" else value
