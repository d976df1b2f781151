"""Saliency maps: worked by hand, and against two independent implementations."""

import sys
import types

import keras
import numpy as np
import pytest
import scipy.ndimage
from keras import layers

from helpers import networks, saliency
from helpers.saliency import maps
from helpers.saliency.feature_layers import find_feature_layer, recording
from helpers.saliency.logit_models import as_batch

ROWS, COLUMNS = 12, 10


def _backbone(name="backbone", channels=1, dtype="float32", activation="softplus"):
    image = keras.Input((ROWS, COLUMNS, channels), dtype=dtype)
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(4, 3, padding="same", activation=activation, name="first")(x)
    x = layers.MaxPooling2D(name="halve")(x)
    x = layers.Conv2D(6, 3, padding="same", activation=activation, name="second")(x)
    return keras.Model(image, x, name=name)


def _head(x):
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(1, name="logit")(x)
    return layers.Activation("sigmoid", name="score")(x)


def _functional(channels=1, dtype="float32"):
    body = _backbone(channels=channels, dtype=dtype)
    return keras.Model(body.input, _head(body.output))


def _sequential(channels=1, dtype="float32"):
    return keras.Sequential(
        [
            keras.Input((ROWS, COLUMNS, channels), dtype=dtype),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, padding="same", activation="softplus", name="first"),
            layers.Conv2D(6, 3, strides=2, activation="softplus", name="second"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def _nested(channels=1, dtype="float32"):
    image = keras.Input((ROWS, COLUMNS, channels), dtype=dtype)
    return keras.Model(image, _head(_backbone(channels=channels, dtype=dtype)(image)))


def _nested_to_the_score(channels=1, dtype="float32"):
    """Both the integer input and the sigmoid sit two models deep."""
    inner = _functional(channels, dtype)
    image = keras.Input((ROWS, COLUMNS, channels), dtype=dtype)
    middle = keras.Model(image, inner(image), name="middle")
    return keras.Sequential([keras.Input(image.shape[1:], dtype=dtype), middle])


def _operation_at_the_end(channels=1, dtype="float32"):
    body = _backbone(channels=channels, dtype=dtype)
    x = layers.Dense(1)(layers.GlobalAveragePooling2D()(body.output))
    return keras.Model(body.input, keras.ops.sigmoid(x))


BUILDERS = [
    _functional,
    _sequential,
    _nested,
    _nested_to_the_score,
    _operation_at_the_end,
]


def _image(channels=1, seed=0, dtype="uint8"):
    shape = (ROWS, COLUMNS) if channels == 1 else (ROWS, COLUMNS, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


@pytest.fixture(params=["as built", "saved and reloaded"])
def store(request, tmp_path):
    def as_built_or_reloaded(model):
        if request.param == "as built":
            return model
        model.save(tmp_path / "model.keras")
        return keras.models.load_model(tmp_path / "model.keras")

    return as_built_or_reloaded


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(3)


def _linear(weights, bias=0.0, **head):
    weights = np.asarray(weights, dtype="float32")
    image = keras.Input((*weights.shape, 1))
    dense = layers.Dense(1, **head)
    model = keras.Model(image, dense(layers.Flatten()(image)))
    dense.set_weights([weights.reshape(-1, 1), np.array([bias], "float32")])
    return model


# --- worked by hand ------------------------------------------------------------------


def test_gradient_of_a_linear_model_is_its_weights():
    model = _linear([[1.0, -2.0], [0.5, 0.0]], bias=7.0)
    got = saliency.gradient(model, np.array([[9, 9], [9, 9]]))
    np.testing.assert_allclose(got, [[1.0, -2.0], [0.5, 0.0]])


def test_gradient_explains_the_logit_and_not_the_sigmoid():
    # logit 40 gives a score of 1 and a flat sigmoid; the logit still has its slope
    model = _linear([[4.0, 0.0]], activation="sigmoid")
    image = np.array([[10.0, 0.0]])
    assert float(model.predict(image[None, ..., None], verbose=0)[0, 0]) == 1.0
    np.testing.assert_allclose(saliency.gradient(model, image), [[4.0, 0.0]])


def test_integrated_gradients_of_a_linear_model_are_weights_times_distance():
    # (1 - 5) x 1, (3 - 5) x -2, (5 - 5) x 0.5, (8 - 5) x 2
    model = _linear([[1.0, -2.0], [0.5, 2.0]], bias=7.0)
    got = saliency.integrated_gradients(
        model, np.array([[1, 3], [5, 8]]), baseline=5, steps=3
    )
    np.testing.assert_allclose(got, [[-4.0, 4.0], [0.0, 6.0]], rtol=1e-6)


def test_integrated_gradients_use_the_midpoint_rule():
    # logit = x^2, path 0 -> 2, gradient 2x; two steps: x = 0.5 and 1.5, mean slope 2;
    # attribution 2 x 2 = 4 = 2^2. One end point too many or too few would miss it.
    image = keras.Input((1, 1, 1))
    model = keras.Model(image, keras.ops.square(layers.Flatten()(image)))
    got = saliency.integrated_gradients(model, np.array([[2.0]]), baseline=0, steps=2)
    np.testing.assert_allclose(got, [[4.0]], rtol=1e-6)


def test_grad_cam_of_one_convolution_by_hand():
    # A 1x1 convolution makes the maps 2x and -x; mean pooling; logit = 3 a - 1 b.
    # Slopes of the logit: 3/4 and -1/4 in each of 4 cells. Weighted sum:
    # 0.75 * 2x + 0.25 * x = 1.75 x; ReLU removes the negative pixel.
    image = keras.Input((2, 2, 1))
    conv, dense = layers.Conv2D(2, 1, use_bias=False), layers.Dense(1, use_bias=False)
    model = keras.Model(image, dense(layers.GlobalAveragePooling2D()(conv(image))))
    conv.set_weights([np.array([[[[2.0, -1.0]]]], "float32")])
    dense.set_weights([np.array([[3.0], [-1.0]], "float32")])
    got = saliency.grad_cam(model, np.array([[1.0, 2.0], [-4.0, 0.0]]))
    np.testing.assert_allclose(got, [[1.75, 3.5], [0.0, 0.0]], rtol=1e-6)


def test_enlarge_interpolates_between_the_centres_of_the_cells():
    # cell centres at 0.5 and 2.5 of 4 pixels; pixel centres at 0.5, 1.5, 2.5, 3.5 ...
    got = saliency.enlarge(np.array([[0.0, 4.0]]), (2, 4))
    np.testing.assert_allclose(got, [[0.0, 1.0, 3.0, 4.0]] * 2)


def test_enlarge_takes_a_stack_and_leaves_a_map_of_full_size_alone():
    maps = np.random.default_rng(0).random((3, 4, 5)).astype("float32")
    np.testing.assert_allclose(saliency.enlarge(maps, (4, 5)), maps, rtol=1e-6)
    assert saliency.enlarge(maps, (8, 11)).shape == (3, 8, 11)


# --- every kind of model -------------------------------------------------------------


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("build", BUILDERS)
def test_maps_on_every_kind_of_model(build, channels, dtype, store):
    model = store(build(channels, dtype))
    image = _image(channels)
    scorer = saliency.logit_model(model)
    batch = as_batch(scorer, image)
    logit = float(scorer(batch)[0, 0])

    # the logit is the one behind the model's own score
    score = float(model(image.reshape(batch.shape))[0, 0])
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(score, abs=1e-6)

    # the gradient predicts a small step of one pixel (central difference)
    slopes = saliency.gradient(model, image)
    assert slopes.shape == image.shape
    up, down = batch.copy(), batch.copy()
    up[0, 5, 5, 0] += 2.0
    down[0, 5, 5, 0] -= 2.0
    difference = float(scorer(up)[0, 0] - scorer(down)[0, 0]) / 4
    assert slopes.reshape(batch.shape)[0, 5, 5, 0] == pytest.approx(
        difference, rel=0.03, abs=2e-6
    )

    # integrated gradients complete
    parts = saliency.integrated_gradients(model, image, baseline=0, steps=32)
    at_zero = float(scorer(np.zeros_like(batch))[0, 0])
    assert (
        saliency.completeness_gap(parts, logit_image=logit, logit_baseline=at_zero)
        < 0.01
    )

    cam = saliency.grad_cam(model, image, layer="second")
    assert cam.ndim == 2
    assert cam.min() >= 0


@pytest.mark.parametrize("build", BUILDERS)
def test_the_model_is_left_as_it_was(build):
    model = build(1, "uint8")
    image = _image()[None, ..., None]
    before, config = np.asarray(model(image)), model.get_config()
    saliency.gradient(model, image)
    saliency.grad_cam(model, image)
    np.testing.assert_array_equal(np.asarray(model(image)), before)
    assert model.get_config() == config


@pytest.mark.parametrize("build", BUILDERS)
def test_logit_model_shares_the_weights(build):
    model = build(1, "uint8")
    scorer = saliency.logit_model(model)
    batch = as_batch(scorer, _image())
    before = float(scorer(batch)[0, 0])
    model.set_weights([2 * weight for weight in model.get_weights()])
    score = float(model(batch)[0, 0])
    after = float(scorer(batch)[0, 0])
    assert after != before
    assert 1 / (1 + np.exp(-after)) == pytest.approx(score, abs=1e-6)


def test_logit_model_works_when_the_loss_cannot_be_stored():
    model = _functional(dtype="uint8")
    model.compile("adam", loss=lambda truth, score: (truth - score) ** 2)
    assert saliency.gradient(model, _image()).any()


def test_logit_model_returns_a_model_that_is_one_already():
    model = _linear([[1.0, 2.0]])
    assert saliency.logit_model(model) is model


def test_logit_model_keeps_a_sigmoid_in_the_middle():
    image = keras.Input((2, 1, 1))
    gate = layers.Activation("sigmoid")(layers.Flatten()(image))
    dense = layers.Dense(1, activation="sigmoid")
    model = keras.Model(image, dense(gate))
    dense.set_weights([np.array([[1.0], [3.0]], "float32"), np.zeros(1, "float32")])
    # sigmoid(0) = 0.5 has slope 0.25: gradients 0.25 x 1 and 0.25 x 3
    np.testing.assert_allclose(
        saliency.gradient(model, np.zeros((2, 1))), [[0.25], [0.75]]
    )


def test_target_chooses_one_of_several_outputs():
    weights = np.array([[1.0, 5.0], [2.0, 6.0]], "float32")
    model = keras.Sequential(
        [
            keras.Input((2, 1, 1)),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", use_bias=False),
        ]
    )
    model.set_weights([weights])
    scorer = saliency.logit_model(model, target=1)
    np.testing.assert_allclose(
        saliency.gradient(scorer, np.ones((2, 1))), [[5.0], [6.0]]
    )


def test_softmax_layer_is_left_out_too():
    model = keras.Sequential(
        [
            keras.Input((2, 1, 1)),
            layers.Flatten(),
            layers.Dense(2, use_bias=False),
            layers.Softmax(),
        ]
    )
    model.set_weights([np.array([[1.0, 5.0], [2.0, 6.0]], "float32")])
    scorer = saliency.logit_model(model, target=0)
    np.testing.assert_allclose(
        saliency.gradient(scorer, np.ones((2, 1))), [[1.0], [2.0]]
    )


@pytest.mark.parametrize("shape", [(28, 28, 1), (100, 96, 3)])
def test_maps_on_the_network_of_the_course(shape):
    network = networks.small_residual_network(shape)
    image = np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")
    cam = saliency.grad_cam(network, image)
    assert find_feature_layer(network).name == "stage3_relu2"
    assert cam.shape == tuple(network.get_layer("stage3_relu2").output.shape[1:3])
    # pooling and one dense layer follow: before the ReLU the cells add up to the logit
    # minus the bias; all weights made positive, the ReLU removes nothing
    kernel, bias = network.get_layer("logit").get_weights()
    network.get_layer("logit").set_weights([np.abs(kernel), bias + 1])
    logit = float(saliency.logit_model(network)(image[None])[0, 0])
    assert saliency.grad_cam(network, image).sum() == pytest.approx(logit - 1, rel=1e-4)


def test_stacks_give_the_maps_of_their_images_in_batches(monkeypatch):
    monkeypatch.setattr(maps, "IMAGES_AT_ONCE", 2)
    model = _functional()
    images = np.stack([_image(seed=seed) for seed in range(5)])
    for explain in (
        saliency.gradient,
        saliency.grad_cam,
        lambda m, x: saliency.integrated_gradients(
            m, x, baseline=20, steps=7, batch_size=3
        ),
    ):
        one_by_one = np.stack([explain(model, image) for image in images])
        np.testing.assert_allclose(
            explain(model, images), one_by_one, rtol=1e-4, atol=1e-8
        )


def test_batch_size_bounds_what_the_model_sees_at_once():
    model = _linear(np.ones((3, 3)))
    seen, call = [], model.call
    model.call = lambda inputs, **kw: (seen.append(len(inputs)), call(inputs, **kw))[1]
    saliency.integrated_gradients(
        model, np.ones((3, 3)), baseline=0, steps=10, batch_size=4
    )
    assert seen == [4, 4, 2]


# --- second opinions -----------------------------------------------------------------


@pytest.fixture
def keras_vis(monkeypatch):
    """tf-keras-vis 0.8.7, which still imports a module that SciPy 2.0 drops."""
    if "scipy.ndimage.interpolation" not in sys.modules:
        shim = types.ModuleType("scipy.ndimage.interpolation")
        shim.zoom = scipy.ndimage.zoom
        monkeypatch.setitem(sys.modules, shim.__name__, shim)
    pytest.importorskip("tf_keras_vis")
    from tf_keras_vis import gradcam
    from tf_keras_vis.utils import model_modifiers

    return types.SimpleNamespace(gradcam=gradcam, model_modifiers=model_modifiers)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("build", [_functional, _sequential])
def test_grad_cam_agrees_with_tf_keras_vis(keras_vis, build, channels):
    model = build(channels)
    image = _image(channels)
    linear = keras_vis.model_modifiers.ReplaceToLinear()
    functional = keras.Model(model.inputs, model.outputs)
    theirs = keras_vis.gradcam.Gradcam(functional, model_modifier=linear, clone=True)(
        lambda output: output[:, 0],
        as_batch(model, image),
        penultimate_layer="second",
        expand_cam=False,
        normalize_cam=False,
    )
    ours = saliency.grad_cam(model, image, layer="second")
    assert ours.max() > 1e-3
    np.testing.assert_allclose(ours, np.asarray(theirs)[0], atol=1e-5)


@pytest.mark.parametrize("build", [_functional, _sequential, _nested])
def test_integrated_gradients_agree_with_saliency(build):
    core = pytest.importorskip("saliency.core")
    model = build()
    scorer = saliency.logit_model(model)
    image, baseline = _image().astype("float32"), np.full((ROWS, COLUMNS), 40.0)

    def slopes(points, call_model_args=None, expected_keys=None):
        found = saliency.gradient(scorer, points[..., 0])[..., np.newaxis]
        return {core.base.INPUT_OUTPUT_GRADIENTS: found}

    theirs = core.IntegratedGradients().GetMask(
        image[..., None], slopes, x_baseline=baseline[..., None], x_steps=2000,
        batch_size=100,
    )  # fmt: skip
    ours = saliency.integrated_gradients(model, image, baseline=baseline, steps=200)
    np.testing.assert_allclose(ours, theirs[..., 0], atol=2e-3 * np.abs(theirs).max())


# --- what goes wrong, in words -------------------------------------------------------


def _without_convolution():
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def test_grad_cam_without_convolutions_says_what_to_use_instead():
    with pytest.raises(ValueError, match="no convolution layer.*integrated_gradients"):
        saliency.grad_cam(_without_convolution(), np.zeros((4, 4)))


def test_grad_cam_lists_the_layers_when_the_name_is_wrong():
    with pytest.raises(
        ValueError, match=r"'conv9' is not in model.*first, halve, second"
    ):
        saliency.grad_cam(_nested(), _image(), layer="conv9")


def test_grad_cam_refuses_a_layer_without_feature_maps():
    with pytest.raises(ValueError, match=r"'logit' returns no feature maps.*second"):
        saliency.grad_cam(_functional(), _image(), layer="logit")


def test_grad_cam_takes_the_layer_itself_or_the_nested_model():
    model = _nested(dtype="uint8")
    backbone = model.get_layer("backbone")
    by_name = saliency.grad_cam(model, _image(), layer="second")
    for layer in (backbone.get_layer("second"), backbone, "backbone", None):
        cam = saliency.grad_cam(model, _image(), layer=layer)
        np.testing.assert_array_equal(cam, by_name)


def test_an_image_of_the_wrong_shape_is_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"shape \(5, 5\).*\(12, 10, 1\).*Resize"):
        saliency.gradient(_functional(), np.zeros((5, 5)))
    with pytest.raises(ValueError, match=r"shape \(12, 10\).*\(12, 10, 3\)"):
        saliency.grad_cam(_functional(3), np.zeros((12, 10)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    image = np.zeros((ROWS, COLUMNS))
    image[3, 4] = bad
    with pytest.raises(ValueError, match=r"1 value\(s\) that are not finite"):
        saliency.gradient(_functional(), image)
    with pytest.raises(ValueError, match="not finite"):
        saliency.integrated_gradients(_functional(), _image(), baseline=bad)


def test_a_baseline_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"baseline has shape \(3, 3\)"):
        saliency.integrated_gradients(
            _functional(), _image(), baseline=np.zeros((3, 3))
        )


def test_steps_below_one_are_refused():
    with pytest.raises(ValueError, match="steps and batch_size must be at least 1"):
        saliency.integrated_gradients(_functional(), _image(), baseline=0, steps=0)


def test_completeness_gap_by_hand_and_without_a_rise():
    # parts add up to 3, the rise is 5 - 1 = 4: a quarter is missing
    gap = saliency.completeness_gap(
        np.array([1.0, 2.5, -0.5]), logit_image=5.0, logit_baseline=1.0
    )
    assert gap == pytest.approx(0.25)
    with pytest.raises(ValueError, match=r"same logit \(2\).*another baseline"):
        saliency.completeness_gap(np.ones(3), logit_image=2.0, logit_baseline=2.0)


def test_subclassed_and_unbuilt_models_are_refused():
    class Hidden(keras.Model):
        def call(self, inputs):
            return inputs

    for model in (Hidden(), keras.Sequential([layers.Dense(1)]), "model.keras"):
        with pytest.raises(TypeError, match="built functional or Sequential"):
            saliency.gradient(model, np.zeros((4, 4)))


def test_several_outputs_need_a_target():
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)]
    )
    with pytest.raises(ValueError, match="3 outputs: say which one"):
        saliency.gradient(model, np.zeros((4, 4)))
    with pytest.raises(ValueError, match=r"target is 3.*expected 0 to 2"):
        saliency.logit_model(model, target=3)


def test_a_model_of_volumes_is_refused():
    model = keras.Sequential(
        [keras.Input((4, 4, 4, 1)), layers.Flatten(), layers.Dense(1)]
    )
    with pytest.raises(ValueError, match=r"one input \(n, rows, columns, channels\)"):
        saliency.gradient(model, np.zeros((4, 4, 4)))


def test_a_layer_beside_the_path_is_refused():
    body = _functional()
    x = body.get_layer("halve").output
    beside = layers.Conv2D(2, 3, name="beside")(x)
    joined = layers.Concatenate()(
        [layers.GlobalAveragePooling2D()(beside) * 0.0, body.get_layer("pool").output]
    )
    model = keras.Model(body.input, layers.Dense(1)(keras.ops.stop_gradient(joined)))
    with pytest.raises(ValueError, match="does not depend on layer 'beside'"):
        saliency.grad_cam(model, _image(), layer="beside")
    with pytest.raises(ValueError, match="No gradient reaches the image"):
        saliency.gradient(model, _image())


def test_recording_lets_go_of_the_layer_after_an_error():
    layer = layers.Rescaling(2.0)
    with pytest.raises(RuntimeError), recording(layer):
        raise RuntimeError
    assert "call" not in vars(layer)
