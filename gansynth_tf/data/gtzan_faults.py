"""GTZAN's repetitions that are known by their numbers.

Source: Bob L. Sturm, "The GTZAN dataset: its contents, its faults, their effects on evaluation, and its future use",
arXiv:1306.1461, 2013, as public programs quote the numbers: two that agree on all of those within a genre, and two on
the pair in two genres. The table itself was not at hand, nor the recordings; but Sturm, "An analysis of the GTZAN music
genre dataset", ACM MIRUM 2012, counts 50 exact replicas, one of them in two classes, which is what these come to.
"""

_EXACT = {
    "disco": ((50, 51, 70), (55, 60, 89), (71, 74), (98, 99)),
    "hiphop": ((39, 45), (76, 78)),
    "jazz": (
        ((33, 51), (34, 53), (35, 55), (36, 58), (37, 60), (38, 62), (39, 65))
        + ((40, 67), (42, 68), (43, 69), (44, 70), (45, 71), (46, 72))
    ),
    "metal": ((4, 13), (34, 94), (40, 61), (41, 62), (42, 63), (43, 64), (44, 65), (45, 66)),
    "pop": ((15, 22), (30, 31), (45, 46), (47, 80), (52, 57), (54, 60), (56, 59), (67, 71), (87, 90)),
    "reggae": (
        ((3, 54), (5, 56), (8, 57), (10, 60), (13, 58), (41, 69), (73, 74)) + ((80, 81, 82), (75, 91, 92))
    ),
}

REPETITIONS: tuple[tuple[str, ...], ...] = tuple(
    tuple(f"{genre}.{number:05d}" for number in numbers)
    for genre, groups in _EXACT.items()
    for numbers in groups
)
"""Groups of excerpts that are the same, as ("hiphop.00039", "hiphop.00045")."""

IN_TWO_GENRES = ("metal.00058", "rock.00016")
"""One excerpt under two genres, so that its label is wrong at least once."""
