"""What the first bytes of a file of word vectors say: text, binary, or a file of another kind."""

from __future__ import annotations

from collections import Counter

from ...errors import InputError

BOM = b"\xef\xbb\xbf"
_TEXT_CONTROL = b"\t\n\v\f\r"
_PICKLED = (".kv", ".model", ".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz")
_SAMPLE = 100  # rows
_CONVERT = "write it with gensim's save_word2vec_format"
_FOREIGN = {
    b"\xba\x16\x4f\x2f": ("a model of fastText", "give the .vec file that belongs to it"),
    b"\x93NUMPY": ("an array of NumPy, which has no words", _CONVERT),
    b"\x89HDF\r\n": ("an HDF5 file", _CONVERT),
    b"PAR1": ("a Parquet file", _CONVERT),
    b"version https://git-lfs": ("a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    b"<!DOCTYPE": ("a web page", "fetch the file itself"),
    b"<!doctype": ("a web page", "fetch the file itself"),
    b"<html": ("a web page", "fetch the file itself"),
    b"\xff\xfe": ("text in UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"),
}


def refuse_foreign(head: bytes, source: str) -> None:
    """Refuse a file that holds no word vectors, or holds them in a format that is not read.

    Raises:
        InputError: by its first bytes, ``head``, it is such a file; names ``source``.
    """
    kind, remedy = _foreign(head) or ("", "")
    if not kind:
        return
    ending = "." + source.rpartition(".")[2].lower()
    if ending in _PICKLED:
        raise InputError(
            "expected word vectors as word2vec or GloVe text, or as word2vec binary, but "
            f"{source} is a {ending} file: {_CONVERT}"
        )
    raise InputError(
        "expected word vectors (word2vec text or binary, or GloVe text), but "
        f"{source} is cut off, damaged or of another kind (it looks like {kind}): {remedy}"
    )


def _foreign(head: bytes) -> tuple[str, str] | None:
    """What a file that is not read here is, and what to do; None for one that may be read."""
    # A pickle says so in its first byte, and no text in UTF-8 begins with that.
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return "a pickle, which is never loaded", _CONVERT
    if head[257:262] == b"ustar":
        return "a tar archive", "unpack it and give the file in it"
    return next((told for magic, told in _FOREIGN.items() if head.startswith(magic)), None)


def looks_like_vectors(head: bytes) -> bool:
    """Whether a file that begins with ``head`` may be one of word vectors."""
    if _foreign(head):
        return False
    lines = [line for line in head.removeprefix(BOM).splitlines()[:_SAMPLE] if line.strip()]
    if not lines or header(lines[0]) is not None:
        return bool(lines)
    return 2 * sum(numbers_at_end(line.split()) > 1 for line in lines) > len(lines)


def header(line: bytes) -> tuple[int, int] | None:
    """Number and length of the vectors from a word2vec header, None for any other line."""
    fields = line.split()
    if len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit():
        return int(fields[0]), int(fields[1])
    return None


def is_binary(body: bytes) -> bool:
    """Whether the rows that ``body`` begins with have their numbers as bytes, not as text.

    Args:
        body: what follows the header.
    """
    for line in body.split(b"\n")[:_SAMPLE]:
        fields = line.split()
        if len(fields) > 1 and 2 * numbers_at_end(fields) >= len(fields) - 1:
            return False
    control = body.translate(None, _TEXT_CONTROL)
    return any(byte < 32 for byte in control) or not _is_utf8(body)


def length_of_rows(lines: list[bytes]) -> int:
    """D, the length of most vectors of the first rows of a text without a header; at least 1."""
    rows = [fields for fields in (line.split() for line in lines[:_SAMPLE]) if fields]
    lengths = Counter(numbers_at_end(fields) for fields in rows)
    del lengths[0]
    if lengths:
        return lengths.most_common(1)[0][0]
    return max(len(rows[0]) - 1, 1) if rows else 1


def numbers_at_end(fields: list[bytes]) -> int:
    """How many fields after the first are numbers, counted from the end."""
    count = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        count += 1
    return count


def is_number(field: bytes) -> bool:
    """Whether ``field`` is the text of a number."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end == len(body)  # a character that is cut where the sample ends
    return True
