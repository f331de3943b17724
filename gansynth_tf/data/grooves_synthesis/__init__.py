"""Instruments, patterns and genres of the embedded data set `grooves`, in NumPy and SciPy only."""
