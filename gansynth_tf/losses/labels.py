"""The loss of the auxiliary classifier heads."""

import tensorflow as tf


def label_cross_entropy(class_logits, one_hot_labels):
    """Returns the softmax cross entropy of each example, summed over labels.

    Args:
        class_logits: List of [batch, classes] float32, one for each label.
        one_hot_labels: [batch, sum of classes] float32; all zeros where a label is missing.

    Returns:
        [batch] float32. A missing label adds 0: it is masked, never guessed.

    Source: Odena et al., Conditional Image Synthesis with Auxiliary Classifier GANs, ICML 2017.
    """
    if not class_logits:
        return tf.zeros([tf.shape(one_hot_labels)[0]])
    targets = tf.split(
        tf.stop_gradient(one_hot_labels), [logits.shape[-1] for logits in class_logits], axis=1
    )
    # An all-zero row of targets has cross entropy 0 by the formula itself.
    entropies = [
        -tf.reduce_sum(t * tf.nn.log_softmax(c), axis=1) for t, c in zip(targets, class_logits, strict=True)
    ]
    return tf.add_n(entropies)
