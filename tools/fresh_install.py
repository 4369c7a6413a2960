"""README's own installation commands in a fresh environment: what they take, and what stays.

    python tools/fresh_install.py [--keep DIR]

Takes minutes and some gigabytes of a temporary folder, and needs a package index; where that has
no CPU build of torch, ``PIP_EXTRA_INDEX_URL`` or ``PIP_FIND_LINKS`` may lead to one. Prints seconds
and megabytes after every command, and fails where the build of torch changes or the doctor finds a
fault.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"<!-- tried by tests/fresh_install\.py -->\n```sh\n(.*?)```", re.DOTALL)
BUILD = "import torch; print(torch.__version__, torch.version.cuda)"
ATTACK = """
from snnconvert.attacks.building.loading import load_textattack
import spikingjelly.activation_based.neuron
load_textattack()
import flair, transformers
print("textattack, flair and transformers load")
"""


def commands() -> list[str]:
    """The commands of README's block, without comments."""
    (block,) = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    return [line.split("  #")[0].strip() for line in block.splitlines()]


def megabytes(folder: Path) -> int:
    """What the files of ``folder`` take on the disk."""
    done = subprocess.run(["du", "-sm", folder], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def bash(command: str, folder: Path, source: Path) -> str:
    """What ``command`` prints, given in a copy of the checkout with the environment activated."""
    activate = folder / "bin" / "activate"
    text = f". {activate}; {command}" if activate.is_file() else command
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        ["bash", "-c", text], cwd=source, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
    return done.stdout


def source_of(folder: Path) -> Path:
    """A copy of the checkout, so that no build is left in it."""
    source = folder / "source"
    source.mkdir()
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    packed = subprocess.run(
        ["tar", "c", "--null", "-T", "-"], cwd=ROOT, input=names, capture_output=True, check=True
    )
    subprocess.run(["tar", "x"], cwd=source, input=packed.stdout, check=True)
    return source


def attempt(folder: Path) -> None:
    """Give every command in ``folder``, and check what it leaves."""
    source = source_of(folder)
    environment, elsewhere = source / "env", folder
    build = ""
    for command in commands():
        begin = time.perf_counter()
        printed = bash(command, environment, source)
        seconds = time.perf_counter() - begin
        print(f"{seconds:6.0f} s  {megabytes(environment):6d} MB  {command}", flush=True)
        if command.startswith("pip install"):
            now = bash(f"python -c '{BUILD}'", environment, elsewhere).strip()
            if build and now != build:
                sys.exit(f"the build of torch was {build}, and is {now} after {command}")
            build = now
            print(f"{'':21}torch {build}", flush=True)
    print(printed)
    (folder / "load.py").write_text(ATTACK, "utf-8")
    print(bash("python load.py", environment, elsewhere).strip())


def main() -> int:
    """Run it in a temporary folder, or in a new one that is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="a new folder, which is not removed")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True)
        attempt(given.keep.resolve())
    else:
        with tempfile.TemporaryDirectory() as folder:
            attempt(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
