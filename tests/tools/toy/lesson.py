# %% [markdown]
# # 90 Toy lesson
# Does the larger of two patches hold the lesion?
#
# | | |
# |---|---|
# | Time | 5 minutes to work through; runs in about 5 seconds |
# | Runs on | any computer |
# | Data | made here, 4 patches |
# | Needs first | nothing |
#
# ## After this notebook you can
# - compute the mean of a patch;
# - say what a mean hides;
# - draw two patches on one grey scale.

# %% tags=["setup"]
import os

import matplotlib.pyplot as plt
import numpy as np

from helpers.checks import check_exercise
from helpers.figures import describe, montage, use_course_style

use_course_style()

# %% [markdown]
# Every number that you may turn stands in the next cell.

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
SEED = 7
SIDE = 8  # pixels

# %% [markdown]
# ## Two patches
# A patch is a small part of a radiograph. The second one is brighter in a corner, and
# its mean is $\bar{x} = \frac{1}{n} \sum_i x_i$.

# %%
rng = np.random.default_rng(SEED)
patches = rng.integers(90, 110, size=(2, SIDE, SIDE)).astype(np.uint8)
patches[1, :3, :3] += 80
print(f"{len(patches)} patches of {SIDE} x {SIDE} pixels")

# %% [markdown] tags=["predict"]
# ### Predict 90.1p - Which mean is larger? (1 min)
# Write down your guess before you run the next cell.

# %%
fig = montage(patches, titles=["plain", "with lesion"], columns=2)
describe(fig, "Two grey patches; the second has a bright square in one corner.")

# %% [markdown]
# The bright corner is easy to see and small in area: nine of sixty-four pixels.

# %% [markdown] tags=["exercise"]
# ### Exercise 90.2 - The mean of a patch (3 min)
# Return the mean of all pixels of one patch.
# <details><summary>Hint</summary>An array has a method for it.</details>


# %% tags=["exercise-code"]
def patch_mean(patch):
    """Return the mean of an array of any shape."""
    ### BEGIN SOLUTION
    return float(np.sum(patch) / np.size(patch))
    ### END SOLUTION


# %% tags=["check"]
check_exercise("90.2", patch_mean)

# %% [markdown] tags=["solution"]
# Dividing the sum by the number of pixels is the definition.

# %% [markdown] tags=["exercise"]
# ### Exercise 90.3 - The share of bright pixels (3 min)
# Return the share of pixels above a level, 0 to 1.


# %% tags=["exercise-code"]
def bright_share(patch, level):
    """Return the share of pixels above `level`, 0 to 1."""
    ### BEGIN SOLUTION
    return float(np.mean(np.asarray(patch) > level))
    ### END SOLUTION


# %% tags=["check"]
check_exercise("90.3", bright_share)

# %% [markdown]
# The two functions exist in the course's helpers as well. Here is one to copy.

# %% tags=["recipe:bright-share"]
# MIT licence - recipe "bright-share" from Deep Learning in Radiology
import numpy as np

patch = np.array([[0, 200], [200, 0]])
print(f"Share of bright pixels: {np.mean(patch > 100):.2f}")

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
gain = patches[1].mean() - patches[0].mean()
print(f"The patch with a lesion is brighter: {gain > 5} (2 patches, one seed)")

# %% [markdown]
# ## What this does not show
# Two patches are no study. Not for clinical use.
#
# ## Summary
# - The mean moves by a few grey levels.
# - A mean hides where the bright pixels are.
# - One grey scale makes two patches comparable.
#
# ## New words
# **Patch**: a small part of an image.
#
# ## Next
# Nothing follows.
#
# ## Sources
# None.
