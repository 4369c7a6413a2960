"""The tables of the fast engine without numba."""

from .fast import Tables

ENGINE = Tables("torch")
