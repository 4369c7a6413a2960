"""A Ray to work on: started on this machine and stopped again, or a cluster that is there."""

from __future__ import annotations

import importlib.util
import logging
import math
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import InputError, SnnConvertError, one_line
from ...files import is_alive
from ...installation import install_hint

STARTS = 3
"""On a busy machine Ray may give up waiting for its own processes, after half a minute."""
_STORE_BYTES = 80 * 2**20  # of shared memory; Ray takes no less than 75 MB, and texts are short
_LONGEST_PLACE = 16  # characters; the paths of Ray's sockets deep below it may have 107
_FOLDER = "snnray-"
_VARIABLES = {
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # says nothing of dead workers: they are restarted
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
    "RAY_worker_niceness": "0",  # workers are as urgent as a single process would be; 15 otherwise
}


@cache
def _alone() -> dict[str, str]:
    """Variables of a Ray of one machine, which is closed to all but this process.

    One that knows no other machines listens on 127.0.0.1 alone, as it does on Windows and macOS;
    and a token of this process lets no other user of the machine in. Ray reads both once.
    """
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", **token}


def _of_cluster() -> dict[str, str]:
    """Variables of a cluster that is there: where Ray finds a token, it is shown.

    ``ray start --head`` asks for the token as soon as there is one, but those that join do not show
    it by themselves. A cluster that asks for none does not mind.
    """
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    file = Path(named) if named else Path.home() / ".ray" / "auth_token"
    there = bool(os.environ.get("RAY_AUTH_TOKEN")) or file.is_file()
    return {"RAY_AUTH_MODE": "token"} if there else {}


@contextmanager
def ray_session(workers: int, address: str | None, gpu_share: float = 0.0) -> Iterator[int]:
    """Connect to Ray, and leave it as it was found.

    Args:
        workers: actors that are wanted; 0 for one per CPU.
        address: of a cluster; None starts Ray here, for this process alone. A Ray that this
            process uses already is used in either case.
        gpu_share: of a GPU that each actor needs.

    Yields:
        How many actors there are to be.

    Raises:
        InputError: Ray is not installed, or there is no cluster at ``address``.
        SnnConvertError: Ray cannot be started.
    """
    if importlib.util.find_spec("ray") is None:
        raise InputError(
            f"more than one worker needs the optional Ray: {install_hint('ray')} "
            "(--workers 1 needs nothing)"
        )
    # some are read when Ray is imported
    with _variables(_VARIABLES | (_of_cluster() if address else _alone())):
        import ray

    logging.getLogger("ray").setLevel(logging.ERROR)  # the import sets another level
    if ray.is_initialized():
        yield workers or _places(gpu_share)
        return
    folder = _new_folder() if address is None else None
    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    try:
        if address is not None:
            _connect(address)
        elif folder is not None:
            _start(workers, folder, math.ceil(workers * gpu_share))
        _handle_sigterm(_leave)
        yield workers or _places(gpu_share)
    finally:
        with undisturbed():
            ray.shutdown()
            _handle_sigterm(before)
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def _handle_sigterm(handler: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def _leave(number: int, _: Any) -> None:
    """End in good order where a batch system ends this process; Ray would abort."""
    sys.exit(128 + number)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore interrupts, so that a second Ctrl-C leaves no process behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables while it lasts; those that the user has set stay."""
    new = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in new})
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


def _start(workers: int, folder: Path, gpus: int = 0) -> None:
    with _variables(_VARIABLES | _alone()):
        for left in reversed(range(STARTS)):
            try:
                _start_once(workers, folder, gpus)
                return
            except Exception as error:
                if not left:
                    raise SnnConvertError(
                        f"Ray could not be started on this machine: {_short(error)}; "
                        "--workers 1 does without"
                    ) from error


def _start_once(workers: int, folder: Path, gpus: int) -> None:
    import ray

    ray.init(
        address="local",
        num_cpus=workers,
        num_gpus=gpus,
        include_dashboard=False,
        configure_logging=False,
        log_to_driver=False,
        object_store_memory=_STORE_BYTES,
        _temp_dir=str(folder),
    )


def _connect(address: str) -> None:
    import ray

    try:
        _knock(address)
        with _variables(_of_cluster()), _silent():
            ray.init(address=address, configure_logging=False, log_to_driver=False)
    except Exception as error:
        remedy = "start one with: ray start --head, and give the address that it prints"
        if "authentication token" in str(error.__cause__ or error).lower():
            remedy = "it asks for its token: copy ~/.ray/auth_token of the machine it began on"
        raise InputError(
            f"expected a Ray cluster at {address!r}, but cannot connect to it: {_short(error)}; "
            f"{remedy}"
        ) from error


@contextmanager
def _silent() -> Iterator[None]:
    """Nothing on the process's standard error: Ray's C++ says there, once a second, what fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _knock(address: str) -> None:
    """Raise `OSError` where nobody listens at HOST:PORT; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _places(gpu_share: float) -> int:
    """How many workers a cluster has room for: one per CPU, and as many as its GPUs are shared by.

    Raises:
        InputError: none.
    """
    import ray

    resources = ray.cluster_resources()
    count = int(resources.get("CPU", 0))
    if count < 1:
        raise InputError("expected a Ray cluster with CPUs for workers, but it has none")
    if gpu_share:
        count = min(count, int(resources.get("GPU", 0) / gpu_share))
    if count < 1:
        raise InputError(
            f"expected a Ray cluster with GPUs for workers that need {gpu_share:g} of one each, "
            "but it has none"
        )
    return count


def _new_folder() -> Path:
    """A folder for Ray's sockets and logs whose path is short, for this user alone."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
    for place in places:
        if len(str(place)) > _LONGEST_PLACE:
            continue
        with suppress(OSError):
            _sweep_leftovers(place)
            return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=place))
    raise SnnConvertError(
        f"Ray needs a temporary folder with a path of at most {_LONGEST_PLACE} characters, but "
        f"there is none to write to ({', '.join(map(str, places))}); set TMPDIR to one"
    )


def _sweep_leftovers(place: Path) -> None:
    """Remove the folders of processes that were killed."""
    for leftover in place.glob(f"{_FOLDER}*-*"):
        pid = leftover.name.removeprefix(_FOLDER).split("-")[0]
        if pid.isascii() and pid.isdigit() and not is_alive(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)


def _short(error: BaseException) -> str:
    text = one_line(error)
    return text if len(text) <= 300 else f"{text[:297]}..."
