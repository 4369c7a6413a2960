"""The training loop of `train` and `finetune`: early stop, logs, exact resume after a kill.

All randomness of step n comes from generators seeded by (seed, step), and the order of an epoch
from (seed, epoch), so a run resumed from any checkpoint makes the same steps as one that was never
interrupted.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ...engine.exact_sums import products_as_on_cpu
from ...engine.threads import torch_on_one_thread
from ...models.batches import shuffled
from ...models.devices import device_name, device_of
from ...progress import bar, say
from ...seeds import generator
from ..parallel.processes import Processes, current
from ..versions import processor
from .checkpoint import State, checkpoint_path, read_checkpoint, restored, write_checkpoint
from .divergence import DivergenceError, Watch
from .logs import Logs
from .optimizer import clipped, full_rate, set_rate
from .said import end_line, epoch_line
from .schedule import rate_factor
from .weights.average import Average, copy_into

CHECKPOINT_SECONDS = 30.0


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
    average: epochs over which the weights that are scored and kept are averaged; 0 for those of
        the last step
    parts: what the score of `dev_score` was made of, by name, written beside it in the logs
    processes: that train the model together; the first one scores dev and writes the files
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
    average: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    processes: Processes = field(default_factory=current)
    state: State = field(default_factory=State)
    best: dict[str, Tensor] = field(default_factory=dict)
    logs: Logs = field(init=False)
    averaged: Average = field(init=False)
    _since: float = field(init=False, default=0.0)  # processor time that is in the state already

    def __post_init__(self) -> None:
        steps = self.average * self.epoch_steps  # at least one, where there is an average
        self.averaged = Average(max(1, round(steps)) if self.average else 0)

    @property
    def epoch_steps(self) -> int:
        """How many steps an epoch has."""
        return math.ceil(len(self.lengths) / self.batch_size)

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint file."""
        return checkpoint_path(self.folder, self.name)

    @property
    def watch(self) -> Watch:
        """What looks for divergence."""
        return Watch(self.name, self.model, full_rate(self.optimizer))

    def run(self) -> State:
        """Train to the end (or the early stop) and load the best parameters into the model.

        A loss that has grown is said on standard error.

        Raises:
            DivergenceError: the loss or the parameters have left all bounds; no checkpoint is left.
        """
        self.logs = Logs(self.folder, self.name, self.tensorboard)
        self._resume()
        self._since = time.process_time()
        try:
            threads = torch_on_one_thread() if self.one_thread else nullcontext()
            with threads, products_as_on_cpu(device_of(self.model)), torch.enable_grad():
                return self._run()
        except DivergenceError:
            self.checkpoint_path.unlink(missing_ok=True)
            raise
        finally:
            self.logs.close()

    def _run(self) -> State:
        self._note_processor()
        if self.score_start and self.state.step == 0 and not self.state.history:
            self._score(epoch=-1, loss=float("nan"))  # the start counts as a candidate
        while not self.state.finished:
            self._epoch()
        say(end_line(self.name, self.state, self.epochs))
        self._say_growth()
        copy_into(self._learned(), self.best)
        return self.state

    def _say_growth(self) -> None:
        """Say that the loss has grown, where it has."""
        last = self.state.history[-1].get("train_loss", 0.0) if self.state.history else 0.0
        said = self.watch.grown(self.state.first_loss, last)
        if said and self.score_start and self.state.best_epoch < 0:
            said += "; the model is as it was before, since no epoch was better on dev"
        if said:
            print(said, file=sys.stderr)

    def _note_processor(self) -> None:
        """Add what this process runs on to the state, where it was something else before."""
        parts = processor() if not self.one_thread else {"processor": processor()["processor"]}
        device = device_of(self.model)
        if device.type != "cpu":
            parts = {"device": device_name(device)}
        if self.processes.count > 1:
            parts |= {"processes": str(self.processes.count)}
        here = ", ".join(f"{name} {value}" for name, value in parts.items())
        if self.state.processors[-1:] != [here]:
            self.state.processors.append(here)

    def _learned(self) -> dict[str, Tensor]:
        """What training changes: parameters, and the running statistics of normalisation."""
        parameters = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        return parameters | dict(self.model.named_buffers())

    def _epoch(self) -> None:
        """The batches of an epoch that are left, and its score."""
        state = self.state
        order = generator(self.seed, self.name, "epoch", state.epoch)
        batches = shuffled(self.lengths, self.batch_size, order)
        self.processes.alike(self._learned().values())
        self._batches(batches)
        self._score(state.epoch, state.loss_sum / len(batches))
        state.epoch, state.batch, state.loss_sum = state.epoch + 1, 0, 0.0
        stale = state.epoch - 1 - state.best_epoch
        # an epoch that is better goes on, also where the patience is 0
        state.finished = state.epoch >= self.epochs or stale >= max(1, self.patience)
        self.save()

    def _batches(self, batches: Sequence[list[int]]) -> None:
        state, saved = self.state, time.monotonic()
        title = f"{self.name} epoch {state.epoch + 1}/{self.epochs}"
        with bar(total=len(batches), initial=state.batch, desc=title, leave=False) as shown:
            while state.batch < len(batches):
                self._step(batches[state.batch])
                shown.update()
                shown.set_postfix(loss=f"{state.loss_sum / state.batch:.3f}", refresh=False)
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self.save()
                    saved = time.monotonic()

    def _step(self, indices: list[int]) -> None:
        state = self.state
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with self.watch.errors():
            loss = self.batch_loss(indices, generator(self.seed, self.name, "step", state.step))
            value = float(loss.detach())
            self.watch.loss(value, state.first_loss or value, f"at step {state.step + 1}")
            loss.backward()
            self.processes.add_up(self.model)
            if self.clip:
                nn.utils.clip_grad_norm_(clipped(self.model), self.clip)
            total = self.epochs * self.epoch_steps
            set_rate(self.optimizer, rate_factor(state.step, total, self.schedule))
            self.optimizer.step()
        if state.step == 0:
            state.first_loss = value
        state.loss_sum += value
        state.batch += 1
        state.step += 1
        self.averaged.add(self._learned(), state.step)

    def _score(self, epoch: int, loss: float) -> None:
        """Score dev, keep the parameters where they are the best so far, write the logs.

        The parameters are their averages where these are asked for.
        """
        with self.averaged.in_place(self._learned()):
            is_best = self._scored(epoch, loss)
        if self.processes.first:
            self.logs.write(self.state.history)
        say(epoch_line(self.name, self.state.history[-1], self.epochs, is_best))

    def _scored(self, epoch: int, loss: float) -> bool:
        """Score dev and keep the parameters as they are where they are the best so far."""
        state = self.state
        self.model.eval()
        self.watch.parameters()
        with self.watch.errors(), torch.no_grad():
            accuracy, dev_loss, parts = self.processes.by_first(self._dev_score)
        self.parts.update(parts)
        if epoch >= 0:
            self.watch.loss(dev_loss, state.first_loss, f"on dev after epoch {epoch + 1}")
        row = {"epoch": epoch + 1, "dev_accuracy": accuracy, "dev_loss": dev_loss} | self.parts
        state.history.append(row | ({} if loss != loss else {"train_loss": loss}))
        is_best = (accuracy, -dev_loss) > (state.best_score, -state.best_loss)
        if is_best:
            state.best_score, state.best_loss, state.best_epoch = accuracy, dev_loss, epoch
            self.best = {n: p.detach().clone() for n, p in self._learned().items()}
        return is_best

    def _dev_score(self) -> tuple[float, float, dict[str, float]]:
        return (*self.dev_score(), self.parts)

    def save(self) -> None:
        """Write the checkpoint."""
        now = time.process_time()
        self.state.cpu_seconds, self._since = self.state.cpu_seconds + now - self._since, now
        if not self.processes.first:
            return
        write_checkpoint(
            self.checkpoint_path,
            self.state,
            self._learned(),
            self.best,
            self.optimizer,
            self.stamp,
            self.averaged.values,
        )

    def _resume(self) -> None:
        """Go on from the checkpoint, where there is one.

        Raises:
            InputError: it is damaged, or of other settings.
        """
        if not self.checkpoint_path.exists():
            return
        tensors, self.state = read_checkpoint(self.checkpoint_path, self.stamp)
        parameters, self.best, average = restored(tensors, self.optimizer)
        device = device_of(self.model)
        self.averaged.values = {name: value.to(device) for name, value in average.items()}
        copy_into(self._learned(), parameters)
