"""Small models to attack with gradients, texts for them, and an attack without language data."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from snnconvert.attacks.building.texts import candidate_swap, tracked_text
from snnconvert.attacks.victims import Victim
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

GOOD = [
    "good",
    "fine",
    "great",
    "superb",
    "lovely",
    "bright",
    "charming",
    "moving",
    "witty",
    "rare",
]
BAD = ["bad", "poor", "awful", "dreadful", "boring", "bleak", "tiresome", "flat", "silly", "common"]
PLAIN = ["film", "plot", "actors", "music", "scene", "story", "ending", "camera", "pace", "cast"]
ENGLISH_TEXTS = [
    "It 's a well-made film -- do n't miss it ! Café crème, isn't it?",
    "do you like it , or do n't you ?<br /><br />I like THE film -lrb- a bit -rrb- .",
]
CHINESE_TEXTS = ["味道不错,我很喜欢这家店的菜。", "电影难看,浪费时间!"]
SENTENCE = "the {} is {} and its {} , {} and {} , has a {} {}"


def sentences(count: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts of two classes; of four words of a side, three are of the text's."""
    draw = np.random.default_rng(seed)
    texts, labels = [], []
    for i in range(count):
        label = i % 2
        own, other = (GOOD, BAD) if label else (BAD, GOOD)
        words = [*draw.choice(own, 3), draw.choice(other)]
        draw.shuffle(words)
        a, b, c = draw.choice(PLAIN, 3)
        texts.append(SENTENCE.format(a, words[0], b, words[1], words[2], words[3], c))
        labels.append(label)
    return texts, labels


def linear(texts: list[str], language: str) -> ModelClassifier:
    """A linear model of random word vectors: the loss is a function of their mean alone."""
    split = Split(tuple(texts), tuple(i % 2 for i in range(len(texts))))
    stage, vectors = TextStage.fit(split, language, "random", dim=6, progress=False)
    network = Network([("mean", MeanOverTime(), ("input",)), ("out", Linear(6, 2), ("mean",))])
    with torch.no_grad():
        network.get_parameter("nodes.out.weight").copy_(
            torch.randn(2, 6, generator=generator(0, "w"))
        )
    return ModelClassifier(stage, TextModel(torch.from_numpy(vectors), network), ("-", "+"))


def small_cnn() -> ModelClassifier:
    """A small CNN that tells the two classes of `sentences` apart."""
    texts, labels = sentences(400, 0)
    split = Split(tuple(texts), tuple(labels))
    stage, vectors = TextStage.fit(split, "en", "random", dim=12, progress=False)
    spec = TextCNNSpec(12, 2, (1, 2), 16, levels=8, dropout=0.0)
    model = TextModel(torch.from_numpy(vectors), build_textcnn(spec, seed=0))
    ids, lengths = to_batch(stage.encode(texts))
    optimizer = torch.optim.Adam(model.network.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        functional.cross_entropy(model(ids, lengths), torch.tensor(labels)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return ModelClassifier(stage, model.eval(), ("bad", "good"))


def converted(ann: ModelClassifier, code: str) -> ModelClassifier:
    """The SNN of a trained CNN."""
    assert isinstance(ann.model, TextModel)
    recipe = ConversionRecipe(encoder=Encoder(code, "split"), steps=7)
    sequences = ann.stage.encode(sentences(64, 1)[0])
    snn = convert_model(ann.model, recipe, sequences).snn
    return ModelClassifier(ann.stage, snn, ann.classes)


def synonyms(word: str) -> list[str]:
    """Any other word of the two sides, first those that say the same."""
    if word in GOOD:
        return [w for w in [*GOOD, *BAD] if w != word]
    return [w for w in [*BAD, *GOOD] if w != word] if word in BAD else []


def build(classifier, search, candidates=synonyms, budget=500):
    """An attack without language data."""
    import textattack
    from textattack.constraints.pre_transformation import RepeatModification

    goal = textattack.goal_functions.UntargetedClassification(Victim(classifier))
    goal.query_budget = budget
    return textattack.Attack(goal, [RepeatModification()], candidate_swap(candidates), search)


def outcome(attack, texts, labels):
    """Status and queries of each text that was classified rightly."""
    results = [
        attack.attack(tracked_text(t), label) for t, label in zip(texts, labels, strict=True)
    ]
    kinds = [type(result).__name__ for result in results]
    return [(k, r.num_queries) for k, r in zip(kinds, results, strict=True) if "Skip" not in k]


class Blind:
    """A classifier whose first-order scores are drawn at random."""

    def __init__(self, inner: ModelClassifier) -> None:
        self.inner = inner
        self.draw = np.random.default_rng(0)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def first_order(self, found, texts):
        return self.draw.random(len(texts))


class Counting:
    """Counts the texts and the gradients that are asked for."""

    def __init__(self, inner: ModelClassifier) -> None:
        self.inner, self.texts, self.passes = inner, 0, 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def probabilities(self, texts, seed=0):
        self.texts += len(texts)
        return self.inner.probabilities(texts, seed)

    def gradient(self, *args):
        found = self.inner.gradient(*args)
        self.passes += found.passes
        return found
