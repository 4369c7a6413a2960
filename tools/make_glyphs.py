"""Make glyphs.tsv again: which common Chinese characters look alike, from how two fonts draw them.

    python tools/make_glyphs.py NotoSansCJK-Regular.ttc NotoSerifCJK-Regular.ttc

Needs Pillow, SciPy and fonts that draw simplified characters; takes 20 s. The released table is
made of Noto Sans CJK SC and Noto Serif CJK SC, version 2.004 and 2.001 (SIL Open Font Licence),
face 2 of their collections.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from snnconvert.attacks.candidates.candidates import common_characters

SIDE = 48  # pixels of a picture
SIZE = 44  # of the font
BLUR = 1.2  # standard deviation in pixels: strokes that nearly meet are alike
LEAST = 0.65  # correlation of two pictures from which on they look alike
MOST = 8  # characters kept for one


def pictures(font_file: str, characters: list[str]) -> np.ndarray:
    """Blurred pictures of ``characters``, each of mean 0 and length 1: (N, SIDE * SIDE)."""
    font = ImageFont.truetype(font_file, SIZE, index=2)
    rows = []
    for character in characters:
        image = Image.new("L", (SIDE, SIDE))
        middle = (SIDE // 2, SIDE // 2)
        ImageDraw.Draw(image).text(middle, character, font=font, fill=255, anchor="mm")
        rows.append(gaussian_filter(np.asarray(image, dtype=np.float64) / 255, BLUR).ravel())
    table = np.stack(rows)
    table -= table.mean(axis=1, keepdims=True)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def main(font_files: list[str]) -> None:
    """Write glyphs.tsv beside this file."""
    characters = list(common_characters())
    alike = np.mean([p @ p.T for p in (pictures(f, characters) for f in font_files)], axis=0)
    np.fill_diagonal(alike, 0)
    lines = [
        "# Common Chinese characters (GB 2312 level 1), each with up to 8 of them that look alike,",
        "# most alike first: the correlation of blurred pictures, mean of Noto Sans CJK SC and",
        f"# Noto Serif CJK SC, is at least {LEAST}. Made by make_glyphs.py.",
    ]
    for row, character in zip(alike, characters, strict=True):
        order = [i for i in np.argsort(-row, kind="stable")[:MOST] if row[i] >= LEAST]
        if order:
            lines.append(character + "\t" + "".join(characters[i] for i in order))
    path = Path(__file__).resolve().parents[1] / "attacks" / "assets" / "glyphs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
