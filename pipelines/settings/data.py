"""Which texts and word vectors a run is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.families.family import same_option
from ...text.maps.options import MapOptions, check_read
from ...text.stages import STAGES
from ...text.stages.length import MOST, USUAL
from ...text.writing.choices import CLEAN, SCRIPTS
from .fields import Settings, option


@dataclass(frozen=True)
class DataSettings(Settings):
    """Which texts, and which word vectors."""

    dataset: str = option(
        "builtin-en",
        "builtin-en, builtin-zh, sst2, sst5, mr, subj, chnsenti, waimai, emotion, imdb, cola, rte, "
        "mrpc, stsb, wnli, sst2-phrases, hf:NAME, "
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
    clean: str = option(
        "auto",
        "what is made alike in texts: none; invisible: characters that nobody sees are left out; "
        "all: full-width letters and digits are made narrow too; auto: all in Chinese, invisible "
        "in English",
        CLEAN,
    )
    script: str = option("keep", "characters that Chinese texts are converted to", SCRIPTS)
    user_dict: str | None = option(
        None,
        "file of words for jieba, one a line with frequency and tag where wanted; a copy is kept "
        "in the run",
        shown="none",
    )
    stage: str = option(
        "words",
        "words with a vector each, word pieces (wordpiece), or one vector a text (mean, sentence)",
        STAGES,
    )
    vectors: str = option(
        "train",
        "word vectors: a word2vec or GloVe file, a gensim name, train, or random; with the stage "
        "sentence the encoder: its folder, package or name; with wordpiece a BERT, likewise",
    )
    vocabulary: str | None = option(
        None,
        "vocab.txt of the pieces of --stage wordpiece",
        shown="that of the BERT that --vectors names",
    )
    dim: int | None = option(
        None,
        "components of vectors that are trained or random",
        shown="100, and 300 from a million words of training texts",
        least=1,
    )
    max_length: int | None = option(
        None,
        "words kept of a text",
        shown=f"{USUAL}; with the stage words up to {MOST:,} where more than a tenth of the "
        "training texts are longer",
        least=1,
    )
    min_count: int = option(1, "training words seen less often are unknown", least=1)
    value_map: str = same_option(MapOptions, "value_map")
    map_sigmas: float = same_option(MapOptions, "map_sigmas")
    map_tail: float = same_option(MapOptions, "map_tail")
    sparsity: float = same_option(MapOptions, "sparsity")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_read(self)
