"""Training on the GPU kernels: `test_triton.py` runs this in a process of its own."""

import pytest
import torch

from snnconvert.benchmarks.gpu.equality import Size, all_rows, row
from snnconvert.benchmarks.gpu.run import markdown
from snnconvert.benchmarks.gpu.timing import Device, Job, Rates, inference_rows, training_rows
from snnconvert.engine.grid import on_grid
from snnconvert.engine.plan import Unsupported
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.engine.triton.training import TritonTraining
from snnconvert.tests.engine.triton.helpers import DEVICE, LONG, SHORT, batch, model_of, noise

GRADIENTS = [
    ("spikes", "saf", "split", True, "atan", LONG),
    ("counts", "bitplane", "split", False, "sigmoid", LONG),
    ("gated", "direct", "none", False, "triangle", SHORT),
    ("mean", "poisson", "split", True, "rectangle", SHORT),
    ("currents", "bitplane", "split", True, "atan", SHORT),
]


def gradients(model, run, ids, lengths):
    """Outputs, and the gradients of all parameters by name."""
    model.zero_grad(set_to_none=True)
    out = run(ids, lengths, noise())
    factors = torch.linspace(-1, 2, out.numel(), device=out.device).reshape(out.shape)
    (out * factors).sum().backward()
    return out.detach(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(("rule", "code", "mapping", "soft", "name", "ids"), GRADIENTS)
def test_same_gradients_as_the_reference(rule, code, mapping, soft, name, ids):
    model = model_of(rule, code, mapping, soft)
    model = (model if code == "direct" else on_grid(model)).train().to(DEVICE)
    surrogate = Surrogate(name, 1.5)
    # with 100 bytes, channels and texts are handled one after the other; otherwise all at once
    fast = TritonTraining(model, surrogate, 100 if rule in ("currents", "gated") else 1 << 20)
    with surrogate.neurons(model.network):
        want, reference = gradients(model, model, *batch(ids))
        got, found = gradients(model, fast, *batch(ids))
    assert torch.equal(got, want)
    assert found.keys() == reference.keys()
    for key, value in reference.items():
        assert torch.linalg.norm(found[key] - value) <= 1e-5 * torch.linalg.norm(value), key


@pytest.mark.skipif(DEVICE == "cpu", reason="the interpreter runs one program after the other")
def test_two_runs_give_the_same_gradients_to_the_last_bit():
    model = on_grid(model_of("spikes", "saf")).train().to(DEVICE)
    surrogate = Surrogate()
    fast = TritonTraining(model, surrogate)
    with surrogate.neurons(model.network):
        _, once = gradients(model, fast, *batch(LONG))
        _, twice = gradients(model, fast, *batch(LONG))
    assert all(torch.equal(once[key], twice[key]) for key in once)


def test_gradients_by_rates_are_left_to_the_reference():
    with pytest.raises(Unsupported, match="exact gradients"):
        TritonTraining(model_of("spikes"), Surrogate(backward="rate"))


def test_the_benchmark_compares_and_measures():
    size = Size(texts=2, longest=4, channels=3, dim=4, words=8)
    checks = all_rows(torch.device(DEVICE), size, (("direct", 2),))
    assert len(checks) == 1 + 5 * 4 + 5
    assert all(check["equal"] for check in checks)
    device, rates = Device(DEVICE), Rates(1e9, 1e12)
    job = Job("direct", 2, 6, 2, channels=3, dim=4, words=6)
    rows = inference_rows(job, device, rates, 1) + training_rows(job, device, rates, 1)
    assert [row["variant"] for row in rows] == [
        *("reference", "spikingjelly", "triton cold", "triton kept"),
        *("spikingjelly", "triton"),
    ]
    assert all(row["equal"] and row["seconds"] > 0 and row["floor_seconds"] > 0 for row in rows)
    settings = {"gpu": "a name", "copy_bytes_per_second": 1e12, "spikingjelly": "auto"}
    settings |= {"product_flops_per_second": 1e13, "seconds": 99.0, "left_out": ["saf, T = 50"]}
    checks.append(row("commands", "auto", "train", float("inf")))
    page = markdown(settings, checks, rows)
    assert page.count("| yes |") == 6 + 6 and "1000 GB/s" in page and "10.0 TFLOP/s" in page
    assert "| NO: train |" in page and "for want of time: saf, T = 50" in page
