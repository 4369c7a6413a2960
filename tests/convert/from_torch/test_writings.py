"""Other writings of known operations, and layers whose weights are computed by torch itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from snnconvert.convert.from_torch.module import from_torch, translate
from snnconvert.errors import InputError
from snnconvert.models.network import Signal

DIM, CHANNELS, LENGTH = 6, 5, 7


class Ends(nn.Module):
    """Two convolutions joined by ``join``, a Linear of ``outputs`` that ``end`` changes."""

    def __init__(
        self,
        outputs: int,
        end: Callable[[Tensor], Tensor] = lambda z: z,
        join: Callable[[list[Tensor]], Tensor] = lambda parts: torch.cat(parts, 1),
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(DIM, CHANNELS, k) for k in (2, 3))
        self.fc, self.end, self.join = nn.Linear(2 * CHANNELS, outputs), end, join

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.fc(self.join([conv(x).relu().amax(2) for conv in self.convs])))


def outputs(module: nn.Module) -> tuple[Tensor, Tensor]:
    """Logits (B, 2 or K) of the network, and what the module gives."""
    x = torch.randn(4, DIM, LENGTH, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return from_torch(module, DIM)(Signal(x, torch.full((4,), LENGTH))), module(x)


@pytest.mark.parametrize(
    "end",
    [
        lambda z: z[:, 0],
        lambda z: z[..., -1],
        lambda z: z.ravel(),
        lambda z: torch.ravel(z),
        lambda z: torch.sigmoid(z[:, 0]),
        lambda z: torch.sigmoid(z)[:, 0],
    ],
)
def test_the_single_logit_as_a_vector(end: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(1)
    module = Ends(1, end)
    ours, theirs = outputs(module)
    found = ours[:, 1] - ours[:, 0]
    assert theirs.shape == (4,) and not ours[:, 0].any()
    if translate(module, DIM).ending == "sigmoid":
        found = found.sigmoid()
    torch.testing.assert_close(found, theirs)


def test_one_of_several_outputs_is_not_picked() -> None:
    for end in (lambda z: z[:, 0], lambda z: z[:, 1], lambda z: z.ravel(), lambda z: z[0]):
        with pytest.raises(InputError, match="cannot convert line"):
            from_torch(Ends(2, end), DIM)


def test_hstack_joins_channels() -> None:
    torch.manual_seed(1)
    ours, theirs = outputs(Ends(3, join=torch.hstack))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("where", ["convs.0", "fc"])
@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("parametrised", [True, False])
def test_the_advice_on_norms_of_weights_works(where: str, kind: str, parametrised: bool) -> None:
    torch.manual_seed(1)
    module = Ends(2)
    utils = nn.utils.parametrizations if parametrised else nn.utils
    layer = module.get_submodule(where)
    getattr(utils, kind)(layer)
    module(torch.randn(2, DIM, LENGTH))
    module.eval()
    theirs = module(torch.ones(2, DIM, LENGTH))
    with pytest.raises(InputError, match=rf"module {where}: .* which keeps the weights") as error:
        from_torch(module, DIM)
    eval(str(error.value).rpartition(": ")[2], {"torch": torch, "layer": layer})
    again, given = outputs(module)
    torch.testing.assert_close(again, given)
    torch.testing.assert_close(module(torch.ones(2, DIM, LENGTH)), theirs)
