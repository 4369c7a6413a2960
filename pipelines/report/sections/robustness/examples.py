"""Adversarial texts to show: which ones, and where in them the words were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .....attacks.records import Record
from .read import AttackResult

Won = tuple[AttackResult, Record]  # a success of one attack on one victim
Piece = tuple[str, bool]  # some letters, and whether the attack changed them


@dataclass(frozen=True)
class Example:
    """A successful attack: the text before and after, in pieces, with the class each time.

    ``others`` says by victim what the same attack made of the same text there.
    """

    victim: str
    attack: str
    before: list[Piece]
    after: list[Piece]
    clean_class: str
    adversarial_class: str
    record: Record
    others: dict[str, str]

    @property
    def by_outcome(self) -> dict[str, list[str]]:
        """The other victims, by what became of them."""
        outcomes = dict.fromkeys(self.others.values())
        return {o: [v for v, own in self.others.items() if own == o] for o in outcomes}


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
    rows: Sequence[AttackResult], classes: Sequence[str], most: int = 10, letters: int = 280
) -> list[Example]:
    """The most instructive successes, chosen by rule, so that nobody picks them.

    First up to two claimed successes that fresh noise does not confirm. Then, attack after attack
    in turn, the best of each: texts that fool one victim and not another come first, then those of
    fewer changed words, then those whose class was surest before. Each text is shown once, and
    one longer than ``letters`` only where its attack has no shorter one.

    Args:
        rows: of the victims to show; controls are better left out.
        classes: names of the classes.
        most: examples.
        letters: in a text.
    """
    results = {(row.attack, row.victim): {r.index: r for r in row.records} for row in rows}
    pools = {
        attack: _pool([row for row in rows if row.attack == attack], letters)
        for attack in dict.fromkeys(row.attack for row in rows)
    }
    chosen: list[Won] = []
    seen: set[int] = set()

    def take(pool: list[Won]) -> None:
        pair = next((pair for pair in pool if pair[1].index not in seen), None)
        if pair and len(chosen) < most:
            chosen.append(pair)
            seen.add(pair[1].index)

    lucky = [pair for pool in pools.values() for pair in pool if not pair[1].verified]
    for _ in range(2):
        take(lucky)
    held = [[pair for pair in pool if pair[1].verified] for pool in pools.values()]
    for _ in range(most):
        for pool in held:
            take(pool)
    return [_example(row, record, classes, results) for row, record in chosen]


def _pool(rows: Sequence[AttackResult], letters: int) -> list[Won]:
    """The successes of one attack, the best first; of long texts alone the shortest."""
    withstood = {r.index for row in rows for r in row.records if r.status == "failed"}
    pool = [(row, r) for row in rows for r in row.records if r.status == "success"]
    few = [pair for pair in pool if len(pair[1].text) <= letters]
    shown = few or sorted(pool, key=lambda pair: len(pair[1].text))[:1]

    def rank(pair: Won) -> tuple[bool, int, float]:
        record = pair[1]
        unsure = -(record.clean_probability or 0.0)
        return record.index not in withstood, record.words_changed, unsure

    return sorted(shown, key=rank)


OUTCOMES = {"failed": "withstood", "skipped": "was wrong before", "error": "ended in an error"}


def _example(
    row: AttackResult,
    record: Record,
    classes: Sequence[str],
    results: Mapping[tuple[str, str], Mapping[int, Record]],
) -> Example:
    def name(k: int | None) -> str:
        return classes[k] if k is not None and 0 <= k < len(classes) else f"class {k}"

    others: dict[str, str] = {}
    for (attack, victim), found in results.items():
        other = found.get(record.index)
        if attack == row.attack and victim != row.victim and other is not None:
            fooled = "fell too" if other.verified else "fell, not confirmed"
            others[victim] = OUTCOMES.get(other.status, fooled)
    before, after = marked(record)
    return Example(
        victim=row.victim,
        attack=row.attack,
        before=before,
        after=after,
        clean_class=name(record.clean_prediction),
        adversarial_class=name(record.adversarial_prediction),
        record=record,
        others=others,
    )
