"""Everything that training changes: networks, averaged generator, optimisers, image count."""

import keras
import numpy as np


class TrainingState:
    """The changing part of a training, as arrays on demand.

    Variables and optimisers live in the strategy's scope. Adam starts afresh in every phase, as in the original.

    Args:
        architecture: Of the catalogue; makes the networks.
        strategy: tf.distribute strategy.
        options: AdversarialTraining.
    """

    def __init__(self, architecture, strategy, options):
        self.architecture = architecture
        self.strategy = strategy
        self.options = options
        self.num_images = 0
        self.progress = 0.0
        # Images that the averaged generator counts as seen before the first: those of a run that it was taken over
        # from, so that its ramp-up does not forget that run at once.
        self.average_head_start = 0
        self.phase_index = -1
        self.stage = -1
        self.generator_optimizer = None
        self.discriminator_optimizer = None
        with strategy.scope():
            self.generator = architecture.make_generator()
            self.discriminator = architecture.make_discriminator()
            # The same name and seed: the average starts at the generator's own first values.
            self.averaged_generator = architecture.make_generator()

    def enter_phase(self, index, stage):
        """Takes fresh optimisers for phase `index` at `stage`; returns whether the stage is a new one."""
        is_new_stage = stage != self.stage
        self.phase_index = index
        self.stage = stage
        if is_new_stage:
            options = self.options
            self.generator_optimizer = self._adam(options.generator_learning_rate, self.generator)
            self.discriminator_optimizer = self._adam(options.discriminator_learning_rate, self.discriminator)
        else:
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
                _forget(optimizer)
        return is_new_stage

    def _adam(self, learning_rate, network):
        """Returns an optimiser built for the variables of `network` that are in use."""
        with self.strategy.scope():
            adam = keras.optimizers.Adam(
                learning_rate, self.options.adam_beta1, self.options.adam_beta2, epsilon=1e-8
            )
            adam.build(network.stage_variables(self.stage))
        return adam

    def arrays(self):
        """Returns all variables as a dict of NumPy arrays, and the counters as a dict of numbers."""
        arrays = {}
        for prefix, network in self._networks():
            arrays |= {
                f"{prefix}/{variable.path}": _numpy(variable) for variable in network.trainable_variables
            }
        for prefix, optimizer in self._optimizers():
            arrays |= {f"{prefix}/{i:03d}": _numpy(v) for i, v in enumerate(_slots(optimizer))}
        counters = ("num_images", "progress", "phase_index", "stage", "average_head_start")
        return arrays, {name: getattr(self, name) for name in counters}

    def restore(self, arrays, counters):
        """Takes over what `arrays` returned.

        Raises:
            ValueError: If an array is missing or has another shape.
        """
        if counters["stage"] >= 0:  # Otherwise it was saved before the first step, without optimisers.
            self.enter_phase(counters["phase_index"], counters["stage"])
        self.num_images = counters["num_images"]
        self.progress = counters["progress"]
        self.average_head_start = counters.get("average_head_start", 0)  # Absent from older saves.
        self.take_weights(arrays)
        for prefix, optimizer in self._optimizers():
            for i, variable in enumerate(_slots(optimizer)):
                _assign(variable, arrays, f"{prefix}/{i:03d}")

    def take_weights(self, arrays):
        """Takes over the networks' variables of what `arrays` returned, and nothing else.

        Raises:
            ValueError: If an array is missing or has another shape.
        """
        for prefix, network in self._networks():
            for variable in network.trainable_variables:
                _assign(variable, arrays, f"{prefix}/{variable.path}")

    def _networks(self):
        """Returns the networks with the prefixes of their arrays."""
        return (
            ("generator", self.generator),
            ("discriminator", self.discriminator),
            ("ema", self.averaged_generator),
        )

    def _optimizers(self):
        """Returns the optimisers with the prefixes of their arrays; none before the first phase."""
        if self.generator_optimizer is None:
            return ()
        return (
            ("generator_optimizer", self.generator_optimizer),
            ("discriminator_optimizer", self.discriminator_optimizer),
        )


def _slots(optimizer):
    """Returns the optimiser's changing variables: all but the learning rate, which is an option."""
    return [variable for variable in optimizer.variables if not variable.path.endswith("learning_rate")]


def _forget(optimizer):
    """Sets the optimiser back to its first step."""
    for variable in _slots(optimizer):
        variable.assign(np.zeros(variable.shape, variable.dtype))


def _numpy(variable):
    """Returns the value of a Keras variable, mirrored or not."""
    return np.array(variable.numpy())


def _assign(variable, arrays, name):
    """Assigns `arrays[name]` to `variable`, or says what does not fit."""
    if name not in arrays or arrays[name].shape != tuple(variable.shape):
        found = f"shape {arrays[name].shape}" if name in arrays else "nothing"
        raise ValueError(f"The save should hold {name} of shape {tuple(variable.shape)}; it holds {found}.")
    variable.assign(arrays[name])
