"""Losses of one adversarial step: what the generator and the discriminator each minimise."""

from gansynth_tf.losses.labels import label_cross_entropy


class AdversarialLosses:
    """The losses of a generator and a discriminator at one stage, for each example.

    Args:
        generator: Called as generator(latents, labels, progress, stage=...).
        discriminator: Called as discriminator(data, labels, progress, stage=...), returns score and class logits; takes
            noise= too where the losses below are given some.
        loss: An adversarial loss of the catalogue.
        stage: Index of the stage; None is the last.
        pixels_per_value: Values of full-size data that one value of this stage stands for.
        generator_label_weight: Weight of the label loss of fakes, for the generator.
        discriminator_label_weight: Weight of the label loss of reals, for the discriminator.
        network_options: More arguments of both networks' calls, by network: {"generator": {}, "discriminator": {}}.
    """

    def __init__(
        self,
        generator,
        discriminator,
        loss,
        *,
        stage=None,
        pixels_per_value=1.0,
        generator_label_weight=1.0,
        discriminator_label_weight=1.0,
        network_options=None,
    ):
        self.generator = generator
        self.discriminator = discriminator
        self.loss = loss
        self.stage = stage
        self.pixels_per_value = pixels_per_value
        self.generator_label_weight = generator_label_weight
        self.discriminator_label_weight = discriminator_label_weight
        options = network_options or {}
        self._generator_options = options.get("generator", {})
        self._discriminator_options = options.get("discriminator", {})

    def generate(self, latents, labels, progress):
        """Returns fakes [batch, frames, bins, channels] of latents [batch, size] and one-hot labels."""
        return self.generator(latents, labels, progress, stage=self.stage, **self._generator_options)

    def judge(self, data, labels, progress, noise=None):
        """Returns score [batch, 1] and the list of class logits of `data`."""
        options = (
            self._discriminator_options if noise is None else self._discriminator_options | {"noise": noise}
        )
        return self.discriminator(data, labels, progress, stage=self.stage, **options)

    def generator_losses(self, latents, labels, progress, noise=None):
        """Returns the generator's loss [batch] and a dict of its parts, each [batch].

        Args:
            latents: [batch, latent_size] float32.
            labels: [batch, sum of classes] one-hot float32.
            progress: Scalar float32.
            noise: [judge_noise_size] float32 uniform in [0, 1) for the judging; None for none.
        """
        scores, class_logits = self.judge(self.generate(latents, labels, progress), labels, progress, noise)
        adversarial = self.loss.generator_loss(scores)
        label = label_cross_entropy(class_logits, labels)
        return adversarial + self.generator_label_weight * label, {
            "generator_loss": adversarial,
            "generator_label_loss": label,
        }

    def discriminator_losses(self, reals, real_labels, fakes, fake_labels, progress, noises=(None, None)):
        """Returns the discriminator's loss [batch] without its penalty, and a dict of its parts, each [batch].

        Args:
            reals: [batch, frames, bins, channels] float32.
            real_labels: [batch, sum of classes] one-hot float32; zeros where missing.
            fakes: The shape of `reals`; no gradient flows into them.
            fake_labels: [batch, sum of classes] one-hot float32.
            progress: Scalar float32.
            noises: Noise of the judging of fakes, and of that of reals; each as in `generator_losses`.
        """
        fake_scores, _ = self.judge(fakes, fake_labels, progress, noises[0])
        real_scores, class_logits = self.judge(reals, real_labels, progress, noises[1])
        adversarial = self.loss.discriminator_loss(real_scores, fake_scores)
        label = label_cross_entropy(class_logits, real_labels)
        return adversarial + self.discriminator_label_weight * label, {
            "discriminator_loss": adversarial,
            "discriminator_label_loss": label,
            "real_score": real_scores[:, 0],
            "fake_score": fake_scores[:, 0],
        }

    def penalties(self, reals, real_labels, fakes, mixing, progress, noise=None):
        """Returns the weighted penalty [batch] and the slopes [batch]; arguments as above, mixing [batch, 1, 1, 1]."""
        return self.loss.penalty(
            lambda data: self.judge(data, real_labels, progress, noise)[0],
            reals,
            fakes,
            mixing,
            self.pixels_per_value,
        )
