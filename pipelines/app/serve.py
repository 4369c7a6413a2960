"""Start the page's server: on this machine alone, and silent to the world.

The optional Streamlit serves it. It is bound to 127.0.0.1, its usage statistics are off, and its
own scripts and fonts come with it, so that nothing that is typed leaves the machine.
"""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...installation import install_hint
from ..run_folder.run_folder import RunFolder

ADDRESS = "127.0.0.1"
PORT = 8501
TRIED = 50  # ports that are tried where none was asked for
SCRIPT = Path(__file__).with_name("script.py")
FLAGS: dict[str, Any] = {
    "server_address": ADDRESS,
    "server_headless": True,  # opens no browser, and asks for no e-mail address
    "server_fileWatcherType": "none",
    "server_maxUploadSize": 1,
    "browser_gatherUsageStats": False,
    "browser_serverAddress": ADDRESS,
    "client_toolbarMode": "minimal",
    "client_showErrorDetails": "none",
    "client_showSidebarNavigation": False,
    "global_developmentMode": False,
    "logger_level": "error",
    "logger_hideWelcomeMessage": True,
    "runner_magicEnabled": False,
    "theme_base": "light",
    "theme_primaryColor": "#2673c4",
    "theme_font": "sans-serif",
}


def app(out: Path | str, port: int | None = None) -> None:
    """Serve the page of a run until it is interrupted; prints its address.

    Args:
        out: run folder
        port: where it listens; by default the first free one from `PORT` on

    Raises:
        InputError: no model in the run, Streamlit is missing, or the port is taken.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise InputError(f"the page needs Streamlit, an optional part: {install_hint('app')}")
    run = RunFolder(out)
    run.require("ann")
    chosen = free_port(port)
    os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] = "false"
    from streamlit import config
    from streamlit.web import bootstrap

    flags = FLAGS | {"server_port": chosen, "browser_serverPort": chosen}
    config._main_script_path = str(SCRIPT)
    bootstrap.load_config_options(flag_options=flags)
    print(f"http://{ADDRESS}:{chosen}", flush=True)
    print("Ctrl+C ends it; nothing that is typed there leaves this machine", flush=True)
    bootstrap.run(str(SCRIPT), False, [str(run.path)], flags)


def free_port(port: int | None) -> int:
    """``port``, or the first free one from `PORT` on.

    Raises:
        InputError: it is taken or none, or there is none.
    """
    if port is not None and not 0 < port < 65536:
        raise InputError(f"expected a --port from 1 to 65535, but got {port}")
    for tried in [port] if port else range(PORT, PORT + TRIED):
        with socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind((ADDRESS, tried))
            except OSError:
                continue
            return tried
    where = f"port {port}" if port else f"the ports {PORT} to {PORT + TRIED - 1}"
    raise InputError(
        f"expected a free port on {ADDRESS}, but {where} cannot be used: give --port N"
    )
