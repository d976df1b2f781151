"""Saliency maps: worked by hand, and against two independent implementations."""

import sys
import types

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.ndimage
from keras import layers

from helpers import networks, saliency

ROWS, COLUMNS = 12, 10


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(3)


def _convolutions(stride):
    first = layers.Conv2D(4, 3, padding="same", activation="softplus", name="first")
    second = layers.Conv2D(6, 3, strides=stride, activation="softplus", name="second")
    return [layers.Rescaling(1 / 255), first, second]


def _start(channels, dtype):
    return keras.Input((ROWS, COLUMNS, channels), dtype=dtype)


def _functional(channels=1, dtype="float32"):
    image = x = _start(channels, dtype)
    pool = layers.GlobalAveragePooling2D(name="pool")
    score = layers.Activation("sigmoid", name="score")
    for layer in (*_convolutions(1), pool, layers.Dense(1, name="logit"), score):
        x = layer(x)
    return keras.Model(image, x)


def _sequential(channels=1, dtype="float32"):
    score = layers.Dense(1, activation="sigmoid")
    head = [layers.Flatten(), score]
    return keras.Sequential([_start(channels, dtype), *_convolutions(2), *head])


def _nested(channels=1, dtype="float32"):
    body = keras.Sequential([_start(channels, dtype), *_convolutions(1)], name="body")
    image = _start(channels, dtype)
    pooled = layers.GlobalAveragePooling2D()(body(image, training=False))
    return keras.Model(image, layers.Dense(1, activation="sigmoid")(pooled))


def _nested_to_the_score(channels=1, dtype="float32"):
    """Both the integer input and the sigmoid sit two models deep."""
    image = _start(channels, dtype)
    middle = keras.Model(image, _functional(channels, dtype)(image), name="middle")
    return keras.Sequential([_start(channels, dtype), middle])


def _operation_at_the_end(channels=1, dtype="float32"):
    image = _start(channels, dtype)
    body = keras.Sequential([*_convolutions(1), layers.Flatten(), layers.Dense(1)])
    return keras.Model(image, keras.ops.sigmoid(body(image)))


BUILDERS = [
    *(_functional, _sequential, _nested),
    *(_nested_to_the_score, _operation_at_the_end),
]


def _image(channels=1, seed=0):
    shape = (ROWS, COLUMNS) if channels == 1 else (ROWS, COLUMNS, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")


def _linear(weights, bias=0.0, **head):
    weights = np.asarray(weights, dtype="float32")
    dense = layers.Dense(1, **head)
    model = keras.Sequential(
        [keras.Input((*weights.shape, 1)), layers.Flatten(), dense]
    )
    dense.set_weights([weights.reshape(-1, 1), np.array([bias], "float32")])
    return model


# --- worked by hand ------------------------------------------------------------------


def test_gradient_of_a_linear_model_is_its_weights_also_behind_a_sigmoid():
    model = _linear([[4.0, -2.0]], bias=7.0, activation="sigmoid")
    image = np.array([[10.0, 0.0]])
    # logit 47 gives a score of 1 and a flat sigmoid; the logit still has its slope
    assert float(model(image[None, ..., None])[0, 0]) == 1.0
    np.testing.assert_allclose(saliency.gradient(model, image), [[4.0, -2.0]])


def test_a_sigmoid_in_the_middle_and_another_last_activation_stay():
    middle, last = layers.Activation("sigmoid"), layers.Dense(1, activation="tanh")
    model = keras.Sequential([keras.Input((2, 1, 1)), layers.Flatten(), middle, last])
    model.set_weights([np.array([[1.0], [3.0]]), np.array([-2.0])])
    # sigmoid(0) = 0.5 with slope 0.25; 0.5 + 1.5 - 2 = 0, where tanh has the slope 1
    got = saliency.gradient(model, np.zeros((2, 1)))
    np.testing.assert_allclose(got, [[0.25], [0.75]])


def test_integrated_gradients_of_a_linear_model_are_weights_times_distance():
    # (1 - 5) x 1, (3 - 5) x -2, (5 - 5) x 0.5, (8 - 5) x 2
    model = _linear([[1.0, -2.0], [0.5, 2.0]], bias=7.0)
    image = np.array([[1, 3], [5, 8]])
    got = saliency.integrated_gradients(model, image, baseline=5, steps=3)
    np.testing.assert_allclose(got, [[-4.0, 4.0], [0.0, 6.0]], rtol=1e-6)


def test_integrated_gradients_use_the_midpoint_rule():
    # logit = x^3, path 0 -> 2, slope 3 x^2; two steps: x = 0.5 and 1.5, slopes 3/4 and
    # 27/4, mean 15/4; times 2 is 7.5. By default 64 steps.
    image = keras.Input((1, 1, 1))
    model = keras.Model(image, layers.Flatten()(image) ** 3)
    got = saliency.integrated_gradients(model, [[2.0]], baseline=0, steps=2)
    np.testing.assert_allclose(got, [[7.5]], rtol=1e-6)
    got = saliency.integrated_gradients(model, [[2.0]], baseline=0)
    wanted = 2 * np.mean(3 * ((np.arange(64) + 0.5) / 32) ** 2)
    np.testing.assert_allclose(got, [[wanted]], rtol=1e-6)


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


def test_grad_cam_of_the_network_of_the_course_divides_the_logit():
    network = networks.small_residual_network((28, 30, 3))
    image = np.random.default_rng(0).integers(0, 256, (28, 30, 3), dtype="uint8")
    # pooling and one dense layer follow: before the ReLU the cells add up to the logit
    # minus the bias; all weights made positive, the ReLU removes nothing
    kernel, bias = network.get_layer("logit").get_weights()
    network.get_layer("logit").set_weights([np.abs(kernel), bias + 1])
    logit = float(saliency.logit_model(network)(image[None])[0, 0])
    cam = saliency.grad_cam(network, image)
    assert cam.shape == (7, 8)
    assert cam.sum() == pytest.approx(logit - 1, rel=1e-4)


# --- every kind of model -------------------------------------------------------------


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("options", [(1, "uint8"), (3, "float32")])
@pytest.mark.parametrize("build", BUILDERS)
def test_maps_on_every_kind_of_model(build, options, tmp_path):
    model, image = build(*options), _image(options[0])
    if options[0] == 1:
        model.save(tmp_path / "model.keras")
        model = keras.models.load_model(tmp_path / "model.keras")
        model.compile("adam", loss=lambda truth, score: (truth - score) ** 2)
    scorer = saliency.logit_model(model)
    batch = image.reshape(1, ROWS, COLUMNS, -1).astype("float32")
    logit, config = float(scorer(batch)[0, 0]), model.get_config()

    # the logit is the one behind the model's own score, also after a change of weights
    for factor in (1.0, 2.0):
        model.set_weights([factor * weight for weight in model.get_weights()])
        score = 1 / (1 + np.exp(-float(scorer(batch)[0, 0])))
        assert score == pytest.approx(float(model(batch)[0, 0]), abs=1e-6)
    model.set_weights([0.5 * weight for weight in model.get_weights()])

    # the gradient predicts a small step of one pixel (central difference)
    step = np.zeros_like(batch)
    step[0, 5, 5, 0] = 2.0
    difference = float(scorer(batch + step)[0, 0] - scorer(batch - step)[0, 0]) / 4
    slope = saliency.gradient(model, image).reshape(batch.shape)[0, 5, 5, 0]
    assert slope == pytest.approx(difference, rel=0.03, abs=2e-6)

    # integrated gradients complete
    parts = saliency.integrated_gradients(model, image, baseline=0, steps=32)
    rise = logit - float(scorer(0 * batch)[0, 0])
    assert parts.shape == image.shape
    assert abs(parts.sum(dtype=float) - rise) < 0.01 * abs(rise)

    assert saliency.grad_cam(model, image, layer="second").min() >= 0
    assert model.get_config() == config


def test_stacks_give_the_maps_of_their_images_in_batches(monkeypatch):
    monkeypatch.setattr(saliency, "IMAGES_AT_ONCE", 2)
    model = _functional()
    images = np.stack([_image(seed=seed) for seed in range(5)])
    for explain, options in (
        (saliency.gradient, {}),
        (saliency.grad_cam, {}),
        (saliency.integrated_gradients, {"baseline": _image(seed=9), "steps": 7}),
    ):
        got = explain(model, images, **options)
        one_by_one = [explain(model, image, **options) for image in images]
        np.testing.assert_allclose(got, one_by_one, rtol=1e-4, atol=1e-8)
    with_channel = saliency.grad_cam(model, images[..., None])
    np.testing.assert_array_equal(with_channel, saliency.grad_cam(model, images))
    assert saliency.grad_cam(model, images[:1]).shape == (1, 10, 8)


def test_grad_cam_takes_the_last_feature_maps_also_of_a_nested_model():
    model = _nested()
    last, first = (saliency.grad_cam(model, _image(), layer=n) for n in (None, "first"))
    np.testing.assert_array_equal(
        last, saliency.grad_cam(model, _image(), layer="second")
    )
    assert (last.shape, first.shape) == ((10, 8), (12, 10))


# --- second opinions -----------------------------------------------------------------


@pytest.mark.parametrize("build", [_functional, _sequential])
def test_grad_cam_agrees_with_tf_keras_vis(build, monkeypatch):
    # tf-keras-vis 0.8.7 still imports a module that SciPy 2.0 drops
    shim = types.ModuleType("scipy.ndimage.interpolation")
    shim.zoom = scipy.ndimage.zoom
    monkeypatch.setitem(sys.modules, shim.__name__, shim)
    pytest.importorskip("tf_keras_vis")
    from tf_keras_vis import gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

    model, image = build(3), _image(3)
    model.set_weights([abs(weight) for weight in model.get_weights()])
    theirs = gradcam.Gradcam(
        keras.Model(model.inputs, model.outputs), model_modifier=ReplaceToLinear()
    )(
        lambda output: output[:, 0],
        image[None].astype("float32"),
        penultimate_layer="second",
        **{"expand_cam": False, "normalize_cam": False},
    )
    ours = saliency.grad_cam(model, image, layer="second")
    assert ours.max() > 1e-3
    np.testing.assert_allclose(ours, np.asarray(theirs)[0], atol=1e-5)


@pytest.mark.parametrize("build", [_sequential, _nested])
def test_integrated_gradients_agree_with_saliency(build):
    core = pytest.importorskip("saliency.core")
    model, image, baseline = build(), _image().astype("float32"), _image(seed=1)

    def slopes(points, call_model_args=None, expected_keys=None):
        return {core.base.INPUT_OUTPUT_GRADIENTS: saliency.gradient(model, points)}

    theirs = core.IntegratedGradients().GetMask(
        image, slopes, x_baseline=baseline.astype("float32"), x_steps=500, batch_size=99
    )
    ours = saliency.integrated_gradients(model, image, baseline=baseline, steps=100)
    np.testing.assert_allclose(ours, theirs, atol=5e-3 * np.abs(theirs).max())


# --- what goes wrong, in words -------------------------------------------------------


def refuses(match, function, *given, error=ValueError, **options):
    with pytest.raises(error, match=match):
        function(*given, **options)


def test_grad_cam_lists_the_layers_it_can_use():
    refuses("of convolutions.*none", saliency.grad_cam, _linear([[1.0]]), [[1.0]])
    refuses("'c9'.*first, second", saliency.grad_cam, _nested(), _image(), layer="c9")
    dense = {"layer": "logit"}  # no feature maps
    refuses("'logit'.*second", saliency.grad_cam, _functional(), _image(), **dense)


def test_images_and_baselines_that_do_not_fit_are_refused():
    model, image = _functional(), np.zeros((ROWS, COLUMNS))
    for shape in [(5, 5), (12, 10, 3), (2, 5, 12, 10), (10,)]:
        refuses(r"\(12, 10, 1\).*or a stack", saliency.gradient, model, np.zeros(shape))
    explain = saliency.integrated_gradients
    refuses("shape", explain, model, image, baseline=np.zeros((3, 3)))
    refuses("steps is 0", explain, model, image, baseline=0, steps=0)
    for bad in (np.nan, np.inf):
        refuses("not finite", explain, model, image, baseline=bad)
        image[3, 4] = bad
        refuses("1 values are not finite", saliency.gradient, model, image)
        image[3, 4] = 0


class _Subclassed(keras.Model):
    def call(self, inputs):
        return inputs


def test_models_that_cannot_be_explained_are_refused():
    built = "functional or Sequential"
    for model in (_Subclassed(), keras.Sequential([layers.Dense(1)]), "model.keras"):
        refuses(built, saliency.gradient, model, np.zeros((4, 4)), error=TypeError)
    for shape, outputs in (((4, 4, 1), 3), ((4, 4, 4, 1), 1)):  # classes; a volume
        head = [layers.Flatten(), layers.Dense(outputs)]
        model = keras.Sequential([keras.Input(shape), *head])
        refuses(r"one output \(n, 1\)", saliency.gradient, model, np.zeros(shape))


def test_a_layer_that_stops_the_gradient_is_named():
    image = keras.Input((ROWS, COLUMNS, 1))
    features = layers.Conv2D(2, 3, name="conv")(image)
    logit = layers.Dense(1)(layers.Flatten()(keras.ops.stop_gradient(features)))
    for explain in (saliency.grad_cam, saliency.gradient):
        refuses("No gradient", explain, keras.Model(image, logit), _image())


# --- measures ------------------------------------------------------------------------

MASK = np.array([[False, True], [False, False]])


@pytest.mark.parametrize(
    ("values", "mask", "hits"),
    [
        ([[5.0, 6.0], [5.0, 5.0]], MASK, 1),  # only the maximum lies inside
        ([[7.0, 6.0], [0.0, 0.0]], MASK, 0),
        ([[1.0, -9.0], [0.0, 0.0]], MASK, 0),  # strongest, but downwards
        ([[6.0, 6.0], [0.0, 0.0]], MASK, 0),  # one of two equal maxima lies outside
        ([[6.0, 6.0], [0.0, 0.0]], MASK | MASK[:, ::-1], 1),
        ([[0.0, 0.0], [0.0, 0.0]], MASK, 0),
    ],
)
def test_a_hit_is_a_maximum_inside_the_mask(values, mask, hits):
    assert saliency.hit_rate(np.array([values]), mask[None]).hits == hits


def test_hit_rate_counts_and_gives_the_wilson_interval():
    # 3 of 4; Wilson, z = 1.96: centre (0.75 + 0.48) / (1 + 0.96) = 0.628,
    # half-width 0.327 -> 0.30 to 0.95
    got = saliency.hit_rate(np.stack([MASK * 1.0] * 3 + [1.0 - MASK]), [MASK] * 4)
    assert (got.hits, got.total, got.rate) == (3, 4, 0.75)
    assert (got.low, got.high) == pytest.approx((0.301, 0.954), abs=0.001)
    assert str(got) == "0.75 (3 of 4), 95 % CI 0.30 to 0.95"


def test_hit_rate_without_pairs_is_refused():
    for n_maps, n_masks in ((0, 0), (2, 1)):
        maps, masks = np.zeros((n_maps, 2, 2)), [MASK] * n_masks
        refuses(f"{n_maps} maps and {n_masks} masks", saliency.hit_rate, maps, masks)


@pytest.mark.parametrize(
    ("values", "mask", "match"),
    [
        (np.zeros((4, 4)), MASK, r"\(4, 4\) and mask \(2, 2\)"),
        (np.zeros(4), MASK.ravel(), r"\(4,\)"),
        (np.zeros((2, 2)), MASK & False, "bool with 0 pixels set"),
        (np.zeros((2, 2)), MASK.astype("int64"), "int64 with 1 pixels"),
        (np.array([[np.nan, 1.0], [0.0, 0.0]]), MASK, "1 values of the map"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(values, mask, match):
    refuses(match, saliency.hit_rate, [values], [mask])


def test_mean_mask_leaves_images_without_the_finding_out():
    masks = np.array([[[True, False]], [[True, True]], [[False, False]]])
    np.testing.assert_allclose(saliency.mean_mask(masks), [[1.0, 0.5]])
    refuses("All 1 masks are empty", saliency.mean_mask, masks[2:])


# --- covering and drawing ------------------------------------------------------------


@pytest.mark.parametrize("channels", [(), (3,)])
def test_cover_fills_the_patch_and_leaves_the_rest(channels):
    images = np.full((1, 20, 20, *channels), 200.0)
    patch = np.broadcast_to(np.arange(20) >= 10, (1, 20, 20))
    got = saliency.cover(images, patch, fill=np.full((20, 20, *channels), 50.0))
    # the edge between columns 9 and 10 falls like a Gaussian's area of width 1.5: half
    # a column outside it is covered by the share 1 - Phi(1 / 3) = 0.37
    wanted = {0: 200, 9: 200 - 0.37 * 150, 10: 50 + 0.37 * 150, 19: 50}
    for column, grey in wanted.items():
        np.testing.assert_allclose(got[0, :, column], grey, atol=1)
    assert got.shape == images.shape


def test_enlarge_interpolates_between_the_centres_of_the_cells():
    # cell centres at 1 and 3 of 4 pixels; pixel centres at 0.5, 1.5, 2.5, 3.5
    got = saliency.enlarge(np.array([[0.0, 4.0]]), (2, 4))
    np.testing.assert_allclose(got, [[0.0, 1.0, 3.0, 4.0]] * 2)
    maps = np.random.default_rng(0).random((3, 4, 5)).astype("float32")
    np.testing.assert_allclose(saliency.enlarge(maps, (4, 5)), maps, rtol=1e-6)
    assert saliency.enlarge(maps, (8, 11)).shape == (3, 8, 11)


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_overlay_of_one_sign_is_clear_where_the_map_is_zero(axes):
    values = np.array([[0.0, 1.0], [2.0, 4.0]])
    saliency.show_overlay(np.zeros((2, 2)), values, ax=axes, mask=MASK, unit="grey")
    film, drawn = axes.images
    assert (film.get_cmap().name, drawn.get_cmap().name) == ("gray", "viridis")
    # scale ends at the 99.5th percentile, 2 + 2 x 0.985: opacity 0, 1/3.97 ... 1 of 0.7
    assert (drawn.norm.vmin, drawn.norm.vmax) == pytest.approx((0, 3.97))
    opacity = [[0, 0.252], [0.504, 1]]
    np.testing.assert_allclose(drawn.get_alpha() / 0.7, opacity, atol=1e-3)
    assert len(axes.collections) == 1  # the outline
    assert axes.figure.axes[1].get_ylabel() == "grey"


@pytest.mark.parametrize(
    ("values", "arrows"), [((-3, 1), "min"), ((-1, 3), "max"), ((-2, 2), "neither")]
)
def test_overlay_of_two_signs_is_even_about_zero(axes, values, arrows):
    saliency.show_overlay(np.zeros((1, 2)), np.array([values]), ax=axes)
    drawn = axes.images[1]
    assert drawn.norm.vmin == -drawn.norm.vmax
    assert drawn.get_cmap().name == "PuOr_r"
    assert axes.figure.axes[1]._colorbar.extend == arrows


def test_overlays_that_are_compared_share_one_scale(axes):
    maps = np.array([[[0.0, 1.0]], [[0.0, 4.0]]])
    limit = saliency.scale_limit(maps)  # 99.5 % of the way from 0, 0, 1 to 4
    assert limit == pytest.approx(1 + 3 * (0.995 * 3 - 2))
    saliency.show_overlay(np.zeros((1, 2)), maps[0], ax=axes, limit=limit)
    assert axes.images[1].norm.vmax == limit
    opacity = axes.images[1].get_alpha() / saliency.STRONGEST_OPACITY
    np.testing.assert_allclose(opacity, [[0, 1 / limit]])


def test_overlay_of_an_empty_map_leaves_the_film(axes):
    saliency.show_overlay(np.zeros((2, 2)), np.zeros((2, 2)), ax=axes)
    assert not axes.images[1].get_alpha().any()
    draw = saliency.show_overlay
    refuses(r"\(4, 4\), the image", draw, np.eye(8), np.eye(4), ax=axes)
