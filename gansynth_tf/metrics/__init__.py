"""Sample metrics as pure functions: arrays in, floats out."""
