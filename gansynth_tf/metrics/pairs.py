"""Squared Euclidean distances of all pairs of two sets: by matrix products, and exact where the last digits matter.

|x|^2 + |y|^2 - 2 x.y is twenty times as fast as sums of squared differences, but it is off by a rounding error of the
squares: copies are not at 0, and ties are broken by chance. The error has a bound, here the slack. Callers compare with
it, and ask for the exact distance of the few pairs whose answer it could change. Products in single precision take half
the time and leave more pairs to ask for.
"""

from collections.abc import Iterator

import numpy as np

# Values of one block of distances: 16 MB. Blocks of features are up to eight times as large.
BLOCK_VALUES = 2_000_000
_BLOCK_BYTES_A_VALUE = 64
_PAIR_VALUES = 100_000
# Features whose products are summed in single precision, before the sums are added up in double precision.
_SINGLE_FEATURES = 1024
# Squared norms above this could overflow in single precision.
_MOST_SINGLE = 1e37


def squares_of_pairs(rows, columns, row_numbers, column_numbers) -> np.ndarray:
    """Returns the squared distances of chosen pairs from their differences: exactly 0 for copies.

    Args:
        rows: [num_rows, num_features].
        columns: [num_columns, num_features].
        row_numbers: [num_pairs] indices into `rows`.
        column_numbers: [num_pairs] indices into `columns`.

    Returns:
        [num_pairs] float64; that of a pair is the same to the last digit, whatever pairs stand beside it.
    """
    squares = np.empty(len(row_numbers))
    step = max(1, _PAIR_VALUES // rows.shape[1])
    for start in range(0, len(squares), step):
        part = slice(start, start + step)
        differences = rows[row_numbers[part]].astype(np.float64)
        differences -= columns[column_numbers[part]]
        if len(differences) == 1:
            # A long row that is alone would be added up in another order than beside others.
            differences = np.repeat(differences, 2, axis=0)
        squares[part] = np.einsum("ij,ij->i", differences, differences)[: len(squares[part])]
    return squares


def square_blocks(
    rows, columns, dtype: type = np.float64
) -> Iterator[tuple[slice, slice, np.ndarray, np.ndarray]]:
    """Yields squared distances block by block, with how far each row of them can be off.

    Args:
        rows: [num_rows, num_features], float of any precision, also on disk.
        columns: [num_columns, num_features].
        dtype: Of the products: np.float64, or np.float32 where rows and columns have that, too.

    Yields:
        Slices of the rows and of the columns, squared distances [block_rows, block_columns] float64, and their slack
        [block_rows, 1]. All blocks of one slice of rows come after each other; an array is overwritten by nobody.

    Source: the bound of a dot product in any order: Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1.
    """
    # About a common origin norms, and errors with them, are small.
    origin = np.mean(min(columns, rows, key=len), axis=0, dtype=np.float64)
    most = max(1, _BLOCK_BYTES_A_VALUE * BLOCK_VALUES // (rows.shape[1] * np.dtype(dtype).itemsize))
    width = min(len(columns), most)
    height = max(1, min(BLOCK_VALUES // width, most))
    right = _centred(columns[:width], origin, dtype)
    for top in range(0, len(rows), height):
        some = slice(top, min(top + height, len(rows)))
        left = _centred(rows[some], origin, dtype)
        for start in range(0, len(columns), width):
            others = slice(start, min(start + width, len(columns)))
            if width < len(columns):
                right = _centred(columns[others], origin, dtype)
            if dtype == np.float32 and max(left[1].max(), right[1].max()) > _MOST_SINGLE:
                squares, slack = _squares(
                    _centred(rows[some], origin, np.float64), _centred(columns[others], origin, np.float64)
                )
            else:
                squares, slack = _squares(left, right)
            yield some, others, squares, slack[:, None]


def _centred(features, origin, dtype):
    """Returns features about the origin, and their squared norms in double precision."""
    with np.errstate(over="ignore"):
        centred = features - origin.astype(dtype)
    return centred, np.einsum("ij,ij->i", centred, centred, dtype=np.float64)


def _squares(left, right):
    """Returns squared distances [block_rows, block_columns] of what `_centred` gave, and their slack [block_rows]."""
    squares, bound, lost = _products(left[0], right[0])
    squares *= -2.0
    squares += left[1][:, None]
    squares += right[1]
    return squares, bound * np.square(np.sqrt(left[1]) + np.sqrt(right[1].max())) + lost


def _products(left, right):
    """Returns dot products in double precision, their relative error bound, and what tiny values may lose besides."""
    num_features = left.shape[1]
    if left.dtype == np.float64:
        return left @ right.T, (num_features + 8) * float(np.finfo(np.float64).eps), 0.0
    single = np.finfo(np.float32)
    products = np.zeros([len(left), len(right)])
    for start in range(0, num_features, _SINGLE_FEATURES):
        part = slice(start, start + _SINGLE_FEATURES)
        products += left[:, part] @ right[:, part].T
    num_summed = min(num_features, _SINGLE_FEATURES)
    return products, (num_summed + 8) * float(single.eps), 4.0 * num_features * float(single.tiny)
