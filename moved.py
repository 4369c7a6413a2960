"""Names that have moved: the old import still works, and says once in one line where the name is.

An old module is looked for in `MODULES` by a finder at the end of ``sys.meta_path``, so a module
that exists is never shadowed. A folder that has the name of an old module asks `attributes`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader

ROOT = __name__.rpartition(".")[0]

_CODES = {
    "direct": "models.encoders.codes.direct",
    "poisson": "models.encoders.codes.poisson",
    "saf": "models.encoders.codes.saf",
    "bitplane": "models.encoders.codes.bitplane",
    "ttfs": "models.encoders.codes.times.ttfs",
}

# old module: the modules in which its public names are now
MODULES: dict[str, tuple[str, ...]] = {
    "attacks.blocks": ("attacks.preset", "attacks.building.builders"),
    "attacks.compare": ("attacks.statistics.compare",),
    "attacks.model_file": ("pipelines.attack.model_file",),
    "attacks.scores": ("attacks.statistics.scores",),
    "attacks.user_recipes": ("attacks.presets.user",),
    "convert.advice": ("convert.diagnosis.advice",),
    "convert.artefacts": ("models.saving",),
    "convert.budget": ("convert.diagnosis.budget",),
    "convert.counts": ("models.operations", "models.nodes.fan_out"),
    "convert.encoders": (
        "models.encoders.encoder",
        *_CODES.values(),
    ),
    "convert.options": ("convert.recipes.options",),
    "convert.outputs": ("models.outputs",),
    "convert.presets": ("convert.recipes.published",),
    "convert.recipe": ("convert.recipes.recipe",),
    "convert.to_snn": ("convert.build",),
    "convert.torch_model": ("convert.from_torch.text_model",),
    "engine.batches": ("models.batches",),
    "engine.by_step": ("engine.evaluate",),
    "engine.choose": ("engine.engines", "engine.reference"),
    "models.activations": ("models.nodes.activations",),
    "models.dpcnn": ("models.families.dpcnn",),
    **{f"models.encoders.{name}": (place,) for name, place in _CODES.items()},
    "models.layers": ("models.nodes.layers",),
    "models.merge": ("models.nodes.merge",),
    "models.neuron_spec": ("models.neurons.spec",),
    "models.norm": ("models.nodes.norm",),
    "models.pooling": ("models.nodes.pooling",),
    "models.spike_pooling": ("models.spikes.pooling", "models.spikes"),
    "models.spiking": (
        "models.neurons.build",
        "models.neurons.readout",
        *(f"models.neurons.{kind}" for kind in ("integrate_and_fire", "lif", "signed", "burst")),
    ),
    "models.spikingjelly_bridge": ("models.spikingjelly",),
    "models.textcnn": ("models.families.textcnn", "models.text_model"),
    "pipelines.runfolder": (
        *(f"pipelines.run_folder.{name}" for name in ("run_folder", "fingerprints")),
        "pipelines.versions",
    ),
    "pipelines.victims": ("pipelines.attack.models", "pipelines.attack.names"),
    "text.ranges": ("text.maps.sigma",),
    "text.readers": ("text.datasets.readers.readers",),
    "text.splits": ("text.datasets.splits",),
    "text.stage": ("text.stages.words",),
    "text.stages.ranges": ("text.maps.sigma",),
    "text.vocabulary": ("text.stages.vocabulary",),
}
# folder or module of today: where the names are that it had
NAMES: dict[str, tuple[str, ...]] = {
    "attacks.controls": (
        "attacks.controls.coded_ann",
        "attacks.controls.quantised_scores",
        "attacks.controls.deterministic",
    ),
    "attacks.presets": ("attacks.presets.catalogue",),
    "convert.from_torch": ("convert.from_torch.module",),
    "convert.thresholds": tuple(
        f"convert.thresholds.{file}" for file in ("spec", "statistics", "choose", "mse", "balance")
    ),
    "engine.classifier": ("pipelines.classifier",),
    "engine.evaluate": ("engine.reference",),
    "models.network": ("models.nodes",),
    "models.neurons": ("models.neurons.integrate_and_fire",),
    "pipelines.data": ("pipelines.data_stage",),
    "pipelines.convert": ("convert.conversion", "pipelines.convert.convert", "pipelines.measure"),
    "pipelines.report": ("pipelines.report.page",),
    "text.datasets": ("text.datasets.dataset",),
    "text.vectors": ("text.vectors.load",),
}


def look_up(old: str, places: Sequence[str], name: str) -> object:
    """What ``old.name`` is today.

    Raises:
        AttributeError: none of ``places`` has the name.
    """
    having = []
    for place in places if not name.startswith("_") else ():
        module = import_module(f"{ROOT}.{place}")
        if hasattr(module, name):
            having.append(module)
    if not having:
        raise AttributeError(f"module '{ROOT}.{old}' has no attribute {name!r}")
    # a module may hand on what another of them defines
    own = [m for m in having if getattr(getattr(m, name), "__module__", "") == m.__name__]
    place = (own or having)[0].__name__
    said = f"{ROOT}.{old}.{name} has moved: import it from {place}"
    warnings.warn(said, FutureWarning, stacklevel=3)
    found: object = getattr(sys.modules[place], name)
    return found


def attributes(module: str) -> Callable[[str], object]:
    """The ``__getattr__`` of a module of today (PEP 562) for the names that it had before."""
    old = module.removeprefix(f"{ROOT}.")

    def attribute(name: str) -> object:
        # "from package import module" asks for the attribute first, and imports if there is none
        folders = vars(sys.modules[module]).get("__path__")
        if name.startswith("_") or (folders and PathFinder.find_spec(f"{module}.{name}", folders)):
            raise AttributeError(f"module {module!r} has not loaded {name!r}")
        return look_up(old, NAMES[old], name)

    return attribute


class _OldModule(ModuleType):
    """A module that is no more; its names are looked up where they are."""

    def __getattr__(self, name: str) -> object:
        old = self.__name__.removeprefix(f"{ROOT}.")
        return look_up(old, MODULES[old], name)


class _Finder:
    """Finds the modules that are no more; no heir of `importlib.abc`, which loads twenty others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of an old module, or None."""
        known = fullname.startswith(f"{ROOT}.") and fullname[len(ROOT) + 1 :] in MODULES
        return ModuleSpec(fullname, cast("Loader", self)) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module without a file."""
        return _OldModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: every name is looked up when it is asked for."""


def install() -> None:
    """Let old modules be imported."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
