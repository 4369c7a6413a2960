"""Kim's network of 2014 in the forms in which it is written, as modules that read word ids."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WORDS, DIM, LENGTH, CLASSES, CHANNELS = 30, 6, 12, 3, 5


class Images(nn.Module):
    """Filters (k, D) on (B, 1, L, D); ``pool`` and ``sides`` are what differs."""

    def __init__(self, outputs: int = CLASSES, widths=(2, 3, 4), sides: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM, padding_idx=0)
        self.convs = nn.ModuleList(
            nn.Conv2d(1, CHANNELS, (k, DIM), padding=(k - 1 if sides else 0, 0)) for k in widths
        )
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(CHANNELS * len(widths), outputs)

    def maps(self, ids: Tensor) -> list[Tensor]:
        """(B, C, L') of every width."""
        x = self.embedding(ids).unsqueeze(1)
        return [F.relu(conv(x)).squeeze(3) for conv in self.convs]

    def end(self, pooled: list[Tensor]) -> Tensor:
        return self.fc(self.dropout(torch.cat(pooled, 1)))

    def forward(self, ids: Tensor) -> Tensor:
        return self.end([F.max_pool1d(x, x.size(2)).squeeze(2) for x in self.maps(ids)])


class InTuple(Images):
    """Ids and lengths in one argument, pooling in a method of its own."""

    def pooled(self, x: Tensor, conv: nn.Module) -> Tensor:
        x = F.relu(conv(x)).squeeze(3)
        return F.max_pool1d(x, x.size(2)).squeeze(2)

    def forward(self, both: tuple[Tensor, Tensor]) -> Tensor:
        x = self.embedding(both[0]).unsqueeze(1)
        return self.fc(torch.cat([self.pooled(x, conv) for conv in self.convs], 1))


class PositionsFirst(Images):
    """Ids (L, B), and one logit."""

    def __init__(self) -> None:
        super().__init__(outputs=1)

    def forward(self, text: Tensor) -> Tensor:
        x = self.embedding(text.permute(1, 0)).unsqueeze(1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.end([F.max_pool1d(m, m.shape[2]).squeeze(2) for m in maps])


class Reduced(Images):
    """Other ways to the maximum over positions."""

    def forward(self, ids: Tensor) -> Tensor:
        a, b, c = self.maps(ids)
        values, _ = torch.max(b, 2)
        return self.end([a.max(2).values, values, F.adaptive_max_pool1d(c, 1).view(c.size(0), -1)])


class Pooled2d(Images):
    """Pooling of images, and shapes by view."""

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)[:, None]
        a, b, c = (torch.relu(conv(x)) for conv in self.convs)
        parts = [
            F.max_pool2d(a, (a.size(2), 1)).flatten(1),
            F.adaptive_max_pool2d(b, (1, 1)).reshape(b.shape[0], CHANNELS),
            F.max_pool2d(c, kernel_size=(c.shape[2], c.shape[3])).squeeze(3).squeeze(-1),
        ]
        return self.end(parts)


class Called(Images):
    """The convolution is called again for the size of its output."""

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        parts = [
            F.max_pool1d(F.relu(conv(x)).squeeze(3), conv(x).size(2)).squeeze(2)
            for conv in self.convs
        ]
        return self.end(parts)


class Lengths(Images):
    """A second argument that is not read, ids that are cast, and an axis taken by its index."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        x = torch.unsqueeze(self.embedding(ids.to(torch.int64)), 1)
        maps = [torch.relu(conv(x))[..., 0] for conv in self.convs]
        pooled = [nn.MaxPool1d(m.size(2))(m)[:, :, 0] for m in maps]
        return self.end(pooled)


class FixedLength(nn.Module):
    """Pooling by a layer whose window is made for texts of one length."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.convs = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(1, CHANNELS, (k, DIM)), nn.ReLU(), nn.MaxPool2d((LENGTH - k + 1, 1))
            )
            for k in (2, 3, 4)
        )
        self.fc = nn.Linear(3 * CHANNELS, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        joined = torch.cat([conv(x) for conv in self.convs], dim=1)
        return self.fc(joined.view(-1, joined.size(1)))


class MadeInForward(nn.Module):
    """Pooling layers made in forward, joined along the last axis, and a bias beside the Linear."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.convs = nn.ModuleList(nn.Conv2d(1, CHANNELS, (2, DIM)) for _ in range(2))
        self.weight = nn.Linear(2 * CHANNELS, CLASSES, bias=False)
        self.bias = nn.Parameter(torch.zeros(CLASSES))

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        pool = nn.MaxPool2d((LENGTH - 1, 1))
        parts = [pool(F.relu(conv(x))).permute(0, 3, 2, 1) for conv in self.convs]
        return self.weight(torch.reshape(torch.cat(parts, 3), [-1, 2 * CHANNELS])) + self.bias


class TwoTables(nn.Module):
    """A static and a trained table of vectors, as an image of two channels."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.a, self.b = nn.Embedding(WORDS, DIM), nn.Embedding(WORDS, DIM, max_norm=1.0)
        self.convs = nn.ModuleList(
            nn.Conv2d(2, CHANNELS, (k, DIM), padding=(k - 1, 0)) for k in (2, 3)
        )
        self.fc, self.how = nn.Linear(2 * CHANNELS, CLASSES), how

    def forward(self, ids: Tensor) -> Tensor:
        a, b = self.b(ids), self.a(ids)
        if self.how == "stack":
            x = torch.stack([a, b], dim=1)
        else:
            x = torch.cat((a.unsqueeze(1), b.unsqueeze(1)), 1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([m.amax(2) for m in maps], 1))


class OneDimension(nn.Module):
    """Conv1d on permuted vectors, a projection before it, and batch normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.project = nn.Embedding(WORDS, 4), nn.Linear(4, DIM)
        self.conv, self.norm = nn.Conv1d(DIM, CHANNELS, 3, padding=1), nn.BatchNorm1d(CHANNELS)
        self.pool, self.fc = nn.AdaptiveMaxPool1d(1), nn.Linear(CHANNELS, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = torch.relu(self.project(self.embedding(ids.long()))).permute(0, 2, 1).contiguous()
        return self.fc(self.pool(self.norm(self.conv(x)).relu()).squeeze())


class Sideways(nn.Module):
    """Images (B, 1, D, L), a second convolution on (B, C, 1, L), and BatchNorm2d."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.conv = nn.Conv2d(1, CHANNELS, (DIM, 3), padding=(0, 1), stride=(2, 1))
        self.norm, self.second = nn.BatchNorm2d(CHANNELS), nn.Conv2d(CHANNELS, 4, (1, 2))
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(4, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)
        x = x.view(x.size(0), 1, x.size(1), x.size(2)).transpose(2, 3)
        x = F.relu(self.second(F.relu(self.norm(self.conv(x)))))
        return self.fc(torch.flatten(self.pool(x), 1))


class OfPositions(nn.Module):
    """Every position of a text of fixed length is a feature."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.conv = nn.Embedding(WORDS, DIM), nn.Conv1d(DIM, 2, 3)
        self.fc = nn.Linear(2 * (LENGTH - 2), CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = F.relu(self.conv(self.embedding(ids).transpose(1, 2)))
        return self.fc(x.reshape(x.size(0), -1))


MODULES = {
    "images": Images,
    "padded images": lambda: Images(sides=True),
    "in a tuple": InTuple,
    "positions first": PositionsFirst,
    "reduced": Reduced,
    "pooled in two dimensions": Pooled2d,
    "called again": Called,
    "lengths": Lengths,
    "wrapped": lambda: nn.DataParallel(Images()),
    "fixed length": FixedLength,
    "made in forward": MadeInForward,
    "two tables stacked": lambda: TwoTables("stack"),
    "two tables joined": lambda: TwoTables("cat"),
    "one dimension": OneDimension,
    "sideways": Sideways,
    "of positions": OfPositions,
}
FIXED = {"fixed length", "made in forward", "of positions"}
