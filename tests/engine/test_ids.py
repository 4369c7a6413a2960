"""Every engine takes the same ids and refuses the others: none is read as another word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.compiled.there import compiles
from snnconvert.engine.engines import ann_by, make_engine
from snnconvert.engine.incremental.draws import logits_of_draws, logits_of_own_draws
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel

WORDS, LAST = 30, 29
TEXTS = [np.random.default_rng(i).integers(1, WORDS, n) for i, n in enumerate((5, 12, 9))]
NO_IDS = {
    "of an array counted from its end": np.array([-1, 3]),
    "beyond the vocabulary": np.array([3, WORDS]),
    "with a part": np.array([2.7, 3.2]),
    "a mask": np.array([True, False]),
    "a table": np.array([[2, 3]]),
}
Ask = Callable[[list[Any]], torch.Tensor]


@pytest.fixture(scope="module")
def ann() -> TextModel:
    vectors = torch.rand(WORDS, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return TextModel(vectors, build_textcnn(TextCNNSpec(8, 2, (2, 3), 6, bound=1.0), 3)).eval()


def asked(ann: TextModel, code: str | None, engine: str, similar: bool) -> list[Ask]:
    """All that takes ids."""
    if code is None:
        return [ann_by(engine, ann, "exact").logits]
    snn = convert_model(ann, ConversionRecipe(4, Encoder(code)), TEXTS).snn
    made = make_engine(snn, engine, similar=similar)
    return [
        lambda ids: made.running_logits(ids, shared_noise=True),
        made.logits,
        lambda ids: logits_of_draws(made, ids, [1, 2]),
        lambda ids: logits_of_own_draws(made, ids, range(len(ids))),
    ]


@pytest.mark.parametrize("similar", [False, True])
@pytest.mark.parametrize("engine", ["auto", "fast", "torch", "reference"])
@pytest.mark.parametrize("code", [None, "saf", "poisson"])
def test_what_is_no_id_is_refused(ann: TextModel, code: str | None, engine: str, similar: bool):
    if engine == "fast" and not compiles():
        pytest.skip("numba is not installed")
    for ask in asked(ann, code, engine, similar):
        expected = ask([*TEXTS, np.array([LAST, 3])] * 20)  # rows of the last word are there, too
        for name, wrong in NO_IDS.items():
            with pytest.raises(InputError, match="word ids") as caught:
                ask([TEXTS[0], wrong])
            assert "\n" not in str(caught.value), name
        others = [TEXTS[0].astype(np.int32), TEXTS[1].tolist(), torch.from_numpy(TEXTS[2])]
        again = ask([*others, np.array([LAST, 3])] * 20)
        assert torch.equal(again, expected)
