"""Command-line programs, the only readers of flags."""
