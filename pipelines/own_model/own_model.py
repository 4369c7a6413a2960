"""A run folder out of a user's own trained torch module and vocabulary: every command goes on.

    from snnconvert.pipelines.own_model.own_model import run_from_module

    run = run_from_module("runs/mine", module, vocabulary, "reviews.tsv")

What `train` leaves behind is made here without training: text stage, ANN and their figures.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...convert.from_torch.module import translate, unwrapped
from ...convert.from_torch.text_model import scaled_model, word_vectors
from ...convert.from_torch.translation import Translated
from ...engine.evaluate import accuracy
from ...engine.reference import ann_logits
from ...errors import InputError
from ...files import save_tensors, sha256
from ...models.outputs import check_classes, in_order
from ...models.saving import save_model
from ...models.text_model import TextModel
from ...text.datasets.dataset import Dataset
from ...text.maps.options import NAMES as MAP_NAMES
from ...text.maps.sigma import RangeMap
from ...text.stages.length import USUAL
from ...text.stages.own_vocabulary import AUTO, OwnVocabulary, own_vocabulary
from ...text.stages.words import TextStage
from ..data import encode_splits
from ..data_stage import VECTORS, data_figures, with_absolute_paths
from ..quality.chance import warn_after
from ..quality.quality import model_figures
from ..run_folder.fingerprints import fingerprint, settings_dict, without
from ..run_folder.run_folder import RunFolder
from ..settings.data import DataSettings
from ..sources.notes import repeat_figures
from ..sources.place import load_settings_data
from ..sources.writing import NONE, read_dictionary, resolved_writing, tell_writing, writing_of
from ..training.texts import Texts
from .outputs import OwnOutputs
from .summary import own_text


def run_from_module(
    out: Path | str,
    module: nn.Module,
    vocabulary: Any,
    data: DataSettings | str,
    *,
    classes: Sequence[str] | None = None,
    padding: int | str | None = AUTO,
    unknown: int | str | None = AUTO,
    vectors: Tensor | np.ndarray | None = None,
    length: int | None = None,
    force: bool = False,
    quiet: bool = False,
) -> RunFolder:
    """Make a run whose ANN is ``module``; `snnconvert convert` and all others go on with it.

    Texts are cut into words as everywhere here, by their language (see `text.segment`): the module
    must have been trained on words cut alike. ``results.json`` tells how far that holds: the
    vocabulary's coverage of the texts, and the module's own accuracy on dev and test. The ANN's
    outputs are compared with the module's own on every dev and test text.

    Args:
        out: the run folder, made where it is not there
        module: a trained module as `from_torch` takes it, with its `nn.Embedding` or with
            ``vectors``; it is run in evaluation mode, and not changed
        vocabulary: ids by word, a list of words in the order of their ids, or a torchtext Vocab
        data: data set, language, limit and max_length as `train` takes them, or the name or path of
            a data set; dim, vectors, their value map and min_count do not matter
        classes: the data set's class names in the order of the module's outputs; of one logit the
            second is where it is above 0; by default the data set's order
        padding: id or word of padding; ``auto`` looks for one like ``<pad>``; None: there is none
        unknown: the same of unknown words; with None they have the vector zero
        vectors: (N, D), by the vocabulary's ids, of a module that takes vectors
        length: cut and pad every text to so many words, as the module was trained; by default
            texts are cut at max_length and padded only where the module cannot read a shorter one,
            or to the one length that it is built for
        force: make it again, and drop what was made of it
        quiet: do not print the accuracies, the coverage and what looks wrong, a model at chance too

    Raises:
        InputError: a module that cannot be converted, a vocabulary or classes that do not fit, bad
            data, or a folder that holds another run.
        SnnConvertError: the folder cannot be written.
    """
    began = time.monotonic()
    settings = data if isinstance(data, DataSettings) else DataSettings(dataset=data)
    if settings.clean == "auto":  # the module was trained on texts as they are
        settings = replace(settings, clean="none")
    if settings.max_length is None:
        settings = replace(settings, max_length=USUAL)
    settings = with_absolute_paths(replace(settings, vectors="random"))
    given = None if vectors is None else torch.as_tensor(np.asarray(vectors, dtype=np.float32))
    found = translate(module, None if given is None else int(given.shape[-1]))
    table, module = word_vectors(found, given), unwrapped(module)
    own = own_vocabulary(vocabulary, len(table), padding, unknown)
    run = RunFolder(out, must_exist=False)
    with run.locked():
        dataset = load_settings_data(vars(settings))
        imported = _Imported(module, found, table, own, dataset, classes, length)
        stages = imported.settings(settings)
        done = run.is_done("data", stages["data"], force)
        if not done or not run.is_done("ann", stages["ann"]):
            _make(run, imported, settings, stages, force, began)
    if not quiet:
        print(own_text(run))
        warn_after(run.results(), "ann")
    return run


def _make(
    run: RunFolder,
    imported: _Imported,
    settings: DataSettings,
    stages: dict[str, dict[str, Any]],
    force: bool,
    began: float,
) -> None:
    """Work everything out, then write it: a module that is refused leaves the folder as it was."""
    model, stage = imported.model(), imported.stage(settings)
    figures = imported.figures(model, encode_splits(imported.dataset, stage))
    figures["seconds"] = round(time.monotonic() - began, 1)
    run.begin("data", stages["data"], force)
    save_tensors(run.path / "text" / VECTORS, {"vectors": model.embedding.weight.detach()})
    stage.save(run.path / "text")
    told = tell_writing(imported.dataset, stage) | repeat_figures(imported.dataset.repeats())
    run.finish("data", stages["data"], data_figures(imported.dataset, stage) | told)
    run.begin("ann", stages["ann"])
    save_model(run.path / "ann", model, imported.dataset.classes)
    run.finish("ann", stages["ann"], figures)


@dataclass
class _Imported:
    """One module on its way into a run; ``table`` has its vectors by its own ids (N, D)."""

    module: nn.Module
    found: Translated
    table: Tensor
    own: OwnVocabulary
    dataset: Dataset
    given: Sequence[str] | None
    length: int | None

    def __post_init__(self) -> None:
        check_classes(self.found.network, self.dataset.classes)
        names = self.dataset.classes if self.given is None else tuple(map(str, self.given))
        if sorted(names) != sorted(self.dataset.classes):
            raise InputError(
                f"expected the classes {', '.join(self.dataset.classes)} in the order of the "
                f"module's outputs, but got {', '.join(names)}"
            )
        self.classes = tuple(names)
        # the data set's class i is the module's output order[i]
        self.order = [self.classes.index(name) for name in self.dataset.classes]
        self.outputs = OwnOutputs(self.module, self.found, self.own, self.table)
        least, built_for = self.outputs.least, self.found.length
        asked = self.length or least
        if asked < least or (built_for or asked) != asked:
            wanted = built_for or f"of at least {least}"
            raise InputError(
                f"expected a length {wanted} words, which the module can read, but got {asked}"
            )
        self.inverse = [self.dataset.classes.index(name) for name in self.classes]

    def settings(self, data: DataSettings) -> dict[str, dict[str, Any]]:
        """What tells this run from others, by stage."""
        name = type(self.module).__name__
        words = [list(self.own.vocabulary.words), self.own.ids.tolist()]
        texts = {"vectors": f"module {name}", "words": fingerprint(words)}
        state = [*self.module.state_dict().values(), self.table]
        weights = sha256(*(value.detach().cpu().numpy().tobytes() for value in state))
        texts |= resolved_writing(data, read_dictionary(data), None, False)
        return {
            "data": without(settings_dict(data), (*NONE, *MAP_NAMES))
            | texts
            | {"length": self.length},
            "ann": {"module": name, "weights": weights[:16], "classes": list(self.classes)},
        }

    def model(self) -> TextModel:
        """The ANN on the ids of the text stage, its outputs in the data set's order."""
        rows = torch.from_numpy(self.own.rows(self.table.numpy()))
        network = in_order(self.found.network, self.order)
        return scaled_model(replace(self.found, network=network), rows)

    def stage(self, settings: DataSettings) -> TextStage:
        """The text stage with the user's words, and how much of the training texts it covers."""
        fixed = self.length or self.found.length
        least, most = fixed or self.outputs.least, settings.max_length or USUAL
        rows = self.own.rows(self.table.numpy())
        stage = TextStage(
            language=self.dataset.language,
            vocabulary=self.own.vocabulary,
            max_length=min(most, fixed) if fixed else max(most, least),
            fill=least if self.own.padding >= 0 else 0,
            range_map=RangeMap(0.0, float(np.abs(rows).max()) / 3),
            coverage={},
            vectors_source=f"{type(self.module).__name__}, each component over its largest",
            dim=rows.shape[1],
            writing=writing_of(settings, read_dictionary(settings), self.dataset.language),
        )
        return replace(stage, coverage=_coverage(stage, self.dataset.train.texts))

    def figures(self, model: TextModel, texts: Texts) -> dict[str, Any]:
        """Accuracies of the ANN and of the module itself, and how far their logits are apart."""
        outputs = self.outputs
        figures: dict[str, Any] = {"imported": True, "module": type(self.module).__name__}
        apart: list[float] = []
        answers: dict[str, Tensor] = {}
        unread = 0
        for split in ("dev", "test"):
            sequences, labels = texts.sequences[split], texts.labels[split]
            answers[split] = logits = ann_logits(model, sequences)
            figures[f"{split}_accuracy"] = accuracy(logits, labels)
            own = outputs.of(sequences)
            known = [i for i, row in enumerate(own) if row is not None]
            unread += len(own) - len(known)
            share = None
            if known:
                theirs = outputs.logits([own[i] for i in known])[:, self.order]
                share = accuracy(theirs, [labels[i] for i in known])
            figures[f"module_{split}_accuracy"] = share
            apart += outputs.compare(logits[:, self.inverse], own, sequences)
        figures["largest_difference"] = max(apart, default=None)
        figures |= {"compared_texts": len(apart), "unread_texts": unread}
        dev = Counter(texts.labels["dev"])
        figures["largest_class"] = max(dev.values()) / dev.total()
        figures |= model_figures(answers, texts)
        figures["parameters"] = sum(p.numel() for p in model.network.parameters())
        return figures


def _coverage(stage: TextStage, texts: Sequence[str]) -> dict[str, float]:
    """Shares of distinct and of running words of ``texts`` that the vocabulary has."""
    counts = Counter(word for text in texts for word in stage.segment(text))
    if not counts:
        raise InputError("expected training texts with words, but all are empty")
    known = {word: n for word, n in counts.items() if word in stage.vocabulary}
    if not known:
        raise InputError(
            f"expected words of the training texts in the vocabulary, but it has none of them: is "
            f"it of another language than {stage.language!r}, or of parts of words?"
        )
    return {
        "types": len(known) / len(counts),
        "tokens": sum(known.values()) / counts.total(),
        "train_types": len(counts),
        "train_tokens": counts.total(),
    }
