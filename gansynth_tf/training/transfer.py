"""What a new run takes over from another run's weights: all that fits; the rest starts fresh and is named."""

import numpy as np

from gansynth_tf.data.labels import listed
from gansynth_tf.models.slices import CLASS, LATENT
from gansynth_tf.options import UserError
from gansynth_tf.training.source import changed_options

# The prefixes of a save's networks, which network each is, and what stands in where a save of another program lacks it.
_KINDS = {"generator": "generator", "ema": "generator", "discriminator": "discriminator"}
_STAND_INS = {"generator": "ema", "ema": "generator"}
# Why a layer starts fresh.
_ABSENT, _SHAPE, _INPUTS = "unknown there", "of another shape there", "whose inputs are all unknown there"


def refuse_misfit(source, architecture, chosen, settings):
    """Refuses a source of which nothing fits, before any recording is read.

    Args:
        source: The Source.
        architecture: Of the new run, with or without its labels.
        chosen: {chooser: keys} of the new run.
        settings: Options of the new run by full name.

    Raises:
        UserError: Names what differs.
    """
    (there,), (here,) = source.chosen["architecture"], chosen["architecture"]
    if there != here:
        raise UserError(
            f"--init_from={source.run_dir} has --architecture={there}, and this run {here}, which fits nothing of it. "
            "Choose the same, or leave out --init_from."
        )
    taken = TakenOver(source, first_arrays(architecture), architecture.named_slices(), {})
    if not taken.num_taken("generator") + taken.num_taken("discriminator"):
        shapes = [
            "x".join(map(str, shape))
            for shape in (source.record.representation_shape, architecture.data_shape)
        ]
        sizes = [f"data of {shapes[0]} there, {shapes[1]} here"] if shapes[0] != shapes[1] else []
        differences = "; ".join(sizes + changed_options(source.settings, settings, here))
        raise UserError(
            f"--init_from={source.run_dir}: nothing of it fits this run ({differences}). Choose its sizes, or leave "
            "out --init_from."
        )


def growth_lines(source, architecture, growth):
    """Returns a line for the user if a run begins at another size than its source had reached.

    Args:
        source: The Source.
        architecture: Of the new run.
        growth: Its GrowthSchedule.
    """
    stage, first = source.counters["stage"], growth.phase(0).stage
    if first == stage or stage >= min(growth.num_stages, len(source.stage_shapes)):
        return []
    reached = source.stage_shapes[stage][:2]
    if architecture.stage_shape(stage)[:2] != reached:
        return []  # The stages of one are no stages of the other.
    sizes = "It had reached {} x {}, and this run begins at {} x {}".format(
        *reached, *architecture.stage_shape(first)[:2]
    )
    if first > stage:
        return [f"{sizes}: layers above may never have been trained there."]
    stable, fade = growth.images_from(stage)
    if not sum(stable):
        return [f"{sizes}."]
    stable, fade = (",".join(map(str, images)) for images in (stable, fade))
    return [f"{sizes}. To begin where it was: --stable_images={stable} --fade_images={fade}."]


def first_arrays(architecture):
    """Returns the first values of an architecture's networks by the names of a save."""
    networks = {
        "generator": architecture.make_generator(),
        "discriminator": architecture.make_discriminator(),
    }
    return {
        f"{prefix}/{variable.path}": variable.numpy()
        for prefix, network in networks.items()
        for variable in network.trainable_variables
    }


class TakenOver:
    """A new run's first weights, with all that fits of a source's.

    Variables are matched by path and shape. Of those that hold a slice for each latent number or class, slices are
    matched, by the names of label and class, and rescaled so that they do in the new layer what they did in the old.
    A layer is taken over as a whole or not at all: its bias means nothing beside a kernel that starts fresh.

    Args:
        source: The Source.
        fresh: {prefix/path: array}: the new run's first values.
        named_slices: {network/path: NamedSlices} of its architecture.
        classes: {label: its class names} of the new run.

    Attributes:
        arrays: {prefix/path: array}: what it starts with.
    """

    def __init__(self, source, fresh, named_slices, classes):
        self._source = source
        self._named_slices = named_slices
        self._classes = classes
        self._num_taken = dict.fromkeys(_KINDS, 0)
        self._num_all = dict.fromkeys(_KINDS, 0)
        self._fresh_layers = {_ABSENT: {}, _SHAPE: {}, _INPUTS: {}}
        self.arrays = {}
        for prefix in _KINDS:
            found = _below(prefix, source.arrays) or _below(_STAND_INS.get(prefix), source.arrays)
            self._take(prefix, _below(prefix, fresh), found)

    def num_taken(self, network):
        """Returns how many weights of "generator", "discriminator" or "ema" are taken over."""
        return self._num_taken[network]

    def lines(self):
        """Returns what was taken over and what starts fresh, as lines for the user."""
        source = self._source
        first = (
            f"Starting from {source.run_dir}, after its {source.counters['num_images']:,} images: "
            f"{self._share('generator')} of the generator's weights and {self._share('discriminator')} of the "
            "discriminator's are taken over."
        )
        layers = [
            f"These layers, {reason}, start fresh: {listed(list(names))}."
            for reason, names in self._fresh_layers.items()
            if names
        ]
        return [*source.notes, first, *self._latent_lines(), *self._label_lines(), *layers]

    def _share(self, network):
        """Returns how much of a network is taken over, in percent, rounded down: 100 % is all of it."""
        return f"{1000 * self._num_taken[network] // max(1, self._num_all[network]) / 10:g} %"

    def _take(self, prefix, own, found):
        """Fills `arrays` with one network's: `own` first values, `found` in the source."""
        kind = _KINDS[prefix]
        table = _slice_table(found, _below(kind, self._source.named_slices), self._source.record.labels)
        named_slices = _below(kind, self._named_slices)
        layers = {}
        for path in own:
            layers.setdefault(path.rpartition("/")[0], []).append(path)
        for layer, paths in layers.items():
            taken, reason = self._layer({path: own[path] for path in paths}, named_slices, found, table)
            if reason:
                self._fresh_layers[reason][f"{kind} {layer}"] = None
            for path in paths:
                array, number = taken.get(path, (own[path], 0))
                self.arrays[f"{prefix}/{path}"] = array
                self._num_taken[prefix] += number
                self._num_all[prefix] += own[path].size

    def _layer(self, own, named_slices, found, table):
        """Returns ({path: (array, number of weights taken)}, why the layer starts fresh if that is to be told)."""
        plain = [path for path in own if path not in named_slices]
        for path in plain:
            if path not in found or found[path].shape != own[path].shape:
                return {}, _SHAPE if path in found else _ABSENT
        taken = {path: (found[path], own[path].size) for path in plain}
        reasons = set()
        for path in own.keys() & named_slices.keys():
            named = named_slices[path]
            keys = _resolved(named.keys, self._classes)
            array, number, is_known = _with_slices(own[path], named, keys, table)
            taken[path] = array, number
            if not number:
                reasons.add(_SHAPE if is_known else _INPUTS)
        if not reasons:
            return taken, ""
        # A head, all slices, whose classes are all new is told with its label.
        return {}, "" if not plain and reasons == {_INPUTS} else min(reasons)

    def _latent_lines(self):
        """Returns a line if the latent vector has another size."""
        sizes = [
            {key[1] for named in slices.values() for key in named.keys if key[0] == LATENT}
            for slices in (self._source.named_slices, self._named_slices)
        ]
        if sizes[0] == sizes[1]:
            return []
        there, here = (", ".join(map(str, sorted(each))) for each in sizes)
        return [f"The latent vector has {here} numbers, {there} there: what it feeds starts fresh."]

    def _label_lines(self):
        """Returns a line for each label: which of its classes the source knows."""
        known, lines = self._source.record.labels, []
        for label, classes in self._classes.items():
            new = [name for name in classes if name not in known.get(label, ())]
            if label not in known:
                lines.append(f"Label {label}: unknown there, starts fresh.")
            elif not new:
                lines.append(f"Label {label}: all {len(classes)} classes are known there.")
            else:
                num_known = len(classes) - len(new)
                lines.append(
                    f"Label {label}: {num_known} of {len(classes)} classes are known there; these start fresh: "
                    f"{listed(new)}."
                )
        gone = [label for label in known if label not in self._classes]
        if gone:
            lines.append(f"Known there, and no label of this run: {listed(gone)}.")
        return lines


def _below(prefix, values):
    """Returns {path: value} of {prefix/path: value}."""
    return {
        name.partition("/")[2]: value for name, value in values.items() if name.partition("/")[0] == prefix
    }


def _resolved(keys, labels):
    """Returns keys with the names of labels and classes in place of their numbers."""
    names = [(label, classes) for label, classes in labels.items()]
    return [(CLASS, names[key[1]][0], names[key[1]][1][key[2]]) if key[0] == CLASS else key for key in keys]


def _slice_table(found, named_slices, labels):
    """Returns {(role, key): (slice, gain)} of a network's arrays."""
    table = {}
    for path, named in named_slices.items():
        if path in found:
            pieces = np.moveaxis(found[path], named.axis, 0)
            keys = _resolved(named.keys, labels)
            if len(keys) != len(pieces):
                raise UserError(
                    f"The save that --init_from names does not fit its own options: {path} has {len(pieces)} slices "
                    f"where {len(keys)} are expected. Was its experiment.cfg or run.json edited?"
                )
            table |= {(named.role, key): (piece, named.gain) for key, piece in zip(keys, pieces, strict=True)}
    return table


def _with_slices(own, named, keys, table):
    """Returns (array with the slices that `table` has, number of weights taken, whether it has any of the names)."""
    array = np.moveaxis(own.copy(), named.axis, 0)
    number, is_known = 0, False
    for index, key in enumerate(keys):
        if (named.role, key) in table:
            piece, gain = table[named.role, key]
            is_known = True
            if piece.shape == array[index].shape:
                array[index] = piece * np.float32(gain / named.gain)
                number += piece.size
    return np.ascontiguousarray(np.moveaxis(array, 0, named.axis)), number, is_known
