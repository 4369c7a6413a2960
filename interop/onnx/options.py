"""What may be chosen of an export to ONNX; light, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ...options import check_value, option

INPUTS = ("auto", "ids", "vectors", "frames")


@dataclass(frozen=True)
class OnnxOptions:
    """The options of ``--format onnx``.

    Raises:
        InputError: a choice that does not exist.
    """

    inputs: str = option(
        "auto",
        "what the graph reads: ids of words, word vectors, or the frames of an SNN; auto: ids, and "
        "vectors where the text stage hands them on",
        INPUTS,
    )
    bits: str = option(
        "auto",
        "weights of an SNN are multiples of 2^-B; auto: of each channel the largest B whose sums "
        "never round, as predict has them; float: weights as they are",
        shown="auto; a number, auto or float",
    )
    quantised: bool = option(
        False,
        "of an ANN with QCFS: word vectors rounded to as many levels as its activations have, as "
        "the quantised ANN of energy has them",
    )
    texts: str = option("40", "examples with expected results: how many test texts")

    def __post_init__(self) -> None:
        for name, item in self.__dataclass_fields__.items():
            check_value(f"--{name}", getattr(self, name), item.metadata)
        if self.bits not in ("auto", "float") and not self.bits.isdecimal():
            raise InputError(
                f"expected --bits to be a whole number, auto or float, but got {self.bits!r}"
            )
        if not self.texts.isdecimal() or int(self.texts) < 1:
            raise InputError(
                f"expected --texts to be a number of at least 1, but got {self.texts!r}"
            )
