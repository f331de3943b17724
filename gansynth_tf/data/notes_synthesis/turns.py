"""Whose turn it is: classes that are balanced, and independent of one another."""

import numpy as np

# A deck holds each choice equally often, and this many cards at least, so that few decks are shuffled.
DECK_SIZE = 60


def turns(num_turns, num_choices, seeds):
    """Returns int32 [num_turns]: choices dealt from shuffled decks, so that each is as often as any other.

    Turn n depends on n and the seeds alone, not on how many there are. Decks of different seeds know nothing of each
    other: two of them are balanced and independent.

    Args:
        num_turns: How many.
        num_choices: Of how many.
        seeds: Integers that shuffle these decks.
    """
    deck = np.tile(np.arange(num_choices, dtype=np.int32), -(-DECK_SIZE // num_choices))
    num_decks = -(-num_turns // len(deck))
    decks = [np.random.default_rng([*seeds, number]).permutation(deck) for number in range(num_decks)]
    return np.concatenate([deck[:0], *decks])[:num_turns]
