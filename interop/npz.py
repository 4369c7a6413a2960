"""NumPy's own archive: weights as arrays and the graph as JSON, to be read without torch.

The archive holds

    spec         the model as JSON: nodes in their order with type, inputs and settings, and for an
                 SNN its encoder and T; under "texts" how texts become words
    vectors      (V, D) float32, word vectors in [-1, 1]
    words        V words as UTF-8, one a line, uint8
    NODE.weight  as the node holds it: (C, D', k) of a convolution, (F_out, F_in) of a linear layer
    NODE.bias    (C,) or (F_out,)

All thresholds are 1: they are folded into the weights (`convert/build.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import json_text, replace_file
from .export import Export, Exported

if TYPE_CHECKING:
    import numpy as np

FORMAT = "snnconvert npz 1"
TABLES = {"embedding.weight": "vectors", "embedding.packed": "bits"}


class Npz(Export):
    """The export format ``npz``: every node is described by its settings and tensors."""

    suffix = ".npz"
    about = "weights as NumPy arrays and the graph as JSON, read without torch"

    def write(self, exported: Exported, path: Path) -> None:
        """Write the archive to ``path``.

        Raises:
            SnnConvertError: it cannot be written.
        """
        import numpy as np

        from ..models.saving import describe_model

        spec = {"archive": FORMAT} | describe_model(exported.model, exported.classes)
        spec |= {"texts": dict(exported.texts)} if exported.texts else {}
        words = "\n".join(exported.words).encode()
        arrays = {
            "spec": np.frombuffer(json.dumps(spec).encode(), np.uint8),
            "words": np.frombuffer(words, np.uint8),
        }
        for name, tensor in exported.model.state_dict().items():
            key = TABLES.get(name) or name.removeprefix("network.nodes.")
            arrays[key] = tensor.detach().cpu().numpy()
        replace_file(path, lambda temporary: _save(temporary, arrays))


def read_npz(path: Path | str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The spec and the arrays of an archive; no pickle is read.

    Raises:
        InputError: no such file, or not an archive of ours.
    """
    import numpy as np

    try:
        _check_size(Path(path))
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        spec = json_text.loads(arrays.pop("spec").tobytes().decode())
    except InputError:
        raise
    except Exception as error:  # of zipfile and numpy, whatever is wrong with the file
        raise InputError(
            f"expected an archive of `snnconvert export --format npz` at {path}, but it cannot be "
            f"read so ({type(error).__name__})"
        ) from None
    if not isinstance(spec, dict) or spec.get("archive") != FORMAT:
        raise InputError(f"expected an archive of {FORMAT} at {path}, but it is another")
    return spec, arrays


def _check_size(path: Path) -> None:
    """Refuse an archive that is larger unpacked: ours are not packed."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > path.stat().st_size:
        raise InputError(
            f"expected arrays that are not packed in {path}, but they would be {size:,} bytes"
        )


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    import numpy as np

    with path.open("wb") as file:  # a path would get the suffix .npz, whatever it is called
        np.savez(file, **arrays)  # type: ignore[arg-type]


EXPORT = Npz()
