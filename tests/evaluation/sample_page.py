"""A page with every part, of synthesised clips and made-up numbers, with names as unkind as users' are."""

import math

import numpy as np

from gansynth_tf.audio import files
from gansynth_tf.evaluation.page.thumbnails import save_thumbnail
from gansynth_tf.evaluation.suite.rows import Row

SAMPLE_RATE = 8000
STEPS = (25_000, 50_000, 100_000, 150_000, 200_000)
ODD_CLASSES = (
    "funk",
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "música & 鋼琴 🎹",
    "a very long name of a class that no column is wide enough for",
    "\u202ereversed\x00",
)
PITCHES = tuple(str(pitch) for pitch in range(24, 85))
CURVES = {
    # Metric: first value, what it tends to, real clips, half an interval in shares of it.
    "inception_score": (1.5, 7.1, 9.2, 0.05),
    "accuracy/genre": (0.17, 0.84, 0.96, 0.03),
    "accuracy/pitch": (0.02, 0.61, 0.95, 0.03),
    "frechet_distance": (1420.0, 31.0, 4.2, 0.08),
    "frechet_infinity": (1390.0, 24.0, 0.4, 0.2),
    "kernel_distance": (3.1, 0.06, 0.0011, 0.3),
    "different_bins": (48.0, 19.0, 3.0, 0.1),
    "precision": (0.02, 0.71, 0.88, 0.05),
    "coverage": (0.01, 0.52, 0.91, 0.05),
    "distance_self": (4.0, 18.2, 21.5, 0.04),
    "within_class_distance": (2.2, 14.9, 17.5, 0.05),
}


def sample_data(folder):
    """Returns the data of a page, whose clips it writes into a folder."""
    clips = [_clip(folder, number) for number in range(6)]
    names = list(ODD_CLASSES)
    return {
        "title": "Evaluation of runs/genre <1.024 s>",
        "warnings": [
            "Only 812 held-out clips: all numbers are of 812 clips (small_reference).",
            "3 generated clips are nearer to a training clip than any real clip is: see <Nearest training clips>.",
        ],
        "facts": [
            ["run", "runs/genre"],
            ["data set", "audio_folder of 3,120 clips, 1.024 s at 16,000 Hz, mono"],
            [
                "classifier",
                "small, 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, 97.6 % held-out",
            ],
            ["seed", 0],
        ],
        "notes": ["Numbers of other classifiers are in other units."],
        "rows": sample_rows(),
        "checkpoints": list(STEPS),
        "published": _published(),
        "confusions": {
            "genre": {"classes": names, "counts": _counts(len(names), 0.8)},
            "pitch": {"classes": list(PITCHES), "counts": _counts(len(PITCHES), 0.6)},
        },
        "per_class": {
            "accuracy/pitch": {
                f"pitch={name}": 0.5 + 0.4 * math.sin(place / 9) for place, name in enumerate(PITCHES)
            },
            "within_class_distance": {
                f"genre={name}": 12.0 + 3 * place for place, name in enumerate(names[:-1])
            }
            | {f"genre={names[-1]}": None},
        },
        "bins": _bins(),
        "neighbours": [
            {"generated": clips[place], "training": clips[(place + 1) % 6], "distance": 9.0 - place}
            for place in range(6)
        ]
        + [
            {
                "generated": clips[0],
                "training": {"wav": "media/gone.wav", "caption": "gone"},
                "distance": None,
            }
        ],
        "examples": [{"class": name, "best": clips[:3], "worst": clips[3:]} for name in names],
    }


def sample_rows():
    """Returns the rows of a sweep: five checkpoints, real clips, one metric that could not be computed."""
    rows = []
    sizes = {"num_samples": 812, "num_reference": 812, "features": "classifier:features/pooled"}
    for place, step in enumerate(STEPS):
        left = math.exp(-1.4 * place)
        for metric, (first, last, _, share) in CURVES.items():
            value = last + (first - last) * left
            half = share * value
            ends = {
                "ci_low": value - half,
                "ci_high": value + half,
                "interval": "bootstrap, 1,000 replicates",
            }
            rows.append(Row("runs/genre", step, "model", metric, value=value, **ends, **sizes))
        rows.append(
            Row(
                "runs/genre",
                step,
                "model",
                "split_inception_score",
                status="fewer than 1,000 clips",
                splits=10,
            )
        )
        rows.append(Row("runs/genre", step, "model", "a_metric_nobody_knows/<b>", value=1e-7 * (place + 1)))
    for metric, (_, _, real, share) in CURVES.items():
        rows.append(Row("real clips", None, "floor", metric, value=real, **sizes))
        ends = {"ci_low": real * (1 - share), "ci_high": real * (1 + share)}
        rows.append(Row("real clips", None, "spread", metric, value=real, **ends, **sizes))
    for place, name in enumerate(ODD_CLASSES):
        value = 0.95 - 0.1 * place
        ends = {"ci_low": value - 0.05, "ci_high": min(1.0, value + 0.04)}
        rows.append(Row("runs/genre", STEPS[-1], "model", "accuracy/genre", f"genre={name}", value, **ends))
    rows.append(
        Row(
            "runs/genre",
            STEPS[-1],
            "timing",
            "real_time_factor",
            value=0.031,
            features="2 cores, batch 8, float32",
        )
    )
    return [row.__dict__ for row in rows]


def _published():
    table = (
        ("Real data", 47.1, 13.0, 98.2),
        ("IF-Mel + H", 38.1, 167.0, 97.9),
        ("WaveGAN", 13.7, 461.0, 82.7),
    )
    notes = (
        "pitch classifier over 61 pitches",
        "first batch only, perhaps",
        "a semitone off may count as right",
    )
    metrics = ("inception_score", "frechet_distance", "accuracy/pitch")
    return [
        {"name": name, "metric": metric, "value": value, "note": note, "source": "Engel et al. 2019, table 1"}
        for name, *values in table
        for metric, value, note in zip(metrics, values, notes, strict=True)
    ] + [
        {
            "name": "Same protocol",
            "metric": "inception_score",
            "value": "5.1±0.2",
            "note": "",
            "source": "a paper",
        }
    ]


def _counts(num_classes, share):
    rng = np.random.default_rng(num_classes)
    rows = []
    for place in range(num_classes):
        wanted = np.full(num_classes, (1 - share) / num_classes)
        wanted[place] += 0.7 * share
        wanted[(place + 1) % num_classes] += 0.3 * share
        rows.append(rng.multinomial(40, wanted / wanted.sum()).tolist())
    return rows


def _bins():
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(50, 2.0))
    model = rng.multinomial(812, rng.dirichlet(400 * shares)).tolist()
    train = (5000 * shares).astype(int).tolist()
    return {
        "train": train,
        "model": model,
        "different": [abs(a / 5000 - b / 812) > 0.012 for a, b in zip(train, model, strict=True)],
    }


def _clip(folder, number):
    """Returns a decaying tone with overtones, another one for each number."""
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    f0_hz = 110.0 * 2 ** (number / 3)
    tones = sum(np.sin(2 * np.pi * f0_hz * k * seconds) / k for k in range(1, 5))
    noise = 0.05 * np.random.default_rng(number).standard_normal(len(seconds))
    audio = 0.3 * (tones + noise) * np.exp(-(2 + number) * seconds)
    # A name that an address must not hold as it is.
    stem = f"media/clip {number} #&?"
    (folder / "media").mkdir(exist_ok=True)
    files.write(folder / f"{stem}.wav", audio, SAMPLE_RATE)
    save_thumbnail(folder / f"{stem}.png", audio, SAMPLE_RATE)
    caption = f"asked for pitch {45 + 4 * number}, heard as asked with 0.9{number}"
    return {"wav": f"{stem}.wav", "picture": f"{stem}.png", "caption": caption}
