"""One attack on one victim, text by text: what becomes of a text depends on nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError, one_line
from ..seeds import derive
from .building.loading import load_textattack
from .building.texts import SPLIT_TOKEN, attacked_text, changed_words
from .job import Example, Job, failure
from .presets.catalogue import preset as find_preset
from .records import Record
from .victims import Classifier, Victim

_STATUS = {
    "SuccessfulAttackResult": "success",
    "FailedAttackResult": "failed",
    "SkippedAttackResult": "skipped",
    "MaximizedAttackResult": "failed",  # a diagnostic, which keeps the prediction
}


class Attacker:
    """A job ready to be done with one classifier."""

    def __init__(self, classifier: Classifier, job: Job) -> None:
        load_textattack()
        self.classifier, self.job = classifier, job
        self.victim = Victim(classifier)
        preset = find_preset(job.preset)
        self.attack = preset.build(self.victim, job.query_budget)
        self.plain = preset.plain
        # In Chinese the attack changes the words that the model reads. In English it keeps to
        # TextAttack's words, as the recipes do: there, too, spaces and punctuation end a word.
        self.segment = classifier.segment if classifier.language == "zh" else None

    def record(self, example: Example) -> Record:
        """Attack one text; an exception becomes a record too."""
        own = derive(self.job.seed, self.job.preset, example.index)
        self.victim.seed = own
        self.attack.clear_cache()  # what an earlier text left would answer with its noise
        try:
            with seeded(own):
                return self._attacked(example)
        except Exception as error:  # one text must not end the run
            return failure(example, f"{type(error).__name__}: {one_line(error)}")

    def _attacked(self, example: Example) -> Record:
        """Attack one text, and verify what comes of it.

        Raises:
            InputError: TextAttack cannot attack it.
        """
        self._check(example)
        text = attacked_text(example.text, self.attack, self.segment, self.plain)
        result = self.attack.attack(text, example.label)
        status = _STATUS[type(result).__name__]
        clean, final = result.original_result, result.perturbed_result
        success = status == "success"
        # The words that a diagnostic deleted count too; those of a failed attack mean nothing.
        counts = success or type(result).__name__ == "MaximizedAttackResult"
        changed = changed_words(text.words, final.attacked_text.words) if counts else []
        adversarial = final.attacked_text.text if success else None
        draws, wrong = self._verified(adversarial, example.label)
        return Record(
            index=int(example.index),
            label=int(example.label),
            text=example.text,
            clean_prediction=int(clean.output),
            clean_probability=float(clean.raw_output[clean.output]),
            status=status,
            adversarial_text=adversarial,
            adversarial_prediction=int(final.output) if success else None,
            words=len(text.words),
            words_changed=len(changed),
            queries=int(result.num_queries),
            changed_words=changed,
            verify_draws=draws,
            wrong_draws=wrong,
        )

    def _check(self, example: Example) -> None:
        """Refuse a label that is no class, and a text that TextAttack would cut."""
        classes = len(self.classifier.classes)
        if not 0 <= example.label < classes:
            raise InputError(
                f"label {example.label} is not one of the model's {classes} classes "
                f"(0 to {classes - 1})"
            )
        if SPLIT_TOKEN in example.text:
            raise InputError(f"the text contains {SPLIT_TOKEN}, at which TextAttack cuts texts")

    def _verified(self, text: str | None, label: int) -> tuple[int, int]:
        """Fresh draws that ``text`` is shown with, and on how many of them it is wrong."""
        if text is None:
            return 0, 0
        draws = self.job.verify_draws if self.classifier.stochastic else 1
        fresh = derive(self.victim.seed, "verify")
        votes = self.classifier.votes([text], draws, fresh)  # (1, K)
        return draws, draws - int(votes[0, label])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of Python, NumPy and torch, and put their states back after."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
