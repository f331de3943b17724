"""What metrics are called on a page, and what they tell, in a sentence."""

# By the first part of a row's metric: what follows a slash is a label or a detail.
_TEXTS = {
    "inception_score": (
        "Inception score",
        "clips sound like one class each, and all classes occur; at most the number of classes",
    ),
    "split_inception_score": (
        "Inception score, mean of splits",
        "the inception score of parts of the clips, which makes it smaller",
    ),
    "label_entropy": ("Label entropy", "how unsure the classifier is of a clip, in nats"),
    "marginal_entropy": ("Marginal entropy", "how evenly classes are heard over all clips, in nats"),
    "accuracy": ("Accuracy", "share of clips that are heard as the class they were asked for"),
    "frechet_distance": (
        "Fréchet distance",
        "between the features' means and covariances; larger with fewer clips",
    ),
    "frechet_infinity": ("Fréchet distance, clips without end", "what the distance tends to with more clips"),
    "kernel_distance": (
        "Kernel distance",
        "between the features' distributions; 0 on average for the same ones",
    ),
    "different_bins": (
        "Bins that differ",
        "of the bins of the training clips, those that are filled too much or too little",
    ),
    "jensen_shannon": ("Jensen-Shannon divergence", "between the shares of the bins, in nats"),
    "precision": ("Precision", "share of generated clips that lie among real ones"),
    "recall": ("Recall", "share of real clips that lie among generated ones"),
    "density": ("Density", "how many real clips' neighbourhoods a generated clip lies in"),
    "coverage": ("Coverage", "share of real clips with a generated one in their neighbourhood"),
    "distance_self": ("Distance to the nearest other clip", "small where the generator repeats itself"),
    "distance_train": ("Distance to the nearest training clip", "0 where training clips were copied"),
    "within_class_distance": ("Distance within a class", "small where a class is one and the same clip"),
    "multi_scale_ssim": (
        "Multi-scale similarity",
        "of spectrograms of a class; 1 where they are all the same",
    ),
    "mode_seeking_ratio": ("Mode-seeking ratio", "how far clips move as their latents do"),
    "real_time_factor": ("Real-time factor", "seconds of work for a second of sound"),
}

# Of the parts after a slash those that are no label's name.
_DETAILS = {
    "deviation_over_splits": "deviation over splits",
    "within_semitone": "a semitone off is right",
    "octave_tolerant": "octaves off are right",
    "corrected": "after Holm's correction",
    "absolute": "not divided",
    "at_equal_level": "at equal level",
}


def metric_title(metric: str) -> str:
    """Returns what a row's metric is called; one that no table here knows, by its key in words."""
    key, _, detail = metric.partition("/")
    title = _TEXTS[key][0] if key in _TEXTS else key.replace("_", " ").capitalize()
    told = ", ".join(_DETAILS.get(part, part) for part in detail.split("/"))
    return f"{title}: {told}" if detail else title


def metric_meaning(metric: str) -> str:
    """Returns what a metric tells; "" for one that no table here knows."""
    return _TEXTS.get(metric.partition("/")[0], ("", ""))[1]
