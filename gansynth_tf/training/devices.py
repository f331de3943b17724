"""Devices and precision of a training: which replicas, and whether the processor computes in bfloat16."""

import pathlib

import tensorflow as tf


def make_strategy(num_replicas):
    """Returns a MirroredStrategy; call it before any other TensorFlow operation.

    Args:
        num_replicas: Number of replicas; 0 for all GPUs, or one CPU replica where there is none. More than one
            without GPUs splits the CPU into logical devices, which is for tests and not faster.

    Raises:
        ValueError: If more replicas than GPUs are asked for where there are GPUs.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        if num_replicas > len(gpus):
            raise ValueError(
                f"`num_replicas` must be at most the number of GPUs. Received: {num_replicas}, found: {len(gpus)}."
            )
        return tf.distribute.MirroredStrategy([f"/gpu:{i}" for i in range(num_replicas or len(gpus))])
    if num_replicas > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        if len(tf.config.get_logical_device_configuration(cpu) or [0]) < num_replicas:
            tf.config.set_logical_device_configuration(
                cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(num_replicas)]
            )
    return tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(max(1, num_replicas))])


def processor_has_bfloat16(cpuinfo_path="/proc/cpuinfo"):
    """Whether the processor multiplies bfloat16 numbers itself, as far as Linux tells in `cpuinfo_path`."""
    path = pathlib.Path(cpuinfo_path)
    if not path.exists():
        return False
    flags = next((line for line in path.read_text().splitlines() if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def compute_dtype(precision):
    """Returns "float32" or "bfloat16" for the option "auto", "float32" or "bfloat16"."""
    if precision != "auto":
        return precision
    if tf.config.list_physical_devices("GPU"):
        return "float32"
    return "bfloat16" if processor_has_bfloat16() else "float32"
