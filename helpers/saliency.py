"""Saliency maps: what a network's logit reacts to, and how far to trust the picture.

Three maps: the gradient, integrated gradients and Grad-CAM. All explain the *logit*,
the number before the sigmoid. Near 0 and 1 the sigmoid is flat, so the gradient of the
score fades just where the network is most certain; the logit has no such plateau, and
attributions to it add up. The maps take functional, Sequential, nested and reloaded
Keras models with one image input and one output, and one image or a stack of images.

A map that looks right proves nothing. So there are measures (do its parts add up? does
it point at the finding, better than a map that never saw the image?), patches to cover
parts of a film with, and a drawing that leaves film and map readable.
"""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from scipy.ndimage import gaussian_filter

from helpers import figures
from helpers.intervals import wilson
from helpers.quiet_start import quiet_start

with quiet_start():
    import keras
    import tensorflow as tf

IMAGES_AT_ONCE = 32  # that are run through a model together
EDGE_PIXELS = 1.5  # standard deviation of the soft edge of a covered patch
ONE_SIGN, TWO_SIGNS = "viridis", "PuOr_r"  # readable for colour-blind people
STRONGEST_OPACITY = 0.7
SHARE_IN_RANGE = 99.5  # per cent of pixels inside the colour scale


# --- a network that ends in its logit ------------------------------------------------


class _WithoutActivation(keras.layers.Layer):
    """Run a layer, with its own weights, but without its activation."""

    def __init__(self, layer: keras.layers.Layer):
        super().__init__()
        self.layer, self.built = layer, True

    def call(self, inputs):
        activation, self.layer.activation = self.layer.activation, lambda x: x
        try:
            return self.layer(inputs)
        finally:
            self.layer.activation = activation


def logit_model(model: keras.Model) -> keras.Model:
    """Return a model that maps float images to one logit and shares the weights.

    A last sigmoid is left out, also one in the last dense layer or in a model within
    the model; any other activation stays. An integer input becomes a float input: Keras
    would otherwise cut the image down to whole grey levels on its way in, and the
    gradient with them. The given model stays as it is.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential, one image input of shape (n, rows, columns, channels)
        and one output of shape (n, 1).

    Returns
    -------
    keras.Model
        (n, rows, columns, channels) float32 to (n, 1), in logits.

    Raises
    ------
    TypeError
        If the model is not a functional or Sequential model that has been built.
    ValueError
        If it has other inputs or outputs.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((4, 4, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255),
    ...     keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
    >>> logit_model(network).layers[0].dtype
    'float32'
    """
    image, logit, _ = _opened(model)
    return keras.Model(image, logit, name=f"{model.name}_logit")


def _opened(model: keras.Model) -> tuple:
    """Return a symbolic image, its logit, and the feature maps on the way by name.

    Feature maps are what layers return as (rows, columns, channels), larger than one
    pixel, from the first convolution on.
    """
    _check_graph(model)
    image, steps = keras.Input(model.inputs[0].shape[1:], dtype="float32"), []
    logit = _run_through(model, image, steps)
    last, given, _ = steps[-1]
    if getattr(last, "activation", None) is keras.activations.sigmoid:
        logit = _WithoutActivation(last)(*given)
    elif type(last).__name__ == "Sigmoid":  # keras.ops.sigmoid
        logit = given[0]
    convolves = ["Conv" in type(layer).__name__ for layer, *_ in steps]
    first = convolves.index(True) if any(convolves) else len(steps)
    features = {
        layer.name: maps
        for layer, _, maps in steps[first:]
        if len(maps.shape) == 4 and tuple(maps.shape[1:3]) != (1, 1)
    }
    return image, logit, features


def _run_through(model: keras.Model, image: keras.KerasTensor, steps: list):
    """Run the layers of a model, and of models within it, on a symbolic image.

    Adds (layer, what it was given, what it returned) to `steps` for each.
    """

    def call(layer, *given, **options):
        inner = getattr(layer, "inputs", None) or ()  # of a model, not of a layer
        if len(inner) == 1 == len(layer.outputs):
            return _run_through(layer, given[0], steps)
        steps.append((layer, given, layer(*given, **options)))
        return steps[-1][-1]

    keras.models.clone_model(
        keras.Model(model.inputs[0], model.outputs[0]),  # functional, not compiled
        input_tensors=image,
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return steps[-1][-1]


def _check_graph(model: keras.Model) -> None:
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise TypeError(
            "Saliency maps need a functional or Sequential Keras model with an input "
            f"shape, got {type(model).__name__}: build keras.Model(inputs, outputs)."
        )
    shapes = [tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
    if len(shapes) != 2 or len(shapes[0]) != 4 or shapes[1][1:] != (1,):
        raise ValueError(
            "Saliency maps need one input (n, rows, columns, channels) and one output "
            f"(n, 1); model {model.name!r} has {shapes}."
        )


def _as_batch(image: np.ndarray, scorer: keras.Model) -> np.ndarray:
    """Return one image or a stack as float32 (n, rows, columns, channels), checked."""
    values, wanted = np.asarray(image, dtype="float32"), scorer.inputs[0].shape[1:]
    if not np.isfinite(values).all():
        raise ValueError(
            f"Image or baseline: {np.sum(~np.isfinite(values))} values are not finite."
        )
    grey = values[..., None]
    for batch in (values[None], values, grey[None], grey):
        if batch.ndim == 4 and all(
            side in (None, found)
            for side, found in zip(wanted, batch.shape[1:], strict=True)
        ):
            return batch
    raise ValueError(
        f"The image has shape {values.shape}, but the model takes one image of "
        f"{wanted} (rows, columns, channels) or a stack, grey without channels too."
    )


# --- maps ----------------------------------------------------------------------------


def gradient(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """Return how much the logit rises per unit of each pixel value.

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.

    Returns
    -------
    float32 array of the shape of `image`
        Logit per grey level; positive: a brighter pixel raises the logit.

    Raises
    ------
    ValueError
        If the image does not fit the model or holds a value that is not finite.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((2, 2, 1)), keras.layers.Flatten(),
    ...     keras.layers.Dense(1, kernel_initializer="ones")])
    >>> gradient(network, np.zeros((2, 2))).tolist()
    [[1.0, 1.0], [1.0, 1.0]]

    References
    ----------
    Simonyan K, Vedaldi A, Zisserman A. arXiv:1312.6034, 2013.
    """
    scorer = logit_model(model)
    parts = [_gradients(scorer, part) for part in _in_parts(_as_batch(image, scorer))]
    return np.concatenate(parts).reshape(np.shape(image))


def integrated_gradients(
    model: keras.Model,
    image: np.ndarray,
    *,
    baseline: float | np.ndarray,
    steps: int = 64,
) -> np.ndarray:
    """Share the logit's rise from a baseline to the image out over the pixels.

    The gradient is averaged along the straight path from the baseline to the image
    (midpoint rule) and multiplied by the distance each pixel has travelled. The
    attributions add up to logit(image) - logit(baseline), but for the error of the
    rule: compare the two (lesson 40).

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.
    baseline : float or array that broadcasts to `image`
        What counts as "nothing there": a grey level (0 is black), a mean image, a blur.
    steps : int
        Points on the path.

    Returns
    -------
    float32 array of the shape of `image`
        In logits; a pixel equal to its baseline always gets 0.

    Raises
    ------
    ValueError
        If image or baseline do not fit the model, or `steps` is below 1.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((2, 2, 1)), keras.layers.Flatten(),
    ...     keras.layers.Dense(1, kernel_initializer="ones")])
    >>> integrated_gradients(network, np.full((2, 2), 3.0), baseline=1).tolist()
    [[2.0, 2.0], [2.0, 2.0]]

    References
    ----------
    Sundararajan M, Taly A, Yan Q. Axiomatic attribution for deep networks. ICML 2017.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}, expected at least 1; 64 is usual.")
    scorer = logit_model(model)
    ends = _as_batch(image, scorer)
    starts = _as_batch(np.broadcast_to(baseline, np.shape(image)), scorer)
    shares = (np.arange(steps, dtype="float32") + 0.5) / steps
    attributions = np.empty_like(ends)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        total = np.zeros(end.shape, dtype="float64")
        for part in _in_parts(shares):
            points = start + part[:, None, None, None] * (end - start)
            total += _gradients(scorer, points).sum(axis=0, dtype="float64")
        attributions[number] = (end - start) * (total / steps)
    return attributions.reshape(np.shape(image))


def grad_cam(
    model: keras.Model, image: np.ndarray, *, layer: str | None = None
) -> np.ndarray:
    """Weigh a layer's feature maps by their mean gradient, add them, keep what is > 0.

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.
    layer : str or None
        Name of a layer that returns feature maps, also one inside a nested model. None:
        the last one.

    Returns
    -------
    float32 array of shape (layer rows, layer columns), with n in front for a stack
        At least 0, on the layer's coarse grid; `enlarge` stretches it. In logits if the
        layer is followed by average pooling and one dense layer only: then the cells,
        before negatives are dropped, add up to the logit minus the bias.

    Raises
    ------
    ValueError
        If the model has no convolution, or the layer is unknown, returns no feature
        maps or does not lead to the logit.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2),
    ...     keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
    >>> grad_cam(network, np.zeros((8, 8))).shape
    (3, 3)

    References
    ----------
    Selvaraju RR et al. Grad-CAM. ICCV 2017; arXiv:1610.02391.
    """
    picture, logit, features = _opened(model)
    layer = layer or next(reversed(features), "of convolutions")
    if layer not in features:
        raise ValueError(
            f"Model {model.name!r} has no layer {layer!r} with feature maps (rows, "
            f"columns, channels). Choose one of: {', '.join(features) or 'none'}."
        )
    watched = keras.Model(picture, [features[layer], logit])
    batch = _as_batch(image, watched)
    maps = np.concatenate([_cams(watched, part) for part in _in_parts(batch)])
    one = np.shape(image) in (batch.shape[1:], batch.shape[1:-1])
    return maps[0] if one else maps


def _gradients(scorer: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return d logit / d pixel for a float32 batch."""
    batch = tf.convert_to_tensor(images, dtype="float32")
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(batch)
        logits = scorer(batch, training=False)
    return _reached(tape.gradient(logits, batch)).numpy()


def _cams(watched: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return Grad-CAM (n, layer rows, layer columns) for a float32 batch."""
    batch = tf.convert_to_tensor(images, dtype="float32")
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(batch)
        features, logits = watched(batch, training=False)
    slopes = _reached(tape.gradient(logits, features))
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    weighted = tf.reduce_sum(weights * features, axis=-1)
    return tf.cast(tf.nn.relu(weighted), "float32").numpy()


def _reached(slopes: tf.Tensor | None) -> tf.Tensor:
    if slopes is None:
        raise ValueError(
            "No gradient gets there: a layer on the way rounds or compares values."
        )
    return slopes


def _in_parts(values: np.ndarray) -> list[np.ndarray]:
    starts = range(0, len(values), IMAGES_AT_ONCE)
    return [values[start : start + IMAGES_AT_ONCE] for start in starts]


# --- measures ------------------------------------------------------------------------


class HitRate(NamedTuple):
    """How many maps point into their mask, with a 95 % Wilson interval."""

    hits: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Share of hits, 0..1."""
        return self.hits / self.total

    def __str__(self) -> str:
        """Return the result as a reader needs it: share, counts, interval."""
        share = f"{self.rate:.2f} ({self.hits} of {self.total})"
        return f"{share}, 95 % CI {self.low:.2f} to {self.high:.2f}"


def hit_rate(saliency_maps: np.ndarray, masks: np.ndarray) -> HitRate:
    """Return the share of maps whose largest value lies inside their mask.

    Of several equal maxima all have to lie inside, so that a map that is the same
    everywhere never hits. The interval takes the images as independent: pass one image
    per patient.

    Parameters
    ----------
    saliency_maps : float array of shape (n, rows, columns)
        Larger: more important. Of signed maps, pass the sign that you mean.
    masks : bool array of shape (n, rows, columns)
        Reference outlines of the finding, filled.

    Raises
    ------
    ValueError
        If there is no map, numbers or shapes differ, a mask is empty or a map is not
        finite.

    Examples
    --------
    >>> print(hit_rate(np.eye(2)[:, None, :], np.array([[[True, False]]] * 2)))
    0.50 (1 of 2), 95 % CI 0.09 to 0.91

    References
    ----------
    Zhang J et al. Top-down neural attention by excitation backprop ("pointing game").
    Int J Comput Vis 2018;126:1084-1102.
    """
    n_maps, n_masks = len(saliency_maps), len(masks)
    if n_maps != n_masks or n_masks == 0:
        raise ValueError(f"Got {n_maps} maps and {n_masks} masks, expected pairs.")
    hits = 0
    for one_map, mask in zip(saliency_maps, masks, strict=True):
        _check_pair(one_map, mask)
        hits += bool(np.all(mask[one_map == one_map.max()]))
    return HitRate(hits, len(masks), *wilson(hits, len(masks)))


def _check_pair(saliency_map: np.ndarray, mask: np.ndarray) -> None:
    if saliency_map.shape != mask.shape or saliency_map.ndim != 2:
        raise ValueError(
            f"Map {saliency_map.shape} and mask {mask.shape} are not of one shape."
        )
    if mask.dtype != bool or not mask.any() or not np.isfinite(saliency_map).all():
        raise ValueError(
            f"The mask is {mask.dtype} with {np.count_nonzero(mask)} pixels set, and "
            f"{np.sum(~np.isfinite(saliency_map))} values of the map are not finite; "
            "expected bool with at least one pixel, and numbers."
        )


def mean_mask(masks: np.ndarray) -> np.ndarray:
    """Return how often each pixel is part of the finding: a map that sees no image.

    Parameters
    ----------
    masks : bool array of shape (n, rows, columns)
        Of the *training* set; empty masks are left out.

    Raises
    ------
    ValueError
        If all masks are empty.

    Examples
    --------
    >>> mean_mask(np.array([[[True, False]], [[True, True]]])).tolist()
    [[1.0, 0.5]]
    """
    present = masks[masks.any(axis=(1, 2))]
    if len(present) == 0:
        raise ValueError(
            f"All {len(masks)} masks are empty; pass those of films with the finding."
        )
    return present.mean(axis=0, dtype="float32")


# --- covering and drawing ------------------------------------------------------------


def cover(images: np.ndarray, patches: np.ndarray, *, fill: np.ndarray) -> np.ndarray:
    """Replace patches of films by another film, with an edge soft over a few pixels.

    A map only looks. Covering interferes: if a film is no longer flagged once a patch
    is gone, and still flagged when another patch of the same size is, the network used
    it.

    Parameters
    ----------
    images : array of shape (n, rows, columns[, channels])
    patches : bool array of shape (n, rows, columns)
        True where the film is covered.
    fill : array that broadcasts to one image
        What is shown instead, for example the mean film without the finding.

    Returns
    -------
    float64 array of the shape of `images`

    Examples
    --------
    >>> cover(np.zeros((1, 8, 8)), np.ones((1, 8, 8), bool), fill=9.0).max()
    np.float64(9.0)
    """
    share = gaussian_filter(patches.astype(float), (0, EDGE_PIXELS, EDGE_PIXELS))
    share = share.reshape(*share.shape, *[1] * (images.ndim - 3))
    return (1 - share) * images + share * fill


def enlarge(saliency_map: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Stretch coarse maps to (rows, columns) by linear interpolation between cells.

    Parameters
    ----------
    saliency_map : float array of shape (cells down, cells across), with n in front
        for a stack.
    shape : (rows, columns)
        The size of the image to lay the map over. No detail is gained.

    Returns
    -------
    float32 array of shape (rows, columns) or (n, rows, columns)

    Examples
    --------
    >>> enlarge(np.array([[0.0, 1.0]]), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    maps = np.asarray(saliency_map, dtype="float32")
    stretched = keras.ops.image.resize(
        maps.reshape(-1, *maps.shape[-2:], 1), shape, interpolation="bilinear"
    )
    return np.asarray(stretched).reshape(*maps.shape[:-2], *shape)


def scale_limit(saliency_maps: np.ndarray) -> float:
    """Return where one colour scale for these maps ends: their 99.5th percentile.

    By size, since single pixels would otherwise take all the colour.

    Examples
    --------
    >>> scale_limit(np.arange(-1000, 1)).round()
    np.float64(995.0)
    """
    size = np.abs(saliency_maps)
    return np.percentile(size, SHARE_IN_RANGE) or size.max() or 1.0


def show_overlay(
    image: np.ndarray,
    saliency_map: np.ndarray,
    *,
    ax: Axes,
    mask: np.ndarray | None = None,
    limit: float | None = None,
    unit: str = "logit",
) -> Axes:
    """Draw an image, a map over it, the outline of a mask, and the map's scale.

    The colour says how much, and so does the opacity: where the map is near zero the
    film shows through unchanged. Maps of one sign use viridis; maps of two signs use
    purple (lowers the logit) and orange (raises it). Values beyond the end of the scale
    get the last colour, and an arrow at the scale says so.

    Parameters
    ----------
    image : array of shape (rows, columns) or (rows, columns, 3)
        Display values, 0..255.
    saliency_map : float array of shape (rows, columns)
    ax : matplotlib axes
        Titles are the caller's.
    mask : bool array of shape (rows, columns), optional
        Drawn as an outline.
    limit : float, optional
        Where the scale ends, for maps that are compared; see `scale_limit`. None: the
        map's own limit.
    unit : str
        What one unit of the map is, written at the scale.

    Raises
    ------
    ValueError
        If map and image do not have the same rows and columns.

    Examples
    --------
    >>> ax = show_overlay(np.zeros((4, 4)), np.eye(4), ax=plt.figure().gca())
    >>> len(ax.images)
    2
    >>> plt.close(ax.figure)
    """
    if saliency_map.shape != np.shape(image)[:2]:
        raise ValueError(
            f"The map has shape {saliency_map.shape}, the image {np.shape(image)}; "
            "expected the same. Stretch a coarse map with saliency.enlarge."
        )
    figures.show_image(image, ax=ax, mask=mask, mask_colour="sky")
    signed, limit = saliency_map.min() < 0, limit or scale_limit(saliency_map)
    scale = Normalize(-limit if signed else 0, limit)
    colours = ScalarMappable(scale, TWO_SIGNS if signed else ONE_SIGN)
    look = {"cmap": colours.cmap, "norm": colours.norm, "interpolation": "nearest"}
    opacity = STRONGEST_OPACITY * np.clip(np.abs(saliency_map) / limit, 0, 1)
    ax.imshow(saliency_map, alpha=opacity, **look)
    _draw_scale(ax, colours, saliency_map, unit)
    return ax


def _draw_scale(
    ax: Axes, colours: ScalarMappable, saliency_map: np.ndarray, unit: str
) -> None:
    low, high = colours.norm.vmin, colours.norm.vmax
    above, below = saliency_map.max() > high, saliency_map.min() < low
    ends = {(True, True): "both", (True, False): "max", (False, True): "min"}
    extend = ends.get((above, below), "neither")
    where = {"ax": ax, "fraction": 0.046, "pad": 0.03}
    scale = ax.figure.colorbar(colours, **where, extend=extend, label=unit)
    scale.ax.yaxis.label.set_fontsize(8)
    scale.ax.tick_params(labelsize=7)
    scale.locator = plt.MaxNLocator(4, symmetric=colours.norm.vmin < 0)
    scale.ax.yaxis.get_offset_text().set_fontsize(7)
    scale.update_ticks()
