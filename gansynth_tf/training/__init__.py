"""Adversarial training: the step, the loop, the growth schedule, checkpoints and observers."""
