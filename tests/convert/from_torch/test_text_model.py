"""Word vectors of a torch module in [-1, 1]: the factor moves into the first weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from snnconvert.convert.from_torch.module import from_torch
from snnconvert.convert.from_torch.text_model import text_model, with_scaled_input
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Signal

DIM, LENGTH, CLASSES, WORDS = 5, 7, 3, 20


def network_of(*layers: nn.Module) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(*layers).double()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return from_torch(module, DIM)


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv1d(DIM, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten()],
        [nn.BatchNorm1d(DIM), nn.Conv1d(DIM, 4, 2), nn.AdaptiveMaxPool1d(1), nn.Flatten()],
        [nn.Dropout(0.1), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(DIM, 4)],
        [nn.MaxPool1d(3, 2), nn.AvgPool1d(2, 1), nn.Flatten(), nn.Linear(DIM * 2, 4)],
    ],
    ids=["convolution", "normalisation", "mean", "flatten"],
)
@torch.no_grad()
def test_the_outputs_stay_whatever_reads_the_vectors(layers):
    network = network_of(*layers, nn.Linear(4, CLASSES))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    scale = torch.tensor([0.5, 2.0, 7.0, 1.0, 0.1], dtype=torch.float64)
    x = torch.rand(3, DIM, LENGTH, dtype=torch.float64) - 0.5
    lengths = torch.tensor([7, 5, 6])
    ours = with_scaled_input(network, scale)(Signal(x / scale[:, None], lengths))
    torch.testing.assert_close(ours, network(Signal(x, lengths)), rtol=1e-12, atol=1e-12)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


class Shortcut(nn.Module):
    """The vectors and what a convolution makes of them, added or joined."""

    def __init__(self, join: bool) -> None:
        super().__init__()
        self.embedding, self.join = nn.Embedding(WORDS, DIM), join
        self.conv = nn.Conv1d(DIM, DIM, 3, padding=1)
        self.out = nn.Linear(DIM * (1 + join), CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).transpose(1, 2)
        y = torch.cat([x, self.conv(x)], 1) if self.join else x + self.conv(x)
        return self.out(torch.relu(y).amax(2))


@pytest.mark.parametrize("join", [True, False])
def test_vectors_beside_other_signals_are_refused(join):
    with pytest.raises(InputError, match=r"bring the word vectors to .* Conv1d of width 1"):
        text_model(Shortcut(join))


@torch.no_grad()
def test_a_text_model_has_the_modules_vectors_and_logits():
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(WORDS, DIM, padding_idx=0)
            self.conv, self.out = nn.Conv2d(1, 6, (2, DIM)), nn.Linear(6, CLASSES)

        def forward(self, ids: Tensor) -> Tensor:
            y = torch.relu(self.conv(self.embedding(ids).unsqueeze(1))).squeeze(3)
            return self.out(y.amax(2))

    torch.manual_seed(0)
    module = Plain()
    model = text_model(module)
    ids = torch.randint(0, WORDS, (4, LENGTH))
    torch.testing.assert_close(
        model(ids, torch.full((4,), LENGTH)), module(ids), rtol=1e-5, atol=1e-5
    )
    assert float(model.embedding.weight.abs().max()) == 1.0
    table = module.embedding.weight
    scaled = model.embedding.weight * table.abs().amax(0)
    torch.testing.assert_close(scaled, table.detach())


def test_vectors_that_do_not_fit_are_refused():
    plain = nn.Sequential(nn.Conv1d(DIM, 4, 2), nn.AdaptiveMaxPool1d(1), nn.Flatten())
    with pytest.raises(InputError, match="it takes vectors"):
        text_model(plain)
    with pytest.raises(InputError, match="finite word vectors"):
        text_model(plain, torch.full((3, DIM), torch.inf))
