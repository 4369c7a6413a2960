"""What is promised for every processor, computed and printed as JSON; run by `test_cpus.py`.

    python tests/cpus/cases.py

Which instructions a library uses is settled when it is loaded, so every processor that is imitated
needs a process of its own. Networks, texts and draws are those of whole numbers and of torch's
generator, so that nothing but the engines can differ.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor

from snnconvert.engine import threads
from snnconvert.engine.engines import make_engine
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfCounts, MaxOfSpikes
from snnconvert.seeds import generator

WORDS, DIM, CHANNELS = 40, 50, 24
CODES = (("saf", 6), ("bitplane", 15), ("poisson", 6), ("direct", 5))


def drawn(*shape: int) -> Tensor:
    """Numbers in (-1, 1), none of them on a grid that float32 sums could keep."""
    whole = torch.randint(1 - 2**23, 2**23, shape, generator=generator(sum(shape), "numbers"))
    return whole / 2**23


def model(code: str, steps: int) -> SpikingTextModel:
    """Two branches, neurons in a hidden layer, and a readout; weights of float32, on no grid."""
    encoder = Encoder(code)
    convs = [Conv1d(encoder.channels(DIM), CHANNELS, width) for width in (2, 3)]
    network = Network(
        [
            ("conv2", convs[0], ("input",)),
            ("if2", IF(), ("conv2",)),
            ("pool2", MaxOfSpikes(), ("if2",)),
            ("conv3", convs[1], ("input",)),
            ("if3", IF(), ("conv3",)),
            ("pool3", MaxOfCounts(), ("if3",)),
            ("concat", Concat(), ("pool2", "pool3")),
            ("hidden", Linear(2 * CHANNELS, 16), ("concat",)),
            ("if", IF(), ("hidden",)),
            ("readout", Linear(16, 2), ("if",)),
        ]
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(drawn(*parameter.shape) * (0.25 if parameter.dim() == 3 else 0.5))
    vectors = drawn(WORDS, DIM)
    vectors[0] = 0
    return SpikingTextModel(vectors, encoder, network, steps)


def texts() -> list[np.ndarray]:
    """Twenty texts of 0 to 19 words: more than a batch that some libraries treat in another way."""
    draw = generator(0, "texts")
    return [torch.randint(1, WORDS, (size,), generator=draw).numpy() for size in range(20)]


def digest(*values: Tensor) -> str:
    """A short hash of the bits of ``values``."""
    return sha256(b"".join(v.detach().contiguous().numpy().tobytes() for v in values)).hexdigest()[
        :16
    ]


def answers(code: str, steps: int, engine: str) -> dict[str, Any]:
    """The running logits of an engine, to the bit, and all that it counts."""
    runner = make_engine(model(code, steps), engine)
    counter = SpikeCounter(runner.model.network, input_is_analog=code == "direct")
    logits = runner.running_logits(texts(), seed=1, counter=counter)
    assert len(logits.unique()) > 0, "a network without spikes would compare nothing"
    return {"logits": digest(logits), "counts": counter.compute()}


def gradients(code: str, steps: int, number: int) -> dict[str, Any]:
    """Hash and norm of a training step's gradients on ``number`` threads."""
    torch.set_num_threads(number)
    threads.cores = lambda: 8
    snn, surrogate = model(code, steps), Surrogate()
    ids, lengths = to_batch(texts())
    with threads.torch_on_one_thread(), surrogate.neurons(snn.network):
        outputs = FastTraining(snn, surrogate)(ids, lengths, generator(0, "noise")).mean(dim=0)
        torch.nn.functional.cross_entropy(outputs, torch.arange(20) % 2).backward()
    found = [p.grad for p in snn.network.parameters() if p.grad is not None]
    return {"hash": digest(*found), "norms": [float(g.double().norm()) for g in found]}


def main() -> None:
    """Print everything as JSON."""
    engines = ("reference", "torch", "fast")
    content = {
        "capability": torch.backends.cpu.get_cpu_capability(),
        "answers": {f"{c}-{e}": answers(c, t, e) for c, t in CODES for e in engines},
        "gradients": {f"{c}-{n}": gradients(c, t, n) for c, t in CODES for n in (1, 2, 8)},
    }
    print(json.dumps(content))


if __name__ == "__main__":
    main()
