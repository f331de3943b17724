"""Evaluations while a run trains: the suite is called after so many images, by whoever knows it."""


class Evaluations:
    """Observer that has the newest save evaluated after each so many images; off by default.

    Saves come by the clock (save_minutes): the first one after each multiple is evaluated, and training waits for it.
    Results go into the folder evaluation of the run, as eval/evaluate.py writes them: one table and page of all
    checkpoints, gone on with each time. A mistake that shows only then is told, and training goes on.

    Args:
        evaluate: Takes the number of images of a save and these options, evaluates it, and returns what went wrong, ""
            for nothing.
        note: Takes a line of text for the user.
        every_images: Evaluate the first save after each so many images; 0 for never.
        classifier_dir: Folder of the classifier that listens, from eval/train_classifier.py; empty leaves out what
            needs one.
        protocol: What is measured, as eval/evaluate.py --protocol.
        num_samples: Clips of each set, instead of the protocol's number; 0 keeps that.
        num_splits: Sets of training clips that tell how much the numbers of real clips vary; 0 for none.

    Raises:
        ValueError: If a number is out of range.
    """

    how_to_run = frozenset({"every_images", "classifier_dir", "protocol", "num_samples", "num_splits"})

    def __init__(
        self,
        evaluate,
        note,
        *,
        every_images: int = 0,
        classifier_dir: str = "",
        protocol: str = "default",
        num_samples: int = 0,
        num_splits: int = 5,
    ):
        if min(every_images, num_samples, num_splits) < 0 or num_splits == 1:
            raise ValueError(
                "`every_images` and `num_samples` must not be negative, `num_splits` must be 0 or at least 2. "
                f"Received: {every_images}, {num_samples}, {num_splits}."
            )
        self._evaluate = evaluate
        self._note = note
        self.every_images = every_images
        self.classifier_dir = classifier_dir
        self.protocol = protocol
        self.num_samples = num_samples
        self.num_splits = num_splits
        self._last_images = 0

    def on_log(self, num_images, scalars):
        """Does nothing."""

    def on_preview(self, num_images, audio, rows, data):
        """Does nothing."""

    def on_save(self, num_images):
        """Has the save evaluated if it is the first after a multiple."""
        if not self.every_images:
            return
        is_due = num_images // self.every_images > self._last_images // self.every_images
        self._last_images = num_images
        if is_due:
            self._note(f"Evaluating the save of {num_images:,} images; training waits.")
            failure = self._evaluate(num_images, self)
            if failure:
                self._note(f"The evaluation failed, and training goes on: {failure}")

    def on_resume(self, num_images):
        """Counts from here."""
        self._last_images = num_images

    def close(self):
        """Does nothing."""
