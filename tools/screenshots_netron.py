"""A picture of an ONNX export in Netron: `make screenshots-netron ONNX=FOLDER/model.onnx`.

Writes docs/images/netron.png. Netron (`pip install netron`) is asked for here alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from snnconvert.tests.helpers.web.browser import Tab
from snnconvert.tests.helpers.web.served import wait
from snnconvert.tools.pictures import keep, open_tab

WIDTH, HEIGHT = 1200, 900
NODE = "document.getElementById({})"
# its question about cookies is answered before it is asked, and nodes are shown by their names
BEFORE = "document.cookie = 'consent=1'; localStorage.setItem('options', '{\"names\": true}')"


@contextmanager
def shown(model: Path) -> Iterator[str]:
    """The address at which Netron shows a file, for as long as the block lasts."""
    if find_spec("netron") is None:
        raise SystemExit("expected Netron to show the graph: pip install netron")
    import netron

    host, port = netron.start(str(model), address=("127.0.0.1", None), browse=False)
    try:
        yield f"http://{host}:{port}/"
    finally:
        netron.stop((host, port))


def shoot(tab: Tab, address: str, node: str) -> bytes:
    """The part of the graph around the node of this name."""
    tab.visit(f"{address}favicon.ico", WIDTH, HEIGHT)
    tab.js(BEFORE)
    tab.visit(address, WIDTH, HEIGHT)
    found = NODE.format(json.dumps(f"node-name-{node}"))
    wait(tab, f"document.body.className == 'default' && {found}", f"a graph with the node {node}")
    tab.js(f"{found}.scrollIntoView({{block: 'center', inline: 'center'}})")
    return tab.screenshot()


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, type=Path, help="an ONNX file")
    parser.add_argument("--node", default="act3/step1", help="what is in the middle")
    given = parser.parse_args()
    with shown(given.model) as address, open_tab() as tab:
        keep("netron", shoot(tab, address, given.node))


if __name__ == "__main__":
    main()
