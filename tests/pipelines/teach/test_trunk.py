"""An encoder in two halves does what the whole does, and only the upper one is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.pipelines.teach import halves
from snnconvert.pipelines.teach.augment import MASK
from snnconvert.pipelines.teach.hidden import Hidden
from snnconvert.pipelines.teach.trunk import Trunk, open_trunk
from snnconvert.tests.helpers.sentence_encoder import DIM, LAYERS
from snnconvert.text.stages.sentence.encoder import open_encoder

TEXTS = ["good food", "it was very bad and so bland", "the room was rather cold here", "fine"]
CPU = torch.device("cpu")


def pooled(trunk: Trunk, room: int = 0) -> torch.Tensor:
    """The embeddings (N, D) of `TEXTS`, through both halves."""
    hidden = Hidden(trunk, trunk.tokens(TEXTS, 32), CPU, room=room)
    assert hidden.is_kept == (room > 0 and trunk.lower is not None)
    trunk.upper.eval()
    with torch.no_grad():
        found: torch.Tensor = trunk.upper(*hidden.batch(range(len(TEXTS))))
    return found


@pytest.mark.parametrize("frozen", range(LAYERS + 1))
def test_both_halves_do_what_the_encoder_does(encoder: Path, frozen: int) -> None:
    trunk = open_trunk(str(encoder), frozen)
    assert trunk.lower is not None and trunk.layers == LAYERS and trunk.dim == DIM
    found = torch.nn.functional.normalize(pooled(trunk), dim=1)
    expected = open_encoder(str(encoder)).vectors(TEXTS)  # of length 1, by sentence-transformers
    # between the halves values are rounded to bfloat16, 8 bits
    np.testing.assert_allclose(found, expected, atol=2e-2)


@pytest.mark.parametrize("frozen", [0, 1, LAYERS])
def test_only_the_upper_layers_are_trained(encoder: Path, frozen: int) -> None:
    trunk = open_trunk(str(encoder), frozen)
    trained = {n for n, p in trunk.upper.named_parameters() if p.requires_grad}
    assert trunk.lower is not None
    assert not any(p.requires_grad for p in trunk.lower.parameters())
    layers = {int(name.split("layer.")[1].split(".")[0]) for name in trained}
    assert layers == set(range(LAYERS - frozen))
    # of BERT: queries, keys, values, output and two layers of 32, with biases, two norms
    layer = 4 * (DIM * DIM + DIM) + 2 * DIM * 32 + DIM + 32 + 4 * DIM
    words = (27 + 40 + 2) * DIM + 2 * DIM
    assert trunk.parameters == LAYERS * layer + words


def test_an_encoder_that_cannot_be_cut_is_run_whole(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = pooled(open_trunk(str(encoder), 1))
    monkeypatch.setattr(halves, "_same", lambda *_: False)
    whole = open_trunk(str(encoder), 1)
    assert whole.lower is None
    torch.testing.assert_close(pooled(whole, 1 << 20), cut, atol=5e-2, rtol=0)
    trained = {n for n, p in whole.upper.named_parameters() if p.requires_grad}
    assert trained and all("layer.1." in name or "layer.2." in name for name in trained)


def test_what_is_kept_is_what_is_made_anew(encoder: Path) -> None:
    trunk = open_trunk(str(encoder), 2)
    # batches of other texts pad differently, which may move a sum over a bfloat16 step
    torch.testing.assert_close(pooled(trunk, 1 << 20), pooled(trunk), atol=2e-2, rtol=0)
    hidden = Hidden(trunk, trunk.tokens(TEXTS, 32), CPU)
    assert hidden.bytes == sum(map(len, hidden.tokens)) * DIM * 2
    assert not Hidden(trunk, hidden.tokens, CPU, room=hidden.bytes - 1).is_kept
    assert Hidden(trunk, hidden.tokens, CPU, room=hidden.bytes).is_kept


def test_tokens_are_those_of_the_tokenizer(encoder: Path) -> None:
    trunk = open_trunk(str(encoder))
    assert trunk.frozen == 1  # a third of three
    cls, sep, mask, unknown = (
        trunk.tokenizer.convert_tokens_to_ids(f"[{name}]") for name in ("CLS", "SEP", "MASK", "UNK")
    )
    good, food = trunk.tokenizer.convert_tokens_to_ids(["good", "food"])
    found = trunk.tokens([f"  good {MASK} FOOD ", "zebra", "", "good good good good"], 5)
    expected = [
        [cls, good, mask, food, sep],
        [cls, unknown, sep],
        [cls, sep],
        [cls, *[good] * 3, sep],
    ]
    assert [ids.tolist() for ids in found] == expected


def test_more_frozen_layers_than_there_are(encoder: Path) -> None:
    with pytest.raises(InputError, match=f"at most {LAYERS} frozen layers"):
        open_trunk(str(encoder), LAYERS + 1)
