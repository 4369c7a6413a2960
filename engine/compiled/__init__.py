"""Numba: functions that are compiled once and kept."""
