"""config.yaml of a run: the resolved settings of its stages, and versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...convert.recipes.old_names import by_names_of_today
from ...errors import InputError
from ...files import read_text, write_text


def read_config(path: Path) -> dict[str, Any]:
    """The resolved settings so far, by stage and by names of today; empty without a file.

    Raises:
        InputError: the file is damaged.
    """
    import yaml

    if not path.exists():
        return {}
    try:
        config = yaml.safe_load(read_text(path, "the settings of a run"))
    except yaml.YAMLError:
        config = None
    if not isinstance(config, dict) or not all(isinstance(v, dict) for v in config.values()):
        raise InputError(
            f"expected the settings of a run in {path}, but it is damaged; put it back, or "
            "remove that file and give the train command of this run again with the same "
            "options, which restores it"
        )
    return dict(by_names_of_today(config))


def write_config(path: Path, config: dict[str, Any]) -> None:
    """Write the settings of a run, whole or not at all.

    Raises:
        SnnConvertError: the file cannot be written.
    """
    import yaml

    write_text(path, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
