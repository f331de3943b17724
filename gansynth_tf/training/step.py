"""One compiled training step: generator and its average, if it is their turn, and discriminator."""

import tensorflow as tf

from gansynth_tf.layers.one_hot import one_hot
from gansynth_tf.training import draws
from gansynth_tf.training.adversarial import AdversarialLosses


def turns_of(index, discriminator_steps, penalty_interval):
    """Returns (whether the generator is trained, whether the penalty is computed) in step number `index`.

    Args:
        index: From 0.
        discriminator_steps: The generator is trained on every so-many-th step.
        penalty_interval: The penalty is computed on every so-many-th step; 0 for never.
    """
    return index % discriminator_steps == 0, penalty_interval > 0 and index % penalty_interval == 0


class TrainingStep:
    """The compiled step of one stage. Losses are sums over the global batch, divided by its size.

    Args:
        state: TrainingState that has entered a phase of the stage.
        loss: Adversarial loss of the catalogue.
        seed: Seed of all draws.
    """

    def __init__(self, state, loss, *, seed):
        self._state = state
        self._options = state.options
        self._seed = seed
        self._architecture = state.architecture
        self._stage = state.stage
        self._penalty_interval = loss.penalty_interval
        full, own = self._architecture.data_shape, self._architecture.stage_shape(self._stage)
        self._losses = AdversarialLosses(
            state.generator,
            state.discriminator,
            loss,
            stage=self._stage,
            pixels_per_value=(full[0] * full[1]) / (own[0] * own[1]),
            generator_label_weight=self._options.generator_label_weight,
            discriminator_label_weight=self._options.discriminator_label_weight,
        )
        self._generator_variables = state.generator.stage_variables(self._stage)
        self._discriminator_variables = state.discriminator.stage_variables(self._stage)
        self._averaged_variables = state.averaged_generator.stage_variables(self._stage)
        self._compiled = tf.function(self._distributed_step)

    def __call__(self, reals, real_rows, fake_rows, num_images, progress):
        """Trains on one batch.

        Args:
            reals: [batch_size, frames, bins, channels] float32, full-size data.
            real_rows: [batch_size, labels] int32.
            fake_rows: [2, batch_size, labels] int32, for the generator's and for the discriminator's fakes.
            num_images: Image count before this batch, int.
            progress: Progress of growth, float.

        Returns:
            Dict of float scalars, means over the batch; without those of the generator or of the penalty where it was
            not their turn.
        """
        index = num_images // self._options.batch_size
        turns = turns_of(index, self._options.discriminator_steps, self._penalty_interval)
        batches = self._spread([reals, real_rows, fake_rows[0], fake_rows[1]])
        count = tf.constant(num_images, tf.int64)
        results = self._compiled(*batches, count, tf.constant(progress, tf.float32), turns)
        return {name: float(value) for name, value in results.items()}

    @property
    def num_traces(self):
        """How often the step was traced; a call that traces takes seconds."""
        return self._compiled.experimental_get_tracing_count()

    def _spread(self, values):
        """Returns each global batch split over the replicas."""
        num_replicas = self._state.strategy.num_replicas_in_sync
        if num_replicas == 1:
            return [tf.convert_to_tensor(value) for value in values]
        share = self._options.batch_size // num_replicas

        def of_replica(value):
            return lambda context: tf.convert_to_tensor(
                value[context.replica_id_in_sync_group * share :][:share]
            )

        return [
            self._state.strategy.experimental_distribute_values_from_function(of_replica(v)) for v in values
        ]

    def _distributed_step(
        self, reals, real_rows, generator_rows, discriminator_rows, num_images, progress, turns
    ):
        """Runs the step on all replicas and averages the generator."""
        strategy = self._state.strategy
        arguments = (reals, real_rows, generator_rows, discriminator_rows, num_images, progress, turns)
        results = strategy.run(self._replica_step, args=arguments)
        with_generator, _ = turns
        if with_generator:
            decay = self._decay(num_images)
            for average, variable in zip(self._averaged_variables, self._generator_variables, strict=True):
                average.assign(average + (1.0 - decay) * (variable - average))
        return {name: strategy.reduce("SUM", value, axis=None) for name, value in results.items()}

    def _decay(self, num_images):
        """Returns the decay of the averaged generator at this image count."""
        options = self._options
        if options.ema_decay:
            return tf.constant(options.ema_decay)
        half_life = tf.constant(float(options.ema_half_life_images))
        images = tf.cast(num_images + options.batch_size + self._state.average_head_start, tf.float32)
        if options.ema_ramp_up:
            half_life = tf.minimum(half_life, options.ema_ramp_up * images)
        # The average moves with the generator only, once in so many images.
        interval_images = options.batch_size * options.discriminator_steps
        return 0.5 ** (interval_images / tf.maximum(half_life, 1e-6))

    def _replica_step(
        self, reals, real_rows, generator_rows, discriminator_rows, num_images, progress, turns
    ):
        """Trains both networks on this replica's share; returns its share of each mean.

        The order matters for what a seed means: the generator first, against the discriminator of the batch before.
        """
        with_generator, with_penalty = turns
        reals = self._architecture.stage_data(reals, self._stage, progress)
        noise, *noises = self._judge_noises(num_images)
        parts = {}
        if with_generator:
            parts = self._train_generator(self._one_hot(generator_rows), num_images, progress, noise)
        fakes_labels = self._one_hot(discriminator_rows)
        parts |= self._train_discriminator(
            reals, self._one_hot(real_rows), fakes_labels, num_images, progress, noises, with_penalty
        )
        return {name: self._mean(value) for name, value in parts.items()}

    def _train_generator(self, labels, num_images, progress, noise):
        """One generator update; returns the parts of its loss."""
        latents = self._latents(num_images, draws.GENERATOR_LATENTS)
        variables = [variable.value for variable in self._generator_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            losses, parts = self._losses.generator_losses(latents, labels, progress, noise)
            loss = self._mean(losses)
        self._state.generator_optimizer.apply(tape.gradient(loss, variables), self._generator_variables)
        return parts

    def _train_discriminator(
        self, reals, real_labels, fake_labels, num_images, progress, noises, with_penalty
    ):
        """One discriminator update, `noises` for fakes, reals and interpolates; returns the parts of its loss."""
        latents = self._latents(num_images, draws.DISCRIMINATOR_LATENTS)
        fakes = tf.stop_gradient(self._losses.generate(latents, fake_labels, progress))
        variables = [variable.value for variable in self._discriminator_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            losses, parts = self._losses.discriminator_losses(
                reals, real_labels, fakes, fake_labels, progress, noises[:2]
            )
            if with_penalty:
                shape = [self._options.batch_size, 1, 1, 1]
                mixing = self._slice(draws.uniform(shape, self._seed, num_images, draws.MIXING))
                penalties, slopes = self._losses.penalties(
                    reals, real_labels, fakes, mixing, progress, noises[2]
                )
                parts |= {"penalty": penalties, "slope": slopes}
                losses += self._penalty_interval * penalties
            loss = self._mean(losses)
        self._state.discriminator_optimizer.apply(
            tape.gradient(loss, variables), self._discriminator_variables
        )
        return parts

    def _latents(self, num_images, stream):
        """Returns this replica's share of the global batch of latents, so that replicas do not change a draw."""
        shape = [self._options.batch_size, self._architecture.latent_size]
        return self._slice(draws.normal(shape, self._seed, num_images, stream))

    def _judge_noises(self, num_images):
        """Returns the noise of each of the four judgings of a step, the same on all replicas; None for none.

        They are that of fakes for the generator, then those of fakes, reals and interpolates for the discriminator.
        """
        size = self._architecture.judge_noise_size
        if not size:
            return [None] * 4
        return tf.unstack(draws.uniform([4, size], self._seed, num_images, draws.JUDGE_NOISE))

    def _slice(self, values):
        """Returns this replica's share of a global batch of draws."""
        if self._state.strategy.num_replicas_in_sync == 1:
            return values
        context = tf.distribute.get_replica_context()
        share = self._options.batch_size // context.num_replicas_in_sync
        first = tf.cast(context.replica_id_in_sync_group, tf.int32) * share
        return values[first : first + share]

    def _mean(self, values):
        """Returns this replica's part of the global mean of `values` [batch]."""
        return tf.reduce_sum(values) / self._options.batch_size

    def _one_hot(self, rows):
        """Returns the labels of `rows` [batch, labels] as the networks read them."""
        return one_hot(rows, self._architecture.class_counts)
