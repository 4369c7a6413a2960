"""Workers and victims for tests of many processes; they are imported in those processes too."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from snnconvert.attacks.job import failure
from snnconvert.attacks.workers.ray_pool import WAITING
from snnconvert.attacks.workers.ray_worker import Failure
from snnconvert.tests.helpers.attacks import ENGLISH, Bag

KILLS = "kills-"


class Deadly(Bag):
    """A bag of words whose process is killed while it looks at certain texts.

    Where the file ``kills-N`` is in ``folder``, whoever looks at a text that contains the word N
    takes the file away and dies. Processes that looked at a text leave a file ``seen-PID``.
    """

    def __init__(self, folder: Path, wait: float = 0.0):
        super().__init__("en", ENGLISH, noise=0.5)
        self.folder, self.wait = folder, wait

    def rows(self, texts, seed):
        (self.folder / f"seen-{os.getpid()}").touch()
        time.sleep(self.wait)
        for path in self.folder.glob(f"{KILLS}*"):
            if any(path.name.removeprefix(KILLS) in text.split() for text in texts):
                path.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        return super().rows(texts, seed)


def load_deadly(folder: Path, wait: float, victim: str) -> Deadly:
    if victim == "missing":
        raise FileNotFoundError(f"no model\n{victim}")
    return Deadly(folder, wait)


def pids(folder: Path) -> set[int]:
    return {int(path.name.removeprefix("seen-")) for path in folder.glob("seen-*")}


def noise(text: str) -> list[str]:
    """Lines that nobody asked for; on a busy machine workers may take over a minute to load."""
    return [line for line in text.splitlines() if not line.startswith(WAITING)]


class Quick:
    """A worker without TextAttack: its records say which job and process they are of."""

    def __init__(self, folder: Path):
        self.folder, self.texts = folder, 0

    def start(self):
        if (self.folder / "stillborn").exists():
            os.kill(os.getpid(), signal.SIGKILL)

    def attack(self, job, example):
        self.texts += 1
        if job.victim == "missing":
            return Failure("no such victim", True)
        for path in sorted(self.folder.glob(f"{example.index}-*"))[:1]:
            path.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.005)
        return failure(example, f"{job.preset} {os.getpid()} {self.texts}")
