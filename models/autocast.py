"""Networks are made and run in float32, whatever precision a caller has chosen for other work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch

KINDS = ("cpu", "cuda")
"""Kinds of devices on which autocast may be switched on."""


def without_autocast() -> AbstractContextManager[None]:
    """A block in which numbers are multiplied as they are, in a caller's `torch.autocast` too.

    One that is switched on inside, as training in mixed precision does, is obeyed.
    """
    narrowed = [kind for kind in KINDS if torch.is_autocast_enabled(kind)]
    return _wide(narrowed) if narrowed else nullcontext()  # mostly: a short text takes little more


@contextmanager
def _wide(kinds: list[str]) -> Iterator[None]:
    with ExitStack() as blocks:
        for kind in kinds:
            blocks.enter_context(torch.autocast(kind, enabled=False))
        yield
