"""Where a training stands, as one safetensors file that is renamed into place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...files import open_regular, write_bytes

Tensors = dict[str, Tensor]


def checkpoint_path(folder: Path, name: str) -> Path:
    """Where the training ``name`` keeps its checkpoint; it is removed when the stage is done."""
    return folder / f"{name}.checkpoint.safetensors"


@dataclass
class State:
    """Where training stands; stored in every checkpoint.

    processors: what it ran on, one after the other; the last bits of the weights depend on it
    cpu_seconds: processor time of all calls that it took, of this process alone
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    first_loss: float = 0.0
    best_epoch: int = -1
    best_score: float = float("-inf")
    best_loss: float = float("inf")
    finished: bool = False
    cpu_seconds: float = 0.0
    processors: list[str] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """What a stage records of its training: epochs, time, where it ran but for one on a CPU."""
        away = any(p.startswith("device") or ", processes " in p for p in self.processors)
        moved = {"processors": self.processors} if away or len(self.processors) > 1 else {}
        spent = {"cpu": {"seconds": round(self.cpu_seconds, 2)}}
        return {"best_epoch": self.best_epoch + 1, "epochs": self.epoch, **spent, **moved}


def write_checkpoint(
    path: Path,
    state: State,
    learned: Mapping[str, Tensor],
    best: Mapping[str, Tensor],
    optimizer: torch.optim.Optimizer,
    stamp: str,
    average: Mapping[str, Tensor] | None = None,
) -> None:
    """Write parameters as they are, as they were best and in the mean, the moments, the state."""
    from safetensors.torch import save

    tensors = {f"model.{n}": p.detach() for n, p in learned.items()}
    tensors |= {f"best.{n}": value for n, value in best.items()}
    tensors |= {f"average.{n}": value for n, value in (average or {}).items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items()}
    data = save(
        {n: t.contiguous().cpu() for n, t in tensors.items()},
        metadata={"state": json.dumps(asdict(state)), "stamp": stamp},
    )
    write_bytes(path, data)


def read_checkpoint(path: Path, stamp: str = "") -> tuple[Tensors, State]:
    """Tensors and state of a checkpoint.

    Raises:
        InputError: the file is truncated, not a checkpoint, or of another stage than ``stamp``.
    """
    from safetensors import SafetensorError, safe_open

    remedy = "remove it to begin this stage again"
    try:
        open_regular(path, "a checkpoint").close()
        with safe_open(str(path), framework="pt") as handle:
            metadata = handle.metadata()
            state = _state(metadata["state"])
            tensors = {name: handle.get_tensor(name) for name in list(handle.keys())}
    except (SafetensorError, KeyError, TypeError, ValueError, OSError, RecursionError) as error:
        raise InputError(
            f"expected a checkpoint at {path}, but it is truncated or of another kind ({error}); "
            f"{remedy}"
        ) from None
    if metadata.get("stamp") != stamp:
        raise InputError(
            f"expected a checkpoint of this run at {path}, but it is of other settings; {remedy}"
        )
    return tensors, state


def _state(text: str) -> State:
    """The state as it was written; a score of none yet is infinite.

    Raises:
        TypeError, ValueError: it is none.
    """
    values = json.loads(text)
    if not isinstance(values, dict):
        raise TypeError(f"its state is {text[:40]}")
    usual = vars(State())
    for name, value in values.items():
        wanted = type(usual[name])
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise TypeError(f"{name} is {str(value)[:40]!r}")
        if wanted is int and not -1 <= value < 2**53:
            raise ValueError(f"{name} is {str(value)[:40]}")
    return State(**values)


def restored(
    tensors: Tensors, optimizer: torch.optim.Optimizer
) -> tuple[Tensors, Tensors, Tensors]:
    """Parameters as they were, as they were best and in the mean (none where there was no mean).

    ``optimizer`` gets its moments back.
    """
    groups: dict[str, Tensors] = {"model": {}, "best": {}, "average": {}, "optimizer": {}}
    for name, value in tensors.items():
        kind, rest = name.split(".", 1)
        groups[kind][rest] = value
    moments: dict[int, dict[str, Any]] = {}
    for name, value in groups["optimizer"].items():
        index, key = name.split(".", 1)
        moments.setdefault(int(index), {})[key] = value
    rates = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": rates})
    return groups["model"], groups["best"], groups["average"]
