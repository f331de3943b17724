"""Builds the cache of `counted_clips` as a program of its own, that tests may kill.

PYTHONPATH=. python tests/data/build_counted_clips.py CACHE_DIR LOG NUM_CLIPS NUM_WORKERS
"""

import sys

from counted_clips import CountedClips, PlusHalf

from gansynth_tf.data import cache_shards
from gansynth_tf.data.clip_cache import cached_clips


def main():
    """Builds; progress goes to stdout."""
    cache_dir, log, num_clips, num_workers = sys.argv[1:]
    # In this process; the others keep their sizes.
    cache_shards._CLIPS_A_SHARD = 32
    cached_clips(
        CountedClips(int(num_clips), log=log, seconds=0.01),
        "train",
        PlusHalf(),
        cache_dir,
        '["plus", {"half": 0.5}]',
        int(num_workers),
        announce=lambda line: print(line, flush=True),
        progress=lambda done, total: print(done, flush=True),
    )


if __name__ == "__main__":
    main()
