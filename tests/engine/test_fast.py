"""The fast engine's own behaviour: what it keeps, notices, refuses, and where kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.engines import make_engine
from snnconvert.engine.evaluate import StepCounters
from snnconvert.engine.inference import fast, front
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.inference.store import TokenStore
from snnconvert.engine.plan import Unsupported, plan_of
from snnconvert.engine.reference import snn_logits
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.base import neurons_run_by
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.spikingjelly import spikingjelly_run

WORDS, DIM = 40, 12
TEXTS = [np.random.default_rng(i).integers(1, WORDS, n) for i, n in enumerate((5, 0, 30, 9, 1, 17))]


def model(code: str = "saf", steps: int = 7, channels: int = 10, mean: bool = False):
    encoder = Encoder(code)
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in (2, 3):
        pool = MeanOverTime() if mean and width == 2 else MaxOfSpikes()
        nodes += [
            (f"conv{width}", Conv1d(encoder.channels(DIM), channels, width), ("input",)),
            (f"if{width}", IF(), (f"conv{width}",)),
            (f"pool{width}", pool, (f"if{width}",)),
        ]
    nodes += [
        ("concat", Concat(), ("pool2", "pool3")),
        ("readout", Linear(2 * channels, 2), ("concat",)),
    ]
    vectors = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(1)) * 2 - 1
    vectors[0] = 0
    network = initialised(Network(nodes), 5)
    for name in ("conv2", "conv3"):
        network.node(name).weight.data *= 3
    return SpikingTextModel(vectors, encoder, network, steps).eval()


def same(engine: FastEngine, one: torch.Tensor) -> bool:
    return torch.allclose(engine.running_logits(TEXTS), one, atol=1e-5)


def test_words_are_projected_once():
    engine = FastEngine(model())
    engine.running_logits(TEXTS)
    seen = len(np.unique(np.concatenate(TEXTS)))
    assert engine.store.projected == seen
    assert engine.store.bytes == seen * engine.store.row_bytes
    engine.running_logits(TEXTS[::-1])
    engine.running_logits([TEXTS[2]])
    assert engine.store.projected == seen


def test_a_cache_keeps_the_words_used_last_and_stays_within_its_bytes():
    network = model().network
    biases = [np.zeros(10, np.float32)] * 2
    store = TokenStore(plan_of(network), biases, 1, WORDS, 4 * 5 * 10 * 4)  # the silent row and 3
    assert store.rows == 4

    def use(*words: int) -> list[int]:
        new = store.touch(np.array(words))
        store.assign(new)
        return new.tolist()

    assert use(1, 2, 3) == [1, 2, 3]
    assert use(2, 2, 1) == []
    assert use(4) == [4]  # takes the place of 3
    assert use(1, 2) == [] and use(3) == [3]  # takes the place of 4
    assert store.bytes == 3 * store.row_bytes
    assert sorted(store.word_of.tolist()) == [-1, 1, 2, 3]
    assert all(store.slot_of[store.word_of[slot]] == slot for slot in (1, 2, 3))
    store.clear()
    assert store.bytes == 0 and use(1) == [1]


def test_a_small_table_is_asked_for_and_changes_nothing():
    one = model()
    small = make_engine(one, "torch", table_bytes=5 * 7 * 50 * 4)  # 5 rows
    assert isinstance(small, FastEngine) and small.store.rows == 5
    counted, expected = (SpikeCounter(one.network, False) for _ in range(2))
    logits = small.running_logits(TEXTS, counter=counted)
    plenty = make_engine(one, "torch").running_logits(TEXTS, counter=expected)
    assert torch.equal(logits, plenty) and counted.compute() == expected.compute()
    assert small.store.projected > len(np.unique(np.concatenate(TEXTS)))  # some again


def test_frames_are_made_few_words_at_a_time(monkeypatch: pytest.MonkeyPatch):
    expected = SpikeCounter(model().network, False)
    FastEngine(model(), backend="torch").running_logits(TEXTS, counter=expected)
    monkeypatch.setattr(front, "FRAME_VALUES", 3 * 7 * 2 * DIM)
    engine = FastEngine(model(), backend="torch")
    seen: list[int] = []
    made = engine.front.word_frames

    def watched(words: torch.Tensor, compiled: bool) -> torch.Tensor:
        seen.append(len(words))
        return made(words, compiled)

    monkeypatch.setattr(engine.front, "word_frames", watched)
    counter = SpikeCounter(engine.model.network, False)
    engine.running_logits(TEXTS, counter=counter)
    assert max(seen) == 3 and counter.compute() == expected.compute()


@settings(max_examples=15)
@given(st.lists(st.lists(st.integers(0, WORDS - 1), max_size=12), min_size=1, max_size=8))
def test_whatever_was_evicted_results_stay_the_same(texts):
    one = model(channels=3)
    engine = FastEngine(one, backend="torch", cache_bytes=5 * 7 * 5 * 3 * 4)
    plenty = FastEngine(one, backend="torch")
    for text in texts:
        sequence = [np.array(text, dtype=np.int64)]
        assert torch.equal(engine.running_logits(sequence), plenty.running_logits(sequence))


@pytest.mark.parametrize("code", ["saf", "poisson"])
def test_a_text_longer_than_the_cache_is_run_all_the_same(code):
    one = model(code)
    engine = FastEngine(one, cache_bytes=1)
    long = [np.random.default_rng(0).integers(0, WORDS, 300)]
    expected = snn_logits(engine.model, long)
    torch.testing.assert_close(engine.running_logits(long), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("backend", ["numba", "torch"])
@pytest.mark.parametrize("code", ["saf", "bitplane", "direct", "poisson"])
def test_fast_precision_is_close_to_the_model_as_it_is(code, backend):
    one = model(code)
    engine = FastEngine(one, "fast", backend)
    torch.testing.assert_close(
        engine.running_logits(TEXTS, 3), snn_logits(one, TEXTS, 3), atol=1e-5, rtol=1e-5
    )


def test_threads_change_nothing():
    pytest.importorskip("numba")
    one, many = (FastEngine(model(), threads=n) for n in (1, 3))
    texts = TEXTS * 9
    assert torch.equal(one.running_logits(texts), many.running_logits(texts))
    assert torch.equal(one.logits(texts), many.logits(texts))


def test_an_engine_may_be_used_beside_another_one():
    """Kernels hold no state of their own, so engines in several threads do not meet."""
    engines = [FastEngine(model(steps=steps)) for steps in (5, 6)]
    expected = [engine.running_logits(TEXTS) for engine in engines]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(10):
            if not torch.equal(engines[i].running_logits(TEXTS), expected[i]):
                wrong.append(i)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_changed_weights_are_noticed():
    one = model()
    engine = FastEngine(one)
    before = engine.running_logits(TEXTS)
    with torch.no_grad():
        one.network.node("conv2").weight.mul_(1.5)
    after = engine.running_logits(TEXTS)
    assert not torch.equal(before, after) and same(FastEngine(one), after)
    one.steps = 3
    assert len(engine.running_logits(TEXTS)) == 3
    one.network.node("if3").initial = 0.9
    assert same(FastEngine(one), engine.running_logits(TEXTS))
    one.network.node("readout").weight.data *= 2
    engine.refresh()
    assert same(FastEngine(one), engine.running_logits(TEXTS))


@pytest.mark.parametrize("mean", [False, True])
def test_counts_after_several_steps_are_those_of_recorded_signals(mean):
    engine = FastEngine(model(mean=mean))
    counters = [StepCounters(engine.model, [1, 4, 7]) for _ in range(2)]
    engine.running_logits(TEXTS, counter=counters[0])
    snn_logits(engine.model, TEXTS, counter=counters[1])
    for t in (1, 4, 7):
        fast, expected = (c.counters[t].compute() for c in counters)
        assert fast["sops_by_layer"] == pytest.approx(expected["sops_by_layer"])
        assert fast["input_spikes_per_sample"] == pytest.approx(expected["input_spikes_per_sample"])


@pytest.mark.parametrize("channels", [1, 16, 17, 33, 64, 65, 100, 130])
def test_any_number_of_channels(channels):
    one = model(channels=channels)
    numba, plain = (FastEngine(one, backend=b).pooled(TEXTS) for b in ("numba", "torch"))
    for name, value in plain.items():
        assert torch.equal(numba[name], value)


def test_spikes_are_those_of_spikingjellys_neurons():
    engine = FastEngine(model(channels=20))
    expected = engine.pooled(TEXTS)
    # the nodes, now with spikingjelly's IFNode, run the torch backend and the reference
    with neurons_run_by(spikingjelly_run()):
        peer = FastEngine(engine.model, "fast", "torch").pooled(TEXTS)
    for name, value in expected.items():
        assert torch.equal(peer[name], value) and value.any()


def test_networks_of_another_form_are_refused_with_a_reason():
    network = build_dpcnn(DPCNNSpec(DIM, 2, channels=4))
    with pytest.raises(Unsupported):
        FastEngine(SpikingTextModel(torch.zeros(WORDS, DIM), Encoder("direct", "none"), network, 3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"precision": "exactly"}, "exact or fast"),
        ({"backend": "cuda"}, "auto, numba or torch"),
        ({"threads": 0}, "at least one thread"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        FastEngine(model(), **arguments)


def test_no_texts_are_refused():
    with pytest.raises(InputError, match="at least one text"):
        FastEngine(model()).running_logits([])


def test_without_numba_the_torch_kernels_run(monkeypatch):
    expected = FastEngine(model()).running_logits(TEXTS)
    monkeypatch.setattr(fast, "compiles", lambda: False)
    monkeypatch.setitem(sys.modules, "snnconvert.engine.inference.kernels", None)
    engine = FastEngine(model())
    assert engine.backend == "torch" and same(engine, expected)
    with pytest.raises(InputError, match="needs numba"):
        FastEngine(model(), backend="numba")


def test_where_numba_does_not_compile_torch_runs_networks_and_trains_them():
    """Its functions as Python are not what the kernels are made of."""
    code = """
import torch
from snnconvert.engine.engines import ann_by, make_engine
from snnconvert.engine.training.words import fused
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.tests.engine.test_fast import TEXTS, model

many = TEXTS * 70  # so many that kernels would pay
own = model()
engine = make_engine(own, texts=len(many))
network = build_textcnn(TextCNNSpec(own.embedding.embedding_dim, 2, widths=(2,), channels=3))
ann_by("auto", TextModel(own.embedding.weight.detach(), network).eval()).logits(many)
assert engine.running_logits(many).isfinite().all()
assert engine.backend == "torch" and not fused(torch.float32)
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_numba_is_imported_only_when_a_kernel_runs():
    code = "import sys, snnconvert.engine.inference.fast; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_kernels_go_to_a_folder_of_the_user_where_the_package_is_read_only(tmp_path):
    pytest.importorskip("numba")
    from snnconvert.engine.compiled.jit import fallback_folder

    missing = Path("/proc/no-such-folder")  # nobody can write there, root included
    assert fallback_folder(tmp_path, missing) is None
    assert fallback_folder(missing, tmp_path / "not" / "yet") is None
    folder = fallback_folder(missing, missing)
    assert folder is not None and str(os.getuid()) in folder.name


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_memory_does_not_grow_with_the_number_of_texts():
    engine = FastEngine(model(steps=20, channels=64), cache_bytes=1 << 20)
    texts = [np.random.default_rng(i).integers(0, WORDS, 40) for i in range(2000)]

    def used() -> int:
        """Anonymous memory in kB."""
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    engine.logits(texts[:200])
    before = used()
    engine.logits(texts)
    assert used() - before < 20_000
