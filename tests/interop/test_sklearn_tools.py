"""The estimator among scikit-learn's own tools: pipelines, searches, other processes, checks."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from snnconvert.interop.sklearn import SNNTextClassifier

from .test_sklearn import LABELS, TEXTS, make


def lower(texts: list[str]) -> list[str]:
    return [text.lower() for text in texts]


@pytest.mark.long
def test_a_search_over_steps_in_a_pipeline() -> None:
    steps = [("lower", FunctionTransformer(lower)), ("snn", make(epochs=15))]
    search = GridSearchCV(Pipeline(steps), {"snn__steps": [1, 3]}, cv=2)
    search.fit(np.array([text.upper() for text in TEXTS]), LABELS)
    assert search.best_params_["snn__steps"] in (1, 3)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.score([text.upper() for text in TEXTS], LABELS) >= 0.9


@pytest.mark.slow
def test_two_processes_score_as_one() -> None:
    alone = cross_val_score(make(), TEXTS, LABELS, cv=2)
    assert (cross_val_score(make(), TEXTS, LABELS, cv=2, n_jobs=2) == alone).all()


def test_calibrated() -> None:
    calibrated = CalibratedClassifierCV(make(epochs=15), cv=2).fit(TEXTS, LABELS)
    assert calibrated.score(TEXTS, LABELS) >= 0.8
    assert len({round(p, 3) for p in calibrated.predict_proba(TEXTS)[:, 0]}) > 2


@pytest.mark.slow
def test_joblib_and_another_process(tmp_path: Path) -> None:
    import joblib

    model = make().fit(TEXTS, LABELS)
    joblib.dump(model, tmp_path / "model.joblib")
    code = (
        "import joblib, sys; model = joblib.load(sys.argv[1]); "
        "print(*model.predict_proba(sys.argv[2:])[:, 0].tolist())"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "model.joblib"), *TEXTS[:3]]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert [float(p) for p in said.split()] == model.predict_proba(TEXTS[:3])[:, 0].tolist()


def test_skops(tmp_path: Path) -> None:
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    model = make().fit(TEXTS, LABELS)
    skops.dump(model, tmp_path / "model.skops")
    named = "snnconvert.interop.sklearn.SNNTextClassifier"
    assert skops.get_untrusted_types(file=tmp_path / "model.skops") == [named]
    loaded = skops.load(tmp_path / "model.skops", trusted=[named])
    assert (loaded.predict_proba(TEXTS) == model.predict_proba(TEXTS)).all()


def test_the_checks_for_texts() -> None:
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(SNNTextClassifier())


@pytest.mark.slow
def test_all_checks_on_numbers_as_words() -> None:
    """scikit-learn's whole suite, no failure expected; the one skipped needs a variable to be set.

    It runs one check alone on estimators of strings.
    """
    from sklearn.utils.estimator_checks import check_estimator

    from snnconvert.tests.helpers.numbers_as_words import NumbersAsWords

    small = make(widths=(1,), channels=8, steps=4).get_params()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(NumbersAsWords(**small), on_fail=None)
    failed = [(row["check_name"], row["exception"]) for row in found if row["status"] == "failed"]
    assert not failed
    counts = Counter(row["status"] for row in found)
    assert counts["passed"] >= 50 and set(counts) <= {"passed", "skipped"}
    skipped = [row["check_name"] for row in found if row["status"] == "skipped"]
    assert skipped in ([], ["check_array_api_input"])
