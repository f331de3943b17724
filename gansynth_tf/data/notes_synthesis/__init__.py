"""Instruments, engines and plans of the embedded data set `notes`, in NumPy and SciPy only."""
