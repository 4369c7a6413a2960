"""A user's torch module becomes a `Network`, or one error that names the place and the remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn

from ...errors import InputError
from ...models.network import Network
from ...models.nodes.layers import Linear
from .axes import flatten, squeezed_flat
from .check import check_outputs
from .conv2d import LAYERS_2D
from .layers import (
    ATTENTION,
    LOOKUP,
    RECURRENT,
    STATEFUL,
    make_node,
    refuse,
    refuse_hooks,
    remedy_of,
)
from .lookup import ID_AXES, look_up, rows_of, takes_ids
from .ops import ON_IDS, OPERATIONS, linear
from .readout import softmax_layer, two_logits
from .trace import drop_unused, merge_equal, trace
from .translation import Translated, Translation, function_name, place_of, refuse_overwriting
from .values import FLAT, Axes, Constant, Ids, Value, words

ENDINGS = (nn.Softmax, nn.LogSoftmax, nn.Sigmoid)
VECTOR_AXES: tuple[Axes, ...] = (("B", "C", "L"), ("B", "L", "C"))


def from_torch(module: nn.Module, dim: int | None = None) -> Network:
    """The network that computes what ``module`` computes in evaluation mode.

    Known are Conv1d (stride, dilation and groups 1), Linear, ReLU, BatchNorm1d, AvgPool1d,
    MaxPool1d, AdaptiveMaxPool1d(1), AdaptiveAvgPool1d(1), Flatten, Dropout, Identity, Sequential
    (nested), and modules of the user whose forward composes those with ``+`` and `torch.cat`, and
    the functions that do the same (as `torch.relu`, `x.amax(-1)`). Kim's network as images is
    known too: ``unsqueeze(1)``, Conv2d(1, C, (k, D)), ``squeeze(3)``, pooling in one or two
    dimensions, with axes moved by permute, transpose, view, reshape, squeeze and unsqueeze.

    A ReLU, dropout or pooling used in several places becomes a layer of its own in each: it has no
    state, and in the SNN each place gets neurons of its own. A layer with weights or statistics
    may stand in one place only: two places would need its weights in two units of threshold.

    One logit z (as for BCEWithLogitsLoss) becomes the two logits [0, z]: class 1 where z > 0, with
    the probability sigmoid(z). A softmax, log_softmax or (of one logit) sigmoid at the end is left
    out: the decision is the same, and so are the probabilities, which are the logits' softmax.

    Args:
        module: takes vectors (B, dim, L), or (B, L, dim), or word ids (B, L) that it looks up in an
            `nn.Embedding` of its own, and gives logits (B, K), (B, 1) or (B,); it is not changed
        dim: components of the word vectors; not needed for a module that takes ids

    Returns:
        A network on signals (B, dim, L) in evaluation mode, with copies of the weights, whose nodes
        have the modules' names with ``_`` for ``.``. It reads the vectors as they are: those of
        the `nn.Embedding` where the module has one (see `torch_model.text_model` for a model on
        ids). Texts that fill all L positions give the module's outputs, which is tried on random
        inputs; of a shorter one the network reads only its own positions, the module also what its
        biases make of the padding.

    Raises:
        InputError: something that cannot be converted: one line with the module's name or the line
            of code, and what to do instead.
    """
    return translate(module, dim).network


def translate(module: nn.Module, dim: int | None = None) -> Translated:
    """As `from_torch`, with what is known of the module's input and end."""
    module = _traceable(unwrapped(module))
    graph = trace(module)
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    needed = sum(not node.args for node in inputs)  # a default is a placeholder's argument
    place = next((i for i, node in enumerate(inputs) if node.users), 0)
    drop_unused(module, graph)
    merge_equal(graph)
    ids = takes_ids(module, graph)
    _refuse_hopeless(module, graph, ids)
    _refuse_sharing(module, graph)
    if not ids and dim is None:
        raise refuse("the module", "it takes vectors", "give dim, the number of their components")
    translated = _first_that_holds(module, graph, dim, ID_AXES if ids else VECTOR_AXES)
    translated = replace(translated, place=place, arguments=max(needed, place + 1))
    check_outputs(module, translated)
    return translated


def _traceable(module: nn.Module) -> nn.Module:
    """``module``, where it is one of Python's; a layer alone as the one of a sequence."""
    if not isinstance(module, nn.Module):
        what = f"it is {type(module).__name__}"
        raise refuse("the module", what, "give a torch.nn.Module (B, dim, L) -> (B, K)")
    if isinstance(module, torch.jit.ScriptModule):
        what = "a TorchScript module has no forward in Python"
        raise refuse("the module", what, "give the module that it was compiled from")
    if module.__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential):
        return nn.Sequential(module)  # what is traced is its call
    return module


def _first_that_holds(
    module: nn.Module, graph: fx.Graph, dim: int | None, orders: Sequence[Axes]
) -> Translated:
    """The translation by the first of the orders of the input's axes that has one."""
    refused: InputError | None = None
    for axes in orders:
        try:
            return _network(module, graph, dim, axes)
        except InputError as error:
            refused = refused or error  # that of the usual order says more
    assert refused is not None
    raise refused


def unwrapped(module: nn.Module) -> nn.Module:
    """The user's module inside `nn.DataParallel` and what `torch.compile` gives."""
    while isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
        module = module.module
    inner = getattr(module, "_orig_mod", module)
    return inner if isinstance(inner, nn.Module) else module


def _network(module: nn.Module, graph: fx.Graph, dim: int | None, axes: Axes) -> Translated:
    """The network of ``graph`` where the module's input has ``axes``."""
    translation = Translation(module, dim, axes)
    value: Value | None = None
    for node in graph.nodes:
        if node.op == "output":
            value = _check_output(translation, node)
        else:
            translation.values[node] = _translated(translation, node)
    assert value is not None
    single = value.channels == 1
    if single:
        value = two_logits(translation, value)
    length = _only_length(translation)
    names = translation.lookups or ()
    layers = [module.get_submodule(n) for n in names] if axes in ID_AXES else []
    tables = tuple(rows_of(table) for table in layers if isinstance(table, nn.Embedding))
    components = sum(table.shape[1] for table in tables) if tables else dim
    assert components is not None
    ending = value.ending.kind if value.ending else None
    network = Network(translation.nodes).eval()
    return Translated(
        network, tables, components, axes, length, ending, single, translation.in_tuple
    )


def _only_length(t: Translation) -> int | None:
    """How many words every text must have, where the module says so."""
    if len(t.lengths) > 1:
        got = " and ".join(f"{n} at {place}" for n, place in t.lengths.items())
        raise refuse("the module", f"it reads texts of different lengths, {got}", "use one length")
    return next(iter(t.lengths), None)


def _translated(t: Translation, node: fx.Node) -> Any:
    """What one traced operation gives: a tensor of the network, a size, or nothing."""
    place = place_of(node)
    if node.op == "placeholder":
        return _input(t, node)
    if node.op == "call_module":
        return _layer(t, node, place)
    if node.op == "get_attr":
        return Constant(str(node.target))  # what reads it says what is wrong with it
    name = function_name(node.target)
    source = t.values.get(node.args[0]) if node.args and isinstance(node.args[0], fx.Node) else None
    if isinstance(source, Ids) and name in ON_IDS:
        return ON_IDS[name](t, node, place)
    if name not in OPERATIONS:
        raise refuse(place, f"the operation {name} has no conversion", remedy_of(name))
    return OPERATIONS[name](t, node, place)


def _input(t: Translation, node: fx.Node) -> Value | Ids:
    """The module's input."""
    if str(node.target).startswith("*"):
        what = f"forward takes {node.target}"
        raise refuse("the input", what, "take the vectors (B, dim, L) only")
    if t.values:
        what = f"forward takes a second input, {node.target}"
        raise refuse("the input", what, "take the vectors (B, dim, L) only")
    if t.axes in ID_AXES:
        return Ids(t.axes)
    assert t.dim is not None
    return Value("input", t.axes, t.dim, parts=("vectors",))


def _layer(t: Translation, node: fx.Node, place: str) -> Value:
    """The call of a layer of torch's."""
    layer = t.module.get_submodule(str(node.target))
    if len(node.args) != 1 or node.kwargs:
        what = f"{type(layer).__name__} is called with {len(node.args)} inputs"
        raise refuse(place, what, remedy_of(type(layer).__name__))
    if isinstance(layer, nn.Embedding):
        return look_up(t, node, layer)
    value = t.read(node.args[0], place)
    if getattr(layer, "inplace", False):
        refuse_overwriting(node, place)
    if type(layer) is nn.Flatten:
        return flatten(t, node, place, (layer.start_dim, layer.end_dim))
    if type(layer) in ENDINGS:
        return softmax_layer(t, node, layer, place)
    if type(layer) in LAYERS_2D:
        refuse_hooks(place, layer)
        return LAYERS_2D[type(layer)](t, node, layer, value, place)
    made = make_node(place, layer)
    if isinstance(made, Linear):
        return linear(t, node, made, value, place)
    return value if made is None else t.apply(str(node.target), made, value, place)


def _check_output(t: Translation, node: fx.Node) -> Value:
    """The logits, after refusing what is not (B, K) of the last layer."""
    (returned,) = node.args
    value = t.values.get(returned) if isinstance(returned, fx.Node) else None
    value = squeezed_flat(value) if isinstance(value, Value) else value
    if not isinstance(value, Value) or value.axes != FLAT:
        got = f"{value.shape}" if isinstance(value, Value) else "not one tensor of the network"
        what = f"it is {got}, not logits {words(FLAT)}"
        raise refuse("the output", what, "end in a Linear, return it")
    if value.node == "input" or t.nodes[-1][0] != value.node:
        raise refuse("the output", "a layer comes after it", "return what is computed last")
    return value


def _refuse_hopeless(module: nn.Module, graph: fx.Graph, ids: bool) -> None:
    """Refuse recurrence, attention and look-ups first, before the reshaping that leads to them."""
    for node in graph.nodes:
        kind = ""
        if node.op == "call_module":
            kind = type(module.get_submodule(str(node.target))).__name__
        remedy = remedy_of(kind)
        if remedy in (RECURRENT, ATTENTION) or (remedy == LOOKUP and not ids):
            raise refuse(place_of(node), f"{kind} has no conversion", remedy)


def _refuse_sharing(module: nn.Module, graph: fx.Graph) -> None:
    """Refuse a layer with weights that is called twice, and two layers with the same weights."""
    called = [node for node in graph.nodes if node.op == "call_module"]
    layers = {str(n.target): module.get_submodule(str(n.target)) for n in called}
    calls = Counter(str(node.target) for node in called)
    owner: dict[int, str] = {}
    remedy = "give every place a layer of its own (copy.deepcopy keeps the weights)"
    for name, layer in layers.items():
        if not isinstance(layer, STATEFUL):
            continue
        if calls[name] > 1:
            what = f"this {type(layer).__name__} is used {calls[name]} times, but in an SNN each "
            raise refuse(f"module {name}", what + "place has thresholds of its own", remedy)
        for parameter in layer.parameters(recurse=False):
            other = owner.setdefault(id(parameter), name)
            if other != name:
                raise refuse(f"module {name}", f"it shares its weights with {other}", remedy)
