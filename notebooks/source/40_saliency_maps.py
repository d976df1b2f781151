# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 40 Saliency maps
#
# The network flags a chest film. A coloured map lies over it and glows. Was the network looking at
# the consolidation, and can such a map prove it?

# %% [markdown]
# | | |
# |---|---|
# | Time | 40 minutes to work through; runs in about 30 seconds |
# | Runs on | any laptop, no GPU |
# | Data | the course's in-silico chest films with exact masks (1,200 patients, made on first use) |
# | Needs first | lesson 21; lesson 30 for the threshold |
#
# ## After this notebook you can
#
# - take the network's output before the sigmoid and say why maps explain that number;
# - compute the gradient of the logit and read what it does and does not say;
# - compute integrated gradients, choose a baseline, and test whether the parts add up;
# - write Grad-CAM yourself, choose its layer, and state its resolution;
# - test maps against masks and trivial rivals, and say what they do not prove.

# %% tags=["setup"]
import json
import os
from pathlib import Path

from helpers import checkpoints, cohorts, saliency, training
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.ndimage import gaussian_filter, shift

from helpers.checks import check_exercise
from helpers.figures import COLOURS, describe, show_image, use_course_style
from helpers.intervals import wilson
from helpers.saliency import hit_rate, pixel_average_precision, show_overlay

use_course_style()
EVIDENCE = Path(checkpoints.__file__).parents[1] / "data" / "evidence"


def row_of_axes(count):
    """Return a figure and `count` axes side by side, for films."""
    return plt.subplots(1, count, figsize=(9, 8 / count), layout="constrained")


def for_the_eye(values):
    """Smooth a grainy map over a few neighbours; only figures use this."""
    return gaussian_filter(values, 1.0)


def gaps_of(parts, rises):
    """Return the completeness gap of each film of a stack."""
    return np.abs(parts.reshape(len(parts), -1).sum(axis=1) - rises) / np.abs(rises)


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 7
SPECIFICITY = 0.90  # share of tuning films without the finding that stay unflagged
STEPS = 64  # points on the path of integrated gradients
LAYER = "stage3_relu2"  # whose feature maps Grad-CAM weighs
MOST_MISSING = 0.01  # share of the rise that integrated gradients may miss
MOST_FILMS = 100  # films in the comparison with masks

# %% [markdown]
# ## The film and its logit
#
# The network is the one that lesson 21 trained. It gives each film a score between 0 and 1. We
# flag a film when the score passes a threshold, and the tuning set fixes that threshold: nine of
# ten of its films without the finding stay below. The internal test is only read.

# %%
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
network = checkpoints.trained_network(cohort, finding)
test, tuning = cohort.split("internal test"), cohort.split("tuning")
scores = training.predict_scores(network, test.images)
tuning_scores = training.predict_scores(network, tuning.images)
threshold = np.quantile(tuning_scores[tuning.labels(finding) == 0], SPECIFICITY)


def per_pixel(values, combine):
    """Return one value per pixel; the three of a colour film are combined."""
    return combine(values, axis=-1) if cohort.images.ndim == 4 else values


present, flagged = test.labels(finding) == 1, scores > threshold
print(f"{test.name}: {finding}; threshold {threshold:.2f}, from the tuning set.")
print(f"Internal test, {len(test)} films. Flagged: {np.sum(present & flagged)} of the "
      f"{present.sum()} with the finding,\n{np.sum(~present & flagged)} of the "
      f"{np.sum(~present)} without it.")  # fmt: skip

# %% [markdown]
# A good example proves nothing, and a lesson that shows its best film teaches the wrong habit.
# So the film below is the *ordinary* one: of the films that have the finding and are flagged, the
# one whose score is in the middle.

# %%
caught = np.flatnonzero(present & flagged)
if len(caught) == 0:
    print("No film with the finding is flagged; the missed ones are explained instead.")
    caught = np.flatnonzero(present)
ordinary = caught[np.argsort(scores[caught])[len(caught) // 2]]
film = test.images[ordinary]
has_masks = not cohort.lacks("masks") and finding in cohort.masks
mask = test.masks[finding][ordinary] if has_masks else None

fig, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
show_image(film, ax=axes[0], title="The film")
show_image(film, ax=axes[1], mask=mask, mask_colour="sky",
           title="With the reference outline, if known")  # fmt: skip
describe(fig, "A frontal chest film, once plain, once with the outline of the finding.")

# %% [markdown]
# The last layer of the network is a sigmoid. It squeezes a number without limits, the *logit*,
# into 0 to 1:
#
# $$\text{score} = \frac{1}{1 + e^{-\text{logit}}}$$
#
# A map asks: how would the output change if this pixel changed? Far from 0.5 the sigmoid is almost
# flat. There the answer is "hardly", for every pixel, however clear the finding. The logit has no
# such plateau. So maps explain the logit, and the first step is a network that ends there.

# %%
logit_network = keras.Model(network.input, network.get_layer("logit").output)


def logit_of(image):
    """Return the logit of one film as a float."""
    pixels = np.reshape(image, (1, *logit_network.input_shape[1:])).astype("float32")
    return float(logit_network(pixels, training=False)[0, 0])


for logit in (0.0, 3.0, 6.0):
    score = 1 / (1 + np.exp(-logit))
    print(f"Logit {logit:.0f}: score {score:.4f}, slope {score * (1 - score):.4f}")
same = abs(1 / (1 + np.exp(-logit_of(film))) - scores[ordinary]) < 1e-5
print(f"This film: logit {logit_of(film):.1f}; its sigmoid is the score: {same}")

# %% [markdown] tags=["predict"]
# ## The gradient
#
# From logit 0 to logit 6 the slope of the sigmoid falls a hundredfold. A gradient of the *score*
# would fade by the same factor, just where the network is surest.
#
# Cutting at a layer by name works for this network. `saliency.logit_model` does it for any: a
# sigmoid inside the last dense layer, a model within a model, whole-number inputs.
#
# The oldest map is the simplest. TensorFlow records the way from the pixels to the logit on a
# *tape* and then runs it backwards. The result has one number for each pixel: by how much the
# logit rises if that pixel becomes one grey level brighter, and no other pixel changes.
#
# ### Predict 40.1p - Where will it be large? (2 min)
# The finding makes the lung brighter. Before you run the next cells: will the gradient be positive
# all over the finding? And what will it be over the black air outside the body? Write down a
# guess for both.

# %% tags=["twin:helpers.saliency.gradient"]
def gradient(model, image):
    """Return how much the logit rises per grey level of each pixel of one film."""
    pixels = tf.constant(np.reshape(image, (1, *model.input_shape[1:])), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logit = model(pixels, training=False)
    return tape.gradient(logit, pixels).numpy().reshape(image.shape)


# %% [markdown]
# The map has one value per pixel, or three where the film has colours; `per_pixel` combines those.
# We look at it twice: with its sign, and only its size, each smoothed a little for the eye.

# %%
slopes = gradient(logit_network, film)
fig, axes = row_of_axes(3)
show_image(film, ax=axes[0], mask=mask, mask_colour="sky", title="The film")
signed, size = per_pixel(slopes, np.sum), per_pixel(np.abs(slopes), np.max)
show_overlay(film, for_the_eye(signed), ax=axes[1], unit="logit per grey level")
show_overlay(film, for_the_eye(size), ax=axes[2], mask=mask,
             unit="size, logit per grey level")  # fmt: skip
axes[1].set_title("Gradient", fontsize=9)
axes[2].set_title("Its size", fontsize=9)
describe(fig, "The film; the gradient of the logit over it, a grain of neighbouring "
         "positive and negative pixels; and the size of the gradient.")  # fmt: skip

# %% [markdown]
# Two surprises. Positive and negative pixels lie next to each other, like grain: the first layers
# of a network compare neighbours, so they react more to edges than to brightness. And the gradient
# is large, too, outside the finding. Compare with your guess.
#
# The second surprise is no fault. The gradient answers *what if this pixel changed*, and not *how
# much did this pixel contribute*. A dark pixel contributes nothing to a sum of brightness, and the
# sum still rises if it lights up.

# %% [markdown]
# ## Integrated gradients
#
# For the contribution we need something to compare with: a *baseline*, a film with nothing there.
# Let the film fade in from the baseline in small equal steps. At each step take the gradient.
# Average the gradients, and multiply by the distance that each pixel has travelled:
#
# $$\text{IG}_i = (x_i - b_i) \cdot \frac{1}{n} \sum_{k=1}^{n}
# \frac{\partial\, \text{logit}}{\partial x_i}\left(b + \frac{k - 1/2}{n} (x - b)\right)$$
#
# The gradient is taken in the middle of each step, which makes the error small. The parts then
# have a property that the plain gradient lacks, *completeness*: they add up to
# $\text{logit}(x) - \text{logit}(b)$.

# %% tags=["twin:helpers.saliency.integrated_gradients"]
def integrated_gradients(model, image, *, baseline, steps):
    """Share the logit's rise from a baseline to one film out over its pixels."""
    start = np.broadcast_to(baseline, image.shape).astype("float32")
    way = image - start
    total = np.zeros(image.shape)
    for share in (np.arange(steps) + 0.5) / steps:
        total += gradient(model, start + share * way)
    return way * total / steps


# %% [markdown]
# Which baseline? Black is the usual choice. But what does *this* network say about a black film,
# or about a grey one? And what about the mean of the training films that lack the finding?

# %%
train = cohort.split("train")
healthy = train.images[train.labels(finding) == 0].mean(axis=0)
baselines = {
    "black": np.zeros(film.shape),
    "mid-grey": np.full(film.shape, 127.5),
    "mean of training films without the finding": healthy,
}
print(f"Logit of the film: {logit_of(film):.1f}")
for name, baseline in baselines.items():
    print(f"Logit of the baseline, {name}: {logit_of(baseline):.1f}")

# %% [markdown]
# A baseline is not neutral because it is black. The network has never seen such a film, and its
# answer there is arbitrary. It can even be *the finding is present*, and then the parts explain
# the way from one positive film to another. Black has a second fault: a pixel that is black in the
# film, too, travels no distance and gets nothing.
#
# The mean film without the finding is what a radiologist would compare with. We take that. The
# choice changes the map, so it belongs in every caption.

# %%
fig, axes = row_of_axes(3)
parts = {}
for ax, (name, baseline) in zip(axes, baselines.items(), strict=True):
    parts[name] = saliency.integrated_gradients(
        network, film, baseline=baseline, steps=STEPS
    )
    show_overlay(film, for_the_eye(per_pixel(parts[name], np.sum)), ax=ax, mask=mask)
    ax.set_title(f"Baseline: {name.replace(' films', chr(10) + 'films')}", fontsize=9)
describe(fig, "Integrated gradients of one film for three baselines; the three maps "
         "differ, although film and network are the same.")  # fmt: skip

# %% [markdown] tags=["exercise"]
# ### Exercise 40.2 - Do the parts add up? (5 min)
# Completeness is a test that anyone can run on any integrated-gradients map, and few do. Write the
# gap: the distance between the sum of the parts and the rise of the logit, as a share of the size
# of that rise. A perfect map has 0. A network of ReLUs bends sharply, and a path with few steps
# jumps over the bends: if more than one per cent is missing, take more steps before you look at
# the colours. The cell after the check shows how many are needed here.
# <details><summary>Hint</summary>The rise can be negative. A share is not.</details>

# %% tags=["exercise-code"]
def completeness_gap(parts, logit_film, logit_baseline):
    """Return |sum of the parts - rise of the logit| / |rise of the logit|."""
    ### BEGIN SOLUTION
    rise = logit_film - logit_baseline
    return abs(parts.sum() - rise) / abs(rise)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("40.2", completeness_gap)

# %% [markdown] tags=["solution"]
# Dividing by the rise makes gaps of different films comparable. It also warns: when film and
# baseline have nearly the same logit, the rise is small and the gap explodes. Then there is little
# to explain, and another baseline is needed.

# %%
print(f"Baseline: mean film without the finding; the film's logit {logit_of(film):.1f}")
for steps in (4, 16, 64, 256):
    some = saliency.integrated_gradients(network, film, baseline=healthy, steps=steps)
    rise = logit_of(film) - logit_of(healthy)
    gap = abs(np.sum(some, dtype=float) - rise) / abs(rise)
    print(f"{steps:4d} steps: the parts miss the rise by {gap:.1%}")

# %% [markdown] tags=["exercise"]
# ## Grad-CAM
#
# Both maps so far are grainy. Grad-CAM looks at a late layer instead. There each *feature map*
# answers a question that the network has learned to ask, on a coarse grid. Three steps:
#
# 1. the gradient of the logit by every cell of every feature map;
# 2. its mean over the cells: one weight for each feature map, how much the logit likes it;
# 3. the weighted sum of the feature maps. What is negative becomes 0: only what speaks for the
#    finding is kept.
#
# ### Exercise 40.3 - Weigh the feature maps (8 min)
# Steps 2 and 3, for one film. Both arrays have the shape (cells down, cells across, features).
# Return one map of shape (cells down, cells across).
# <details><summary>Hint</summary>Mean over the first two axes, sum over the last, and only then
# the negatives.</details>

# %% tags=["exercise-code"]
def weigh_features(features, slopes):
    """Return the Grad-CAM map of one film from feature maps and their gradients."""
    ### BEGIN SOLUTION
    weights = slopes.mean(axis=(0, 1))
    return np.maximum((features * weights).sum(axis=-1), 0)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("40.3", weigh_features)

# %% [markdown] tags=["solution"]
# The order matters. A feature that speaks *against* the finding may cancel one that speaks for it
# in the same cell. Cutting negatives off before the sum hides that.

# %% tags=["twin:helpers.saliency.grad_cam"]
def grad_cam(model, image, *, layer):
    """Return the Grad-CAM map of one film, on the grid of the layer."""
    outputs = [model.get_layer(layer).output, model.output]
    watched = keras.Model(model.input, outputs)
    pixels = tf.constant(np.reshape(image, (1, *model.input_shape[1:])), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        features, logit = watched(pixels, training=False)
    slopes = tape.gradient(logit, features)
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    weighted_sum = tf.reduce_sum(weights * features, axis=-1)
    return tf.nn.relu(weighted_sum)[0].numpy()


# %% [markdown]
# Which layer? Late layers know what they look for and have lost where it is; early ones the other
# way round. The figure shows the last layer of each stage, once without smoothing. The rule: the
# last feature maps before the pooling, and the grid is named in the caption.

# %%
layers = [f"stage{stage}_relu2" for stage in (1, 2, 3)]
cams = [grad_cam(logit_network, film, layer=layer) for layer in layers]
fig, axes = row_of_axes(4)
for ax, cam, layer in zip(axes, cams, layers, strict=False):
    show_overlay(film, saliency.enlarge(cam, film.shape[:2]), ax=ax, mask=mask)
    ax.set_title(f"{layer}\n{cam.shape[0]} x {cam.shape[1]} cells", fontsize=9)
axes[3].imshow(cams[2], cmap="viridis")
axes[3].set_title("The third one,\nits cells as they are", fontsize=9)
axes[3].set_axis_off()
describe(fig, "Grad-CAM for the last layer of each stage: the grid becomes coarser "
         "from layer to layer; the smooth look comes from stretching.")  # fmt: skip
side = film.shape[0] // cams[2].shape[0]
print(f"One cell of {layers[2]} covers {side} x {side} pixels of the film.")

# %% [markdown]
# The smooth blob is a courtesy of the interpolation. Nothing smaller than a cell can be told, and
# each cell has looked at far more of the film than the pixels beneath it. It is not even centred
# on them: strided convolutions pad only below and to the right, so that what a cell has seen lies
# up to half a cell further down and right than the usual drawing, which is this one, shows.
# The section with the masks measures what that does.
#
# In this network Grad-CAM has a strength that is easily missed. After the layer come only a mean
# over the cells and one dense layer. So the weighted sum, before negatives are cut off, is a
# division of the logit: its cells add up to the logit minus the bias of the dense layer.

# %%
weights, bias = network.get_layer("logit").get_weights()
features = keras.Model(network.input, network.get_layer(LAYER).output)
maps_of_film = features(np.reshape(film, (1, *network.input_shape[1:])))[0].numpy()
cells = maps_of_film @ weights[:, 0] / maps_of_film[..., 0].size
adds_up = abs(cells.sum() + bias[0] - logit_of(film)) < 1e-3
print(f"All cells {cells.sum():.1f}, bias {bias[0]:.1f}: together the logit: {adds_up}")
print(f"Of these, negative cells that Grad-CAM hides: {cells[cells < 0].sum():.1f}")

# %% [markdown]
# Here is Grad-CAM for your own networks. It watches the layer while the model runs, so that a
# backbone nested inside the model, or a model read back from a file, is no obstacle. Give it a
# model that ends in the logit.

# %% tags=["recipe:grad-cam"]
# MIT licence - recipe "grad-cam" from Deep Learning in Radiology
import keras
import numpy as np
import tensorflow as tf


def grad_cam_of(model, images, layer):
    """Map (n, cells down, cells across) of a layer, however deep; one logit a film."""
    seen, call = [], layer.call
    layer.call = lambda *args, **kw: seen.append(call(*args, **kw)) or seen[-1]
    try:
        with tf.GradientTape() as tape:
            tape.watch(pixels := tf.convert_to_tensor(images, tf.float32))
            logits = model(pixels, training=False)
    finally:
        del layer.call
    weights = tf.reduce_mean(tape.gradient(logits, seen[-1]), (1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * seen[-1], axis=-1)).numpy()


body = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Conv2D(4, 3)])
head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)]
nested = keras.Sequential([body, *head])
print("Maps:", grad_cam_of(nested, np.ones((2, 32, 32, 1)), body.layers[-1]).shape)

# %% [markdown] tags=["predict"]
# ## Do the maps point at the finding?
#
# One film is an anecdote. Here the cohort knows where the finding is, exactly, so the question can
# be counted. The films: internal test, finding present, flagged, and one per patient, since two
# films of one patient are not two independent answers.
#
# A map *hits* when its largest value lies inside the mask. The share of hits is the *hit rate*.
#
# ### Predict 40.4p - Guess the hit rates (2 min)
# Of 100 flagged films with the finding, in how many does Grad-CAM's maximum lie inside it? And in
# how many the maximum of a map that never looks at the film: the mean of all training masks?

# %% [markdown] tags=["exercise"]
# ### Exercise 40.5 - A hit (5 min)
# Write it for one map and one mask. If several pixels share the largest value, all of them must
# lie inside: a map without any contrast must not win by luck.
# <details><summary>Hint</summary>Compare the map with its own maximum, and use the result to pick
# from the mask.</details>

# %% tags=["exercise-code"]
def is_hit(saliency_map, mask):
    """Return True if the largest value of the map lies inside the mask."""
    ### BEGIN SOLUTION
    return bool(mask[saliency_map == saliency_map.max()].all())
    ### END SOLUTION


# %% tags=["check"]
check_exercise("40.5", is_hit)

# %% [markdown] tags=["solution"]
# The test is generous. It forgives everything the map does elsewhere, and a single pixel decides.
# A map may glow over the whole film and still hit.

# %% [markdown]
# Films whose parts miss more than one per cent of the rise get eight times the steps.
#
# A hit rate alone says little. A finding that always lies in the same place is hit by a map that
# never looks. So some rivals take part that know nothing of the network: the mean mask of the
# training set, a hill in the middle of the film, and the brightness of the film itself. A fourth
# is harder to beat: the film minus the mean film without the finding, which integrated gradients
# contain as a factor.

# %%
chosen = caught
if has_masks:
    chosen = caught[test.masks[finding][caught].any(axis=(1, 2))]
chosen = chosen[~test.table["patient_id"].iloc[chosen].duplicated()][:MOST_FILMS]
films, shape = test.images[chosen], test.images.shape[1:3]

slopes = np.abs(saliency.gradient(network, films))
parts = saliency.integrated_gradients(network, films, baseline=healthy, steps=STEPS)
rises = np.array([logit_of(image) for image in films]) - logit_of(healthy)
for number in np.flatnonzero(gaps_of(parts, rises) > MOST_MISSING):
    parts[number] = saliency.integrated_gradients(
        network, films[number], baseline=healthy, steps=8 * STEPS
    )
cams = saliency.enlarge(saliency.grad_cam(network, films, layer=LAYER), shape)
maps = {"gradient (size)": per_pixel(slopes, np.max)}
maps |= {"integrated gradients": per_pixel(parts, np.sum), "Grad-CAM": cams}
moved = shift(cams, (0, side / 2 - 0.5, side / 2 - 0.5), order=1, mode="nearest")
maps["Grad-CAM, moved"] = moved
hill = saliency.centre_gaussian(shape)
rivals = {"hill in the middle": np.broadcast_to(hill, cams.shape)}
rivals["brightness"] = per_pixel(films.astype(float), np.mean)
rivals["film minus mean"] = per_pixel(films - healthy, np.mean)
if has_masks:
    masks, usual = test.masks[finding][chosen], train.masks[finding]
    rivals["mean training mask"] = np.array([saliency.mean_mask(usual)] * len(films))
print(f"{len(films)} films with the finding, one per patient, have three maps each.")

# %% [markdown]
# Now count. Read each interval before each rate, and look at the rivals: a map that does not beat
# them has shown nothing about the network.

# %%
if has_masks:
    hits = {name: hit_rate(some, masks) for name, some in (maps | rivals).items()}
    fig, ax = plt.subplots(figsize=(7, 2.9), layout="constrained")
    for place, (name, rate) in enumerate(hits.items()):
        pairs = zip((maps | rivals)[name], masks, strict=True)
        area = np.mean([pixel_average_precision(*pair) for pair in pairs])
        print(f"{name:22}{rate}; precision-recall area {area:.2f}")
        marker, colour = ("o", "blue") if name in maps else ("s", "orange")
        ax.plot([rate.low, rate.high], [place, place], color=COLOURS[colour])
        ax.plot(rate.rate, place, marker, color=COLOURS[colour])
    ax.set(yticks=range(len(hits)), yticklabels=hits, xlim=(0, 1))
    ax.set_xlabel(f"hit rate, 95 % interval; internal test, {len(films)} films")
    ax.invert_yaxis()
    print(f"A finding covers {masks.mean():.1%} of its film on average.")
    describe(fig, "Hit rates of the three maps (round marks) and of the rivals that "
             "know nothing of the network (square marks), with intervals.")  # fmt: skip
else:
    print(cohort.lacks("masks") or f"There are no masks of {finding}.")
    print("Hits cannot be counted, and this part is passed over.")

# %% [markdown]
# On the default cohort the surprise is the famous map. As it is usually drawn, Grad-CAM hits in a
# little more than half of the films. The mean mask, which has never seen a film, hits in a third.
# Move the same map by half a cell, to where its cells have really looked, and this network's map
# hits less often. In other trainings of the same network it hits more often, or as often: see the
# five trainings below. With cells this coarse the maximum is partly a matter of luck, and one
# network cannot say which drawing is better.
#
# Integrated gradients hit most often, and far more often than the film minus the mean that they
# contain. But their maximum is one pixel of a grain: by the area under the precision-recall curve,
# which judges all pixels, Grad-CAM is better. *Good* depends on the measure.
#
# Now the question of the title: does the network *use* the finding? A map cannot say, since it only
# looks. We can interfere. Fill a patch of the film with the mean healthy film and count the films
# that are still flagged. Three patches of one size: the finding; its mirror image in the other
# half of the film; and the pixels where the moved Grad-CAM is strongest.

# %%
if has_masks:
    mirrored = masks[:, :, ::-1]
    apart = ~(masks & mirrored).any(axis=(1, 2))  # the two patches share no pixel
    pairs = zip(moved, masks, strict=True)
    marked = np.array([saliency.strongest_pixels(cam, m.sum()) for cam, m in pairs])
    patches = {"the finding": masks, "its mirror image": mirrored}
    patches["Grad-CAM's strongest pixels"] = marked
    for name, patch in patches.items():
        changed = saliency.cover(films, patch, fill=healthy)[apart]
        still = int((training.predict_scores(network, changed) > threshold).sum())
        low, high = wilson(still, len(changed))
        print(f"Covered: {name}. Still flagged: {still} of {len(changed)}, "
              f"95 % CI {low:.2f} to {high:.2f}")  # fmt: skip

# %% [markdown]
# On the default cohort the answer is plain. Without the finding most films lose their flag; without
# an equal patch on the other side hardly any does. So the network uses the consolidation. Cover as
# many pixels where Grad-CAM (moved) is strongest, and most films of this network stay flagged: its
# map marks the neighbourhood, and not what the flag hangs on. We know this from interfering, not
# from looking.
#
# A map is as confident about a mistake as about a success. Here are one film that was flagged
# without the finding and one that was not flagged despite it: again the middle ones by score, not
# the prettiest.

# %%
mistakes = {"flagged, finding absent": ~present & flagged}
mistakes["not flagged, finding present"] = present & ~flagged
fig, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for row, (name, rows) in zip(axes, mistakes.items(), strict=True):
    if not rows.any():
        print(f"No film of the internal test is {name}: the row stays empty.")
        [ax.set_axis_off() for ax in row]
        continue
    found = np.flatnonzero(rows)
    middle = found[np.argsort(scores[found])[len(found) // 2]]
    image = test.images[middle]
    outline = test.masks[finding][middle] if has_masks else None
    shares = saliency.integrated_gradients(
        network, image, baseline=healthy, steps=STEPS
    )
    cam = saliency.grad_cam(network, image, layer=LAYER)
    show_image(image, ax=row[0], mask=outline, mask_colour="sky",
               title=f"{name}, {scores[middle]:.2f}")  # fmt: skip
    shares = for_the_eye(per_pixel(shares, np.sum))
    show_overlay(image, shares, ax=row[1], mask=outline)
    show_overlay(image, saliency.enlarge(cam, shape), ax=row[2], mask=outline)
describe(fig, "One false positive and one false negative film, each with integrated "
         "gradients and Grad-CAM: maps mark some place in both.")  # fmt: skip

# %% [markdown] tags=["judge"]
# ### Judge 40.6j - What may you conclude? (5 min)
# A colleague looks at the upper row and says: "The map lights up here, so there must be something
# that we have overlooked." Another looks at the lower row: "It lights up here too, so the network
# has seen the finding." What do you answer to each?

# %% [markdown] tags=["solution"]
# To the first: the map shows what raised *this* network's logit. The network was wrong, and the
# map explains the mistake. It is no second reader. It may still be useful: if several false
# positives light up at the same harmless structure, that is a hypothesis that can be tested.
#
# To the second: every map lights up somewhere, since each has its own colour scale. Read the
# numbers at the bar. And a low logit is a sum of parts for and against: Grad-CAM shows only those
# for.

# %% [markdown]
# ## What we measured
#
# Hits and completeness belong to one network on the internal test, one film per patient. One
# network is one draw. So the training of lesson 21 was run with five seeds on the default cohort,
# once and for all (`python -m tools.evidence.saliency five-trainings`), and all was counted again.
# What covering the finding shows is the same each time. What Grad-CAM shows is less stable: moving
# it by half a cell helped two of the five networks, cost one, and did next to nothing for the other
# two, although their scores are nearly as good.

# %% tags=["headline"]
complete = np.sum(gaps_of(parts, rises) <= MOST_MISSING)
print(f"Integrated gradients complete to 1 %: {complete} of {len(films)} films")
if has_masks:
    print(f"Hit rate, Grad-CAM: {hits['Grad-CAM']}")
trainings = pd.read_csv(EVIDENCE / "lesson_40_five_trainings.csv").set_index("measure")
shares = (trainings["count"] / trainings["films"]).groupby(level=0)
spread = {name: f"{some.min():.2f} to {some.max():.2f}" for name, some in shares}
print(f"Five trainings, default cohort, hits: Grad-CAM {spread['hit: Grad-CAM']}, "
      f"moved {spread['hit: Grad-CAM, moved']}, "
      f"integrated gradients {spread['hit: integrated gradients']}")  # fmt: skip
print("The same, still flagged: "
      f"finding covered {spread['flagged, covered: the finding']}, "
      f"mirror image {spread['flagged, covered: its mirror image']}")  # fmt: skip

# %% [markdown]
# ## On real patients
#
# On 2026-11-23 this lesson ran on PneumoniaMNIST, chest films of children from one hospital:
#
# ```
# COURSE_DATA_DIR=/path/to/data make course COHORT=pneumoniamnist ONLY=40
# ```
#
# Nobody has outlined the pneumonia on these films, so hits cannot be counted there. What came out
# is kept with the course (`python -m tools.evidence.saliency pneumoniamnist`); the cell reads it.

# %%
real = json.loads((EVIDENCE / "lesson_40_pneumoniamnist.json").read_text())
absent = real["films_in_test"] - real["with_finding"]
print(f"Flagged: {real['flagged_with_finding']} of {real['with_finding']} films "
      f"with {real['finding']}, "
      f"{real['flagged_without_finding']} of {absent} without.")  # fmt: skip
print(f"Logit of a black film {real['logit_of_black']}; of the mean film "
      f"without the finding {real['logit_of_healthy_mean']}.")  # fmt: skip
print(f"Integrated gradients, {real['steps']} steps: complete to 1 % in "
      f"{real['complete_to_1_percent']} of {real['explained']} films.")  # fmt: skip
print(f"Grad-CAM's maximum in the outer tenth of the film: "
      f"{real['grad_cam_maximum_at_edge']} of {real['explained']} films.")  # fmt: skip

# %% [markdown]
# Read the first line twice. The threshold was chosen to spare nine of ten tuning films without the
# finding, and it spares far fewer test films: the test set comes from another part of the source,
# and the scores have moved. No map would have told us; a count did.
#
# The second line is a warning about baselines: this network calls an all-black picture a pneumonia.
# And in one film of five Grad-CAM's maximum lies at the edge, where there is little lung. A
# shortcut, or half a cell's displacement? The map cannot say.

# %% [markdown]
# ## What this does not show
#
# - **Not for clinical use.** One small network on simulated films; the anatomy is simpler than any
#   patient's, and the masks are exact, as no radiologist's are.
# - **A map is a description, not a reason.** It says where the logit is sensitive. Why the network
#   learned that, and whether a marked bronchus or a marked drain decided, it does not say.
# - **A hit is not a proof.** The maximum may lie in the finding for the wrong cause, and a network
#   that is right may be explained by a map that misses. Covering patches comes closer, but a film
#   with a filled patch is a film that no scanner has made.
# - **Maps have been tested on real films, with sobering results.** On CheXlocalize the mean hit
#   rate of a network with a saliency map was 59.9 %, that of the radiologist benchmark 80.1 %
#   (Saporta 2022, SokolAnn). Eight methods localised pneumothorax with an area under the
#   precision-recall curve of 0.024 to 0.224, a U-Net trained on outlines with 0.404 (Arun 2021).

# %% [markdown]
# ## Summary
#
# On the default cohort, internal test:
#
# - Maps explain the **logit**: at a logit of 6 the sigmoid's slope is 0.0025, a hundredth of
#   that at 0.
# - The **gradient** says what a brighter pixel would change. Its largest value lay in the finding in
#   54 of 88 flagged films, between grains of the opposite sign.
# - **Integrated gradients** share out the rise from a stated baseline. They completed to 1 % in
#   88 of 88 films and hit in 75 (five trainings: 0.81 to 0.91).
# - **Grad-CAM** works on 8 x 8 cells of 16 x 16 pixels. It hit in 50 of 88 films as usually drawn,
#   in 33 moved by half a cell (five trainings: 0.47 to 0.66 and 0.38 to 0.68); the mean training
#   mask hit in 30.
# - **No map proves a reason.** Covering the finding left 14 of 72 films flagged, covering its mirror
#   image 70 of 72: that is how we know that this network looks at the consolidation.

# %% [markdown]
# ## New words
#
# *Logit*: the number before the sigmoid. *Saliency map*: one number per pixel that says how the
# output depends on it. *Baseline*: the film that stands for "nothing there". *Completeness*: the
# parts add up to the rise of the logit. *Feature map*: the output of one filter of a layer.
# *Hit rate* (pointing game): share of maps whose maximum lies inside the mask.
#
# ## Next
#
# Lesson 41 tests the maps themselves: what remains of a map when the network is replaced by random
# numbers?
#
# ## Sources
#
# - Simonyan K, Vedaldi A, Zisserman A. Deep inside convolutional networks. arXiv:1312.6034 (2013).
# - Sundararajan M, Taly A, Yan Q. Axiomatic attribution for deep networks. ICML 2017.
# - Selvaraju RR et al. Grad-CAM. ICCV 2017; arXiv:1610.02391.
# - Saporta A et al. Benchmarking saliency methods for chest X-ray interpretation.
#   Nat Mach Intell 2022. doi:10.1038/s42256-022-00536-x. The two mean hit rates: repository
#   SokolAnn/BenchmarkCards, card chexlocalize_1, which cites arXiv:2509.18015.
# - Arun N et al. Assessing the trustworthiness of saliency maps for localizing abnormalities in
#   medical imaging. Radiol Artif Intell 2021. doi:10.1148/ryai.2021200267.
