"""The format ``onnx`` of `snnconvert export`: light, what is heavy is loaded when it writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...installation import install_hint
from ..export import Export, Exported, Outcome
from .options import OnnxOptions

if TYPE_CHECKING:
    from ...models.snn import SpikingTextModel
    from ...models.text_model import TextModel

FORMAT = 1


class Onnx(Export):
    """A folder with a graph of ONNX, its words, and examples with expected results."""

    about = "a graph of ANN or SNN for ONNX Runtime and Netron, with the same logits"
    Options = OnnxOptions

    def refuses(self, model: TextModel | SpikingTextModel) -> str:
        """As `Export.refuses`: the first node that there is no ONNX for."""
        from .model import refused_node

        return refused_node(model)

    def name(self, which: str, options: OnnxOptions) -> str:
        """As `Export.name`."""
        return f"onnx-{which}"

    def write(self, exported: Exported, path: Path) -> Outcome:
        """As `Export.write`.

        Raises:
            InputError: options that do not fit the model, or onnx is not installed.
        """
        need_onnx()
        import onnx

        from ...files import write_json
        from .files import write_examples, write_program, write_words
        from .grid import quantised_model, written_model
        from .model import made_inputs, onnx_model

        options, stage = exported.options, exported.stage
        assert isinstance(options, OnnxOptions) and stage is not None
        model, bits = exported.model, options.bits
        model, bits = written_model(quantised_model(model) if options.quantised else model, bits)
        inputs = made_inputs(model, options.inputs)
        graph = onnx_model(model, exported.classes, inputs)
        onnx.checker.check_model(graph, full_check=True)
        texts = list(exported.splits()["test"].texts[: int(options.texts)])
        (path / "model.onnx").write_bytes(graph.SerializeToString(deterministic=True))
        write_words(path, exported.words, exported.classes)
        write_examples(path / "examples.npz", model, inputs, texts, stage.encode(texts))
        write_program(path, inputs, bits != "float")
        figures = _figures(exported, graph, inputs, bits, len(texts))
        write_json(path / "export.json", figures)
        grid = {"float": "none", "auto": "of each channel its own"}.get(bits, f"2^-{bits}")
        said = f"{len(graph.graph.node)} nodes; reads {inputs}; grid of the weights: {grid}"
        return Outcome({"inputs": inputs, "bits": bits, "nodes": len(graph.graph.node)}, said)


def _figures(exported: Exported, graph: Any, inputs: str, bits: str, texts: int) -> dict[str, Any]:
    """What the folder says of itself."""
    import onnx

    from ...models.snn import SpikingTextModel
    from ...version import __version__

    steps = exported.model.steps if isinstance(exported.model, SpikingTextModel) else None
    known = {k: exported.facts[k] for k in ("model", "sha256", "text_stage") if k in exported.facts}
    return {
        "format": FORMAT,
        **known,
        "steps": steps,
        "inputs": inputs,
        "bits": bits,
        "quantised": exported.options.quantised,
        "texts": dict(exported.texts),
        "examples": texts,
        "nodes": len(graph.graph.node),
        "opset": graph.opset_import[0].version,
        "versions": {"snnconvert": __version__, "onnx": onnx.__version__},
    }


def need_onnx() -> None:
    """Refuse to go on without onnx.

    Raises:
        InputError: it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("onnx") is None:
        raise InputError(
            f"expected the package onnx to write its graphs, but it is not installed: "
            f"{install_hint('onnx')}"
        )


EXPORT = Onnx()
