"""Adversarial texts to show: which ones, and where in them the words were changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..attacks.records import Record
from .report_read import AttackRow

Piece = tuple[str, bool]  # some letters, and whether the attack changed them


@dataclass(frozen=True)
class Example:
    """A successful attack: the text before and after, in pieces, with the class each time."""

    victim: str
    attack: str
    before: list[Piece]
    after: list[Piece]
    clean_class: str
    adversarial_class: str
    record: Record


def places(text: str, adversarial: str, pairs: Sequence[Sequence[str]]) -> list[int] | None:
    """Where in ``text`` the first words of ``pairs`` [old, new] were replaced by the second.

    What lies between replaced words is the same in both texts. Of several ways to lay the pairs
    out the leftmost is taken.

    Returns:
        Start of every old word in ``text``, or None where the pairs do not explain the change.
    """
    shifts = [0]  # how much longer the adversarial text is after each pair
    for old, new in pairs:
        shifts.append(shifts[-1] + len(new) - len(old))
    if len(adversarial) - len(text) != shifts[-1]:
        return None
    found: list[int] = []
    dead: set[tuple[int, int]] = set()  # (pairs placed, end of the last) that lead nowhere
    start = 0  # where the search for the next word begins
    while True:
        done = len(found)
        end = found[-1] + len(pairs[done - 1][0]) if found else 0
        if done == len(pairs):
            if text[end:] == adversarial[end + shifts[done] :]:
                return found
            place = -1
        else:
            old, new = pairs[done]
            place = _next(text, adversarial, (old, new), (start, end), shifts[done], dead, done)
        if place >= 0:
            found.append(place)
            start = place + len(pairs[done][0])
            continue
        dead.add((done, end))
        if not found:
            return None
        start = found.pop() + 1


def _next(
    text: str,
    adversarial: str,
    pair: tuple[str, str],
    reach: tuple[int, int],
    shift: int,
    dead: set[tuple[int, int]],
    done: int,
) -> int:
    """The next start of ``pair`` from ``reach[0]`` on, or -1; what lies between must be equal."""
    old, new = pair
    start, same = reach
    place = text.find(old, start)
    while place >= 0:
        if text[same:place] != adversarial[same + shift : place + shift]:
            return -1
        fits = adversarial.startswith(new, place + shift)
        if fits and (done + 1, place + len(old)) not in dead:
            return place
        place = text.find(old, place + 1)
    return -1


def marked(record: Record) -> tuple[list[Piece], list[Piece]]:
    """The texts of a successful attack, before and after, cut where words were changed.

    Whole and without marks where the record does not say enough.
    """
    text, adversarial = record.text, record.adversarial_text or ""
    found = places(text, adversarial, record.changed_words)
    if found is None:
        return [(text, False)], [(adversarial, False)]
    before: list[Piece] = []
    after: list[Piece] = []
    end = 0
    for place, (old, new) in zip(found, record.changed_words, strict=True):
        before += [(text[end:place], False), (old, True)]
        after += [(text[end:place], False), (new, True)]
        end = place + len(old)
    rest = (text[end:], False)
    return [p for p in [*before, rest] if p[0]], [p for p in [*after, rest] if p[0]]


def chosen_examples(
    rows: Sequence[AttackRow], classes: Sequence[str], most: int = 3, letters: int = 280
) -> list[Example]:
    """A few successful attacks of every kind on the last victim that has any.

    They are the first ones in the order of the draw with at most ``letters`` characters, or the
    shortest where all are longer: nobody picked them.
    """
    chosen: list[Example] = []
    for attack in dict.fromkeys(row.attack for row in rows):
        for row in reversed([row for row in rows if row.attack == attack]):
            won = [r for r in row.records if r.status == "success"]
            short = [r for r in won if len(r.text) <= letters]
            won = short or sorted(won, key=lambda r: len(r.text))[:1]
            chosen += [_example(row, record, classes) for record in won[:most]]
            if won:
                break
    return chosen


def _example(row: AttackRow, record: Record, classes: Sequence[str]) -> Example:
    def name(k: int | None) -> str:
        return classes[k] if k is not None and 0 <= k < len(classes) else f"class {k}"

    before, after = marked(record)
    return Example(
        victim=row.victim,
        attack=row.attack,
        before=before,
        after=after,
        clean_class=name(record.clean_prediction),
        adversarial_class=name(record.adversarial_prediction),
        record=record,
    )
