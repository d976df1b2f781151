"""Get a trained network ready to be explained: float images in, one logit out.

A saliency map needs the derivative of the logit by the pixel values. Two things of
everyday networks are in its way: a last sigmoid or softmax, and an integer input. This
module deals with them, so that `saliency` can be about the maps.
"""

from __future__ import annotations

import numpy as np

from helpers.quiet_start import quiet_start

with quiet_start():
    import keras

_SQUASHING = ("sigmoid", "softmax")


class _WithoutActivation(keras.layers.Layer):
    """Run a layer, with its own weights, but without its activation."""

    def __init__(self, layer: keras.layers.Layer):
        super().__init__(name=f"{layer.name}_without_activation")
        self.layer = layer
        self.built = True

    def call(self, inputs):
        activation, self.layer.activation = self.layer.activation, lambda x: x
        try:
            return self.layer(inputs)
        finally:
            self.layer.activation = activation


def logit_model(model: keras.Model, *, target: int | None = None) -> keras.Model:
    """Return a model that maps float images to one logit and shares the weights.

    A last sigmoid or softmax is left out; any other last activation stays. An integer
    input becomes a float input: Keras would otherwise cut the image down to whole grey
    levels on its way in, and the gradient with them. The given model stays as it is;
    one that maps float images to one logit already is returned itself.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential (also nested, also reloaded), one image input of shape
        (n, rows, columns, channels) and one output of shape (n, outputs).
    target : int, optional
        Which output to explain; needed only if there are several.

    Returns
    -------
    keras.Model
        (n, rows, columns, channels) float32 to (n, 1), in logits.

    Raises
    ------
    TypeError
        If the model is not a functional or Sequential model that has been built.
    ValueError
        If it has several inputs or output tensors, or `target` is missing or not one of
        its outputs.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((4, 4, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255),
    ...     keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
    >>> logit_model(network).output.shape
    (None, 1)
    """
    _check_graph(model)
    outputs = model.outputs[0].shape[-1]
    _check_target(target, outputs)
    if outputs == 1 and not (_takes_integers(model) or _ends_squashed(model)):
        return model
    rebuilt = _rebuilt(model, squash=False)
    logits = rebuilt.outputs[0]
    if outputs > 1:
        logits = logits[:, target : target + 1]
    return keras.Model(rebuilt.inputs[0], logits, name=f"{model.name}_logit")


def as_batch(scorer: keras.Model, image: np.ndarray) -> np.ndarray:
    """Return one image or a stack as float32 (n, rows, columns, channels).

    Parameters
    ----------
    scorer : keras.Model
        With one image input.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        The channel axis may be left out for grey images.

    Raises
    ------
    ValueError
        If the shape does not fit the model, or a value is not finite.
    """
    values = np.asarray(image)
    one = values.shape[1:] if is_stack(scorer, values) else values.shape
    rows_columns_channels = one if len(one) == 3 else (*one, 1)
    return _finite(values.reshape(-1, *rows_columns_channels).astype("float32"))


def is_stack(scorer: keras.Model, image: np.ndarray) -> bool:
    """Whether an array is a stack of the model's images (True) or one of them (False).

    Raises ValueError if it is neither.
    """
    shape, expected = np.shape(image), scorer.inputs[0].shape[1:]
    if _fits(shape, expected):
        return False
    if _fits(shape[1:], expected):
        return True
    raise ValueError(
        f"The image has shape {shape}, but the model takes one image of shape "
        f"{tuple(expected)} (rows, columns, channels) or a stack of them; a grey image "
        "may leave the channel out. Resize the image, or make its channels match."
    )


def as_baseline(baseline: float | np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a baseline as one float32 image.

    Parameters
    ----------
    baseline : float or array
        One grey level, a grey image (rows, columns) or an image.
    shape : (rows, columns, channels)
        Of one image that the model takes.

    Raises
    ------
    ValueError
        If the baseline does not broadcast to the shape, or a value is not finite.
    """
    values = np.asarray(baseline, dtype="float32")
    values = values[..., np.newaxis] if values.ndim == 2 else values
    try:
        image = np.broadcast_to(values, shape)
    except ValueError as error:
        raise ValueError(
            f"The baseline has shape {np.shape(baseline)}, but one image has shape "
            f"{shape}. Pass one grey level, or one image of that shape."
        ) from error
    return _finite(image)


def _check_graph(model: keras.Model) -> None:
    inputs = getattr(model, "inputs", None)
    if not isinstance(model, keras.Model) or not inputs:
        raise TypeError(
            "Saliency maps need a built functional or Sequential Keras model, got "
            f"{type(model).__name__}. Give a Sequential model its input shape "
            "(keras.Input); rewrite a subclassed model as keras.Model(inputs, outputs)."
        )
    shapes = [tuple(tensor.shape) for tensor in (*inputs, *model.outputs)]
    if len(shapes) != 2 or len(shapes[0]) != 4 or len(shapes[1]) != 2:
        raise ValueError(
            "Saliency maps need one input (n, rows, columns, channels) and one output "
            f"(n, outputs); model {model.name!r} has inputs and outputs of shape "
            f"{', '.join(map(str, shapes))}. Build a keras.Model with the one input "
            "and the one output to explain."
        )


def _check_target(target: int | None, outputs: int) -> None:
    if target is None and outputs > 1:
        raise ValueError(
            f"The model has {outputs} outputs: say which one to explain, for example "
            "logit_model(model, target=0), and pass the result on."
        )
    if target is not None and not 0 <= target < outputs:
        raise ValueError(
            f"target is {target}, but the model has {outputs} output(s): expected 0 to "
            f"{outputs - 1}."
        )


def _takes_integers(model: keras.Model) -> bool:
    return "int" in keras.backend.standardize_dtype(model.inputs[0].dtype)


def _ends_squashed(model: keras.Model) -> bool:
    """Whether the last operation, also of a nested model, is a sigmoid or softmax."""
    last = _graph(model).operations[-1]
    return _ends_squashed(last) if isinstance(last, keras.Model) else _squashes(last)


def _squashes(operation: keras.Operation) -> bool:
    activation = getattr(operation, "activation", None)
    names = (type(operation).__name__, getattr(activation, "__name__", ""))
    return any(name.lower() in _SQUASHING for name in names)


def _graph(model: keras.Model) -> keras.Model:
    """Return the same layers as a plain, uncompiled functional model."""
    return keras.Model(_unpacked(model.inputs), model.outputs[0], name=model.name)


def _unpacked(tensors: list) -> object:
    """Return the tensor itself where there is only one, as Keras expects it back."""
    return tensors[0] if len(tensors) == 1 else tensors


def _rebuilt(model: keras.Model, *, squash: bool) -> keras.Model:
    """Return the model on a float input, with its own layers and weights.

    With `squash=False` the last sigmoid or softmax is left out.
    """
    graph = _graph(model)

    def call(layer, *args, **kwargs):
        drop = layer is graph.operations[-1] and not squash
        if isinstance(layer, keras.Model):
            drop = drop and _ends_squashed(layer)
            if drop or _takes_integers(layer):
                layer = _rebuilt(layer, squash=not drop)
        elif drop and _squashes(layer):
            if not hasattr(layer, "activation"):
                return args[0]
            layer = _WithoutActivation(layer)
        return layer(*args, **kwargs)

    inputs = [
        keras.Input(batch_shape=one.shape, dtype="float32") for one in model.inputs
    ]
    return keras.models.clone_model(
        graph,
        input_tensors=_unpacked(inputs),
        clone_function=lambda layer: layer,
        call_function=call,
    )


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    full = shape if len(shape) == 3 else (*shape, 1)
    return len(full) == 3 and all(
        want in (None, have) for have, want in zip(full, expected, strict=True)
    )


def _finite(values: np.ndarray) -> np.ndarray:
    bad = int(np.size(values) - np.isfinite(values).sum())
    if bad:
        raise ValueError(
            f"The image or baseline holds {bad} value(s) that are not finite (NaN or "
            "infinite); its map would be empty. Replace them, for example by "
            "np.nan_to_num."
        )
    return values
