"""The named groups that a command's help shows its options in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field
from typing import Any, NamedTuple

from ...models.encoders import SUMMARIES
from ..settings.reproduce import OWN


class Group(NamedTuple):
    """A group of options of a settings class: its name, a line about it, and its fields."""

    title: str
    line: str
    fields: str = ""


CODES_SAID = "; ".join(f"{name}: {line}" for name, line in SUMMARIES.items()) + "."
TEACHER = Group(
    "teacher", "What is learned from beside the labels.", "teacher teacher_share temperature"
)


def _groups_of_systems() -> list[Group]:
    """A group for the options of `reproduce` that the same systems read, where not all do."""
    readers: dict[str, list[str]] = {}
    for system, names in OWN.items():
        for name in names:
            readers.setdefault(name, []).append(system)
    alike: dict[str, list[str]] = {}
    for name, systems in readers.items():
        alike.setdefault(" and ".join(systems), []).append(name)
    return [Group(who, f"Options for {who} alone.", " ".join(alike[who])) for who in alike]


GROUPS: dict[str, Sequence[Group]] = {
    "DataSettings": (
        Group("data", "Which texts; how a file is read is told by its content."),
        Group(
            "words and vectors",
            "What a text is cut into, and the vectors of its parts.",
            "stage vectors dim max_length min_count",
        ),
        Group(
            "value map",
            "What brings vectors to [-1, 1] before the ANN is trained on them.",
            "value_map map_sigmas map_tail sparsity",
        ),
    ),
    "TrainSettings": (
        Group("training", "How long and how fast the ANN is trained."),
        Group(
            "network",
            "The ANN that is trained.",
            "model blocks widths channels convolutions hidden activation levels bound pooling "
            "dropout padding",
        ),
        Group(
            "spiking encoder",
            "With --model spiking-bert, a network that spikes already as it is trained; some also "
            "with bert, the ANN of its matrices.",
            "size layers heads expansion positions coding shows attention norm direction passes "
            "shift_decays token_dropout spike_cost",
        ),
        Group(
            "word vectors in training",
            "What the ANN learns of them, and what spikes can send.",
            "input_levels input_rate train_vectors vector_lr word_dropout",
        ),
        TEACHER,
    ),
    "ConvertSettings": (
        Group("recipe", "The conversion: a published recipe, and what is chosen otherwise."),
        Group(
            "input code",
            f"How vectors become spikes. {CODES_SAID}",
            "encoder mapping bits gain soft_threshold",
        ),
        Group(
            "thresholds",
            "At which potential a neuron fires.",
            "threshold granularity percentile source location normalise threshold_value",
        ),
        Group(
            "neurons",
            "What a spiking neuron does.",
            "neuron initial reset leak burst negative bias_shift",
        ),
    ),
    "FinetuneSettings": (
        Group("fine-tuning", "How long and how fast the SNN is trained."),
        Group(
            "loss",
            "What is made small.",
            "loss label_smoothing tet_lambda wanted wanted_others r_drop random_steps",
        ),
        Group("gradients", "How they pass a spike.", "surrogate width backward truncate"),
        Group("operations", "How few are wanted.", "sops_target sops_weight"),
        Group(
            "weights and leaks",
            "What is learned, and what is kept.",
            "tied weight_sparsity learn_leaks",
        ),
        TEACHER,
    ),
    "TeachSettings": (
        Group("teacher", "Which encoder is fine-tuned, and how long and how fast."),
        Group(
            "further texts",
            "Texts besides the training split that get logits; none that is in dev or test.",
            "extra extra_sentences extra_limit extra_labelled extra_labelled_limit augment "
            "mask_share replace_share ngram_share",
        ),
    ),
    "AdversarialSettings": (Group("attacked texts", "Training on adversarial texts besides."),),
    "AttackSettings": (
        Group("attacks", "Which attacks, and how far each may go."),
        Group(
            "victims",
            "Which models are attacked, and what says what a difference is made of.",
            "victims controls draws verify_draws transfer",
        ),
        Group("processes", "Where attacks run.", "workers ray"),
    ),
    "EnergySettings": (Group("counting", "On which texts work is counted, and what it costs."),),
    "SearchSettings": (Group("search", "What is tried, how often, and what is kept."),),
    "SweepSettings": (Group("sweep", "With --sweep: what is tried on dev."),),
    "AttackSweepSettings": (Group("sweep", "With --sweep: which conversions are attacked."),),
    "DeviceSettings": (Group("engine", "What runs the networks, and where."),),
    "EngineSettings": (
        Group("engine", "What runs the networks, and where; all engines give the same spikes."),
    ),
    "ReproduceSettings": (
        Group("rows", "Which rows are made, of what, and by how many processes."),
        *_groups_of_systems(),
    ),
    "ExportSettings": (Group("export", "What is written, and in which format."),),
    "RunSettings": (Group("run", "What all stages share."),),
}
"""By the name of the settings class; the first group has all fields that no other names."""


def group_of(cls: type, field: Field[Any], prefix: str) -> tuple[str, str]:
    """Title and line of the group that a field is shown in: its own, or one of its class's.

    Args:
        cls: the settings class
        field: of it; its metadata may say its ``group``
        prefix: of its option, as in ``train.``
    """
    if "group" in field.metadata:
        return field.metadata["group"]
    line = (cls.__doc__ or "").splitlines()[0]
    groups = next((GROUPS[c.__name__] for c in cls.__mro__ if c.__name__ in GROUPS), ())
    own = next((group for group in groups if field.name in group.fields.split()), None)
    found = own or (groups[0] if groups else Group("settings", line))
    marked = f"{found.title} (--{prefix}*)" if prefix else found.title
    return marked, found.line
