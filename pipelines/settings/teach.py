"""The settings of `snnconvert teach`."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.devices import NUMBERS
from .fields import Settings, option


@dataclass(frozen=True)
class TeachSettings(Settings):
    """The teacher, its training, and the texts that it gives its logits for."""

    teacher: tuple[str, ...] | None = option(
        None,
        "sentence encoder that is fine-tuned: a folder, an installed package that carries one, or "
        "a public name; of several, separated by commas, the logits are averaged",
        shown="none, one must be given",
    )
    extra: tuple[str, ...] | None = option(
        None, "files of texts without labels that get logits too", shown="none"
    )
    extra_sentences: bool = option(False, "cut those texts into sentences first")
    extra_limit: int | None = option(
        None,
        "texts (or sentences) used of each of those files, drawn by the seed",
        shown="all",
        least=1,
    )
    extra_labelled: tuple[str, ...] | None = option(
        None,
        "files or folders of texts with labels of the data set's classes, which the teacher is "
        "trained on too and which get logits",
        shown="none",
    )
    extra_labelled_limit: int | None = option(
        None, "texts used of each of those, drawn by the seed", shown="all", least=1
    )
    augment: int = option(
        0, "altered copies of each training text that get logits too (Tang et al. 2019)", least=0
    )
    mask_share: float = option(
        0.1, "share of a copy's words that the mask stands for", least=0, most=1
    )
    replace_share: float = option(
        0.1, "share of a copy's words that are replaced by words of like use", least=0, most=1
    )
    ngram_share: float = option(
        0.25, "share of the copies that are cut to one to five words in a row", least=0, most=1
    )
    frozen: int | None = option(
        None, "layers at the bottom that stay as they are", shown="a third of them", least=0
    )
    max_tokens: int | None = option(
        None,
        "tokens read of a text",
        shown="128, and 256 where more than a tenth of the training texts have more",
        least=4,
    )
    epochs: int | None = option(None, "epochs", shown="by the number of texts", least=1)
    batch_size: int = option(32, "texts per step", least=1)
    lr: float = option(1e-4, "highest learning rate of AdamW", above=0)
    weight_decay: float = option(1e-2, "weight decay of AdamW", least=0)
    precision: str = option(
        "auto", "products of numbers: float32, bfloat16, or what is fast here", NUMBERS
    )
    keep_weights: bool = option(False, "keep the weights of the teacher that were trained")
    tensorboard: bool = option(True, "write TensorBoard logs")
