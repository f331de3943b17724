"""The growth schedule: which resolution is trained after how many images."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of training in which one set of blocks works.

    Attributes:
        index: From 0 to 2 * num_stages - 2, as in the original: even is stable, odd is a fade.
        stage: Index of the resolution that is worked at; during a fade the one that is being faded in.
        fading: Whether the stage is being faded in.
        start_images: Images that training has seen at the start of the phase.
        end_images: Images that it has seen at the end; the phase holds start_images <= images < end_images.
    """

    index: int
    stage: int
    fading: bool
    start_images: int
    end_images: int


class GrowthSchedule:
    """Says for each count of images which stage trains and how far a fade has got.

    Stage 0 is the smallest resolution. Each stage trains alone, then the next one fades in while both train. All
    counts are of real images (clips) that training has seen, whatever the batch size.

    Args:
        num_stages: Number of resolutions of the architecture; 1 if it does not grow.
        stable_images: Images that each stage trains alone, smallest first; a single number counts for every stage.
        fade_images: Images during which a stage fades into the next, one number fewer than there are stages; a single
            number counts for every fade, 0 leaves the fade out.
        total_images: Images of the whole training: the last stage goes on until there. Less than the sum of the
            phases ends training early. 0 is the sum of the phases.

    Raises:
        ValueError: If a number is negative, there are too few or too many of them, or nothing would be trained.

    Source: The stage schedule of the original, magenta GANSynth, lib/train_util.py and lib/networks.py.
    """

    how_to_run = frozenset({"total_images"})

    def __init__(
        self,
        num_stages,
        *,
        stable_images: tuple[int, ...] = (8000, 16000, 35000, 65000),
        fade_images: tuple[int, ...] = (3000, 5000, 8000),
        total_images: int = 0,
    ):
        if num_stages < 1:
            raise ValueError(f"`num_stages` must be at least 1. Received: num_stages={num_stages}.")
        if num_stages == 1 and (len(stable_images) > 1 or len(fade_images) > 1):
            raise ValueError(
                "An architecture that does not grow takes one number of `stable_images`, those of the whole training, "
                "and 0 `fade_images`. "
                f"Received: stable_images={_text(stable_images)}, fade_images={_text(fade_images)}."
            )
        stable = _one_each("stable_images", stable_images, num_stages, f"stages: {num_stages}")
        fade = _one_each("fade_images", fade_images, num_stages - 1, f"fades between {num_stages} stages")
        if total_images < 0:
            raise ValueError(f"`total_images` must be at least 0. Received: total_images={total_images}.")
        planned = sum(stable) + sum(fade)
        if not total_images and not planned:
            raise ValueError(
                "`stable_images` and `total_images` are 0, so that nothing would be trained. "
                "Give `total_images` or some `stable_images`."
            )
        self.num_stages = num_stages
        self._stable, self._fade = stable, fade
        self.total_images = total_images or planned
        self._planned = _plan(stable, fade, self.total_images)

    def phase(self, num_images):
        """Returns the phase in which training goes on after `num_images` images; at the end, the last one.

        Raises:
            ValueError: If `num_images` is negative.
        """
        return self._capped(self._planned_phase(num_images))

    def progress(self, num_images):
        """Returns how far the growth has got: a number in [0, num_stages - 1].

        A whole number is a stage that trains alone; the fraction rises linearly during a fade into the next one.

        Raises:
            ValueError: If `num_images` is negative.
        """
        phase = self._planned_phase(num_images)
        if not phase.fading:
            return float(phase.stage)
        seen = min(num_images, phase.end_images) - phase.start_images
        return phase.stage - 1 + seen / (phase.end_images - phase.start_images)

    def phases(self):
        """Returns the phases that training passes through until `total_images`, a list in order."""
        return [self._capped(phase) for phase in self._planned if phase.start_images < self.total_images]

    def images_from(self, stage):
        """Returns (stable_images, fade_images) of this schedule without all that comes before `stage` trains alone."""
        return (0,) * stage + self._stable[stage:], (0,) * stage + self._fade[stage:]

    def _planned_phase(self, num_images):
        """Returns the phase of `num_images`, its end as planned and not cut at `total_images`."""
        if num_images < 0:
            raise ValueError(f"`num_images` must be at least 0. Received: num_images={num_images}.")
        return next((phase for phase in self._planned if num_images < phase.end_images), self._planned[-1])

    def _capped(self, phase):
        """Returns `phase` with an end of at most `total_images`."""
        if phase.start_images >= self.total_images:
            return phase
        return dataclasses.replace(phase, end_images=min(phase.end_images, self.total_images))


def _one_each(name, numbers, expected, of_what):
    """Returns `numbers` as a tuple of `expected` entries, a single one repeated."""
    numbers = tuple(numbers)
    if any(number < 0 for number in numbers):
        raise ValueError(f"`{name}` must be at least 0. Received: {name}={_text(numbers)}.")
    if len(numbers) == 1:
        return numbers * expected
    if len(numbers) != expected:
        raise ValueError(
            f"`{name}` needs 1 or {expected} numbers ({of_what}). "
            f"Received {len(numbers)}: {name}={_text(numbers)}."
        )
    return numbers


def _text(numbers):
    """Returns `numbers` as they are written in a flag."""
    return ",".join(map(str, numbers))


def _plan(stable, fade, total_images):
    """Returns the phases in order, the empty ones left out; the last stage goes on to `total_images`."""
    phases = []
    start = 0
    last = len(stable) - 1
    for stage, stable_length in enumerate(stable):
        if stage and fade[stage - 1]:
            phases.append(Phase(2 * stage - 1, stage, True, start, start + fade[stage - 1]))
            start += fade[stage - 1]
        end = start + stable_length
        if stage == last:
            phases.append(Phase(2 * stage, stage, False, start, max(end, total_images)))
        elif stable_length:
            phases.append(Phase(2 * stage, stage, False, start, end))
        start = end
    return phases
