"""What a training step costs: operations and tensors, counted in the networks' own graphs."""

import collections
import dataclasses
import math

import tensorflow as tf

from gansynth_tf.training.step import turns_of


@dataclasses.dataclass(frozen=True)
class StageCost:
    """What one batch costs in the networks of a stage.

    Operations are multiplications and additions of convolutions and matrix products. A pass backward through a network
    is two of them where its weights are trained, one to the weights and one to what is below, each as large as the
    pass forward; a penalty's slope is a pass forward and one to the data, both of which are then passed back.

    Args:
        generator_operations: Of one forward pass of the generator.
        discriminator_operations: Of one forward pass of the discriminator.
        tensor_bytes: All tensors of one forward pass of both networks.
    """

    generator_operations: int
    discriminator_operations: int
    tensor_bytes: int

    def step_operations(self, with_generator: bool, with_penalty: bool) -> int:
        """Returns the operations of one training step.

        Args:
            with_generator: Whether the generator is trained, too.
            with_penalty: Whether the penalty is computed.
        """
        # Fakes, then fakes and reals judged forward and backward.
        generator, discriminator = 1, 6
        if with_generator:
            # The discriminator passes the generator's gradient on, its own weights get none.
            generator, discriminator = generator + 3, discriminator + 2
        if with_penalty:
            discriminator += 6
        return generator * self.generator_operations + discriminator * self.discriminator_operations

    def mean_operations(self, turns: dict[tuple[bool, bool], float]) -> float:
        """Returns the operations of a step, the mean over `turns` of `shares_of_turns`."""
        return sum(share * self.step_operations(*turn) for turn, share in turns.items())


def shares_of_turns(discriminator_steps: int, penalty_interval: int) -> dict[tuple[bool, bool], float]:
    """Returns {(whether the generator is trained, whether the penalty is computed): share of the steps}.

    Args:
        discriminator_steps: The generator is trained on every so-many-th step.
        penalty_interval: The penalty is computed on every so-many-th step; 0 for never.
    """
    cycle = math.lcm(discriminator_steps, max(1, penalty_interval))
    counts = collections.Counter(turns_of(i, discriminator_steps, penalty_interval) for i in range(cycle))
    return {turn: count / cycle for turn, count in counts.items()}


def stage_costs(architecture, generator, discriminator, batch_size: int) -> list[StageCost]:
    """Returns what a batch costs at each stage, smallest first."""
    return [
        stage_cost(architecture, generator, discriminator, stage, batch_size)
        for stage in range(architecture.num_stages)
    ]


def stage_cost(architecture, generator, discriminator, stage: int, batch_size: int) -> StageCost:
    """Returns what a batch costs at `stage`.

    Args:
        architecture: Of the catalogue.
        generator: Made by it.
        discriminator: Made by it.
        stage: Index of the stage.
        batch_size: Images.
    """
    latents = tf.TensorSpec([batch_size, architecture.latent_size])
    labels = tf.TensorSpec([batch_size, sum(architecture.class_counts)])
    data = tf.TensorSpec([batch_size, *architecture.stage_shape(stage)])
    progress = tf.constant(float(stage))
    noise = {"noise": tf.zeros([architecture.judge_noise_size])} if architecture.judge_noise_size else {}

    def generated(z, y):
        return generator(z, y, progress=progress, stage=stage)

    def judged(x, y):
        return discriminator(x, y, progress=progress, stage=stage, **noise)

    generating, judging = _traced(generated, latents, labels), _traced(judged, data, labels)
    tensor_bytes = _tensor_bytes(generating) + _tensor_bytes(judging)
    return StageCost(_operations(generating), _operations(judging), tensor_bytes)


def _traced(function, *signature: tf.TensorSpec) -> list[tf.Operation]:
    return tf.function(function).get_concrete_function(*signature).graph.get_operations()


def _operations(traced: list[tf.Operation]) -> int:
    """Returns the multiplications and additions of convolutions, along one axis or two, and of matrix products."""
    total = 0
    for operation in traced:
        if operation.type == "Conv2D":
            # Each output looks at a kernel: [frames, bins, channels, filters].
            total += 2 * math.prod(operation.outputs[0].shape) * math.prod(operation.inputs[1].shape[:-1])
        elif operation.type == "Conv2DBackpropInput":
            # A transposed convolution: each input is spread over a kernel [frames, bins, filters, channels].
            total += 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.inputs[1].shape[:-1])
        elif operation.type in ("MatMul", "BatchMatMulV2", "Einsum"):
            # Of a product [b, c] x [c, k] the three sizes multiply to (b c k) squared.
            sizes = [math.prod(tensor.shape) for tensor in (*operation.inputs, operation.outputs[0])]
            total += 2 * math.isqrt(math.prod(sizes))
    return total


def _tensor_bytes(traced: list[tf.Operation]) -> int:
    """Returns the bytes of all images and feature maps."""
    tensors = [
        tensor
        for operation in traced
        if operation.type not in ("Const", "Identity", "ReadVariableOp")
        for tensor in operation.outputs
        if tensor.dtype.is_floating and tensor.shape.rank == 4
    ]
    return sum(math.prod(tensor.shape) * tensor.dtype.size for tensor in tensors)
