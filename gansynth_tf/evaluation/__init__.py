"""Judging generated sounds against real ones."""
