"""Fetching a file over HTTP: streamed, with a bar, resumed where it stopped."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...errors import SnnConvertError, one_line
from ...progress import bar

CHUNK = 1 << 16
LARGEST = 4 << 30
"""Bytes of the largest file that is fetched; those of the named sets have less than 0.1 GB."""
PATIENCE, SLOWEST = 60.0, 1000.0
"""After so many seconds, less than so many bytes a second are no connection."""
ATTEMPTS = 8
"""How often a connection that breaks off while data still comes is taken up again."""


def fetch(urls: Sequence[str], path: Path, progress: bool = True, timeout: float = 30) -> None:
    """Write the content of the first of ``urls`` that answers to ``path``.

    What has come so far is kept in ``path`` with the ending .part, also after an error or an
    interrupt, and the next call asks for the rest with an HTTP Range header. A server that ignores
    it sends everything, and the file is begun anew. ``path`` itself appears only when complete.

    Args:
        urls: addresses of the same content, in order of preference.
        path: where to write; its folder is made.
        progress: show a bar.
        timeout: seconds without any data after which a connection counts as broken.

    Raises:
        SnnConvertError: none of the addresses gave the file, or it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        problem = ""
        for url in urls:
            problem = _fetch_one(url, part, progress, timeout)
            if not problem:
                part.replace(path)
                return
    except OSError as error:
        raise SnnConvertError(
            f"could not write {part}: {error.strerror or error}; free some space or choose another "
            "--data-dir (what was fetched is kept)"
        ) from error
    raise SnnConvertError(
        f"could not fetch {path.name} from {urlsplit(urls[-1]).hostname} ({problem}): check the "
        "network and run the command again (it goes on where it stopped), or fetch the data by "
        "hand and pass its folder with --data-dir"
    )


class _HopelessError(Exception):
    """What is wrong with an answer so that asking again would not help."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects to another place of the web alone, and from https to https alone."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        """As the library's; another scheme is refused."""
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https") or (before == "https" and after != "https"):
            refused = f"redirected to {newurl[:60]}, which is not followed"
            raise urllib.error.HTTPError(req.full_url, code, refused, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch_one(url: str, part: Path, progress: bool, timeout: float) -> str:
    """Fill ``part`` from ``url``; returns what went wrong, empty when it is complete."""
    problem = "no answer"
    # Made here, so that no library that replaced the default turns certificate checks off.
    context = ssl.create_default_context()
    secure = urllib.request.HTTPSHandler(context=context)
    opener = urllib.request.build_opener(secure, _Redirects())
    for _ in range(ATTEMPTS):
        before = part.stat().st_size if part.exists() else 0
        headers = {"User-Agent": "snnconvert", "Accept-Encoding": "identity"}
        if before:
            headers["Range"] = f"bytes={before}-"
        request = urllib.request.Request(url, headers=headers)
        try:
            response = opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            if error.code == 416 and before:  # .part is not the beginning of this file
                part.unlink()
                continue
            return " ".join(f"HTTP {error.code} {error.reason}".split())
        except urllib.error.URLError as error:
            return one_line(error.reason) if isinstance(error.reason, OSError) else one_line(error)
        except (OSError, http.client.HTTPException) as error:
            return one_line(error)
        try:
            with response:
                problem = _copy(response, part, before, progress)
        except _HopelessError as error:
            return str(error)
        if not problem:
            return ""
        if part.stat().st_size <= before:  # nothing came: asking again will not help
            return problem
    return problem


def _copy(response: Any, part: Path, before: int, progress: bool) -> str:
    """Append ``response`` to ``part``, or begin ``part`` anew; returns what went wrong."""
    resumed = response.status == 206
    done = before if resumed else 0
    length = response.headers.get("Content-Length")
    known = length and length.isascii() and length.isdigit()
    total = done + int(length[:20]) if known else None
    if total and total > LARGEST:
        raise _HopelessError(f"it says that it has {total:,} bytes, and no data set has so many")
    name = part.name.removesuffix(".part")
    with (
        open(part, "ab" if resumed else "wb") as handle,
        bar(
            total=total,
            initial=done,
            desc=name,
            unit="B",
            unit_scale=True,
            shown=progress,
            always=True,
        ) as drawn,
    ):
        begun, came = time.monotonic(), 0
        while True:
            try:
                data = response.read1(CHUNK)
            except (OSError, http.client.HTTPException) as error:
                return one_line(error)
            if not data:
                break
            handle.write(data)
            done += len(data)
            came += len(data)
            seconds = time.monotonic() - begun
            if done > LARGEST:
                part.unlink()
                raise _HopelessError(f"it does not end after {done:,} bytes")
            if seconds > PATIENCE and came < SLOWEST * seconds:
                raise _HopelessError(f"only {came:,} bytes came in {seconds:.0f} s")
            drawn.update(len(data))
    return f"the connection broke off at {done} of {total} bytes" if total and done < total else ""
