"""The evaluation suite: protocols, metrics over shared features, rows that survive a kill, and what a page shows."""
