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
# | Time | 60 minutes; runs in about 40 seconds |
# | Runs on | any laptop, no GPU |
# | Data | the course's in-silico chest films with exact masks (1,200 patients, made on first use) |
# | Needs first | [lesson 21](21_first_network.ipynb); [lesson 30](30_sensitivity_specificity_and_roc.ipynb) for the threshold |
#
# ## After this notebook you can
#
# - find out by covering a patch whether a network uses the finding, and say why maps explain the
#   logit;
# - compute the gradient of the logit and read what it does and does not say;
# - compute integrated gradients, choose a baseline, and test whether the parts add up;
# - write Grad-CAM yourself, choose its layer, and state its resolution;
# - test maps against masks and trivial rivals, and say what they do not prove.

# %% tags=["setup"]
import json
import os

from helpers import checkpoints, cohorts, saliency, training
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from sklearn.metrics import average_precision_score

from helpers.checks import check_exercise, check_setting
from helpers.diagnostic_metrics import area_under_roc
from helpers.figures import COLOURS, describe, show_image, use_course_style
from helpers.files import DATA, evidence
from helpers.intervals import clustered_bootstrap, wilson
from helpers.saliency import scale_limit, show_overlay

use_course_style()


def per_pixel(values, combine):
    """Return one value per pixel; the three of a colour film are combined."""
    return combine(values, axis=-1) if cohort.images.ndim == 4 else values


def for_the_eye(values):
    """Add up the colours and smooth a grainy map a little; only figures use this."""
    values = per_pixel(values, np.sum)
    return gaussian_filter(values, [0] * (values.ndim - 2) + [1, 1])


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 7
SPECIFICITY = 0.90  # share of tuning films without the finding that stay unflagged
STEPS = 64  # points on the path of integrated gradients
LAYERS = ("stage1_relu2", "stage2_relu2", "stage3_relu2")  # the last of each stage
LAYER = "stage3_relu2"  # one of LAYERS, whose feature maps Grad-CAM weighs
MOST_FILMS = 60  # films that are covered and mapped; each takes half a second

check_setting("SEED", SEED, 0, 10**6)
check_setting("SPECIFICITY", SPECIFICITY, 0.5, 0.99)
check_setting("STEPS", STEPS, 1, 128)
check_setting("LAYER", LAYER, among=LAYERS)
check_setting("MOST_FILMS", MOST_FILMS, 2, 400)

# %% [markdown]
# ## The network and its logit
#
# The network is the one that [lesson 21](21_first_network.ipynb) trained. It gives each film a score
# between 0 and 1. We flag a film when the score passes a threshold, and the tuning set fixes that
# threshold: nine of ten of its films without the finding stay below. First ask whether there is
# anything to explain: a network that guesses has maps as colourful as any other. The AUC is 0.5 for
# guessing and 1 for a perfect order ([lesson 30](30_sensitivity_specificity_and_roc.ipynb)).

# %%
training.set_seed(SEED)
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
network = checkpoints.trained_network(cohort, finding)
train, tuning, test = map(cohort.split, ("train", "tuning", "internal test"))
tuning_scores = training.predict_scores(network, tuning.images)
truth, patients = tuning.labels(finding), tuning.table["patient_id"]
auc = area_under_roc(truth, tuning_scores)
interval = clustered_bootstrap(area_under_roc, truth, tuning_scores, clusters=patients)
print(f"{cohort.name}: {finding}. AUC on the tuning set {auc:.2f}, "
      f"95 % interval {interval.low:.2f} to {interval.high:.2f}.")  # fmt: skip
if interval.low <= 0.5:
    print("WARNING: no better than chance. Whatever the maps show, it is not "
          f"how {finding} is recognised.")  # fmt: skip

# %% [markdown]
# Now flag the films of the internal test. We look at those that have the finding and are flagged, one
# of each patient: two films of one patient are not two independent answers. The film that we show is
# an *ordinary* one, the middle one by score.

# %%
threshold = np.quantile(tuning_scores[truth == 0], SPECIFICITY)
scores = training.predict_scores(network, test.images)
present, flagged = test.labels(finding) == 1, scores > threshold
print(f"Threshold {threshold:.2f}. Internal test, {len(test)} films. Flagged: "
      f"{np.sum(present & flagged)} of the {present.sum()} with the finding, "
      f"{np.sum(~present & flagged)} of the {np.sum(~present)} without.")  # fmt: skip
caught = np.flatnonzero(present & flagged)
if len(caught) == 0:
    print("No film with the finding is flagged; the missed ones are explained instead.")
    caught = np.flatnonzero(present)
masks = None if cohort.lacks("masks") else test.masks.get(finding)
has_masks = masks is not None and masks[caught].any()
if has_masks:
    caught = caught[masks[caught].any(axis=(1, 2))]
chosen = caught[~test.table["patient_id"].iloc[caught].duplicated()][:MOST_FILMS]
films, shape = test.images[chosen].astype(float), test.images.shape[1:3]
ordinary = np.argsort(scores[chosen])[len(chosen) // 2]
film = films[ordinary]
unknown = "" if cohort.knows_patients else ", as far as known: patients are not named"
print(f"{len(films)} films are looked at, one per patient{unknown}.")

# %% [markdown]
# The last layer of the network is a sigmoid. It squeezes a number without limits, the *logit*,
# into 0 to 1:
#
# $$\text{score} = \frac{1}{1 + e^{-\text{logit}}}$$
#
# A map asks: how would the output change if this pixel changed? Far from 0.5 the sigmoid is almost
# flat. There the answer is "hardly", for every pixel, however clear the finding. The logit does not
# flatten. So maps explain the logit, and we cut the network off there.

# %%
logit_network = keras.Model(network.input, network.get_layer("logit").output)


def logits_of(films):
    """Return the logit of each film of a stack, or of one film."""
    stack = np.reshape(films, (-1, *network.input_shape[1:]))
    return logit_network.predict(stack, verbose=0)[:, 0]


for logit in (0.0, 3.0, 6.0):
    score = 1 / (1 + np.exp(-logit))
    print(f"Logit {logit:.0f}: score {score:.4f}, slope {score * (1 - score):.4f}")
same = abs(1 / (1 + np.exp(-logits_of(film)[0])) - scores[chosen][ordinary]) < 1e-4
print(f"This film: logit {logits_of(film)[0]:.1f}; its sigmoid is the score: {same}")

# %% [markdown]
# ## Cover the finding
#
# Before any map, ask the network directly: does it *use* the finding? Cover the finding with what
# the mean healthy film shows there, and count the films that are still flagged. Any change may
# disturb a network, so cover a second patch of the same size and shape for comparison: the mirror
# image of the finding, in the other half of the film. Films in which the two overlap are left out.

# %%
healthy = train.images[train.labels(finding) == 0].mean(axis=0)
stages, mask, apart = {"The film": films}, None, np.zeros(len(films), bool)
if has_masks:
    outlines = masks[chosen]
    mask, mirrored = outlines[ordinary], outlines[:, :, ::-1]
    stages["finding covered"] = saliency.cover(films, outlines, fill=healthy)
    stages["mirror image covered"] = saliency.cover(films, mirrored, fill=healthy)
    apart = ~(outlines & mirrored).any(axis=(1, 2))
if not apart.any():
    print("Nothing is counted here: no outlines, or all lie across the midline.")
wide = len(stages)
fig, axes = plt.subplots(1, wide, figsize=(3 * wide, 3.3), layout="constrained")
for ax, (name, stack) in zip(np.ravel(axes), stages.items(), strict=True):
    title = f"{name}, logit {logits_of(stack[ordinary])[0]:.1f}"
    show_image(stack[ordinary], ax=ax, mask=mask, mask_colour="sky", title=title)
    if apart.any():
        still = np.sum(training.predict_scores(network, stack[apart]) > threshold)
        low, high = wilson(still, apart.sum())
        print(f"{name}: flagged {still} of {apart.sum()}, "
              f"95 % interval {low:.2f} to {high:.2f}")  # fmt: skip
describe(fig, f"A flagged film with {finding}; where it is outlined, also with it "
         "covered and with its mirror image covered.")  # fmt: skip

# %% [markdown] tags=["predict"]
# On the default cohort the answer is plain. Without the finding most films lose their flag; without
# an equal patch on the other side hardly any does. So this network uses the consolidation. What do
# maps add, which only look?
#
# ## The gradient, and integrated gradients
#
# The oldest map is the simplest. TensorFlow records the way from the pixels to the logit on a *tape*
# and then runs it backwards. The result has one number for each pixel: by how much the logit rises if
# that pixel becomes one grey level brighter, and no other pixel changes.
#
# ### Predict 40.1p - Where will it be large? (2 min)
# The finding makes the lung brighter. Before you run the next cells: in what share of the finding's
# pixels is the gradient positive? And how large is it in the black air outside the body, compared
# with the finding: nothing, half, as large?

# %% tags=["twin:helpers.saliency.gradient"]
def gradient(model, films):
    """Return how much the logit rises per grey level of each pixel, for any films."""
    pixels = tf.constant(np.reshape(films, (-1, *model.input_shape[1:])), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logits = model(pixels, training=False)
    return tape.gradient(logits, pixels).numpy().reshape(np.shape(films))

# %% [markdown]
# The darkest tenth of the film stands for the air beside the body.

# %%
slopes = gradient(logit_network, film)
grey, inside = per_pixel(film, np.mean), mask if has_masks else np.zeros(shape, bool)
air = grey <= np.percentile(grey, 10)
regions = {"finding": inside, "body": ~air & ~inside, "air": air}
for name, region in regions.items():
    if region.any():
        values = 1000 * per_pixel(slopes, np.sum)[region]
        print(f"{name}: mean {values.mean():+.2f}, mean size {abs(values).mean():.2f} "
              f"logits per 1000 grey levels; positive {(values > 0).mean():.0%}")
fig, axes = plt.subplots(1, 2, figsize=(7, 3.3), layout="constrained")
show_image(film, ax=axes[0], mask=mask, mask_colour="sky", title="The film")
unit = {"unit": "logit per grey level"}
show_overlay(film, for_the_eye(slopes), ax=axes[1], mask=mask, **unit)
axes[1].set_title("Gradient of the logit", fontsize=9)
describe(fig, "The film, and the gradient of the logit over it: a grain of positive "
         "and negative pixels.")  # fmt: skip

# %% [markdown]
# Compare with your guess. Positive and negative pixels lie next to each other, like grain: the first
# layers of a network compare neighbours. And the gradient is not zero outside the finding: it does
# not ask how much a pixel *contributed*, but what would happen *if* the pixel changed.
#
# For the contribution we need something to compare with: a *baseline*, a film with nothing there.
# Let the film fade in from the baseline in small equal steps. In the middle of each step take the
# gradient. Average the gradients, and multiply by the distance that the pixel has travelled:
#
# $$\text{IG}_i = (x_i - b_i) \cdot \frac{1}{n} \sum_{k=1}^{n}
# \frac{\partial\, \text{logit}}{\partial x_i}\left(b + \frac{k - 1/2}{n} (x - b)\right)$$
#
# One pixel, worked out: its logit rises by 0.02 per grey level up to 140 and then no more. The
# baseline has 100 and the film 160.

# %%
for steps in (4, 64):
    points = 100 + (np.arange(steps) + 0.5) / steps * (160 - 100)
    slopes_there = np.where(points < 140, 0.02, 0.0)
    if steps == 4:
        print("Grey levels on the way:", points, " gradients there:", slopes_there)
    share = (160 - 100) * slopes_there.mean()
    print(f"{steps} steps: (160 - 100) x mean {slopes_there.mean():.4f} = {share:.2f}")
print(f"The logit rose by {0.02 * (140 - 100):.1f}; the gradient at 160 is 0.")

# %% [markdown]
# At 160 the gradient is 0, although the pixel has raised the logit. Integrated gradients find the
# rise, the more exactly the more steps they take. That is *completeness*: over all pixels the parts
# add up to the rise of the logit from the baseline to the film. For a network, all points of the path
# go through it together.

# %% tags=["twin:helpers.saliency.integrated_gradients"]
def integrated_gradients(model, film, *, baseline, steps):
    """Share the logit's rise from a baseline to one film out over its pixels."""
    shares = (np.arange(steps) + 0.5) / steps
    way = film - np.asarray(baseline, float)
    points = baseline + shares.reshape(-1, *[1] * film.ndim) * way
    return way * gradient(model, points).mean(axis=0)

# %% [markdown]
# Which baseline? Black is the usual choice. But what does *this* network say about a black film,
# or about a grey one? And what about the mean of the training films that lack the finding? The last
# lines test completeness for that one.

# %%
baselines = {"black": np.zeros(film.shape), "mid-grey": np.full(film.shape, 127.5)}
baselines["mean healthy film"] = healthy
print(f"Logit of the film: {logits_of(film)[0]:.1f}")
for name, baseline in baselines.items():
    print(f"Logit of the baseline, {name}: {logits_of(baseline)[0]:.1f}")
parts_from = {
    name: integrated_gradients(logit_network, film, baseline=baseline, steps=STEPS)
    for name, baseline in baselines.items()
}
limit = scale_limit([for_the_eye(parts) for parts in parts_from.values()])
fig, axes = plt.subplots(1, 3, figsize=(9.8, 3), layout="constrained")
for ax, (name, parts) in zip(axes, parts_from.items(), strict=True):
    show_overlay(film, for_the_eye(parts), ax=ax, mask=mask, limit=limit)
    ax.set_title(f"Baseline: {name}", fontsize=9)
describe(fig, "Integrated gradients of one film for three baselines on one colour "
         "scale; the maps differ, although film and network are the same.")  # fmt: skip
rise = (logits_of(film) - logits_of(healthy))[0]
for steps in sorted({4, 16, STEPS}):
    some = integrated_gradients(logit_network, film, baseline=healthy, steps=steps)
    gap = abs(some.sum() - rise) / abs(rise)
    print(f"Mean healthy film, {steps} steps: the parts miss the rise by {gap:.1%}")

# %% [markdown] tags=["exercise"]
# No baseline is neutral. The network has never seen a black film, and its answer there is arbitrary.
# Also, a pixel that is black in the film, too, travels no distance and gets nothing. The mean healthy
# film is what a radiologist would compare with, and we take it from here on. The choice changes the
# map, so it belongs in every caption.
#
# ### Exercise 40.2 - Several baselines (5 min)
# Somebody cannot decide, computes one map for each of several baselines, and publishes the *mean* of
# the maps. What must the parts of the mean map add up to? Return the gap: the distance between the
# sum of the mean map and what it should be, as a share of the size of the latter.
# <details><summary>Hint</summary>Each map adds up to its own rise. What does the mean of the maps
# add up to?</details>

# %% tags=["exercise-code"]
def gap_of_mean_map(maps, logit_film, logits_baselines):
    """Return the gap, 0 or more; maps has the shape (baselines, rows, columns)."""
    ### BEGIN SOLUTION
    rise = logit_film - np.mean(logits_baselines)
    return abs(np.mean(maps, axis=0).sum() - rise) / abs(rise)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("40.2", gap_of_mean_map)

# %% [markdown] tags=["solution"]
# The mean map adds up to the mean of the rises: the logit of the film minus the *mean logit* of the
# baselines. When that is small, the gap explodes: then there is little to explain.

# %% [markdown] tags=["exercise"]
# ## Grad-CAM
#
# Both maps so far are grainy. Grad-CAM looks at a late layer instead, where each *feature map* shows
# on a coarse grid where the network has found one thing that it has learned. Three steps:
#
# 1. the gradient of the logit by every cell of every feature map;
# 2. its mean over the cells: one weight for each feature map, how much the logit likes it;
# 3. the weighted sum of the feature maps. What is negative becomes 0: only what speaks for the
#    finding is kept.
#
# ### Exercise 40.3 - Weigh the feature maps (5 min)
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

# %% tags=["twin:helpers.saliency.grad_cam"]
def grad_cam(model, films, *, layer):
    """Return the Grad-CAM map of each film of a stack, on the grid of the layer."""
    watched = keras.Model(model.input, [model.get_layer(layer).output, model.output])
    pixels = tf.constant(np.reshape(films, (-1, *model.input_shape[1:])), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        features, logits = watched(pixels, training=False)
    slopes = tape.gradient(logits, features)
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)).numpy()

# %% [markdown]
# Which layer? Late layers know what they look for and have lost where it is; early ones the other
# way round. The figure shows the last layer of each stage. Each map has its own scale: values of
# different layers cannot be compared.

# %%
fig, axes = plt.subplots(1, 3, figsize=(9.8, 3), layout="constrained")
for ax, layer in zip(axes, LAYERS, strict=True):
    cam = grad_cam(logit_network, film, layer=layer)[0]
    show_overlay(film, saliency.enlarge(cam, shape), ax=ax, mask=mask, unit="own scale")
    ax.set_title(f"{layer}\n{cam.shape[0]} x {cam.shape[1]} cells", fontsize=9)
describe(fig, "Grad-CAM for the last layer of each stage: the grid becomes coarser "
         "from layer to layer; the smooth look comes from stretching.")  # fmt: skip
print(f"One cell of {layer} covers {shape[0] // cam.shape[0]} x "
      f"{shape[1] // cam.shape[1]} pixels of the film.")  # fmt: skip

# %% [markdown]
# The usual rule: take the last feature maps before the pooling, and name the grid in the caption. The
# smooth blob comes from the interpolation; nothing smaller than a cell can be told. Strided
# convolutions also shift what a cell has seen, so a place is known to half a cell at best.
#
# Here is Grad-CAM for your own networks, also for a backbone nested inside a model or a model read
# from a file. Give it a model that ends in the logit.

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
# One film is an anecdote. Where the outline is known, the question can be counted, on the films that
# we covered. A map *hits* when its largest value lies inside the mask; the share of hits is the *hit
# rate*. It is a generous test: one pixel decides, and the rest of the map is forgiven.
#
# The rate says little alone: a finding that always lies in the same place is hit by a map that never
# looks. So two rivals take part that know nothing of the network: the mean mask of the training set,
# and the film minus the mean healthy film, a factor that integrated gradients contain.
#
# ### Predict 40.4p - Guess the hit rates (2 min)
# Of 100 flagged films with the finding, in how many does Grad-CAM's maximum lie inside it? And in
# how many the maximum of the mean of all training masks?

# %%
path = {"baseline": healthy, "steps": STEPS}
parts = np.array([integrated_gradients(logit_network, one, **path) for one in films])
slopes = np.array([gradient(logit_network, one) for one in films])
cams = np.concatenate([grad_cam(logit_network, one, layer=LAYER) for one in films])
maps = {"gradient (size)": per_pixel(abs(slopes), np.max),
        "integrated gradients": per_pixel(parts, np.sum),
        "Grad-CAM": saliency.enlarge(cams, shape)}  # fmt: skip
rivals = {"film minus mean": per_pixel(films - healthy, np.mean)}
if has_masks:
    usual = saliency.mean_mask(train.masks[finding])
    rivals["mean training mask"] = np.broadcast_to(usual, outlines.shape)
rises = logits_of(films) - logits_of(healthy)
sums = parts.reshape(len(parts), -1).sum(axis=1)
complete = np.sum(abs(sums - rises) <= 0.01 * abs(rises))
print(f"Integrated gradients complete to 1 %: {complete} of {len(films)} films")

# %% [markdown]
# Now count. Read each interval before each rate, and look at the rivals: a map that does not beat
# them has shown nothing about the network. The last column judges all pixels instead of the largest
# one, by the area under the precision-recall curve of the pixels.

# %%
hits = {}
if has_masks:
    fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
    for place, (name, some) in enumerate((maps | rivals).items()):
        hits[name] = rate = saliency.hit_rate(some, outlines)
        flat = (stack.reshape(len(films), -1) for stack in (outlines, some))
        area = np.mean([*map(average_precision_score, *flat)])
        print(f"{name:22}{rate}; precision-recall area {area:.2f}")
        marker, colour = ("o", "blue") if name in maps else ("s", "orange")
        ax.plot([rate.low, rate.high], [place, place], color=COLOURS[colour])
        ax.plot(rate.rate, place, marker, color=COLOURS[colour])
    ax.set(yticks=range(len(hits)), yticklabels=hits, xlim=(-0.02, 1))
    ax.set_xlabel(f"hit rate, 95 % interval; internal test, {len(films)} films")
    ax.invert_yaxis()
    print(f"A finding covers {outlines.mean():.1%} of its film on average.")
    describe(fig, "Hit rates with intervals: the three maps (round marks) and the two "
             "rivals that know nothing of the network (square marks).")  # fmt: skip
else:
    print("Without outlines hits cannot be counted: this part is passed over.")

# %% [markdown] tags=["try"]
# On the default cohort integrated gradients hit most often, and far more often than the film minus
# the mean that they contain. But their maximum is one pixel of a grain: by the precision-recall
# area Grad-CAM is better. Yet by neither measure does it clearly beat the mean training mask, which
# never saw the network. Which map is *good* depends on the measure, and no hit tells what covering
# told: whether the flag hangs on the finding.
#
# ### Try 40.5t - Another layer (5 min)
# Set `LAYER = "stage2_relu2"` among the parameters, and run that cell and the last two code cells
# again. Its grid is twice as fine. Predict: will Grad-CAM hit more or less often, and what becomes of
# its precision-recall area? Then set it back.
#
# ### Mistakes
#
# A map is as confident about a mistake as about a success. Here are one film that was flagged
# without the finding and one that was not flagged despite it: again the middle ones by score. The
# maps of one column share one scale.

# %%
kinds = {"flagged wrongly": ~present & flagged, "missed": present & ~flagged}
middle = {name: np.flatnonzero(kind)[np.argsort(scores[kind])[kind.sum() // 2]]
          for name, kind in kinds.items() if kind.any()}  # fmt: skip
print(f"Mistakes in the internal test: {' and '.join(middle) or 'none'}.")
wrong = [test.images[row].astype(float) for row in middle.values()]
shares = [integrated_gradients(logit_network, one, **path) for one in wrong]
cams = [grad_cam(logit_network, one, layer=LAYER)[0] for one in wrong]
columns = {"integrated gradients": [for_the_eye(share) for share in shares],
           "Grad-CAM": [saliency.enlarge(cam, shape) for cam in cams]}  # fmt: skip
fig = plt.figure(figsize=(9, 3.2 * max(1, len(wrong))), layout="constrained")
axes = fig.subplots(max(1, len(wrong)), 3, squeeze=False)
for row, (name, place) in enumerate(middle.items()):
    outline = masks[place] if has_masks else None
    show_image(wrong[row], ax=axes[row, 0], mask=outline, mask_colour="sky",
               title=f"{name}, score {scores[place]:.2f}")  # fmt: skip
    for ax, (title, some) in zip(axes[row, 1:], columns.items(), strict=True):
        scale = {"limit": scale_limit(some), "mask": outline}
        show_overlay(wrong[row], some[row], ax=ax, **scale)
        ax.set_title(title, fontsize=9)
describe(fig, "Films that were judged wrongly, each with integrated gradients and "
         "Grad-CAM: the maps mark some place in all of them.")  # fmt: skip

# %% [markdown] tags=["judge"]
# ### Judge 40.6j - What may you conclude? (3 min)
# A colleague looks at the film flagged without the finding and says: "The map lights up here, so
# there must be something that we have overlooked." Another looks at the missed film: "It lights up
# here too, so the network has seen the finding." What do you answer to each?

# %% [markdown] tags=["solution"]
# To the first: the map shows what raised *this* network's logit. The network was wrong, and the
# map explains the mistake. It is no second reader. It may still be useful: if several false
# positives light up at the same harmless structure, that is a hypothesis that can be tested.
#
# To the second: every map lights up somewhere. Read the numbers at the bar. And a low logit is a sum
# of parts for and against: Grad-CAM shows only those for.

# %% [markdown]
# ## What we measured
#
# The counts belong to one network. One network is one draw. So for the default cohort the training
# of [lesson 21](21_first_network.ipynb) was run with five seeds, once and for all
# (`python -m tools.evidence.saliency five-trainings`), and all was counted again.

# %% tags=["headline"]
print(f"Integrated gradients complete to 1 %: {complete} of {len(films)} films")
for name, rate in hits.items():
    print(f"Hit rate, {name}: {rate}")
if f"{cohort.name}_{finding}" == checkpoints.STEM:
    trainings = evidence("lesson_40_five_trainings.csv").set_index("measure")
    share = (trainings["count"] / trainings["films"]).groupby(level=0)
    low, high = share.min().map("{:.2f}".format), share.max().map("{:.2f}".format)
    gone = "flagged, covered: the finding"
    print("Five trainings, default settings: hits of Grad-CAM "
          f"{low['hit: Grad-CAM']} to {high['hit: Grad-CAM']}; still flagged with the "
          f"finding covered {low[gone]} to {high[gone]}")  # fmt: skip

# %% [markdown]
# ## On real patients
#
# On 2026-11-23 this lesson's measures ran on PneumoniaMNIST, chest films of children from one
# hospital, whose pneumonia nobody has outlined: hits cannot be counted there. What came out is kept
# with the course (`COURSE_DATA_DIR=/path/to/data python -m tools.evidence.saliency pneumoniamnist`).

# %%
real = json.loads((DATA / "evidence" / "lesson_40_pneumoniamnist.json").read_text())
for name, value in real.items():
    print(f"{name.replace('_', ' ')}: {value}")

# %% [markdown]
# The threshold was chosen to spare nine of ten tuning films without the finding, and it spares far
# fewer test films. No map would have told us; a count did. This network calls an all-black picture a
# pneumonia, which warns about baselines. And in one film of five Grad-CAM's maximum lies at the edge,
# where there is little lung. A shortcut? The map cannot say.
#
# ## What this does not show
#
# - **Not for clinical use.** One small network on simulated films; the anatomy is simpler than any
#   patient's, and the masks are exact, as no radiologist's are.
# - **A map is a description, not a reason.** It says where the logit is sensitive, not why.
# - **A hit is not a proof**, and a film with a covered patch is a film that no scanner has made.
# - **Maps have been tested on real films, with sobering results.** On CheXlocalize the mean hit
#   rate of a network with a saliency map was 59.9 %, that of the radiologist benchmark 80.1 %
#   (Saporta 2022, SokolAnn). Eight methods localised pneumothorax with an area under the
#   precision-recall curve of 0.024 to 0.224, a U-Net trained on outlines with 0.404 (Arun 2021).

# %% [markdown]
# ## Summary
#
# On the default cohort, internal test; the numbers are those printed above:
#
# - **Covering the finding** takes the flag away from most films, covering its mirror image from
#   hardly any: that is how we know that this network uses it. Maps explain the **logit**: at a logit
#   of 6 the sigmoid's slope is 0.0025, a hundredth of that at 0.
# - The **gradient** says what a brighter pixel would change, positive and negative side by side.
# - **Integrated gradients** share out the rise from a stated baseline, with 64 steps to 1 % in
#   nearly all films.
# - **Grad-CAM** works on 8 x 8 cells of 16 x 16 pixels; its maximum hits in a third to two
#   thirds of the films, as the training goes, not always more than that of the mean mask does.
# - **No map proves a reason.** A hit rate counts only beside rivals that never saw the network.

# %% [markdown]
# ## New words
#
# - **logit**: the number before the sigmoid.
# - **saliency map**: one number per pixel that says how the output depends on it.
# - **baseline**: the film that stands for "nothing there".
# - **completeness**: the parts of a map add up to the rise of the logit from the baseline.
# - **feature map**: the output of one filter of a layer.
# - **hit rate**: of the "pointing game"; share of maps whose maximum lies inside the mask.
#
# ## Next
#
# Back to [lesson 21](21_first_network.ipynb): change the network, and see whether its maps change as
# well. Your own variation: cover something else, the heart for example, and count again.
#
# ## Sources
#
# - Simonyan K, Vedaldi A, Zisserman A. [Deep inside convolutional
#   networks](https://arxiv.org/abs/1312.6034). 2013.
# - Sundararajan M, Taly A, Yan Q. [Axiomatic attribution for deep
#   networks](https://arxiv.org/abs/1703.01365). ICML 2017.
# - Selvaraju RR et al. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV 2017.
# - Saporta A et al. [Benchmarking saliency methods for chest X-ray
#   interpretation](https://doi.org/10.1038/s42256-022-00536-x). Nat Mach Intell 2022. The two mean
#   hit rates: repository SokolAnn/BenchmarkCards, card chexlocalize_1, which cites
#   [this preprint](https://arxiv.org/abs/2509.18015).
# - Arun N et al. [Assessing the trustworthiness of saliency
#   maps](https://doi.org/10.1148/ryai.2021200267). Radiol Artif Intell 2021.
