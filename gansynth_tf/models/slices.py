"""Which variables of an architecture hold one slice for each latent number or class: what another run can take over."""

import dataclasses

LATENT = "latent"
CLASS = "class"


@dataclasses.dataclass(frozen=True)
class NamedSlices:
    """A variable that holds, along one axis, one slice for each latent number or class.

    Args:
        axis: Index of that axis.
        keys: What each slice along it is for: entries of `latents` and `classes`.
        role: Name that tells which variables' slices stand for each other, as those of the heads of two labels do.
        gain: Factor from a stored slice to what it adds to the layer's output, where it depends on how many slices
            there are; a constant that it does not depend on may be left out.
    """

    axis: int
    keys: tuple[tuple, ...]
    role: str
    gain: float = 1.0


def latents(size):
    """Returns the keys of a latent vector's numbers. Those of vectors of two sizes differ: none stands for another."""
    return tuple((LATENT, size, number) for number in range(size))


def classes(class_counts):
    """Returns the keys of the classes of all labels in their order: (CLASS, label's number, class's number)."""
    return tuple(
        (CLASS, label, number) for label, count in enumerate(class_counts) for number in range(count)
    )


def of_heads(network, class_counts):
    """Returns {network/path: NamedSlices} of dense layers `class_logits_<label>`, kernel [features, classes] and bias.

    Args:
        network: "discriminator", as a rule.
        class_counts: Number of classes of each label.
    """
    found = {}
    for label in range(len(class_counts)):
        keys = tuple(key for key in classes(class_counts) if key[1] == label)
        for variable, axis in (("kernel", 1), ("bias", 0)):
            role = f"{network}/class_logits/{variable}"
            found[f"{network}/class_logits_{label}/{variable}"] = NamedSlices(axis, keys, role)
    return found
