"""What takes data to the range of the networks and back, at every size that networks work at."""

import numpy as np
import tensorflow as tf


class DataRange:
    """The affine map between data and about [-1, 1], for each channel or for each bin.

    Data with fewer bins than there are constants are means over the bins that were joined: their middle is the mean of
    the middles, -offset / scale, and their reach the mean of the reaches, 1 / scale. Then the joined data of the full
    range are the range of the joined data. (The mean of the scales would follow the quietest of the joined bins.)

    Args:
        scale: [channels] or [bins][channels] factor from data to [-1, 1].
        offset: Of the same shape, added after the factor.
        num_bins: Bins of the full data.

    Attributes:
        scale, offset: The arguments as nested tuples of floats.
        per_bin: Whether each bin has its own constants.
        num_channels: Channels of the data.

    Raises:
        ValueError: If the shapes do not fit, or a scale is 0 or not finite.
    """

    def __init__(self, scale, offset, num_bins):
        scale, offset = np.asarray(scale, np.float64), np.asarray(offset, np.float64)
        self.per_bin = scale.ndim == 2
        shape_fits = scale.shape == offset.shape and scale.ndim in (1, 2)
        if not shape_fits or (self.per_bin and len(scale) != num_bins):
            raise ValueError(
                f"`scale` and `offset` must be [channels], or [bins, channels] with the {num_bins} bins of the data. "
                f"Received shapes: {list(scale.shape)}, {list(offset.shape)}."
            )
        if not np.all(np.isfinite(scale) & (scale != 0) & np.isfinite(offset)):
            raise ValueError("`scale` and `offset` must be finite, and no scale 0. Fit them to other data.")
        self.num_channels = scale.shape[-1]
        self._scale, self._offset = scale, offset
        self.scale, self.offset = _nested_tuple(scale.tolist()), _nested_tuple(offset.tolist())

    def normalized(self, data):
        """Returns `data` [batch, frames, bins, channels] of any size in about [-1, 1], not clipped."""
        scale, offset = self._constants(data.shape[2])
        return data * tf.constant(scale, data.dtype) + tf.constant(offset, data.dtype)

    def denormalized(self, values):
        """Returns `values` [batch, frames, bins, channels] of any size in the data's range."""
        scale, offset = self._constants(values.shape[2])
        return (values - tf.constant(offset, values.dtype)) / tf.constant(scale, values.dtype)

    def _constants(self, num_bins):
        """Returns (scale, offset) for data of `num_bins` bins, [channels] or [num_bins, channels] float64."""
        if not self.per_bin or num_bins == len(self._scale):
            return self._scale, self._offset
        joined = [num_bins, len(self._scale) // num_bins, self.num_channels]
        reaches = (1.0 / self._scale).reshape(joined).mean(axis=1)
        middles = (-self._offset / self._scale).reshape(joined).mean(axis=1)
        return 1.0 / reaches, -middles / reaches


def _nested_tuple(values):
    """Returns lists in lists as tuples in tuples."""
    return tuple(map(_nested_tuple, values)) if isinstance(values, list) else values
