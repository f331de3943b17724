"""Several evaluations beside each other: what may be compared, what can be told apart, one table."""
