"""Values and bytes that files of others have held, and ours do not expect."""

from __future__ import annotations

DEEP = 3000
NESTED = "[" * DEEP + "]" * DEEP
VALUES: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 255, 256, 10**6, 10**9, -(10**9), 2**31, 2**53, 2**63),
    *(2**64, 10**19, 10**400, 0.5, -0.5, 1e-320, 1e30, 1e308, -1e308, 3.5, 1e-9),
    *("", " ", "a", "0", "1", "-1", "nan", "inf", "1e999", "none", "null", "true", "../..", "/"),
    *(
        "/etc/passwd",
        "/dev/zero",
        "hf:someone/something",
        "a\nb",
        "a\0b",
        "\x1b[31mred",
        "\u202eabc",
    ),
    *("=1+1", "@SUM(A1)", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "\ud800", "é" * 300),
    *("x" * 5000, "snn@a", "ann+levels", "words", "saf", "direct", "poisson", "ttfs", "if", "lif"),
    *([], {}, [[]], [{}], {"": ""}, [None], [0] * 300, {"a": {"b": {"c": 1}}}, ["a", "a"]),
)
"""What stands in the place of a value of JSON or YAML."""
TOKENS: tuple[str, ...] = (
    *("NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "9" * 5000, "-0", "01", "1_000", "0x10"),
    *(NESTED, '{"a":' * DEEP + "1" + "}" * DEEP, '"\\ud800"', '"\\u0000"', '"' + "\\n" * 100 + '"'),
    *('"unclosed', '"\\', "// comment", "{,}", "[1,]", "'single'", ".5", "5.", "+1", "tru", ""),
)
"""What stands in its place as text, since no writer would write it."""
YAML_TOKENS: tuple[str, ...] = (
    *("2020-01-01", "2020-13-45", "2020-01-01T25:00:00Z", ".nan", ".inf", "-.Inf", "0o17", "1:30"),
    *("!!binary aGFsbG8=", "!!binary ?", "!!set {a, b}", "!!timestamp x", "!!int ''", "!!float x"),
    *(
        "!!python/object/apply:os.system [ls]",
        "!!python/name:os.system",
        "!!bool x",
        "!!omap [a: 1]",
    ),
    *("&a [*a]", "*none", "<<: *x", "? [a]: b", "{[a]: b}", "!!pairs [a: b]", "!!null x", "~: ~"),
    *(
        "[" * 500 + "]" * 500,
        "- " * 500,
        "{a: " * 300,
        "9" * 400,
        "9" * 5000,
        '"\\ud800"',
        "\t",
        "%YAML 9",
    ),
)
BYTES: tuple[bytes, ...] = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\r", b"\n", b"\t"),
    *(b",", b'"', b'""', b";", b"|", b"\x1a", b"\x85", b"\xe2\x80\xa8", b" ", b"#", b"{", b"}"),
    *(b"\x1f\x8b", b"BZh9", b"PK\x03\x04", b"\xfd7zXZ\0", b"\x80\x04", b"nan", b"inf", b"1e999"),
    *(b"0" * 400, b"x" * 20000, b"\n" * 2000, b'"' * 999, b"-1", b"99999999999999999999", b"1.5"),
)
"""What is put between the bytes of any file."""
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
"""A kilobyte of YAML that is 10^12 values."""
