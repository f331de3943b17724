"""The variables of the original's checkpoints: their names, their shapes, and what ours are called."""

import dataclasses

GLOBAL_STEP = "global_step"
# The seconds of training; the original gave it no other name.
TRAIN_TIME = "Variable"
CLASSES = "Discriminator/discriminator_cond/classification_logits/bias"
OPTIMIZERS = "progressive_gan_train_ops"
_NUM_CHANNELS = 2


@dataclasses.dataclass(frozen=True)
class Layout:
    """The sizes that decide the shapes of all variables.

    Args:
        start_shape: (frames, bins) of block 1.
        filters: Channels of the blocks from 0.
        latent_size: Size of the random vector.
        num_classes: Pitches.
    """

    start_shape: tuple[int, int]
    filters: tuple[int, ...]
    latent_size: int
    num_classes: int

    @property
    def num_blocks(self) -> int:
        """Blocks at the full size."""
        return len(self.filters) - 1


@dataclasses.dataclass(frozen=True)
class NamedVariable:
    """One variable of a network.

    Args:
        original: Its name in the original's checkpoints.
        path: Its path in our network, as `block_1_conv0/kernel`.
        shape: The same in both.
    """

    original: str
    path: str
    shape: tuple[int, ...]


def generator_variables(layout: Layout, num_blocks: int) -> list[NamedVariable]:
    """Returns the generator's variables of the blocks up to `num_blocks`."""
    found = []
    channels = layout.latent_size + layout.num_classes
    for block in range(1, num_blocks + 1):
        filters = layout.filters[block]
        size = layout.start_shape if block == 1 else (3, 3)
        scope = f"Generator/progressive_gan_generator/progressive_gan_block_{block}"
        for layer, shape in (
            ("conv0", (*size, channels, filters)),
            ("conv1", (3, 3, filters, filters)),
            ("to_rgb", (1, 1, filters, _NUM_CHANNELS)),
        ):
            found += _layer(f"{scope}/{layer}", "conv2d", f"block_{block}_{layer}", shape)
        channels = filters
    return found


def discriminator_variables(layout: Layout, num_blocks: int) -> list[NamedVariable]:
    """Returns the discriminator's variables of the blocks up to `num_blocks`, and its two heads'."""
    found = []
    scope = "Discriminator/progressive_gan_discriminator/progressive_gan_block"
    for block in range(1, num_blocks + 1):
        filters, below = layout.filters[block], layout.filters[block - 1]
        size, extra = (layout.start_shape, 1) if block == 1 else ((3, 3), 0)
        for layer, shape in (
            ("from_rgb", (1, 1, _NUM_CHANNELS, filters)),
            ("conv0", (3, 3, filters + extra, filters)),
            ("conv1", (*size, filters, below)),
        ):
            found += _layer(f"{scope}_{block}/{layer}", "conv2d", f"block_{block}_{layer}", shape)
    features = layout.filters[0]
    found += _layer(f"{scope}_1/logits", "dense", "block_1_logits", (features, 1))
    return found + _layer(
        "Discriminator/discriminator_cond/classification_logits",
        "dense",
        "class_logits_0",
        (features, layout.num_classes),
    )


def average_name(original: str) -> str:
    """Returns the name of the moving average of a generator's variable."""
    return f"{original}/ExponentialMovingAverage"


def slot_names(original: str) -> tuple[str, str]:
    """Returns the names of Adam's mean and mean square of a variable's gradient."""
    return f"{OPTIMIZERS}/{original}/Adam", f"{OPTIMIZERS}/{original}/Adam_1"


def power_names(network: str) -> tuple[str, str]:
    """Returns the names of the powers of Adam's beta1 and beta2; `network` is generator or discriminator."""
    scope = f"{OPTIMIZERS}/{network}_train"
    return f"{scope}/beta1_power", f"{scope}/beta2_power"


def all_variables(layout: Layout, num_blocks: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Returns {name: (shape, NumPy's name of the type)} of a whole checkpoint of a stage with `num_blocks`."""
    shapes: dict[str, tuple[int, ...]] = {}
    generator = generator_variables(layout, num_blocks)
    for variable in generator + discriminator_variables(layout, num_blocks):
        names = (variable.original, *slot_names(variable.original))
        shapes |= dict.fromkeys(names, variable.shape)
    shapes |= {average_name(variable.original): variable.shape for variable in generator}
    shapes |= {name: () for network in ("generator", "discriminator") for name in power_names(network)}
    shapes[TRAIN_TIME] = ()
    found = {name: (shape, "float32") for name, shape in shapes.items()}
    return found | {GLOBAL_STEP: ((), "int64")}


def _layer(scope: str, kind: str, path: str, shape: tuple[int, ...]) -> list[NamedVariable]:
    """Returns kernel and bias of a layer; the shape is the kernel's."""
    return [
        NamedVariable(f"{scope}/{kind}/kernel", f"{path}/kernel", shape),
        NamedVariable(f"{scope}/bias", f"{path}/bias", shape[-1:]),
    ]
