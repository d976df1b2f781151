"""Find the layer whose feature maps Grad-CAM weighs, and read what it returns.

Works on functional, Sequential, nested and reloaded Keras models: a layer is watched
while the model runs, so it does not matter how deep in a nested model it sits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers.quiet_start import quiet_start

with quiet_start():
    import keras


def feature_layers(model: keras.Model) -> list[str]:
    """Return the names of the layers that Grad-CAM can use, first to last.

    These are the layers, also those inside nested models, that return feature maps
    (rows, columns, channels) larger than one pixel, from the first convolution on.

    Parameters
    ----------
    model : keras.Model
        Any built functional or Sequential model.

    Examples
    --------
    >>> feature_layers(keras.Sequential([
    ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv"),
    ...     keras.layers.Flatten(), keras.layers.Dense(1)]))
    ['conv']
    """
    return [layer.name for layer in _feature_layers(model)]


def find_feature_layer(
    model: keras.Model, layer: str | keras.layers.Layer | None = None
) -> keras.layers.Layer:
    """Return the layer of that name, or the last one that returns feature maps.

    Parameters
    ----------
    model : keras.Model
        Any built functional or Sequential model.
    layer : str or keras.layers.Layer, optional
        Name (nested models are searched too) or the layer itself; a nested model
        stands for its last one. Default: the last of the whole model.

    Raises
    ------
    ValueError
        If the model has no convolution, or no such layer, or the layer returns no
        feature maps. The message lists the layers to choose from.
    """
    candidates = _feature_layers(model)
    if not candidates:
        raise ValueError(
            f"Model {model.name!r} has no convolution layer, so there are no feature "
            "maps for Grad-CAM to weigh. Use `gradient` or `integrated_gradients`: "
            "they need no convolutions."
        )
    if layer is None:
        return candidates[-1]
    for nested in _nested_models(model):
        if layer is nested or layer == nested.name:
            return find_feature_layer(nested)
    for candidate in candidates:
        if layer is candidate or layer == candidate.name:
            return candidate
    name = layer if isinstance(layer, str) else getattr(layer, "name", repr(layer))
    known = any(name == inner.name for inner in _inner_layers(model))
    problem = "returns no feature maps" if known else f"is not in model {model.name!r}"
    raise ValueError(
        f"Layer {name!r} {problem} (rows, columns, channels, after the first "
        f"convolution). Choose one of: {', '.join(c.name for c in candidates)}."
    )


@contextmanager
def recording(layer: keras.layers.Layer) -> Iterator[list]:
    """Collect what a layer returns while the block runs, however deep it sits.

    Parameters
    ----------
    layer : keras.layers.Layer
        A layer of a model that is called, without compilation, inside the block.

    Examples
    --------
    >>> double = keras.layers.Rescaling(2.0)
    >>> with recording(double) as outputs:
    ...     _ = double(keras.ops.ones((1, 1)))
    >>> float(outputs[0][0, 0])
    2.0
    """
    outputs, call = [], layer.call

    def recorded_call(*args, **kwargs):
        outputs.append(call(*args, **kwargs))
        return outputs[-1]

    layer.call = recorded_call
    try:
        yield outputs
    finally:
        del layer.call  # the method of the class shows again


def _inner_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield every layer in the order of the graph; of a nested model its own layers."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _inner_layers(layer)
        else:
            yield layer


def _nested_models(model: keras.Model) -> Iterator[keras.Model]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield layer
            yield from _nested_models(layer)


def _feature_layers(model: keras.Model) -> list[keras.layers.Layer]:
    layers = list(_inner_layers(model))
    first = next((i for i, one in enumerate(layers) if _convolves(one)), len(layers))
    return [layer for layer in layers[first:] if _returns_feature_maps(layer)]


def _convolves(layer: keras.layers.Layer) -> bool:
    return "Conv" in type(layer).__name__


def _returns_feature_maps(layer: keras.layers.Layer) -> bool:
    try:
        shape = layer.output.shape
    except AttributeError:  # never called, or several outputs
        return False
    return len(shape) == 4 and tuple(shape[1:3]) != (1, 1)
