"""The format ``hf`` of `snnconvert export`: light, what is heavy is loaded when it writes."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ..export import Export, Exported, Outcome
from .options import HfOptions


class Hf(Export):
    """A folder with model, text stage and model card."""

    about = "a folder for the Hugging Face hub, read by snnconvert.interop.hub"
    Options = HfOptions

    def name(self, which: str, options: HfOptions) -> str:
        """As `Export.name`."""
        return f"hf-{which}"

    def write(self, exported: Exported, path: Path) -> Outcome:
        """As `Export.write`.

        Raises:
            InputError: no licence was given.
        """
        from ...files import write_json
        from .card import model_card
        from .folder import FORMAT, write_folder

        options, stage = exported.options, exported.stage
        assert isinstance(options, HfOptions) and stage is not None
        if not options.license:
            raise InputError(
                "expected a licence of the model for its card, which is yours to choose, but got "
                "none: give --license NAME, as in --license apache-2.0"
            )
        encoder = getattr(exported.model, "encoder", None)
        card = model_card(
            exported.facts, exported.classes, encoder, exported.texts, options.license
        )
        write_folder(path, stage, exported.model, exported.classes, card)
        known = ("model", "sha256", "text_stage")
        facts = {name: exported.facts[name] for name in known if name in exported.facts}
        write_json(path / "export.json", {"format": FORMAT, "license": options.license, **facts})
        return Outcome({"license": options.license})


EXPORT = Hf()
