"""A bar over the texts of one attack, or of many: who is attacked, how fast, how long yet."""

from __future__ import annotations

from types import TracebackType

from ..progress import bar


class Progress:
    """A bar on the terminal; where there is none, or ``shown`` is false, nothing is printed.

    Args:
        total: texts of all attacks that it is for.
        shown: whether to show it at all.
    """

    def __init__(self, total: int, shown: bool = True) -> None:
        self._bar = bar(
            total=total,
            unit="text",
            smoothing=0.1,
            shown=shown,
            dynamic_ncols=True,
        )

    def begin(self, name: str, done: int) -> None:
        """Say what is attacked now; ``done`` of its texts were attacked earlier.

        They count as done, but neither for the rate nor for the time left.
        """
        if self._bar.disable:
            return
        self._bar.initial += done
        self._bar.n += done
        self._bar.last_print_n += done
        self._bar.set_description(name)

    def step(self) -> None:
        """One text has ended."""
        self._bar.update()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
