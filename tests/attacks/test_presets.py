"""The attacks by name, English and Chinese, on a bag of words."""

from __future__ import annotations

import numpy as np
import pytest

from snnconvert.attacks.attacker import seeded
from snnconvert.attacks.building.builders import from_recipe
from snnconvert.attacks.building.loading import no_downloads
from snnconvert.attacks.building.texts import tracked_text
from snnconvert.attacks.job import Example
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.presets.catalogue import preset
from snnconvert.attacks.presets.requirements import asset_status
from snnconvert.attacks.victims import Victim
from snnconvert.errors import InputError
from snnconvert.seeds import derive
from snnconvert.tests.helpers.attacks import CHINESE, ENGLISH, Bag, attack
from snnconvert.text.segment import segmenter


@pytest.mark.parametrize("name", ["deepwordbug", "pwws"])
def test_english_presets_are_the_stock_recipes(nltk_data, shared, textattack, tmp_path, name):
    """The same records as TextAttack's own recipe, text and search, where no words tie."""
    recipe = {"deepwordbug": "DeepWordBugGao2018", "pwws": "PWWSRen2019"}[name]
    lines = (shared / "data" / "sst2" / "test.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines[1:]]
    texts = [max(pair, key=len) for pair in pairs]
    distinct = [t for t in texts if len(set(t.lower().split())) == len(t.split()) <= 20][:12]
    # Any word weighs something of its own, so that importance differs.
    bag = Bag("en", Weights())
    labels = bag.probabilities(distinct).argmax(axis=1)
    examples = [Example(i, text, int(labels[i])) for i, text in enumerate(distinct)]
    mine = attack(tmp_path, examples, name=name, classifier=bag, query_budget=10_000)

    victim = Victim(bag)
    with no_downloads():
        stock = getattr(textattack.attack_recipes, recipe).build(victim)
    for example, record in zip(examples, mine, strict=True):
        victim.seed = seed = derive(0, name, example.index)
        stock.clear_cache()
        with seeded(seed):
            result = stock.attack(example.text, example.label)
        assert record.queries == result.num_queries
        assert (record.status == "success") == type(result).__name__.startswith("Successful")
        if record.status == "success":
            assert record.adversarial_text == result.perturbed_result.attacked_text.text
    assert sum(r.status == "success" for r in mine) >= 6


class Weights(dict):
    def get(self, word, default=0.0):
        return derive(0, word) / 2**63 - 0.5


def test_pwws_swaps_synonyms(nltk_data, tmp_path):
    records = attack(tmp_path, name="pwws")
    assert records[0].status == "success"
    swapped = {old: new for r in records for old, new in r.changed_words}
    from nltk.corpus import wordnet

    for old, new in swapped.items():
        lemmas = {lemma for synset in wordnet.synsets(old) for lemma in synset.lemma_names()}
        assert new in lemmas


@pytest.mark.parametrize("name", ["zh-homophone", "zh-wordnet"])
def test_chinese_attacks(nltk_data, tmp_path, name):
    texts = [
        "味道好吃，我喜欢！",
        "这部电影真的不错，大家都喜欢看。",
        "太难吃了。",
        "难吃 good 电影",
    ]
    examples = [Example(i, t, y) for i, (t, y) in enumerate(zip(texts, [1, 1, 0, 0], strict=True))]
    bag = Bag("zh", CHINESE)
    records = attack(tmp_path, examples, name=name, classifier=bag)
    assert "error" not in {r.status for r in records}
    assert any(r.status == "success" for r in records)
    for r in records:
        words = [w for w in bag.segment(r.text) if any(c.isalnum() for c in w)]
        assert r.words == len(words)
        assert r.words_changed <= np.ceil(0.4 * len(words))
        if r.status == "success":
            assert bag.probabilities([r.adversarial_text]).argmax() == r.adversarial_prediction
            # Each changed word was one the model read, and the rest of the text is as it was.
            assert all(old in words for old, _ in r.changed_words)
            restored = r.adversarial_text
            for old, new in r.changed_words:
                restored = restored.replace(new, old, 1)
            assert restored == r.text


def test_words_keep_their_places_when_the_model_cuts_anew(textattack):
    segment = segmenter("zh")
    text = tracked_text("价格便宜，送餐快。", segment)
    assert text.words == [*segment("价格便宜"), "送餐", "快"] == ["价格便宜", "送餐", "快"]
    changed = text.replace_word_at_index(0, "价格变宜").replace_word_at_index(2, "块")
    assert changed.text == "价格变宜，送餐块。"
    assert segment(changed.text)[:2] == ["价格", "变宜"]  # what the model reads has moved on
    assert changed.words == ["价格变宜", "送餐", "块"]
    assert changed.attack_attrs["modified_indices"] == {0, 2}


def test_victim_is_a_model_wrapper(textattack):
    wrapper = Victim(Bag("en", ENGLISH))
    assert isinstance(wrapper, textattack.models.wrappers.ModelWrapper)


def test_equally_important_words_go_in_the_order_of_the_text(textattack):
    """With 40 equal words NumPy's own sort gives another order."""
    build = PRESETS["deepwordbug"].build(Victim(Bag("en", {})), 10_000)
    text = tracked_text(" ".join(f"word{i}" for i in range(40)))
    build.goal_function.init_attack_example(text, 0)
    order, _ = build.search_method._get_index_order(text)
    assert order.tolist() == list(range(40))


@pytest.fixture
def attack_data(nltk_data, monkeypatch, shared):
    """The shared folder of attack data, and what is there of it."""
    monkeypatch.setenv("SNNCONVERT_ATTACKDATA", str(shared / "attackdata"))
    return {row["name"] for row in asset_status() if row["found"]}


STOCK = {
    "deepwordbug": "DeepWordBugGao2018",
    "pwws": "PWWSRen2019",
    "pruthi": "Pruthi2019",
    "textbugger-nouse": "TextBuggerLi2018",
    "textfooler-nouse": "TextFoolerJin2019",
    "iga-lists": "IGAWang2019",
}


def described(attack) -> dict[str, object]:
    """Class and parameters of every part; our classes stand for those they inherit from."""

    def part(item):
        kind = next(k for k in type(item).__mro__ if k.__module__.startswith("textattack."))
        inner = [part(one) for one in getattr(item, "transformations", [])]
        keys = [key for key in item.extra_repr_keys() if key != "embedding"] if not inner else []
        more = {"stopwords"} & set(vars(item))
        return kind.__name__, {key: getattr(item, key) for key in [*keys, *more]}, inner

    goal = {"query_budget", "batch_size"}
    return {
        "goal": (type(attack.goal_function).__name__, set(vars(attack.goal_function)) - goal),
        "constraints": sorted(
            map(repr, map(part, attack.pre_transformation_constraints + attack.constraints))
        ),
        "transformation": part(attack.transformation),
        "search": part(attack.search_method),
    }


@pytest.mark.parametrize("name", STOCK)
def test_parts_are_those_of_the_stock_recipes(attack_data, textattack, monkeypatch, name):
    """Their classes and parameters, without what the preset says it leaves out."""
    from textattack.attack_recipes import textbugger_li_2018
    from textattack.shared import WordEmbedding

    from snnconvert.attacks.candidates.homoglyphs import homoglyph_swap
    from snnconvert.attacks.candidates.neighbours import list_embedding

    victim = Victim(Bag("en", ENGLISH))
    mine = described(PRESETS[name].build(victim, 100))
    # What the stock recipes would download, and the file that their wheel lacks.
    monkeypatch.setattr(WordEmbedding, "counterfitted_GLOVE_embedding", list_embedding)
    monkeypatch.setattr(textbugger_li_2018, "WordSwapHomoglyphSwap", homoglyph_swap)
    with no_downloads():
        stock = described(getattr(textattack.attack_recipes, STOCK[name]).build(victim))
    left_out = [c for c in stock["constraints"] if c not in mine["constraints"]]
    assert {part.split("'")[1] for part in left_out} == (
        {"UniversalSentenceEncoder", "WordEmbeddingDistance"}
        if name == "textfooler-nouse"
        else {"UniversalSentenceEncoder"}
        if name == "textbugger-nouse"
        else {"WordEmbeddingDistance"}
        if name == "iga-lists"
        else set()
    )
    stock["constraints"] = [c for c in stock["constraints"] if c not in left_out]
    assert mine == stock


def test_the_study_of_2023_is_as_its_code_ran(attack_data, textattack):
    """One substitution, 15 candidates; a cap of 10 %; the four differ in their search."""
    built = {
        m: described(PRESETS[f"lv2023-{m}-nouse"].build(Victim(Bag("en", ENGLISH)), 100))
        for m in ("textfooler", "textbugger", "pwws", "pso", "deepwordbug")
    }
    cap = repr(("MaxWordsPerturbed", {"max_percent": 0.1, "compare_against_original": True}, []))
    for method, parts in built.items():
        assert cap in parts["constraints"], method
        assert not any("EmbeddingDistance" in c for c in parts["constraints"])
        if method != "deepwordbug":
            assert parts["transformation"] == ("WordSwapEmbedding", {"max_candidates": 15}, [])
    searches = {method: parts["search"][:2] for method, parts in built.items()}
    assert searches["textfooler"] == ("GreedyWordSwapWIR", {"wir_method": "delete"})
    assert searches["textbugger"] == searches["textfooler"]
    assert searches["pwws"] == ("GreedyWordSwapWIR", {"wir_method": "weighted-saliency"})
    assert searches["pso"][0] == "ParticleSwarmOptimization"
    assert any("PartOfSpeech" in c for c in built["textfooler"]["constraints"])


ODD = [
    "",
    "good",
    "bad 😀😀 good 👍🏽",
    "这部 good 电影 Ünïcode مرحبا",
    "²³ one hundred and five isn't 12 good",
    "\ud800 bad\x00 good",
]


@pytest.mark.parametrize("name", [n for n in PRESETS if "hotflip" not in n])
def test_every_attack_runs_on_plain_and_on_odd_texts(attack_data, tmp_path, name):
    """Each text is a record without an error; again, each is the same record."""
    item = preset(name)
    language = "zh" if item.language == "zh" else "en"
    bag = Bag(language, {**ENGLISH, **CHINESE})
    if not set(item.needs) <= attack_data:
        with pytest.raises(InputError, match=f"the attack {name} needs "):
            attack(tmp_path, name=name, classifier=bag)
        return
    texts = [*ODD, "The plot is dull but the cast is great fun.", "味道好吃，我喜欢，电影不错！"]
    labels = bag.probabilities(texts).argmax(axis=1).tolist()
    examples = [Example(i, *pair) for i, pair in enumerate(zip(texts, labels, strict=True))]
    options = {"classifier": bag, "query_budget": 40}
    records = attack(tmp_path / "a", examples, name, **options)
    assert [r.error for r in records] == [None] * len(texts)
    if "unlimited" not in name:
        assert max(r.queries for r in records) <= 40
    for r in records:
        if r.status == "success":
            wrong = bag.probabilities([r.adversarial_text]).argmax()
            assert wrong == r.adversarial_prediction != r.label and r.words_changed > 0
    assert attack(tmp_path / "b", examples[::-1], name, **options)[::-1] == records


def test_a_class_that_is_never_predicted_and_a_label_that_is_none(nltk_data, tmp_path):
    class Stubborn(Bag):
        def rows(self, texts, seed):
            return np.tile([0.75, 0.25], (len(texts), 1))

    examples = [Example(0, "good film", 1), Example(1, "bad film", 0), Example(2, "film", 7)]
    records = attack(tmp_path, examples, classifier=Stubborn("en", {}))
    assert [r.status for r in records] == ["skipped", "failed", "error"]
    assert records[2].error == ("InputError: label 7 is not one of the model's 2 classes (0 to 1)")


@pytest.mark.parametrize(
    "name", ["deepwordbug", "pruthi", "pso-wordnet", "iga-lists", "inputreduction"]
)
def test_ten_thousand_words_are_bounded_by_the_budget(attack_data, tmp_path, name):
    import time

    text = " ".join(["plot filmmaking wherein qqzx story"] * 2000)
    started = time.process_time()
    (record,) = attack(tmp_path, [Example(0, text, 1)], name, query_budget=30)
    assert record.status == "failed" and record.words == 10_000 and record.queries <= 30
    assert time.process_time() - started < 60


def test_the_edit_distance_is_exact_where_the_sum_of_words_is_not(textattack):
    """A letter that goes over to the next word: 3 edits word by word, one space in the text."""
    from snnconvert.attacks.building.builders import edit_distance

    old = tracked_text("ab c")
    new = old.replace_words_at_indices([0, 1], ["a", "b c"])
    for most, fits in ((3, True), (2, True), (1, True), (0, False)):
        assert edit_distance(most)._check_constraint(new, old) is fits


def test_synonyms_are_in_the_same_order_in_every_process(attack_data):
    from snnconvert.attacks.candidates.wordnet import wordnet_swap

    found = wordnet_swap()._get_replacement_words("good")
    assert found == sorted(found) and "commodity" in found


def test_input_reduction_keeps_the_prediction_and_tells_what_it_deleted(nltk_data, tmp_path):
    bag = Bag("en", ENGLISH)
    examples = [Example(0, "A good film with one strange plot and nice music", 1)]
    (record,) = attack(tmp_path, examples, "inputreduction", bag)
    assert record.status == "failed" and record.adversarial_text is None
    deleted = {old for old, new in record.changed_words if new == ""}
    assert {"film", "one", "strange", "nice", "music"} <= deleted and "good" not in deleted
    assert record.words_changed == len(record.changed_words)


def test_numbers_stand_together(textattack):
    from snnconvert.attacks.building.checklist import number_places

    words = tracked_text("and one hundred and five men saw 12 of twenty 7 and two").words
    places = number_places(words, range(len(words)))
    assert [" ".join(words[i] for i in run) for run in places] == [
        "one hundred and five",
        "12",
        "twenty",
        "7",
        "two",
    ]


@pytest.mark.parametrize("name", ["unlimited", "zh-unlimited"])
def test_nothing_holds_the_control_back(attack_data, tmp_path, name):
    language = "zh" if name.startswith("zh") else "en"
    weights, texts = (
        (CHINESE, ["味道好吃，我喜欢，不错！", "难吃的电影"])
        if language == "zh"
        else (ENGLISH, ["A good film with a great cast, great fun, good and fun", "bad and dull"])
    )
    bag = Bag(language, weights)
    labels = bag.probabilities(texts).argmax(axis=1).tolist()
    examples = [Example(i, *pair) for i, pair in enumerate(zip(texts, labels, strict=True))]
    records = attack(tmp_path, examples, name, bag, query_budget=1)
    assert records[0].status == "success" and records[0].queries > 1


def test_building_changes_nothing_of_textattack(attack_data, textattack):
    """Recipes are built with other parts in a name space of ours."""
    from textattack.attack_recipes import textfooler_jin_2019
    from textattack.shared import WordEmbedding

    kept = dict(vars(textfooler_jin_2019)), dict(vars(WordEmbedding))
    built = preset("textfooler-nouse").build(Victim(Bag("en", ENGLISH)), 20)
    assert type(built.transformation.embedding).__name__ == "ListEmbedding"
    assert kept == (dict(vars(textfooler_jin_2019)), dict(vars(WordEmbedding)))


def test_a_part_that_a_recipe_does_not_make_is_an_error(textattack):
    build = from_recipe("DeepWordBugGao2018", exchange={"WordSwapHowNet": lambda: None})
    with pytest.raises(InputError, match="DeepWordBugGao2018.build of TextAttack to make a WordSw"):
        build(Victim(Bag("en", ENGLISH)), 20)
