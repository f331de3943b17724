"""Tables, files and a picture of what `judge` returns for several sets of clips."""

import csv
import json
import pathlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gansynth_tf.evaluation.judges import BOUNDS

COLUMNS = {
    "share_by_classifier": "judge 1",
    "share_by_forest": "judge 2",
    "within_distance_ratio": "within",
    "density_ratio": "density",
    "coverage_ratio": "coverage",
    "nearest_train_ratio": "nearest",
}


def bound_text(name: str) -> str:
    """Returns a bound of `BOUNDS` for people, such as ">= 0.8" or "0.5 ... 1.5"."""
    least, most = BOUNDS[name]
    return f">= {least:g}" if np.isinf(most) else f"{least:g} ... {most:g}"


def table(results: dict[str, dict]) -> str:
    """Returns a table for people; a number that misses its bound carries a star.

    Args:
        results: {name of a set of clips: what `judge` returned}.
    """
    width = max(len(name) for name in [*results, "asked for"])
    lines = [" " * width + "".join(f"{title:>12}" for title in COLUMNS.values()) + f"{'passed':>8}"]
    lines.append(f"{'asked for':<{width}}" + "".join(f"{bound_text(name):>12}" for name in COLUMNS))
    for title, result in results.items():
        cells = [f"{result[name]:.3f}{' ' if result['passes'][name] else '*'}" for name in COLUMNS]
        passed = "yes" if result["passed"] else "no"
        lines.append(f"{title:<{width}}" + "".join(f"{cell:>12}" for cell in cells) + f"{passed:>8}")
    return "\n".join(lines)


def confusion_table(result: dict, classes: tuple[str, ...], judge_name: str) -> str:
    """Returns the confusion counts of one judge for people: a row an asked class, a column a judged one."""
    width = max(len(name) for name in classes) + 1
    lines = [" " * width + "".join(f"{name[:9]:>10}" for name in classes)]
    for name, counts in zip(classes, result[f"confusion_by_{judge_name}"], strict=True):
        lines.append(f"{name:<{width}}" + "".join(f"{count:>10}" for count in counts))
    return "\n".join(lines)


def write_files(
    results: dict[str, dict], classes: tuple[str, ...], facts: dict, directory
) -> list[pathlib.Path]:
    """Writes judge.json (everything), judge.csv (a row a number) and judge.png, and returns their paths.

    Args:
        results: {name of a set of clips: what `judge` returned}.
        classes: Class names.
        facts: What else to tell: run, seed, judges.
        directory: Folder, made if need be.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / f"judge.{suffix}" for suffix in ("json", "csv", "png")]
    bounds = {name: bound_text(name) for name in BOUNDS}
    paths[0].write_text(json.dumps({"facts": facts, "bounds": bounds, "results": results}, indent=1) + "\n")
    with paths[1].open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["clips", "metric", "class", "value", "bound", "passed"])
        for title, result in results.items():
            for name, value in result.items():
                if isinstance(value, dict) and name.endswith("_per_class"):
                    writer.writerows([title, name, key, repr(one), "", ""] for key, one in value.items())
                elif isinstance(value, (int, float)) and not isinstance(value, bool):
                    bound = (bounds[name], result["passes"][name]) if name in bounds else ("", "")
                    writer.writerow([title, name, "", repr(value), *bound])
    figure = _figure(results, classes)
    FigureCanvasAgg(figure)
    figure.savefig(paths[2], dpi=110)
    return paths


def _figure(results, classes):
    """Returns bars of every number over the sets of clips, and the first set's confusion by both judges."""
    figure = Figure(figsize=(15, 8.5), layout="constrained")
    rows = figure.subfigures(2, 1, height_ratios=[1.0, 1.15])
    titles = list(results)
    axes = rows[0].subplots(1, len(COLUMNS), sharey=True)
    for ax, (name, title) in zip(axes, COLUMNS.items(), strict=True):
        values = [results[key][name] for key in titles]
        colours = ["#2b6cb0" if results[key]["passes"][name] else "#c0504d" for key in titles]
        ax.barh(titles, np.minimum(values, 2.0), color=colours)
        for bound in BOUNDS[name]:
            if np.isfinite(bound):
                ax.axvline(bound, color="black", linewidth=0.8, linestyle="--")
        for place, value in enumerate(values):
            ax.text(0.02, place, f"{value:.2f}", va="center", fontsize=8, transform=ax.get_yaxis_transform())
        ax.set_xlim(0, max(1.1, min(2.0, max([*values, 1.0])) * 1.05))
        ax.set_title(f"{title} ({bound_text(name)})", fontsize=9)
    axes[0].invert_yaxis()
    for ax, judge_name in zip(rows[1].subplots(1, 2), ("classifier", "forest"), strict=True):
        counts = np.asarray(results[titles[0]][f"confusion_by_{judge_name}"])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ax.imshow(shares, vmin=0.0, vmax=1.0, cmap="Blues")
        for asked, judged in np.ndindex(*counts.shape):
            dark = shares[asked, judged] > 0.5
            ax.text(
                judged, asked, counts[asked, judged], ha="center", va="center", color="w" if dark else "k"
            )
        ax.set_xticks(range(len(classes)), classes, rotation=20, fontsize=8)
        ax.set_yticks(range(len(classes)), classes, fontsize=8)
        ax.set_xlabel("judged")
        ax.set_ylabel("asked for")
        ax.set_title(f"{titles[0]}: judged by the {judge_name}", fontsize=10)
    return figure
