"""The training loop of `train` and `finetune`: early stop, logs, exact resume after a kill.

All randomness of step n comes from generators seeded by (seed, step), and the order of an epoch
from (seed, epoch), so a run resumed from any checkpoint makes the same steps as one that was never
interrupted. A checkpoint is one safetensors file, renamed into place.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ...engine.threads import torch_on_one_thread
from ...errors import InputError
from ...files import replace_file
from ...models.batches import shuffled
from ...seeds import generator
from ..run_folder.versions import processor
from .divergence import DivergenceError, Watch
from .logs import Logs
from .schedule import rate_factor

CHECKPOINT_SECONDS = 30.0


def checkpoint_path(folder: Path, name: str) -> Path:
    """Where the training ``name`` keeps its checkpoint; it is removed when the stage is done."""
    return folder / f"{name}.checkpoint.safetensors"


@dataclass
class State:
    """Where training stands; stored in every checkpoint.

    processors: what it ran on, one after the other; the last bits of the weights depend on it
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    first_loss: float = 0.0
    best_epoch: int = -1
    best_score: float = -1.0
    best_loss: float = float("inf")
    finished: bool = False
    processors: list[str] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass
class Loop:
    """One resumable training.

    model: its trainable parameters are trained and checkpointed
    optimizer: AdamW over them
    lengths: length of each training text, for batches of similar lengths
    batch_loss: (indices, generator) -> scalar loss
    dev_score: () -> (score, loss) on dev, as `dev_score.DevScore`
    folder: where checkpoint and logs lie
    schedule: course of the learning rate over all epochs, see `schedule.rate_factor`
    clip: largest norm of a step's gradient, over all parameters but word vectors; 0 for no limit
    stamp: fingerprint of the stage; a checkpoint with another one is refused
    one_thread: torch's own operations run on one thread, for results that do not depend on their
        number; for models whose kernels have threads of their own
    parts: what the score of `dev_score` was made of, by name, written beside it in the logs
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    lengths: Sequence[int]
    batch_loss: Callable[[list[int], torch.Generator], Tensor]
    dev_score: Callable[[], tuple[float, float]]
    folder: Path
    name: str
    seed: int
    epochs: int
    patience: int
    batch_size: int
    tensorboard: bool = True
    schedule: str = "constant"
    clip: float = 0.0
    score_start: bool = False
    one_thread: bool = False
    stamp: str = ""
    parts: dict[str, float] = field(default_factory=dict)
    state: State = field(default_factory=State)
    best: dict[str, Tensor] = field(default_factory=dict)
    logs: Logs = field(init=False)

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint file."""
        return checkpoint_path(self.folder, self.name)

    def run(self) -> State:
        """Train to the end (or the early stop) and load the best parameters into the model.

        A loss that has grown is said on standard error.

        Raises:
            DivergenceError: the loss or the parameters have left all bounds; no checkpoint is left.
        """
        self.logs = Logs(self.folder, self.name, self.tensorboard)
        self._resume()
        try:
            with torch_on_one_thread() if self.one_thread else nullcontext():
                return self._run()
        except DivergenceError:
            self.checkpoint_path.unlink(missing_ok=True)
            raise
        finally:
            self.logs.close()

    @property
    def watch(self) -> Watch:
        """What looks for divergence."""
        group = self.optimizer.param_groups[0]
        return Watch(self.name, self.model, float(group.get("full_lr", group["lr"])))

    def _run(self) -> State:
        self._note_processor()
        if self.score_start and self.state.step == 0 and not self.state.history:
            self._score(epoch=-1, loss=float("nan"))  # the start counts as a candidate
        while not self.state.finished:
            self._epoch()
        last = self.state.history[-1].get("train_loss", 0.0) if self.state.history else 0.0
        said = self.watch.grown(self.state.first_loss, last)
        if said and self.score_start and self.state.best_epoch < 0:
            said += "; the model is as it was before, since no epoch was better on dev"
        if said:
            print(said, file=sys.stderr)
        self._load(self.best)
        return self.state

    def _note_processor(self) -> None:
        """Add what this process runs on to the state, where it was something else before."""
        parts = processor() if not self.one_thread else {"processor": processor()["processor"]}
        here = ", ".join(f"{name} {value}" for name, value in parts.items())
        if self.state.processors[-1:] != [here]:
            self.state.processors.append(here)

    def _learned(self) -> dict[str, Tensor]:
        """What training changes: parameters, and the running statistics of normalisation."""
        parameters = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        return parameters | dict(self.model.named_buffers())

    def _load(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, tensor in self._learned().items():
                tensor.copy_(values[name])

    def _epoch(self) -> None:
        state = self.state
        batches = shuffled(
            self.lengths, self.batch_size, generator(self.seed, self.name, "epoch", state.epoch)
        )
        saved = time.monotonic()
        bar = tqdm(
            total=len(batches),
            initial=state.batch,
            desc=f"{self.name} epoch {state.epoch + 1}/{self.epochs}",
            leave=False,
            disable=None,
        )
        with bar:
            while state.batch < len(batches):
                self._step(batches[state.batch])
                bar.update()
                bar.set_postfix(loss=f"{state.loss_sum / state.batch:.3f}", refresh=False)
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self.save()
                    saved = time.monotonic()
        self._score(state.epoch, state.loss_sum / len(batches))
        state.epoch, state.batch, state.loss_sum = state.epoch + 1, 0, 0.0
        stale = state.epoch - 1 - state.best_epoch
        state.finished = state.epoch >= self.epochs or stale >= self.patience
        self.save()

    def _step(self, indices: list[int]) -> None:
        state = self.state
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with self.watch.errors():
            loss = self.batch_loss(indices, generator(self.seed, self.name, "step", state.step))
            value = float(loss.detach())
            self.watch.loss(value, state.first_loss or value, f"at step {state.step + 1}")
            loss.backward()
            if self.clip:
                nn.utils.clip_grad_norm_(self._clipped(), self.clip)
            self._set_rate()
            self.optimizer.step()
        if state.step == 0:
            state.first_loss = value
        state.loss_sum += value
        state.batch += 1
        state.step += 1

    def _clipped(self) -> list[nn.Parameter]:
        """The parameters whose gradient is limited.

        Word vectors are not: Adam scales each component by its own history, and a norm over a
        whole vocabulary would say how many words a batch has.
        """
        return [
            parameter
            for module in self.model.modules()
            if not isinstance(module, nn.Embedding)
            for parameter in module.parameters(recurse=False)
            if parameter.grad is not None
        ]

    def _set_rate(self) -> None:
        total = self.epochs * math.ceil(len(self.lengths) / self.batch_size)
        factor = rate_factor(self.state.step, total, self.schedule)
        for group in self.optimizer.param_groups:
            group.setdefault("full_lr", group["lr"])  # of the first step, before any factor
            group["lr"] = group["full_lr"] * factor

    def _score(self, epoch: int, loss: float) -> None:
        """Score dev, keep the parameters where they are the best so far, write the logs."""
        state = self.state
        self.model.eval()
        self.watch.parameters()
        with self.watch.errors(), torch.no_grad():
            accuracy, dev_loss = self.dev_score()
        if epoch >= 0:
            self.watch.loss(dev_loss, state.first_loss, f"on dev after epoch {epoch + 1}")
        row = {"epoch": epoch + 1, "dev_accuracy": accuracy, "dev_loss": dev_loss} | self.parts
        state.history.append(row | ({} if loss != loss else {"train_loss": loss}))
        if (accuracy, -dev_loss) > (state.best_score, -state.best_loss):
            state.best_score, state.best_loss, state.best_epoch = accuracy, dev_loss, epoch
            self.best = {n: p.detach().clone() for n, p in self._learned().items()}
        self.logs.write(state.history)

    def save(self) -> None:
        """Write the checkpoint: parameters, best parameters, optimizer moments, state."""
        from safetensors.torch import save

        tensors = {f"model.{n}": p.detach() for n, p in self._learned().items()}
        tensors |= {f"best.{n}": value for n, value in self.best.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items()}
        data = save(
            {n: t.contiguous() for n, t in tensors.items()},
            metadata={"state": json.dumps(asdict(self.state)), "stamp": self.stamp},
        )
        replace_file(self.checkpoint_path, lambda p: p.write_bytes(data))

    def _resume(self) -> None:
        """Go on from the checkpoint, where there is one.

        Raises:
            InputError: it is damaged, or of other settings.
        """
        if not self.checkpoint_path.exists():
            return
        tensors, self.state = read_checkpoint(self.checkpoint_path, self.stamp)
        groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimizer": {}}
        for name, value in tensors.items():
            kind, rest = name.split(".", 1)
            groups[kind][rest] = value
        self.best = groups["best"]
        self._load(groups["model"])
        moments: dict[int, dict[str, Any]] = {}
        for name, value in groups["optimizer"].items():
            index, key = name.split(".", 1)
            moments.setdefault(int(index), {})[key] = value
        whole = self.optimizer.state_dict()
        self.optimizer.load_state_dict({"state": moments, "param_groups": whole["param_groups"]})


def changed_processor(state: State) -> dict[str, list[str]]:
    """``processors`` for the figures of a stage, where its training went on elsewhere."""
    return {"processors": state.processors} if len(state.processors) > 1 else {}


def read_checkpoint(path: Path, stamp: str = "") -> tuple[dict[str, Tensor], State]:
    """Tensors and state of a checkpoint.

    Raises:
        InputError: the file is truncated, not a checkpoint, or of another stage than ``stamp``.
    """
    from safetensors import SafetensorError, safe_open

    remedy = "remove it to begin this stage again"
    try:
        with safe_open(str(path), framework="pt") as handle:
            metadata = handle.metadata()
            state = State(**json.loads(metadata["state"]))
            tensors = {name: handle.get_tensor(name) for name in list(handle.keys())}
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(
            f"expected a checkpoint at {path}, but it is truncated or of another kind ({error}); "
            f"{remedy}"
        ) from None
    if metadata.get("stamp") != stamp:
        raise InputError(
            f"expected a checkpoint of this run at {path}, but it is of other settings; {remedy}"
        )
    return tensors, state


def class_weights(labels: Sequence[int], classes: int) -> Tensor:
    """Weights (K,) inverse to the class frequencies, with a mean of 1 over the texts.

    scikit-learn's "balanced" weights; a class without texts has 1, which no loss reads.
    """
    from sklearn.utils.class_weight import compute_class_weight

    there = sorted(set(labels))
    weights = torch.ones(classes)
    found = compute_class_weight("balanced", classes=np.array(there), y=np.array(labels))
    weights[there] = torch.from_numpy(found).float()
    return weights


def adamw(
    model: nn.Module, lr: float, weight_decay: float, vector_lr: float | None = None
) -> torch.optim.AdamW:
    """AdamW over the trainable parameters; biases and bounds (below two axes) are not decayed.

    Args:
        model: what is trained
        lr: learning rate
        weight_decay: of everything with two axes or more
        vector_lr: learning rate of word vectors (of every `nn.Embedding`); None for ``lr``
    """
    embeddings = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    vectors = [p for p in embeddings if p.requires_grad]
    apart = {id(p) for p in vectors}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in apart]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in rest if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in rest if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if vectors:
        own = lr if vector_lr is None else vector_lr
        groups.append({"params": vectors, "weight_decay": weight_decay, "lr": own})
    return torch.optim.AdamW(groups, lr=lr)
