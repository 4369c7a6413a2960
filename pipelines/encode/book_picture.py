"""A book of bits as a small drawing: the bits of the values from -1 to 1."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.encoders.books import BOOKS
from ...models.encoders.books.filled import fill
from ..report.drawing.files import svg_file
from ..report.drawing.frames import Axis
from ..report.drawing.svg import Canvas

VALUES = 42  # evenly spaced from -1 to 1, none of them 0, which is silent
WORD = 16  # bits of a word of one component, where a book has some for the whole word
TOP, SIDE, LEFT, ROOM = 12.0, 132.0, 34.0, 120.0


def book_picture(name: str) -> str:
    """An SVG file: left the bits of every value, as a word of one component at T = 1, right what
    they stand for at T = 1 (dashed) and at T = 4.

    Raises:
        InputError: no such book.
    """
    values = torch.linspace(-1, 1, VALUES)[:, None]
    book = BOOKS[name]
    bits = WORD if book.bits_of == "word" else 0
    once, often = (fill(book, values, torch.ones(VALUES), steps, bits) for steps in (1, 4))
    sent = once.bits[:, 0, :-1]  # without the presence
    return drawn(name, sent, once.decode()[:, 0], often.decode()[:, 0])


def drawn(name: str, bits: Tensor, once: Tensor, often: Tensor) -> str:
    """The drawing of bits (V, K) of V values, and of what they stand for at few and more steps."""
    count, width = bits.shape
    middle, tall, cell = LEFT + ROOM + 56, SIDE / count, min(15.0, ROOM / width)
    label = f"Bits of the book {name} for values from -1 to 1"
    canvas = Canvas(middle + SIDE + 10, TOP + SIDE + 34, label, "small")
    y, x = Axis(-1.0, 1.0, TOP + SIDE, TOP), Axis(-1.0, 1.0, middle, middle + SIDE)
    canvas.rect(LEFT, TOP, cell * width, SIDE, "cell")
    gap = 2.0 if cell > 6 else 0.0
    corners = (
        (LEFT + cell * k + gap / 2, TOP + SIDE - tall * (i + 1)) for i, k in bits.nonzero().tolist()
    )
    canvas.boxes(corners, cell - gap, tall, "fill snn crisp")
    for value in (-1.0, 0.0, 1.0):
        said = f"{value:g}".replace("-", "\N{MINUS SIGN}")
        canvas.text(LEFT - 6, y(value) + 4, said, "muted", "end")
        canvas.text(middle - 6, y(value) + 4, said, "muted", "end")
        canvas.line(middle, y(value), middle + SIDE, y(value), "grid")
    canvas.text(LEFT + cell * width / 2, TOP + SIDE + 16, _bits(width), "muted", "middle")
    canvas.text(middle + SIDE / 2, TOP + SIDE + 16, "value, and decoded", "muted", "middle")
    canvas.path([(x(-1.0), y(-1.0)), (x(1.0), y(1.0))], "curve hair other")
    places = [x(2 * i / (count - 1) - 1) for i in range(count)]
    for row, style in ((once, "curve dashed hair finetuned"), (often, "curve thin snn")):
        heights = [y(min(max(value, -1.1), 1.1)) for value in row.tolist()]
        canvas.path(zip(places, heights, strict=True), style)
    return svg_file(canvas.markup())


def _bits(number: int) -> str:
    return f"{number} bit" if number == 1 else f"{number} bits"
