"""What a trained classifier makes of clips: logits of every label, and features."""

from typing import Any

import numpy as np

from gansynth_tf.evaluation.features.space import Space


class ClassifierSpace(Space):
    """Logits [batch, classes] of each label as `logits/<label>`, and `features/<layer>` [batch, width].

    Logits are as the network gives them; a temperature that was fitted to them stands beside the weights.

    Args:
        classifier: Trained, of any kind in `models.classifiers`.
    """

    key = "classifier"

    def __init__(self, classifier):
        super().__init__(classifier.sample_rate, classifier.length_samples)
        self.classifier = classifier

    def facts(self) -> dict[str, Any]:
        """Returns the kind of network, its options, labels and the hash of its weights."""
        classifier = self.classifier
        return {
            "kind": classifier.kind,
            "weights_hash": classifier.weights_hash,
            "labels": {name: list(classes) for name, classes in classifier.labels.items()},
            "options": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in classifier.options.items()
            },
            "layers": list(classifier.layer_names),
        }

    @property
    def names(self) -> tuple[str, ...]:
        """`logits/<label>` of all labels, then `features/<layer>` of all layers."""
        logits = tuple(f"logits/{name}" for name in self.classifier.labels)
        return logits + tuple(f"features/{name}" for name in self.classifier.layer_names)

    def of(self, audio) -> dict[str, np.ndarray]:
        """Returns logits and features of clips [batch, length_samples] at the classifier's sample rate.

        Raises:
            ValueError: If the clips have another length than the classifier hears, or are not finite.
        """
        logits, features = self.classifier.heard(audio)
        return {f"logits/{name}": values for name, values in logits.items()} | {
            f"features/{name}": values for name, values in features.items()
        }
