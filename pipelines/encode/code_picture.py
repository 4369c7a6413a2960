"""An input code as a small drawing: what it sends of the values from 0 to 1."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.encoders import CODES
from ...seeds import generator
from ..report.drawing.files import svg_file
from ..report.drawing.frames import Axis
from ..report.drawing.svg import Canvas

STEPS = 8
VALUES = 41  # evenly spaced from 0 to 1
TOP, SIDE, LEFT, CELL = 12.0, 132.0, 34.0, 15.0


def code_picture(name: str) -> str:
    """An SVG file: left the spikes of every value, right what they stand for.

    The values are the channels of one word. T is 8, or the largest below that the code can run for.

    Raises:
        InputError: no such code.
    """
    code = CODES[name]
    steps = code.largest_steps(STEPS)
    values = torch.linspace(0, 1, VALUES).reshape(1, VALUES, 1)
    frames = code.encode(values, steps, generator(0, "picture"))[:, 0, :, 0]  # (T, values)
    return drawn(name, frames, code.decode(frames), code.read(frames))


def drawn(name: str, frames: Tensor, decoded: Tensor, read: Tensor) -> str:
    """The drawing of frames (T, V) of V values, what they stand for (V,) and what is read (V,)."""
    steps, count = frames.shape
    wide, middle = CELL * steps, LEFT + CELL * steps + 56
    label = f"Spikes of the code {name} for values from 0 to 1 over {steps} steps"
    canvas = Canvas(middle + SIDE + 10, TOP + SIDE + 34, label, "small")
    y = Axis(0.0, 1.0, TOP + SIDE, TOP)
    tall = SIDE / count
    canvas.rect(LEFT, TOP, wide, SIDE, "cell")
    for t, frame in enumerate(frames.tolist()):
        for i, value in enumerate(frame):
            if value > 0:
                place = LEFT + CELL * t + 1, TOP + SIDE - tall * (i + 1)
                canvas.rect(*place, CELL - 2, tall, "fill snn crisp", "", value)
    for value in (0.0, 0.5, 1.0):
        canvas.text(LEFT - 6, y(value) + 4, f"{value:g}", "muted", "end")
        canvas.text(middle - 6, y(value) + 4, f"{value:g}", "muted", "end")
        canvas.line(middle, y(value), middle + SIDE, y(value), "grid")
    canvas.text(LEFT + wide / 2, TOP + SIDE + 16, f"{steps} steps", "muted", "middle")
    canvas.text(middle + SIDE / 2, TOP + SIDE + 16, "value, and decoded", "muted", "middle")
    x = Axis(0.0, 1.0, middle, middle + SIDE)
    canvas.path([(x(0.0), y(0.0)), (x(1.0), y(1.0))], "curve hair other")
    places = [x(i / (count - 1)) for i in range(count)]
    for row, style in ((read, "curve dashed hair finetuned"), (decoded, "curve thin snn")):
        heights = [y(min(max(value, 0.0), 1.1)) for value in row.tolist()]
        if style.endswith("snn") or not torch.equal(read, decoded):
            canvas.path(zip(places, heights, strict=True), style)
    return svg_file(canvas.markup())
