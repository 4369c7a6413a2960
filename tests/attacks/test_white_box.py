"""White-box attacks: scores of candidates as the model reads them, searches, queries, refusals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.nn import functional

from snnconvert.attacks.building.gradient_search import gradient_search
from snnconvert.attacks.building.texts import candidate_swap, tracked_text
from snnconvert.attacks.controls.coded_ann import CodedAnn
from snnconvert.attacks.controls.quantised_scores import QuantisedScores
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.presets.requirements import check_gradients
from snnconvert.attacks.runs import Example, run_attack
from snnconvert.attacks.victims import Victim, check_gradient
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator
from snnconvert.tests.helpers.attacks import CHINESE, ENGLISH, EXAMPLES, Bag
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
SENTENCE = "the {} is {} and its {} , {} and {} , has a {} {}"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


@pytest.fixture(scope="module")
def trained() -> ModelClassifier:
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


@pytest.mark.parametrize("code", ["ann", "saf", "poisson"])
def test_the_gradient_beats_chance(textattack, trained, code):
    """Candidates, search and victim are the same: random scores have to show many more texts."""
    victim = trained if code == "ann" else converted(trained, code)
    texts, labels = sentences(30, 7)

    def shown(classifier, kind):
        counted = Counting(classifier)
        found = outcome(build(counted, gradient_search(kind, shown=1)), texts, labels)
        wins = sum(status.startswith("Successful") for status, _ in found)
        return wins / len(found), counted.texts - len(texts)

    rate, by_chance = shown(Blind(victim), "rga")
    for kind in ["surrogate"] if code == "ann" else ["surrogate", "rga", "averaged"]:
        found = shown(victim, kind)
        assert found[0] >= max(rate, 0.95) and 1.5 * found[1] < by_chance, (kind, found, by_chance)


def test_an_anns_kinds_are_one_attack(textattack, trained):
    texts, labels = sentences(6, 9)
    first, second = (
        outcome(build(trained, gradient_search(kind)), texts, labels)
        for kind in ("surrogate", "rga")
    )
    assert first == second


@pytest.mark.parametrize("kind", ["surrogate", "averaged"])
@pytest.mark.parametrize("budget", [1, 2, 9, 10, 11, 25, 500])
def test_every_pass_is_a_query_and_the_budget_holds(textattack, trained, kind, budget):
    victim = Counting(trained)
    attack = build(
        victim, gradient_search(kind, draws=3), lambda w: BAD if w in BAD else [], budget
    )
    text, label = "a bad and boring film , flat and poor", 0
    result = attack.attack(tracked_text(text), label)  # it cannot succeed: one bad for another
    assert type(result).__name__ == "FailedAttackResult"
    assert result.num_queries == victim.texts + victim.passes <= budget
    if budget == 500:  # a gradient for each of the four words, and one that finds no word left
        assert victim.passes == 5 * (3 if kind == "averaged" else 1)


def test_a_beam_goes_on_from_several_texts(textattack, trained):
    texts, labels = sentences(8, 11)
    victim = Counting(trained)
    found = outcome(build(victim, gradient_search("surrogate", beam=3)), texts, labels)
    assert all(status.startswith("Successful") for status, _ in found)


def losses(classifier: ModelClassifier, texts: list[str], label: int) -> np.ndarray:
    return -np.log(classifier.probabilities(texts)[:, label])


ENGLISH_TEXTS = [
    "It 's a well-made film -- do n't miss it ! Café crème, isn't it?",
    "do you like it , or do n't you ?<br /><br />I like THE film -lrb- a bit -rrb- .",
]
CHINESE_TEXTS = ["味道不错,我很喜欢这家店的菜。", "电影难看,浪费时间!"]


def swaps(text: str, language: str, classifier: ModelClassifier) -> list[str]:
    """The text with each of the attack's words replaced by some other."""
    segment = classifier.segment if language == "zh" else None
    tracked = tracked_text(text, segment)
    others = (
        ["好吃", "时间店", "不"] if language == "zh" else ["miss", "Like", "well-like", "zebra"]
    )
    return [
        tracked.replace_word_at_index(i, other).text
        for i in range(len(tracked.words))
        for other in others
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [*((t, "en") for t in ENGLISH_TEXTS), *((t, "zh") for t in CHINESE_TEXTS)],
)
def test_scores_are_of_the_words_that_the_model_reads(textattack, text, language):
    """Whatever an attack calls a word: for a linear model the scores have the order of the losses.

    That holds for all candidates which the model cuts into as many words as the text; where the
    number changes, so does the weight of every word in the mean.
    """
    classifier = linear(ENGLISH_TEXTS if language == "en" else CHINESE_TEXTS, language)
    found = classifier.gradient(text, 1)
    assert found.gradient.shape == (len(found.ids), 6)
    known = [w for w in classifier.segment(text) if w in classifier.stage.vocabulary]
    assert [w for w in found.words if w in known] == known
    size = len(found.ids)
    candidates = swaps(text, language, classifier)
    same = [c for c in candidates if len(classifier.stage.encode([c])[0]) == size]
    assert len(same) >= 6
    if language == "zh" or "do n't" in text:
        assert len(same) < len(candidates)
    scores = classifier.first_order(found, same)
    loss = losses(classifier, same, 1)
    order = np.argsort(loss, kind="stable")
    assert (np.diff(scores[order]) >= -1e-9).all()
    start = losses(classifier, [text], 1)[0]
    assert ((scores > 1e-9) == (loss > start + 1e-9)).all()


def test_two_words_of_the_attack_may_be_one_of_the_model(textattack):
    """TextAttack sees "do" and "n't", the model "don't": either change is one of that word."""
    classifier = linear(ENGLISH_TEXTS, "en")
    found = classifier.gradient("do n't miss it", 0)
    assert found.words == ["don't", "miss", "it"]
    vectors = classifier.model.embedding.weight.numpy().astype(float)
    known = classifier.stage.vocabulary.ids(["don't", "film"])
    score = classifier.first_order(found, ["film miss it"])[0]
    assert score == pytest.approx((vectors[known[1]] - vectors[known[0]]) @ found.gradient[0])


def test_words_beyond_the_models_reach_are_not_tried(textattack, trained):
    text = "a bad film . " + "the plot is long " * 2500
    stage = trained.stage
    long = ModelClassifier(stage, trained.model, trained.classes)
    found = long.gradient(text, 0)
    assert len(found.ids) == stage.max_length and found.reach < 5000
    assert np.array_equal(found.ids, stage.encode([text])[0])
    victim = Counting(long)
    tried: set[str] = set()

    def other(word):
        tried.add(word)
        return ["bad"] if word in ("long", "beyond") else []

    attack = build(victim, gradient_search("surrogate"), other, 12)
    result = attack.attack(tracked_text(text + "beyond"), 0)
    assert result.num_queries <= 12
    assert tried == {"a", "bad", "film", "the", "plot", "is", "long"}


@pytest.mark.parametrize("size", [0, 1, 2300, 2304, 2305, 50_000])
def test_reach_holds_all_that_is_read(trained, size):
    for unit in ("bad film . ", "x" * 30 + " ", "do n't "):
        text = (unit * size)[:size]
        reach = trained.stage.reach(text)
        assert np.array_equal(*trained.stage.encode([text, text[:reach]]))
        longer = "charmingly " + text
        assert np.array_equal(*trained.stage.encode([longer, longer[:reach]]))


@pytest.mark.parametrize("text", ["", " ", "bad", "😀", "坏 bad 😀", "\ud83d"])
def test_odd_texts_are_attacked_or_left(textattack, trained, text):
    label = int(trained.probabilities([text])[0].argmax())
    for kind in ("surrogate", "averaged"):
        attack = build(converted(trained, "saf"), gradient_search(kind))
        assert attack.attack(tracked_text(text), label).num_queries >= 1


def test_a_victim_without_gradients_is_refused_before_any_text(textattack, tmp_path, trained):
    for language, weights, name in (
        ("en", ENGLISH, "hotflip-rga"),
        ("zh", CHINESE, "zh-hotflip-averaged"),
    ):
        with pytest.raises(InputError, match=f"{name} needs the gradients.*alone \\(Bag\\)"):
            PRESETS[name].build(Victim(Bag(language, weights)), 100)
    snn = converted(trained, "saf")
    assert isinstance(snn.model, SpikingTextModel)
    for name in list(snn.model.network.inputs):
        if name.startswith("act"):
            snn.model.network.nodes[name] = SignedIF()
    with pytest.raises(InputError, match="the model has if, signed|the model has signed"):
        check_gradient(snn, "hotflip-rga", "rga")


def test_controls_pass_their_gradients_on(textattack, trained):
    """Rounded scores hide nothing from who sees the network; noise of a code is drawn anew."""
    text, label = "a bad and boring film , flat and poor", 0
    plain = trained.gradient(text, label)
    rounded = QuantisedScores(trained, 4)
    assert np.array_equal(rounded.gradient(text, label).gradient, plain.gradient)
    attack = build(rounded, gradient_search("rga"))
    texts, labels = sentences(6, 3)
    assert all(status.startswith("Successful") for status, _ in outcome(attack, texts, labels))
    fine = CodedAnn(trained, Encoder("saf", "split"), 4096)
    found = fine.gradient(text, label)
    assert found.words == plain.words
    cosine = np.vdot(found.gradient, plain.gradient)
    cosine /= np.linalg.norm(found.gradient) * np.linalg.norm(plain.gradient)
    assert cosine > 0.999  # 4096 steps leave the vectors nearly as they are
    noisy = CodedAnn(trained, Encoder("poisson", "split"), 4)
    draws = [noisy.gradient(text, label, "surrogate", seed).gradient for seed in (1, 2)]
    assert not np.array_equal(*draws)
    mean = noisy.gradient(text, label, "averaged", 1, 64)
    assert mean.passes == 64
    assert np.allclose(
        noisy.first_order(mean, [text.replace("bad", "good")]),
        trained.first_order(mean, [text.replace("bad", "good")]),
    )


def test_victims_are_checked_before_any_is_attacked(trained):
    bag = Bag("en", ENGLISH)
    victims = {"ann": trained, "levels": QuantisedScores(bag, 4), "bag": bag}
    check_gradients([("bag", "pwws"), ("ann", "hotflip-rga")], victims.__getitem__)
    for name in ("bag", "levels"):
        with pytest.raises(InputError, match="hotflip-averaged needs the gradients of its victim"):
            check_gradients([("ann", "pwws"), (name, "hotflip-averaged")], victims.__getitem__)


def test_white_box_attacks_differ_from_their_black_box_in_search_alone(textattack, nltk_data):
    trained_ = linear(ENGLISH_TEXTS, "en")
    white = PRESETS["hotflip-averaged"].build(Victim(trained_), 100)
    black = PRESETS["pwws"].build(Victim(trained_), 100)
    assert repr(white.transformation) == repr(black.transformation)
    assert repr(white.constraints) == repr(black.constraints)
    assert repr(white.pre_transformation_constraints) == repr(black.pre_transformation_constraints)
    assert not white.is_black_box and black.is_black_box
    assert white.goal_function.query_budget == 100
    assert PRESETS["hotflip-rga"].needs == PRESETS["pwws"].needs


@pytest.mark.parametrize("name", ["zh-hotflip-surrogate", "zh-hotflip-rga", "zh-hotflip-averaged"])
def test_chinese_records_are_the_same_again(textattack, tmp_path, name):
    """Records, resume and verification are those of every attack."""
    texts = [*CHINESE_TEXTS, "好吃", "😀 不错 film"]
    classifier = linear(texts, "zh")
    labels = classifier.probabilities(texts).argmax(axis=1).tolist()
    examples = [
        Example(i, t, label) for i, (t, label) in enumerate(zip(texts, labels, strict=True))
    ]
    options = {"query_budget": 60, "progress": False}
    whole = run_attack(classifier, examples, name, "ann", tmp_path / "a.jsonl", **options)
    assert {record.status for record in whole} <= {"success", "failed"}
    assert any(record.status == "success" and record.verified for record in whole)
    assert all(record.queries <= 60 for record in whole)
    run_attack(classifier, examples[:2], name, "ann", tmp_path / "b.jsonl", **options)
    assert run_attack(classifier, examples, name, "ann", tmp_path / "b.jsonl", **options) == whole
    for record in whole:
        for old, new in record.changed_words:
            assert old in record.text and new in (record.adversarial_text or "")


def test_english_records(textattack, nltk_data, tmp_path):
    texts = [example.text for example in EXAMPLES]
    classifier = linear(texts, "en")
    labels = classifier.probabilities(texts).argmax(axis=1).tolist()
    examples = [
        Example(i, t, label) for i, (t, label) in enumerate(zip(texts, labels, strict=True))
    ]
    found = run_attack(
        classifier, examples, "hotflip-averaged", "ann", tmp_path / "r.jsonl", progress=False
    )
    assert all(record.status in ("success", "failed") for record in found)
    assert all(record.queries >= 1 + 8 + 1 for record in found if record.status == "success")
