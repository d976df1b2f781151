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
# # 21 First network
#
# The reading list is long and one reader is on duty. Can a network with fewer than 100,000
# weights, trained on a laptop in under a minute, move the radiographs with a consolidation to
# the front of the list?
#
# | | |
# |---|---|
# | Time | 60 minutes; runs in about 90 seconds (the first time 60 more: it makes the patients) |
# | Runs on | 2 CPU cores, no GPU |
# | Data | 2,000 simulated chest radiographs of 1,200 patients, made here, nothing downloaded |
# | Needs first | [00 check your setup](00_check_your_setup.ipynb) |
#
# ## After this notebook you can
#
# - **build** and train a network in a dozen lines, and look at what it says of single films;
# - **explain** loss, gradient and learning rate, and what it costs not to look;
# - **compare** two networks on the tuning set, read their curves, and choose the epoch to keep;
# - **save** a network, reload it, and open the test set once.

# %% tags=["setup"]
import os

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import correlate2d
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import checkpoints, cohorts, files, intervals, training
from helpers.checks import check_exercise, check_setting
from helpers.diagnostic_metrics import area_under_roc
from helpers.figures import COLOURS, describe, montage, use_course_style
from helpers.input_pipeline import make_dataset

import keras  # after helpers, which start it quietly
from keras import layers

use_course_style()

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 7  # of the first weights, the order of the films and the augmentation
PLAIN_EPOCHS = 40  # passes of the plain network: about 20 seconds
STEPS = 800  # steps of the better network: about 40 seconds; with a GPU try 3,000
LEARNING_RATE = 2e-3  # its highest value, after the warm-up
WEIGHT_DECAY = 1e-3  # pull of the weights towards zero
LABEL_SMOOTHING = 0.05  # 0.05 asks for 0.025 and 0.975 instead of 0 and 1
WARM_UP = 0.1  # part of the steps in which the learning rate rises
READ_FIRST = 0.25  # part of the list that is read before the coffee break

check_setting("SEED", SEED, 0, 2**31 - 1)
check_setting("PLAIN_EPOCHS", PLAIN_EPOCHS, 1, 100)
check_setting("STEPS", STEPS, 1, 20_000)
check_setting("LEARNING_RATE", LEARNING_RATE, 1e-6, 1.0)
check_setting("WEIGHT_DECAY", WEIGHT_DECAY, 0.0, 1.0)
check_setting("LABEL_SMOOTHING", LABEL_SMOOTHING, 0.0, 0.5)
check_setting("WARM_UP", WARM_UP, 0.0, 0.9)
check_setting("READ_FIRST", READ_FIRST, 0.01, 1.0)

# %% [markdown]
# ## A network in a dozen lines
#
# The network learns from the *training set*. The *tuning set* (Keras: `validation_data`) chooses
# between networks. The *internal test* stays closed until the end; then it is opened once. A
# patient must be in one of them only ([lesson 15](15_patient_level_split.ipynb) shows why).

# %%
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
train, tuning = cohort.split("train"), cohort.split("tuning")
shape = training.input_shape(cohort)  # rows, columns, channels
images, labels = train.images.reshape(-1, *shape), train.labels(finding)

for name, part in (("Training set", train), ("Tuning set", tuning)):
    people = f"{part.table.patient_id.nunique():,} patients, "
    count = part.labels(finding).sum()
    print(f"{name}: {len(part):,} films, {people if cohort.knows_patients else ''}"
          f"{count:,} with {finding} ({count / len(part):.0%}).")
print(cohort.lacks("patients") or "It is known which films belong to one patient.")

rows = np.concatenate([np.flatnonzero(labels == value)[:4] for value in (0, 1)])
masks = (train.masks or {}).get(finding)
titles = [f"{finding}: {'present' if labels[row] else 'absent'}" for row in rows]
fig = montage(list(train.images[rows]), titles=titles, columns=4,
              masks=None if masks is None else list(masks[rows]))
describe(fig, f"Training films, four without {finding} above, four with it below, "
         "outlined where the cohort knows its place.")

# %% [markdown]
# Look for half a minute. In the default cohort a consolidation is a soft white patch that hides
# the vessels behind it. It has no fixed place, size or edge, and ribs, heart and breast shadows
# are white as well.
#
# A network looks through a small window. In a *convolution* a window of weights, the *kernel*,
# slides over the image; at each place the pixels below it are multiplied by the weights and
# added. Here is a kernel of 3 x 3 that answers to one thing, dark on the left and bright on the
# right, on three rows that cross from a lung (20) into the heart (90), and then on a whole film:

# %%
kernel = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
border = np.array([[20, 20, 20, 90, 90, 90]] * 3)
for column in range(4):
    window = border[:, column:column + 3]
    print(f"columns {column} to {column + 2}: {(window * kernel).sum()}")

film = images[0, ..., 0].astype(float)
edges = correlate2d(film, kernel, mode="same", boundary="symm")
fig = montage([film, np.maximum(edges, 0), np.maximum(-edges, 0)], columns=3,
              titles=["film", "darker to brighter", "brighter to darker"])
describe(fig, "A film and two maps of its edges, to brighter and to darker, read from "
         "left to right. All three on grey values 0 to 255.")

# %% [markdown]
# Zero where nothing changes, 210 on the edge. The sums of all places are a new image, a *feature
# map*. Negative sums were set to zero: this is *ReLU*, and a map then says "here" or nothing.
# Without it two convolutions in a row would be no more than one larger convolution.
#
# Nobody writes the kernels of a network: they begin at random, and training changes them. One is
# a *filter*; eight filters give eight maps, and the next layer looks through all eight at once.
# `strides=2` moves the window two pixels at a time, so that the map has half the rows and columns.
# `padding="same"` puts zeros round the border, so that the window fits there. The last line of the
# network weighs all numbers of the last maps into one; the *sigmoid* turns that into a *score*
# between 0 and 1. `compile` names what training makes small (the *loss*) and who changes the
# weights (the *optimiser*, here Adam). `fit` shows the network 32 films (a *batch*), lets the
# optimiser change the weights a little (a *step*), and takes the next 32. All films once are an
# *epoch*. The next section opens these boxes.


# %%
def plain_network(shape):
    network = keras.Sequential([keras.Input(shape), layers.Rescaling(1 / 255)])
    for filters in (8, 16, 32):
        network.add(layers.Conv2D(filters, 3, strides=2, padding="same"))
        network.add(layers.ReLU())
    network.add(layers.Flatten())  # all numbers of the maps in one row
    network.add(layers.Dense(1, activation="sigmoid"))
    network.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy",
                    jit_compile=False)
    return network


epochs = min(PLAIN_EPOCHS, 1 + 40_000 // len(train))  # of a large cohort fewer
training.set_seed(SEED)  # before the network: its first weights are drawn then
plain = plain_network(shape)
print(f"{plain.count_params():,} weights, {epochs} epochs: some seconds ...")
plain.fit(images, labels, epochs=epochs, batch_size=32, verbose=0)
print("trained.")

# %% [markdown] tags=["exercise"]
# **A new training needs a new network**: calling `fit` again would go on with the old one. That is
# why building stands in the same cell.
#
# ### Exercise 21.1 - Where do the weights come from? (4 min)
#
# A convolution has `filters` filters. Each looks through a window of `rows` x `columns` pixels
# at all `channels` of its input, and with `bias` adds one number of its own. How many weights is
# that? Then think: which layer of the plain network has most of them?
# <details><summary>Hint</summary>Write down one filter first. For a colour image it has three
# layers, not one.</details>


# %% tags=["exercise-code"]
def convolution_weights(rows, columns, channels, filters, bias):
    """Return the number of weights of one convolution layer."""
    ### BEGIN SOLUTION
    weights_of_one_filter = rows * columns * channels + int(bias)
    return filters * weights_of_one_filter
    ### END SOLUTION


# %% tags=["check"]
check_exercise("21.1", convolution_weights)

# %% [markdown]
# Before any measure, look at what the network says. First eight films of the tuning set, which it
# has not seen, the truth beside the score. Then its three worst mistakes: the films whose score is
# farthest from the truth, and what else is on them, where the cohort knows it.

# %% tags=["nbval-ignore-output"]
truth, scores = tuning.labels(finding), training.predict_scores(plain, tuning.images)
table = tuning.table[["study_id", finding]].assign(score=scores.round(2))
print(table.head(8).to_string(index=False))

worst = np.argsort(-np.abs(truth - scores))[:3]
masks = (tuning.masks or {}).get(finding)
names = tuning.table.study_id.iloc[worst]
titles = [f"{name}\n{'present' if truth[row] else 'absent'}, score {scores[row]:.2f}"
          for name, row in zip(names, worst, strict=True)]
fig = montage(list(tuning.images[worst]), titles=titles, columns=3,
              masks=None if masks is None else list(masks[worst]))
describe(fig, f"The three tuning films on which the score is farthest from the truth; "
         f"{finding} is outlined where it is present and its place is known.")
for name, row in zip(names, worst, strict=True):
    others = [other for other in cohort.card.findings
              if other != finding and tuning.table[other].iloc[row]]
    print(name, "also:", ", ".join(others) or "none known")

# %% [markdown]
# Such a look costs a minute, and no measure replaces it: a wrong label, a film hung the wrong
# way, or another disease that looks alike is seen here first. Now a number. A colleague asks how
# often the network is right if a score above 0.5 means *present*:

# %%
right = np.mean((training.predict_scores(plain, images) > 0.5) == labels)
print(f"Right on more than 80 % of {len(labels):,} films: {right > 0.8}.")

# %% [markdown] tags=["predict"]
# ### Predict 21.2p - Shall we try it on the ward? (2 min)
#
# Whose films were these? Read the cell again. Then write down: on how many of 100 films of the
# tuning set is it right? And on how many would it be right if it gave all the same answer?
#
# Below that stand two simple rules, as nobody should praise a network that was not compared with
# any: the mean brightness, and a *logistic regression*, a weighted sum of pixels without
# convolutions. They are measured by the *AUC*: the chance that a film with the finding scores
# higher than one without. 0.5 is a coin, 1 is perfect
# ([lesson 30](30_sensitivity_specificity_and_roc.ipynb)).

# %% tags=["nbval-ignore-output"]
right_elsewhere = np.mean((scores > 0.5) == truth)
print(f"Right on the films it learned from: {right:.0%}; on the tuning set: "
      f"{right_elsewhere:.0%}; there with one answer for all: "
      f"{max(truth.mean(), 1 - truth.mean()):.0%}.")

step = -(-shape[0] // 32)  # every fourth pixel of 128 x 128 films
coarse = [part.images[:, ::step, ::step].reshape(len(part), -1)
          for part in (train, tuning)]
linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
linear.fit(coarse[0], labels)
known = area_under_roc(labels, linear.decision_function(coarse[0]))
auc_of = {
    "mean brightness": area_under_roc(truth, coarse[1].mean(axis=1)),
    "logistic regression": area_under_roc(truth, linear.decision_function(coarse[1])),
    "plain network": area_under_roc(truth, scores),
}
for name, auc in auc_of.items():
    print(f"{name:20} AUC {auc:.2f}, {len(tuning)} tuning films")

# %%
print(f"Network 10 points better on known films: {right - right_elsewhere > 0.1}.")
print(f"Regression on its own training films: AUC above 0.98: {known > 0.98}.")
gain = auc_of["plain network"] - auc_of["logistic regression"]
print(f"Plain network less than 0.15 above the regression: {gain < 0.15}.")

# %% [markdown] tags=["try"]
# In the default cohort the first share was a deception. A network, and a regression too, can learn
# films by heart, from anything that tells them apart. That is *overfitting*, and only films of
# other patients show it. There the network is little better than the regression, and right about as
# often as one answer for all.
#
# ### Try 21.3t - Change the network (5 min)
#
# In `plain_network` change **one** thing: `(8, 16, 32)` to `(8, 16)`, or `Flatten` to
# `GlobalAveragePooling2D` (one mean for each map), or leave out `ReLU`. Predict first: more weights
# or fewer, and which of the two shares of 21.2p moves? Then run that cell and all down to the
# table again. It builds a new network each time, from the same seed.

# %% [markdown] tags=["exercise"]
# ## What training does
#
# The score is right or wrong by degrees, and the *loss* says by how much. The *binary
# cross-entropy* of one film with label $y$ (0 or 1) and score $s$ is
#
# $$-\,y\,\ln s - (1 - y)\,\ln(1 - s)$$
#
# If the finding is there, a score near 1 costs almost nothing, one of 0.01 costs $-\ln 0.01 = 4.6$:
# being sure and wrong is dear. The loss of a batch is the mean of its films.
#
# ### Exercise 21.4 - What does it cost not to look? (5 min)
#
# A network that cannot see gives every film the same score. If a third of the films have the
# finding, 0.5 is not its best choice. Return the **lowest** mean loss that one score for all films
# can reach.
# <details><summary>Hint</summary>Which score would you give to 100 films of which 33 have the
# finding, if you had to bet on each? Put it into the formula.</details>


# %% tags=["exercise-code"]
def loss_without_looking(labels):
    """Return the lowest mean cross-entropy that one score for all films can have."""
    ### BEGIN SOLUTION
    share = np.mean(labels)
    return -(share * np.log(share) + (1 - share) * np.log(1 - share))
    ### END SOLUTION


# %% tags=["check"]
check_exercise("21.4", loss_without_looking)

# %% [markdown] tags=["solution"]
# The best blind score is the share of films with the finding, the *prevalence*. Only at a
# prevalence of one half does it cost $\ln 2$; the rarer the finding, the cheaper not to look. A
# training whose loss stays at this value has learnt how common the finding is, and nothing else.

# %% [markdown]
# How does a weight know which way is down? Move it a little and look. Here one weight of a new,
# untrained network, the bias of its last layer, is set to five values:

# %%
training.set_seed(SEED)
fresh = plain_network(shape)


def loss_at(bias):
    fresh.layers[-1].bias.assign([bias])
    return fresh.evaluate(images[:1000], labels[:1000], batch_size=256, verbose=0)


for bias in (-0.4, -0.2, 0.0, 0.2, 0.4):
    print(f"bias {bias:4.1f}: loss {loss_at(bias):.2f}")
slope = (loss_at(0.1) - loss_at(-0.1)) / 0.2
print(f"Slope at 0: {slope:+.2f}. Down is {'left' if slope > 0 else 'right'}.")
step_taken = -0.5 * slope  # learning rate 0.5, against the slope
print(f"After one step the loss is lower: {loss_at(step_taken) < loss_at(0.0)}.")

# %% [markdown]
# This slope is the *gradient* of one weight: its sign says which way is up, its size how steep.
# Trying out each weight would take thousands of evaluations. *Backpropagation* finds all slopes in
# one pass backwards through the layers, with the chain rule. The optimiser then moves every weight
# against its slope. How far is the *learning rate*: too small and nothing happens, too large and
# the step lands on the opposite slope, higher than before.
#
# ## A better network
#
# The next network differs in four things. *Short cuts*: two convolutions and a path
# around them form a residual block, which only has to learn what to add to its input.
# *Batch normalisation* gives each map mean 0 and standard deviation 1 within a batch and keeps a
# running mean for later (momentum 0.9: Keras' default is too slow for some hundred steps). Large
# films are halved at once, so that a window soon sees a larger part of the lung. And the mean of
# each map replaces `Flatten`: what was found counts, not where.


# %% tags=["model", "twin:helpers.networks.small_residual_network"]
def convolve(x, width, *, stride=1):
    x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def residual_block(x, width, *, stride):
    y = layers.ReLU()(convolve(x, width, stride=stride))
    y = convolve(y, width)
    if x.shape != y.shape:  # the short cut must arrive in the same form
        x = layers.Conv2D(width, 1, strides=stride, use_bias=False)(x)
    return layers.ReLU()(layers.Add()([x, y]))


def is_large(x):
    rows, columns = x.shape[1:3]
    return rows * columns >= 64 * 64 and min(rows, columns) >= 56


def small_residual_network(input_shape, *, filters=(16, 32, 64)):
    image = keras.Input(input_shape)
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)  # 0..255 becomes -1..1
    x = layers.ReLU()(convolve(x, filters[0], stride=2 if is_large(x) else 1))
    while is_large(x):  # halve a large image until a step is fast
        x = layers.ReLU()(convolve(x, filters[0], stride=2))
    for number, width in enumerate(filters):
        x = residual_block(x, width, stride=1 if number == 0 else 2)
    x = layers.GlobalAveragePooling2D()(x)
    logit = layers.Dense(1)(x)
    return keras.Model(image, layers.Activation("sigmoid")(logit))


# %% [markdown]
# The last layer is one weighted sum of 64 means, the *logit*. Because of that form one map of
# [lesson 40](40_saliency_maps.ipynb), Grad-CAM before its negative part is cut, adds up exactly to
# the logit without its bias. The other maps need no such form.
#
# It is also trained otherwise. The number of steps is fixed, and a small cohort is seen more
# often. *Augmentation* shifts each film by up to 8 % and changes its contrast and brightness a
# little, anew in every epoch, so that no film is seen twice the same
# ([lesson 18](18_augmentation.ipynb)). It is *not* mirrored: a mirrored chest has its heart on
# the right, and that is a finding.

# %% [markdown] tags=["predict"]
# The optimiser is now AdamW, which also pulls all weights gently to zero. The learning rate rises
# in the first steps, while the weights are still random, and then sinks along a cosine to zero.
# A *callback* is code that `fit` calls after each step and epoch. `KeepBest` draws the bar, notes
# the losses, and copies the weights whenever the tuning loss is the lowest so far; at the end, or
# when you stop it, the best copy is put back. Build, compile and fit stand in one cell. You may
# interrupt it (the square in the toolbar) and run it again: it starts anew.
#
# ### Predict 21.5p - Before the first step (2 min)
#
# All weights are random. What will the loss on the tuning set be before the first step? Compare
# with 21.4, and with a score of 0.5 for all. And after how many epochs is the tuning loss below
# the one of 21.4? Then run, and watch the bar.

# %% tags=["model", "nbval-ignore-output"]
progress = training.KeepBest()  # first: it belongs to the network that is built next
training.set_seed(SEED)  # of the first weights and, below, of the order of the films
network = small_residual_network(shape)
settings = training.TrainingSettings(
    steps=STEPS, learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY,
    label_smoothing=LABEL_SMOOTHING, warm_up=WARM_UP, seed=SEED,
)
plan = settings.plan(len(train))
train_batches = make_dataset(
    train.images, labels, batch_size=plan.batch_size, augment=True, seed=SEED
)
tuning_batches = make_dataset(tuning.images, truth, batch_size=64)
steps = plan.steps_per_epoch * plan.epochs
warm_up_steps = max(1, round(WARM_UP * steps))
learning_rate = keras.optimizers.schedules.CosineDecay(
    0.0, max(1, steps - warm_up_steps),
    warmup_target=LEARNING_RATE, warmup_steps=warm_up_steps,
)
network.compile(
    keras.optimizers.AdamW(learning_rate, weight_decay=WEIGHT_DECAY),
    keras.losses.BinaryCrossentropy(label_smoothing=LABEL_SMOOTHING),
    metrics=[keras.metrics.AUC(name="auc")],
    jit_compile=False,  # on a CPU compiling costs more than it gains
)
before = network.evaluate(tuning_batches, verbose=0)[0]
print(f"Loss before the first step: {before:.2f} (0.5 for all: {np.log(2):.2f}).")
with progress:
    network.fit(
        train_batches.repeat(), steps_per_epoch=plan.steps_per_epoch,
        epochs=plan.epochs, validation_data=tuning_batches, callbacks=[progress],
        shuffle=False, verbose=0,  # the pipeline shuffles
    )

# %% [markdown]
# Left the loss, right the AUC, by epoch. The dot is the epoch that was kept. Two lines give the
# scale: what not looking costs, and what a perfect network would cost, since smoothed labels do
# not allow a loss of zero.

# %%
history = progress.history_table()
kept = history.tuning_loss.idxmin()
smoothed = LABEL_SMOOTHING / 2 + (1 - LABEL_SMOOTHING) * truth
floor = float(network.loss(truth[:, None], smoothed[:, None]))
blind = float(network.loss(truth[:, None], np.full((len(truth), 1), smoothed.mean())))
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for ax, column, name in zip(axes, ("loss", "auc"), ("loss", "AUC"), strict=True):
    ax.plot(history.epoch, history[column], label="training set, augmented")
    ax.plot(history.epoch, history[f"tuning_{column}"], "--", label="tuning set")
    best = history[f"tuning_{column}"][kept]
    ax.plot(history.epoch[kept], best, "o", color=COLOURS["black"], label="kept")
    ax.set(xlabel="epoch", ylabel=name)
    ax.xaxis.get_major_locator().set_params(integer=True)
axes[0].axhline(blind, color="0.5", linestyle=":", label="not looking")
axes[0].axhline(floor, color="0.5", linewidth=1, label="perfect")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
falls = history.loss.iloc[-1] < history.loss.iloc[0]
describe(fig, f"Loss and AUC over {len(history)} epochs; the training loss ends "
         f"{'lower than' if falls else 'no lower than'} it began.")
print(f"Not looking costs {blind:.2f}, perfect {floor:.2f}.")
print(f"Kept tuning loss below not looking: {history.tuning_loss[kept] < blind}.")
print(f"{network.count_params():,} weights; all epochs done: {progress.finished}.")

# %% [markdown]
# Three things to read.
#
# 1. **The scale.** A loss that stays on the dotted line means that nothing was learnt but the
#    prevalence. One far above it means that something is broken: labels, scale, learning rate.
# 2. **The jumps.** The tuning set is small and the steps are large at first. One bad epoch is no
#    disaster, and one good one no discovery.
# 3. **The end.** Curves flatten because the learning rate goes to zero, not because nothing more
#    could be learnt. Which loss ends lower? Either may: training films are known, which lowers
#    their loss, but augmented, which raises it.
#
# Now both networks on the tuning set. The interval is that of their difference: patients are
# drawn again and again, and both networks are measured on the same ones.

# %% tags=["nbval-ignore-output"]
better = training.predict_scores(network, tuning.images)
auc_of["residual network"] = area_under_roc(truth, better)
for name, auc in auc_of.items():
    print(f"{name:20} AUC {auc:.2f}, {len(tuning)} tuning films")


def interval_over_patients(statistic, table, scores):
    """Return a 95 % interval, drawing patients, or None with too few of them."""
    truth, patients = table[finding], table.patient_id
    try:
        return intervals.clustered_bootstrap(
            statistic, truth, scores, clusters=patients, seed=SEED
        )
    except ValueError as error:
        print(f"No interval: {error}")


def auc_difference(truth, row):
    row = row.astype(int)
    return area_under_roc(truth, better[row]) - area_under_roc(truth, scores[row])


gain = interval_over_patients(auc_difference, tuning.table, np.arange(len(tuning)))
if gain:
    print(f"Residual minus plain: 95 % CI {gain.low:+.2f} to {gain.high:+.2f}.")

# %%
print(f"Interval of the difference above 0: {bool(gain) and gain.low > 0}.")

# %% [markdown]
# Was it the short cuts? Nearly everything was changed: normalisation, means instead of `Flatten`,
# more weights, augmentation, smoothing, the learning rate over time, and the best epoch was kept.
# To know, change one at a time, with several seeds each, and compare on the tuning set. That set
# has now chosen the epoch and the network, so its AUC flatters a little: choosing is a kind of
# training too. The final number needs films that have chosen nothing.
#
# ## Save it, reload it
#
# A network that cannot be reloaded is an anecdote. A `.keras` file holds the layers, the weights
# and the date. It is loaded in safe mode, which refuses code hidden in the file; a Python pickle
# runs whatever it contains, so never open one from somebody you do not know. What was stopped
# half-way is not saved as if it were trained.

# %%
if not progress.finished:
    raise RuntimeError("The training was stopped: run its cell to the end, then save.")
path = files.cache_dir() / "networks" / "my_first_network.keras"
path.parent.mkdir(parents=True, exist_ok=True)
network.save(path)
reloaded = keras.saving.load_model(path, safe_mode=True)

again = training.predict_scores(reloaded, tuning.images)
same = np.abs(better - again).max() < 1e-6
print(f"{len(again)} tuning films, scores equal to one part in a million: {same}.")

# %% [markdown]
# Compare scores, not weights: it is the scores that a hospital would see change. The later lessons
# do not read this file. They use a network trained once with the settings above.
#
# The next cell is for your own project. It needs nothing of this course: the plain network on
# arrays, with a tuning set, the best epoch kept, saved and reloaded.

# %% tags=["recipe:train-a-small-cnn", "model"]
# MIT licence - recipe "train-a-small-cnn" from Deep Learning in Radiology
import tempfile
import keras
import numpy as np
from sklearn.metrics import roc_auc_score

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
present = rng.integers(0, 2, 600)  # your labels, 0 or 1
films = rng.normal(100, 20, (600, 32, 32, 1))  # your images, 0..255
films[present == 1, 8:20, 8:20] += 15  # a faint patch
train_rows, tuning_rows, test_rows = np.split(np.arange(600), [400, 500])  # by patient!
if {*present} != {0, 1} or not np.isfinite(films).all():
    raise ValueError("labels must hold 0 and 1, images finite numbers")
model = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Rescaling(1 / 255)])
for filters in (8, 16, 32):
    model.add(keras.layers.Conv2D(filters, 3, 2, padding="same", activation="relu"))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", jit_compile=False)
path = f"{tempfile.mkdtemp()}/small_cnn.keras"
best = keras.callbacks.ModelCheckpoint(path, save_best_only=True)
model.fit(films[train_rows], present[train_rows], epochs=8, callbacks=[best],
          validation_data=(films[tuning_rows], present[tuning_rows]), verbose=0)
model = keras.saving.load_model(path, safe_mode=True)
auc = roc_auc_score(present[test_rows], model.predict(films[test_rows], verbose=0))
print("AUC on 100 test images above 0.8:", auc > 0.8)

# %% [markdown]
# ## What we measured
#
# Everything is chosen: network, settings, epoch. Now the internal test is opened, once. The
# second number is what the reader on duty would notice: how many of the films read before the
# coffee break show the finding, with the list sorted by score and without.

# %% tags=["headline", "nbval-ignore-output"]
test = cohort.split("internal test")
reference, score = test.labels(finding), training.predict_scores(network, test.images)


def share_among_first(truth, score):
    """Return the share with the finding in the part of the sorted list read first."""
    n_first = max(1, round(READ_FIRST * len(score)))
    return float(np.mean(truth[np.argsort(-score, kind="stable")[:n_first]]))


people = f", {test.table.patient_id.nunique()} patients" * cohort.knows_patients
print(f"Internal test, {len(test)} films{people}: {reference.mean():.0%} {finding}.")
ranges = {}
for name, measure in (("AUC", area_under_roc), ("Share read first", share_among_first)):
    ranges[name] = limits = interval_over_patients(measure, test.table, score)
    said = f", 95 % CI {limits.low:.2f} to {limits.high:.2f}" if limits else ""
    print(f"{name}: {measure(reference, score):.2f}{said}.")

# %% [markdown]
# Your digits may differ, even in the second decimal. Training is chaotic: a last digit rounded
# otherwise, and after some hundred steps the weights are others. Here is also what must hold
# everywhere and, for the default cohort and settings, what several seeds did, once recorded.

# %%
auc, limits = area_under_roc(reference, score), ranges["Share read first"]
print(f"AUC of at least 0.75: {auc >= 0.75}.")
print(f"Sorted better than arrival: {bool(limits) and limits.low > reference.mean()}.")
is_default = (cohort.name, finding) == ("chest_insilico", "consolidation")
if is_default and settings == training.TrainingSettings():
    stored = checkpoints.predictions(cohort, finding)
    stored = stored[stored.split == "internal test"].score.to_numpy()
    rho = np.corrcoef(stored.argsort().argsort(), score.argsort().argsort())[0, 1]
    print(f"Ranks like those of the stored scores, rho above 0.65: {rho > 0.65}.")
    seeds = files.evidence("difficulty_chest_insilico.csv").auc
    print(f"Recorded, {len(seeds)} seeds: AUC {seeds.min():.3f} to {seeds.max():.3f}.")

# %% [markdown]
# If *Sorted better than arrival* says True, the question is answered for these films: the list can
# be sorted, and the part that is read first holds more of what matters. It does not say where to
# draw a line between *present* and *absent*. And these are scores, not probabilities: 0.9 does not
# mean that nine of ten have it.
#
# ## On real patients
#
# The residual network was trained in the same way on PneumoniaMNIST, 5,856 chest radiographs of
# children at 28 x 28 pixels, on 2026-11-23, with four seeds, this lesson's own first:
#
# `COURSE_DATA_DIR=path/to/data make course COHORT=pneumoniamnist ONLY=21`
#
# The table below is the record of that day, written by
# `python -m tools.bench --only network --record`. While the network was designed, its authors saw
# the test AUC of three variants of its first layers, so these figures are a little kinder than a
# sealed test.

# %%
record = files.evidence("first_network_pneumoniamnist.csv")
for row in record.itertuples():
    print(f"seed {row.seed}: test AUC {row.auc:.3f} "
          f"(95 % CI {row.auc_low:.3f} to {row.auc_high:.3f})")
print(f"Lowest AUC at least 0.975: {record.auc.min() >= 0.975}.")
print(f"Tuning AUC above test AUC each time: {(record.tuning_auc > record.auc).all()}.")

# %% [markdown]
# For comparison: the best AUC at 28 pixels in a study that also kept the checkpoint by the tuning
# loss is 0.973, with networks of millions of weights and images padded to 224 pixels
# ([Doerrich 2025](https://doi.org/10.1038/s41598-025-92156-9)). The intervals above resample
# images, since the cohort does not say which images belong to one child.
#
# ## What this does not show
#
# - The default cohort is simulated, its consolidations come from one recipe. A network that finds
#   them has not been shown to find pneumonia.
# - The test films come from the two hospitals that the network learned from.
# - One split, one seed. Why the second network is better was not taken apart.
# - A list sorted by score pushes something else back. What, and whether it matters, is a clinical
#   question.
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A plain network is a dozen lines. In the default cohort its score on the films it learned from
#   deceived; the tuning set did not, and there a logistic regression did nearly as well.
# - The loss says how wrong a score is, the gradient which way it falls, the learning rate how far
#   to go. Not looking costs what the prevalence says, 0.69 only at one half.
# - A residual network with fewer than 100,000 weights, augmentation and the best epoch was better
#   there on the tuning set; the interval of the difference says how sure that is.
# - The reloaded network gave the same scores to one part in a million. On the internal test of
#   the default cohort its AUC was at least 0.75, and the sorted list beat the order of arrival.
#
# ## New words
#
# - **convolution**: a small window of weights that slides over an image.
# - **ReLU**: negative values become zero.
# - **score**: output of the network between 0 and 1, not calibrated.
# - **loss**: what training makes small; here binary cross-entropy.
# - **gradient**: the slope of the loss for each weight.
# - **learning rate**: how far a step goes against the gradient.
# - **epoch**: one pass through the training set, in batches.
# - **overfitting**: the training films are known by heart, others are not.
# - **callback**: code that `fit` calls after each step or epoch.

# %% [markdown]
# ## Next
#
# Make it yours before you go on: `FINDING = "effusion"` in the settings, a folder of your own
# films (`make lab COHORT=path/to/folder`), or one line of the residual network changed. Predict,
# run the cells again from the training on, and compare on the tuning set. The test set is spent
# after one look.
#
# On the first evening go on with [lesson 30](30_sensitivity_specificity_and_roc.ipynb), which turns
# scores into sensitivity and specificity, and then with [lesson 40](40_saliency_maps.ipynb), which
# asks for the pixels they came from.
#
# ## Sources
#
# - He K et al. Deep residual learning for image recognition. CVPR 2016.
#   [doi:10.1109/CVPR.2016.90](https://doi.org/10.1109/CVPR.2016.90)
# - Ioffe S, Szegedy C. Batch normalization. ICML 2015.
#   [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# - Loshchilov I, Hutter F. Decoupled weight decay regularization. ICLR 2019.
#   [arXiv:1711.05101](https://arxiv.org/abs/1711.05101)
# - Yang J et al. MedMNIST v2. Scientific Data 2023.
#   [doi:10.1038/s41597-022-01721-8](https://doi.org/10.1038/s41597-022-01721-8)
# - Doerrich S et al. Rethinking model prototyping through the MedMNIST+ dataset collection.
#   Scientific Reports 2025.
#   [doi:10.1038/s41598-025-92156-9](https://doi.org/10.1038/s41598-025-92156-9)
