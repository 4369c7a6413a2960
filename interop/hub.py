"""`HubClassifier`: a text classifier that is loaded from the Hugging Face hub and put there.

This module stands above `pipelines`, whose `TextClassifier` it is; nothing of the package imports
it. Tokens are huggingface_hub's business: none is read or kept here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from ..errors import InputError, SnnConvertError, one_line
from ..files import read_text
from ..installation import install_hint
from ..models.devices import find_device
from ..pipelines.classifier import TextClassifier
from .hf.folder import CARD, read_folder, write_folder

try:
    from huggingface_hub import ModelHubMixin, snapshot_download
except ImportError:
    raise InputError(
        f"expected the package huggingface_hub, but it is not installed: {install_hint('hub')}"
    ) from None

OLD_OPTIONS = {"proxies", "resume_download"}
"""What huggingface_hub below 1.0 hands on, whether it was asked for or not."""


class HubClassifier(TextClassifier, ModelHubMixin):
    """A `TextClassifier` with ``from_pretrained``, ``save_pretrained`` and ``push_to_hub``.

    Attributes:
        card: the model card, as the folder had it
    """

    card: str | None = None

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> Self:
        """A model from a folder of ``snnconvert export --format hf``, or from the hub.

        Args:
            pretrained_model_name_or_path: the folder, or ``owner/name``
            options: of huggingface_hub (``revision``, ``token``, ``local_files_only`` ...), and
                ``draws``, ``engine``, ``precision``, ``device`` as of `TextClassifier.load`

        Raises:
            InputError: no such folder, or one of another kind or damaged.
            SnnConvertError: the hub does not give it.
        """
        try:
            found: Self = super().from_pretrained(str(pretrained_model_name_or_path), **options)
        except SnnConvertError:
            raise
        except (OSError, ValueError) as error:  # huggingface_hub's own are among these
            raise SnnConvertError(
                f"could not load {pretrained_model_name_or_path}, which is no folder here, from "
                f"the hub: {one_line(error)}"
            ) from error
        return found

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: str | bool | None = None,
        draws: int = 8,
        engine: str = "auto",
        precision: str = "exact",
        device: str = "cpu",
        **others: Any,
    ) -> Self:
        """As `ModelHubMixin` asks for it."""
        unknown = sorted(set(others) - OLD_OPTIONS)
        if unknown:
            raise InputError(f"expected options of from_pretrained, but got {', '.join(unknown)}")
        folder = Path(model_id)
        if not folder.is_dir():
            folder = Path(
                snapshot_download(
                    model_id,
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    local_files_only=local_files_only,
                    token=token,
                )
            )
        stage, model, classes = read_folder(folder)
        found = cls(stage, model.to(find_device(device)), classes, draws, engine, precision)
        found.card = read_text(folder / CARD) if (folder / CARD).is_file() else None
        return found

    def _save_pretrained(self, save_directory: Path) -> None:
        """As `ModelHubMixin` asks for it; ``push_to_hub`` sends what this writes.

        Raises:
            InputError: there is no model card.
        """
        if self.card is None:
            raise InputError(
                "expected a model card, which names a licence, but there is none: write the folder "
                "with snnconvert export RUN --format hf --license NAME, or set the attribute card"
            )
        write_folder(Path(save_directory), self.stage, self.model, self.classes, self.card)
