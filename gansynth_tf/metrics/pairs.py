"""Squared Euclidean distances of all pairs of two sets: by matrix products, and exact where the last digits matter.

|x|^2 + |y|^2 - 2 x.y is twenty times as fast as sums of squared differences, but it is off by a rounding error of the
squares: copies are not at 0, and ties are broken by chance. The error has a bound, here the slack. Callers compare with
it, and ask for the exact distance of the few pairs whose answer it could change.
"""

from collections.abc import Iterator

import numpy as np

# Values of one block of distances: 16 MB. Blocks of features hold up to eight times as many.
BLOCK_VALUES = 2_000_000
_FEATURE_BLOCKS = 8
_PAIR_VALUES = 100_000
_EPSILON = float(np.finfo(np.float64).eps)


def squares_of_pairs(rows, columns, row_numbers, column_numbers) -> np.ndarray:
    """Returns the squared distances of chosen pairs from their differences: exactly 0 for copies.

    Args:
        rows: [num_rows, num_features].
        columns: [num_columns, num_features].
        row_numbers: [num_pairs] indices into `rows`.
        column_numbers: [num_pairs] indices into `columns`.

    Returns:
        [num_pairs] float64.
    """
    squares = np.empty(len(row_numbers))
    step = max(1, _PAIR_VALUES // rows.shape[1])
    for start in range(0, len(squares), step):
        part = slice(start, start + step)
        differences = rows[row_numbers[part]].astype(np.float64)
        differences -= columns[column_numbers[part]]
        squares[part] = np.einsum("ij,ij->i", differences, differences)
    return squares


def square_blocks(rows, columns) -> Iterator[tuple[slice, slice, np.ndarray, np.ndarray]]:
    """Yields squared distances block by block, with how far each row of them can be off.

    Args:
        rows: [num_rows, num_features], float of any precision, also on disk.
        columns: [num_columns, num_features].

    Yields:
        Slices of the rows and of the columns, squared distances [block_rows, block_columns] float64, and their slack
        [block_rows, 1]. All blocks of one slice of rows come after each other; an array is overwritten by nobody.

    Source: the bound of a dot product in any order: Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1.
    """
    num_features = rows.shape[1]
    # About a common origin norms, and errors with them, are small.
    origin = np.mean(columns, axis=0, dtype=np.float64)
    bound = (num_features + 8) * _EPSILON
    most = max(1, _FEATURE_BLOCKS * BLOCK_VALUES // num_features)
    width = min(len(columns), most)
    height = max(1, min(BLOCK_VALUES // width, most))
    right, right_squares = _centred(columns[:width], origin)
    for top in range(0, len(rows), height):
        some = slice(top, min(top + height, len(rows)))
        left, left_squares = _centred(rows[some], origin)
        for start in range(0, len(columns), width):
            others = slice(start, min(start + width, len(columns)))
            if width < len(columns):
                right, right_squares = _centred(columns[others], origin)
            squares = left @ right.T
            squares *= -2.0
            squares += left_squares[:, None]
            squares += right_squares
            slack = bound * np.square(np.sqrt(left_squares) + np.sqrt(right_squares.max()))
            yield some, others, squares, slack[:, None]


def _centred(features, origin):
    """Returns features about the origin in float64, and their squared norms."""
    centred = features - origin
    return centred, np.einsum("ij,ij->i", centred, centred)
