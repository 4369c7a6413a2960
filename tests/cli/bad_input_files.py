"""Bad data sets and word vectors: what is prepared, the command, and what the one line says."""

from __future__ import annotations

import gzip
import lzma
import pickle

import numpy as np

from snnconvert.tests.cli.bad_input_tools import (
    ROWS,
    Case,
    changed_data,
    data,
    file,
    vectors,
)

GLOVE = "the 0.1 0.2 0.3\nwas 0.3 0.1 0.2\n"


DATA = [
    Case(
        "data missing",
        "train --dataset {tmp}/none.tsv --out {out}",
        ("data set", "none.tsv", "no such file"),
    ),
    Case(
        "data folder without files",
        "train --dataset {tmp}/empty --out {out}",
        ("expected a train file", "no such file"),
        lambda tmp, run, patch: (tmp / "empty").mkdir(),
    ),
    data("gb.tsv", ("1\t这家店的菜很好吃\n" * 30).encode("gb18030"), "UTF-8", "GB18030", "iconv"),
    data("notab.tsv", ROWS + "good but no tab\n", "line 25", "2 columns", "got 1"),
    data("threetabs.tsv", ROWS + "good\ta\tb\n", "line 25", "2 columns", "got 3"),
    data("nolabel.tsv", ROWS + "\tno label\n", "line 25", "label", "empty"),
    data("oneclass.tsv", "good\tthe cake\n" * 30, "at least two classes", "good"),
    data("empty.tsv", "", "no rows"),
    data("few.tsv", "good\tthe cake\nbad\tthe soup\n", "at least 10 different texts"),
    data("broken.jsonl", '{"label": 1, "text": "a"}\n{"label": 0,\n', "line 2", "JSON"),
    data("nolabel.jsonl", '{"text": "a"}\n', "line 1", '"label" and "text"'),
    data("object.jsonl", '{"label": {"a": 1}, "text": "a"}\n', "line 1", "integer or a string"),
    data("quotes.csv", 'label,text\ngood,"a" b"\n', "CSV", "quote"),
    data(
        "cut.tsv.gz",
        gzip.compress(ROWS.encode(), mtime=0)[:-20],
        "cut off, damaged",
    ),
    data("cut.tsv.xz", lzma.compress(ROWS.encode())[:-20], "cut off, damaged"),
    data("plain.tsv.gz", ROWS, "cut off, damaged"),
    data("texts.xlsx", ROWS, ".tsv, .csv or .jsonl", "texts.xlsx"),
    data("lines.txt", "some lines\nwithout labels\n", "line 1", "2 columns", "--delimiter"),
    data("latin.tsv", (ROWS + "good\tcafé noir\n").encode("cp1252"), "line 25", "CP1252"),
    data(
        "cut.csv", ROWS.replace("\t", ",").encode() + "好，很好，好".encode()[:-1], "line 25", "cut"
    ),
    data(
        "header.csv",
        "outcome,what they said\n" + ROWS.replace("\t", ","),
        "line 1",
        "--label-column 1",
    ),
    data(
        "pairs.csv",
        "premise,hypothesis,label\n" + "a b c,d e f,1\n" * 9,
        "--text-column",
        "premise, hypothesis",
    ),
    data("many.csv", "a,b,c\n" + "1,2,3\n" * 9, "--label-column", "a, b, c"),
    Case(
        "column of a named set",
        "train --text-column review --out {out}",
        ("--text-column", "named set builtin-en"),
    ),
    Case("data unknown", "train --dataset sst-2 --out {out}", ("unknown data set", "mean sst2")),
    Case("data dir not given", "train --dataset mr --out {out}", ("--data-dir", "SNNCONVERT_DATA")),
    Case(
        "data dir without the set",
        "train --dataset mr --data-dir {tmp} --out {out}",
        ("expected data set mr", "snnconvert data get mr"),
    ),
    Case(
        "limit below classes", "train --limit 1 --out {out}", ("at least 2", "--limit"), early=True
    ),
    Case(
        "data changed since",
        "convert {tmp}/own",
        ("own.tsv", "changed since", "--force"),
        changed_data,
    ),
    Case(
        "data of an unknown label",
        "evaluate {run} --data {tmp}/own.tsv",
        ("negative, positive", "row 1", "'bad'"),
        file("own.tsv", ROWS),
    ),
    Case("evaluate no file", "evaluate {run} --data {tmp}/none.tsv", ("no such file",)),
    Case("data get nothing", "data get --data-dir {tmp}", ("name of a data set",)),
    Case("data get unknown", "data get imbd --data-dir {tmp}", ("unknown data set", "mean imdb")),
    Case("data get nowhere", "data get mr", ("--data-dir",)),
    Case("data list nowhere", "data list --data-dir {tmp}/none", ("folder", "none")),
]


VECTORS = [
    vectors("nan.txt", GLOVE + "cake 0.1 nan 0.2\n", "finite", "'cake'"),
    vectors("ragged.txt", GLOVE + "cake 0.1 0.2\n", "line 3", "2 numbers, expected 3"),
    vectors("words.txt", "the cake was good\n", "line 1", "could not convert"),
    vectors("empty.txt", "", "file is empty"),
    vectors("header.txt", "5 3\n" + GLOVE, "promises 5 rows, but there are 2"),
    vectors("cut.txt.gz", gzip.compress((GLOVE * 50).encode(), mtime=0)[:-30], "cut", "damaged"),
    vectors("foreign.txt", "xyzzy 0.1 0.2\nplugh 0.3 0.1\n", "none of them", "language"),
    vectors("latin.txt", GLOVE.encode() + b"caf\xe9 0.1 0.2 0.3\n", "UTF-8"),
    vectors("vectors.pkl", pickle.dumps({"the": [0.1]}), ".pkl", "word2vec"),
    vectors("pickle.txt", pickle.dumps({"the": np.zeros(3)}), "damaged or of another kind"),
    Case(
        "vectors missing",
        "train --vectors {tmp}/none.txt --out {out}",
        ("word vectors", "none.txt", "no such file"),
    ),
    Case(
        "vectors a folder",
        "train --vectors {tmp} --out {out}",
        ("file of word vectors", "folder"),
    ),
    Case(
        "vectors of another length",
        "train --vectors {tmp}/v.txt --dim 5 --out {out}",
        ("length 5", "have 3"),
        file("v.txt", GLOVE),
    ),
]
