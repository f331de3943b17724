"""The options of adversarial training, documented once."""

from typing import Literal


class AdversarialTraining:
    """How the networks are trained: rates, weights, averages, where data wait, how often a run saves and shows itself.

    Args:
        batch_size: Images of a step over all replicas; at least two a replica.
        generator_learning_rate: Adam's rate for the generator.
        discriminator_learning_rate: Adam's rate for the discriminator.
        discriminator_steps: The generator is trained on every so-many-th batch only, the discriminator on all; 5 for
            WaveGAN. Images count those that the discriminator has seen.
        adam_beta1: Adam's decay of the mean gradient.
        adam_beta2: Adam's decay of the mean squared gradient.
        generator_label_weight: Weight of the label loss of generated data, for the generator.
        discriminator_label_weight: Weight of the label loss of real data, for the discriminator.
        ema_half_life_images: Half-life, in images, of the averaged generator that users hear.
        ema_ramp_up: Share of the images so far that bounds the half-life, so that early averages are young; 0 for none.
        ema_decay: Constant decay a step of the generator instead of a half-life, 0.999 in the original; 0 for the
            half-life.
        normalization: Constants that take data to the networks' range: fitted to the training clips, or the original's
            for NSynth at its full size.
        normalization_clips: Training clips, drawn by the seed, that a fitted normalisation looks at; 0 for all. The
            paper says 100; what lies beyond their extremes may still fit, since these go to 0.8.
        init_from: Folder of another run, from whose weights a new run starts as far as they fit; empty for none. A run
            that goes on ignores it.
        precision: Arithmetic of the convolutions; "auto" takes bfloat16 where the processor has it.
        num_replicas: Replicas of the networks; 0 for all GPUs, or one on the CPU.
        save_minutes: Minutes from one save to the next.
        keep_saves: Number of newest saves kept.
        keep_images: Of older saves, the first after each so many images is kept too, so that eval/evaluate.py can
            follow the whole training; 0 for none.
        preview_minutes: Minutes from one set of sounds and pictures to the next; 0 for none.
        preview_clips: Clips drawn of each class for a preview and its alarm.
        accept_changed_data: Go on with a run although its training clips are others than before, of the same classes.
        log_seconds: Seconds from one line of the history to the next.
        cache_dir: Folder of the spectra of the clips; one that several runs name computes them once for all. Empty is
            the folder cache of the run.
        num_workers: Processes that compute spectra; 0 for one a thousand clips, as far as there are cores, and for one
            on two cores, which it keeps busy.

    Raises:
        ValueError: If a value is out of range.
    """

    how_to_run = frozenset(
        {
            "init_from",
            "precision",
            "num_replicas",
            "save_minutes",
            "keep_saves",
            "keep_images",
            "preview_minutes",
            "preview_clips",
            "log_seconds",
            "accept_changed_data",
            "cache_dir",
            "num_workers",
        }
    )

    def __init__(
        self,
        *,
        batch_size: int = 8,
        generator_learning_rate: float = 0.002,
        discriminator_learning_rate: float = 0.002,
        discriminator_steps: int = 1,
        adam_beta1: float = 0.0,
        adam_beta2: float = 0.99,
        generator_label_weight: float = 1.0,
        discriminator_label_weight: float = 1.0,
        ema_half_life_images: int = 5000,
        ema_ramp_up: float = 0.05,
        ema_decay: float = 0.0,
        normalization: Literal["fitted", "original"] = "fitted",
        normalization_clips: int = 0,
        init_from: str = "",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        num_replicas: int = 0,
        save_minutes: float = 5.0,
        keep_saves: int = 2,
        keep_images: int = 0,
        preview_minutes: float = 5.0,
        preview_clips: int = 8,
        log_seconds: float = 5.0,
        accept_changed_data: bool = False,
        cache_dir: str = "",
        num_workers: int = 0,
    ):
        self.batch_size = batch_size
        self.generator_learning_rate = generator_learning_rate
        self.discriminator_learning_rate = discriminator_learning_rate
        self.discriminator_steps = discriminator_steps
        self.adam_beta1 = adam_beta1
        self.adam_beta2 = adam_beta2
        self.generator_label_weight = generator_label_weight
        self.discriminator_label_weight = discriminator_label_weight
        self.ema_half_life_images = ema_half_life_images
        self.ema_ramp_up = ema_ramp_up
        self.ema_decay = ema_decay
        self.normalization = normalization
        self.normalization_clips = normalization_clips
        self.init_from = init_from
        self.precision = precision
        self.num_replicas = num_replicas
        self.save_minutes = save_minutes
        self.keep_saves = keep_saves
        self.keep_images = keep_images
        self.preview_minutes = preview_minutes
        self.preview_clips = preview_clips
        self.log_seconds = log_seconds
        self.accept_changed_data = accept_changed_data
        self.cache_dir = cache_dir
        self.num_workers = num_workers
        self._check()

    def _check(self):
        """Refuses values out of range."""
        at_least = {
            "batch_size": 2,
            "discriminator_steps": 1,
            "generator_label_weight": 0,
            "discriminator_label_weight": 0,
            "ema_half_life_images": 0,
            "ema_ramp_up": 0,
            "normalization_clips": 0,
            "num_replicas": 0,
            "save_minutes": 0,
            "keep_saves": 1,
            "keep_images": 0,
            "preview_minutes": 0,
            "preview_clips": 2,
            "log_seconds": 0,
            "num_workers": 0,
        }
        for name, bound in at_least.items():
            if getattr(self, name) < bound:
                raise ValueError(
                    f"`{name}` must be at least {bound}. Received: {name}={getattr(self, name)}."
                )
        for name in ("generator_learning_rate", "discriminator_learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={getattr(self, name)}.")
        for name in ("adam_beta1", "adam_beta2", "ema_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"`{name}` must lie in [0, 1). Received: {name}={getattr(self, name)}.")

    def check_replicas(self, num_replicas):
        """Raises ValueError if a replica would get fewer than two images or an uneven share of the batch."""
        if self.batch_size < 2 * num_replicas or self.batch_size % num_replicas:
            raise ValueError(
                f"`batch_size` is global and must be a multiple of the number of replicas, at least two for each, "
                f"since the minibatch deviation compares images. Received: batch_size={self.batch_size}, "
                f"replicas={num_replicas}."
            )
