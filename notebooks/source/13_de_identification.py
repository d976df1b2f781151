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
# # 13 De-identification
#
# A partner hospital wants to test a program on your chest films. You delete the patients' names:
# may the folder leave the house?

# %% [markdown]
# | | |
# |---|---|
# | Time | 60 minutes to work through; runs in about 25 seconds |
# | Runs on | any laptop, no GPU |
# | Data | five simulated films of three invented patients, written as DICOM; invented registers |
# | Needs first | lesson 10 |
#
# ## After this notebook you can
#
# - list where a DICOM file names its patient, and count what a deletion has left;
# - apply the table of PS3.15 Annex E at every level, with UIDs and dates that still fit together;
# - search pixels for writing, and say how often the search misses;
# - attack your own release with a list of names, and state the success rate with its interval;
# - deliver a folder with a report of the risk that is left, and look before you send.

# %% tags=["setup"]
import hashlib
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pydicom
from dicomanonymizer import anonymize_dataset, simpledicomanonymizer

from helpers import cohorts
from helpers.files import evidence
from helpers.burned_in_text import find_text
from helpers.checks import check_exercise
from helpers.de_identification import (
    Options, actions, de_identify, de_identify_file, de_identify_folder, editions,
    new_secret,
)  # fmt: skip
from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import (
    Radiograph, find_identities, plant_identities, salt_attributes, write_radiograph,
)  # fmt: skip
from helpers.figures import COLOURS, describe, montage, show_image, use_course_style
from helpers.intervals import wilson
from phantoms import ChestCohortSettings, image_study, study_of

use_course_style()

# %% tags=["parameters"]
STUDIES = ["P0003-1", "P0003-2", "P0007-1", "P0007-2", "P0109-1"]
FILM_PX = 512  # rows and columns of a film
REGISTER_SIZES = [1_000, 10_000, 100_000]  # names on the attacker's list
N_RELEASED = 500  # patients in a release
SEEDS = [0, 1, 2, 3, 4]

# %% [markdown]
# ## A folder with the names deleted
#
# First we need a folder that is worth stealing. The films below are simulated. Into each the
# course then writes an invented person, wherever real files are known to hold a real one, and
# keeps a list of what it wrote. With such a list a de-identification can be marked like an exam.

# %%
scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends
ward = Path(scratch.name) / "ward"
ward.mkdir()
table = cohorts.load("chest_insilico").table.set_index("study_id")
planted = {}
for study_id in STUDIES:
    film = image_study(study_of(ChestCohortSettings(), study_id), size=FILM_PX).image
    row = table.loc[study_id]
    details = Radiograph(
        sex=row["sex"],
        age_years=int(row["age"]),
        study=study_id,
        date=row["study_date"].replace("-", ""),
    )
    path = ward / f"{study_id}.dcm"
    write_radiograph(path, film, patient_id=study_id[:5], details=details)
    planted[path.name] = plant_identities(path)
first = planted["P0003-1.dcm"]
print(f"{len(first)} entries about one invented person in one file:")
for place, number in Counter(item.place for item in first).items():
    print(f"  {number:3} in {place}")

# %% [markdown]
# Here is a part of the header. The picture holds the name twice more: burned into the pixels, and
# in an *overlay*, a plane of one bit that viewers draw on top.

# %%
header = pydicom.dcmread(ward / "P0003-1.dcm")
shown = [header["PatientName"], header["PatientID"], header["PatientBirthDate"]]
shown += [header["StudyDescription"], header["ImageComments"], header["StudyDate"]]
shown += [header.RequestAttributesSequence[0]["ReasonForTheRequestedProcedure"]]
shown += [header[0x0029, 0x1012]]  # private: only the vendor knows what it is for
for element in shown:
    print(f"{element.tag}  {element.VR}  {element.name[:27]:28} {element.value!s:.40}")
pixels = read_pixels(ward / "P0003-1.dcm").display()
overlay = header.overlay_array(0x6000)
fig, axes = plt.subplots(3, 1, figsize=(5, 6.6), height_ratios=[6, 1, 1])
show_image(pixels, ax=axes[0], title="the film")
show_image(pixels[:40, :280], ax=axes[1], title="its upper left corner")
show_image(overlay[-40:, :280], ax=axes[2], vmax=1, title="overlay, lower left corner")
fig.tight_layout()
describe(
    fig,
    "A chest film with white letters in its upper left corner: enlarged, an invented "
    "name and a date of birth. The overlay holds the same line at the lower left.",
)

# %% [markdown] tags=["predict"]
# ### Predict 13.1p - After the deletion (2 min)
#
# Somebody deletes Patient's Name and Patient ID, and sends the file. Of the different facts about
# the person in this file (names, numbers, dates, places), which share can still be read? Write
# down a guess before you run the next cell.


# %%
def facts_left(path, entries):
    """Return how many different facts can still be found in a file."""
    return len({one.value.casefold() for one in find_identities(path, entries)})


header.PatientName = header.PatientID = "ANON"
by_name = Path(scratch.name) / "by_name.dcm"
header.save_as(by_name)
facts_before = facts_left(ward / "P0003-1.dcm", first)
facts_by_name = facts_left(by_name, first)
print(f"Facts in the original: {facts_before}.")
print(f"Name and number deleted: {facts_by_name} can still be found.")

# %% [markdown]
# Every one of them. The name stands in the study description, in comments, in the vendor's private
# block; the hospital number is in a nested item. Deleting two attributes removes two copies, and
# no fact.

# %% [markdown]
# ## The table of the standard, at every level
#
# DICOM PS3.15, Annex E lists the attributes that may identify somebody, each with an action: X
# remove, Z empty, D put a dummy, U a new UID that is the same wherever the old one stood. The list
# grows with every edition. The package `dicomanonymizer` carries three, and takes the oldest unless
# it is asked for another. (The counts leave out whole groups that come on top, such as overlays.)

# %%
for edition in editions():
    codes = Counter(actions(edition).values())
    most = ", ".join(f"{code} {number}" for code, number in codes.most_common(4))
    print(f"{edition:6} {len(actions(edition))} attributes: {most}")


def newest():
    """Return the rules of the newest edition."""
    edition = f"dicomfields_{editions()[-1]}"
    return simpledicomanonymizer.initialize_actions(edition)


by_table = Path(scratch.name) / "by_table.dcm"
header = pydicom.dcmread(ward / "P0003-1.dcm")
anonymize_dataset(header, base_rules_gen=newest)
header.save_as(by_table)
facts_by_table = facts_left(by_table, first)
print(f"After the table: {facts_by_table} of {facts_before} facts can be found, in")
for one in find_identities(by_table, first):
    print(f"  {one.where:45} {one.value}")

# %% [markdown]
# Far better. What is left lies where no line of the table points: in the 128 bytes before the
# header, in the short header that says how the file was sent, in the label of an overlay, in the
# pixels.
#
# But the person was hidden only in places that the course had thought of. A harder test forgets
# nothing: *salt* every attribute of the table with a value of its own, once at the top and once
# two levels down, inside items of sequences that the table does not list.

# %%
salted = Path(scratch.name) / "salted.dcm"
write_radiograph(salted, film, patient_id="P0001")
salts = salt_attributes(salted, actions())
header = pydicom.dcmread(salted)
anonymize_dataset(header, base_rules_gen=newest)
header.save_as(by_table)
left = {one.where for one in find_identities(by_table, salts)}
nested = sum(where.startswith("SharedFunctionalGroups") for where in left)
de_identify_file(salted, Path(scratch.name) / "clean.dcm", secret=new_secret())
left_by_helper = find_identities(Path(scratch.name) / "clean.dcm", salts)
print(f"Salts planted: {len(salts)}.")
print(f"Package: {len(left)} places still salted, {nested} of them in nested items.")
print(f"Course helper: {len(left_by_helper)} places still salted.")

# %% [markdown]
# Every salt that survived sat in a nested item: version 2.1.0 of the package walks over the top
# level and into the sequences it knows. Multi-frame CT and MR keep most of their header in such
# items. The table is right; the walk is what has to be checked. The helper applies the same table
# at every depth, removes private tags, overlays and long text wherever they stand, and writes a
# new file header.
#
# **UIDs** name a study and carry over its history: often a date, always a key into the archive.
# They must change, and still fit together: two slices of one series must stay in one series,
# also when half of it is sent next month. The substitute is therefore computed, with a secret.


# %% tags=["twin:helpers.de_identification.substitute_uid"]
def substitute_uid(uid, secret):
    """Return the UID that stands for another one; only the secret tells which."""
    text = uid.strip(" \0").encode()
    digest = hashlib.blake2b(text, key=secret, digest_size=32, person=b"uid").digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


# %%
# A lesson must come out the same twice. Take new_secret() for your own data.
secret = hashlib.sha256(b"a secret that everybody can read is none").digest()
scan = pydicom.dcmread(ward / "P0003-1.dcm")
old, new = scan.StudyInstanceUID, substitute_uid(scan.StudyInstanceUID, secret)
print(f"day of the study: {scan.StudyDate}, its UID:", old)
print("same secret, same UID:", new == substitute_uid(old, secret))
print("another secret, same UID:", new == substitute_uid(old, new_secret()))

# %% [markdown]
# The old UID tells the day, in its middle. Why a secret, and not simply a hash? A hospital number
# of eight digits has a hundred million values. A laptop hashes them all in some minutes, and then
# looks up which one fits: a plain hash is a name in another alphabet.
#
# **Dates** are the other half. Emptied, they cost the research: no growth of a nodule without the
# days between two films. Shifted by one amount per patient, the interval stays.

# %% [markdown] tags=["exercise"]
# ### Exercise 13.2 - Shift a date (6 min)
#
# `date` is a DICOM date, YYYYMMDD. Return it `days` earlier, in the same form. Date fields also hold
# free text ("last May"), which would leak whatever was typed there: return an empty text for it.
#
# <details><summary>Hint</summary>datetime.strptime refuses what is no date with a ValueError; a
# timedelta moves a date.</details>


# %% tags=["exercise-code"]
def shift_date(date, days):
    """Return a date (YYYYMMDD) moved back by whole days, "" for what is none."""
    ### BEGIN SOLUTION
    from datetime import datetime, timedelta

    try:
        moved = datetime.strptime(date, "%Y%m%d") - timedelta(days=days)
    except ValueError:
        return ""
    return moved.strftime("%Y%m%d")
    ### END SOLUTION


# %% tags=["check"]
check_exercise("13.2", shift_date)


# %%
def days_between(first, second):
    """Return the days from one DICOM date (YYYYMMDD) to another."""
    return (pd.Timestamp(second) - pd.Timestamp(first)).days


pair = [pydicom.dcmread(ward / f"P0003-{visit}.dcm") for visit in (1, 2)]
moved = [de_identify(one, secret=secret)[0] for one in pair]
old_days, new_days = (
    days_between(two[0].StudyDate, two[1].StudyDate) for two in (pair, moved)
)
print(f"Days between the two films: {old_days} before, {new_days} after the shift.")
print("Same day as before:", pair[0].StudyDate == moved[0].StudyDate)
print("One pseudonym for both visits:", moved[0].PatientID == moved[1].PatientID)

# %% [markdown]
# ## Writing in the pixels
#
# No table reaches the pixels. Burned In Annotation (0028,0301) should say whether somebody wrote
# on them; here it says NO, and is wrong. So the picture has to be searched. The helper looks
# for rows of small, thin, evenly bright shapes of one height. It reads nothing, so it cannot
# tell a name from a dose. The upper left corners of three films:

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 1.9))
for ax, study_id in zip(axes, ["P0003-1", "P0007-1", "P0109-1"], strict=True):
    film = read_pixels(ward / f"{study_id}.dcm").display()
    boxes = find_text(film)
    show_image(film[:160, :320], ax=ax, title=f"{study_id}: {len(boxes)} found")
    for box in boxes:
        height, width = box.bottom - box.top, box.right - box.left
        corner = (box.left, box.top)
        colour = COLOURS["orange"]
        ax.add_patch(plt.Rectangle(corner, width, height, fill=False, ec=colour))
fig.tight_layout()
describe(
    fig,
    "The upper left corners of three chest films. On two, the line of text is framed. "
    "On the third the upper half of the letters lies on a white border, the lower half "
    "on dark; nothing is framed.",
)

# %% [markdown]
# The third film is a miss. Its white border swallows the upper half of the letters; you can still
# guess the name. How often does that happen? Five seeds, a hundred other films each: every film is
# searched as it is, and once more with an invented line in one of its corners, with letters of
# five sizes (`python -m tools.evidence.burned_in`, a few minutes). A line counts as found if 90 %
# of its letters lie in a box, as readable if it is 30 grey levels whiter than what is beside it.


# %%
def share(successes, total):
    """Return a share with its counts and its 95 % interval."""
    low, high = wilson(int(successes), int(total))
    counts = f"{successes} of {total}, 95 % CI {low:.2f} to {high:.2f}"
    return f"{successes / total:.2f} ({counts})"


trial = evidence("burned_in_text.csv")
readable = trial[trial["contrast"] >= 30]  # grey levels between letters and background
alarms = (trial["false_alarms"] > 0).sum()
by_seed = readable.groupby("seed")["found"].mean()
print("Found, all lines:", share(trial["found"].sum(), len(trial)))
print("Found, readable lines:", share(readable["found"].sum(), len(readable)))
print(f"Readable lines, by seed: {by_seed.min():.2f} to {by_seed.max():.2f}.")
for height, one in readable.groupby("height_px")["found"]:
    print(f"  letters of {height:2} pixels:", share(one.sum(), len(one)))
print("Films with a false alarm:", share(alarms, len(trial)))

# %% [markdown]
# Not what one expects: the larger letters are found *less* often than those of 9 and 12 pixels. A
# long line in large letters runs over border, air and shoulder, and the search wants one
# brightness behind one row. So the honest sentence for a report is: searched by a program that
# misses about one readable line in nine, and looked at by a person. A false alarm blackens a piece
# of a film on which nobody had written, in about one film of a hundred.
#
# What the search has found is painted over. Black is not always zero, as lesson 10 showed.

# %% [markdown] tags=["exercise"]
# ### Exercise 13.3 - Black out a box (5 min)
#
# Return a copy of `stored` in which the rows `top` to `bottom` and the columns `left` to `right`
# (the last ones not included) are black *on the screen*. Use the darkest value that the image
# has.
#
# <details><summary>Hint</summary>MONOCHROME1 shows the largest value black.</details>


# %% tags=["exercise-code"]
def black_out(stored, box, photometric):
    """Return a copy with the box (top, left, bottom, right) black on the screen."""
    ### BEGIN SOLUTION
    top, left, bottom, right = box
    darkest = stored.max() if photometric == "MONOCHROME1" else stored.min()
    painted = stored.copy()
    painted[top:bottom, left:right] = darkest
    return painted
    ### END SOLUTION


# %% tags=["check"]
check_exercise("13.3", black_out)

# %% [markdown] tags=["solution"]
# A white box on MONOCHROME1 would hide the name as well, but a network that has seen white boxes
# only from one manufacturer has learned who made the film.

# %% [markdown]
# ## Who can be found again
#
# Suppose the pixels are clean and all names are gone. An attacker has a *register*: names with
# age, sex and the dates of their visits. An appointment book is one; so is a colleague who
# remembers who was there on a Tuesday. Wherever exactly one name fits a row of the release, the
# row has its name back. This is called *linkage*.


# %%
def find_again(released, register, columns):
    """Return for every released row the one name that fits it, or None."""
    known = register[["name", *columns]].astype(str).drop_duplicates()
    groups = known.groupby(columns)["name"]
    single = groups.first()[groups.size() == 1].to_dict()
    keys = released[columns].astype(str).itertuples(index=False, name=None)
    keys = (key if len(columns) > 1 else key[0] for key in keys)
    names = [single.get(key) for key in keys]
    return pd.Series(names, index=released.index, name="found", dtype=object)


# %% [markdown]
# The registers are invented, with the ages, sexes and numbers of visits of the course's cohort.
# First visits fall on any of 1,826 days (five years); the days between visits are those of the
# cohort, each lengthened or shortened by up to a quarter.

# %%
cohort_table = table.reset_index()
visits = cohort_table.groupby("patient_id").size().to_numpy()
gaps = cohort_table.groupby("patient_id")["days_since_first"].diff().dropna().to_numpy()
people = cohort_table.loc[cohort_table["visit"] == 1, ["age", "sex"]]


def invented_register(size, seed):
    """Return people with age, sex, first day and days between their visits."""
    rng = np.random.default_rng(seed)
    register = people.sample(size, replace=True, random_state=seed, ignore_index=True)
    days = rng.choice(gaps, (size, 2)) * rng.uniform(0.8, 1.25, (size, 2))
    days = days.round().clip(1).astype(int)
    number = rng.choice(visits, size)
    intervals = [str(row[: n - 1]) for row, n in zip(days, number, strict=True)]
    first_day = rng.integers(0, 1826, size)
    name = [f"Person {row}" for row in range(size)]
    return register.assign(name=name, day=first_day, visits=number, intervals=intervals)


print(invented_register(4, SEEDS[0]).to_string(index=False))

# %% [markdown] tags=["predict"]
# ### Predict 13.4p - Half a thousand patients (3 min)
#
# 500 patients are released, and the attacker's register has 10,000 names, those 500 among them.
# Guess the share that gets its name back (a) with only the names deleted, (b) with every date
# shifted but age, sex and the intervals kept, (c) with age and sex removed as well.

# %%
RELEASES = {
    "names deleted": ["age", "sex", "day", "intervals"],
    "dates shifted": ["age", "sex", "intervals"],
    "dates shifted, no age, no sex": ["intervals"],
    "no dates, no age, no sex": ["visits"],
}


def success(released, register, columns):
    """Return the share of rows to which the attacker gives their own name."""
    return float((find_again(released, register, columns) == released["name"]).mean())


rows = []
for size in REGISTER_SIZES:
    for seed in SEEDS:
        register = invented_register(size, seed)
        released = register.sample(N_RELEASED, random_state=seed)
        for kind, columns in RELEASES.items():
            rate = success(released, register, columns)
            rows.append({"names": size, "release": kind, "seed": seed, "rate": rate})
attack = pd.DataFrame(rows)
spread = attack.groupby(["release", "names"])["rate"].agg(["mean", "min", "max"])
for (kind, size), row in spread.loc[list(RELEASES)].iterrows():
    text = f"{row['mean']:.2f} (seeds {row['min']:.2f} to {row['max']:.2f})"
    print(f"{kind:30} {size:7,} names: {text}")

# %% [markdown]
# The same numbers as a picture; the bars reach from the lowest to the highest of the five seeds.

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
styles = zip(RELEASES, "osD^", ("-", "--", "-.", ":"), strict=True)
for kind, marker, line in styles:
    one = spread.loc[kind]
    error = [one["mean"] - one["min"], one["max"] - one["mean"]]
    style = {"marker": marker, "ls": line, "capsize": 3, "label": kind}
    ax.errorbar(one.index, one["mean"], yerr=error, **style)
ax.set(xscale="log", xlabel="names on the attacker's list", ylim=(-0.03, 1.03))
ax.set(ylabel="share found again")
ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
fig.tight_layout()
describe(
    fig,
    "Share of released patients found again against the length of the attacker's list, "
    "mean and range of five seeds. With only names deleted nearly all are found, with "
    "dates shifted about half falling to a quarter, without age and sex a quarter "
    "falling to less than a tenth, without dates none.",
)

# %% [markdown]
# Deleting names protects almost nobody: age, sex and the day of a visit *are* a name. Shifting the
# dates helps, and does not close the door, because the intervals that research wants are
# themselves a fingerprint of everybody with more than one visit. Nothing is found only where
# nothing can be compared. That is the price list; what you may pay is not a technical question.
#
# An owner of data can count the danger beforehand. A row that shares its values with k - 1 others
# in the release cannot be told from them; rows with k = 1 stand alone. Broader age groups raise k.
# But k counts only what was thought of, and says nothing of what others know.

# %% [markdown] tags=["exercise"]
# ### Exercise 13.5 - How many are alike (6 min)
#
# `table` has one row per patient. Return for each row, in the order of the table, how many rows
# have the same values in `columns`, itself included.
#
# <details><summary>Hint</summary>groupby(...).transform keeps the order of the rows.</details>


# %% tags=["exercise-code"]
def how_many_alike(table, columns):
    """Return a Series: for each row the number of rows with its values."""
    ### BEGIN SOLUTION
    return table.groupby(columns)[columns[0]].transform("size")
    ### END SOLUTION


# %% tags=["check"]
check_exercise("13.5", how_many_alike)

# %% [markdown]
# ## The delivery and its report
#
# Everything together, for the whole folder: the table at every level, keyed UIDs and pseudonyms,
# shifted dates, private tags and overlays removed, text in the pixels blackened, new file names.
# It is written whole or not at all.

# %%
sent = Path(scratch.name) / "delivery"
kept_options = Options(characteristics=True)  # age, sex, size and weight stay
report = de_identify_folder(ward, sent, secret=secret, options=kept_options)
print(report.describe())

# %% [markdown]
# This report may travel with the data: it names no patient. Read "Unique" again. Three patients
# are three different people, so each stands alone; with five hundred the line becomes useful.
#
# Now the exam. Everything that was planted in the five files is looked for in all new files. A
# sheet shows every series at a glance: the brightest value that each pixel has in any of its
# files, so that writing on one slice of a hundred stays visible.


# %%
def check_sheet(folder):
    """Draw the brightest value of every pixel over each series (folder of files)."""
    shown, number = {}, Counter()
    for path in sorted(folder.rglob("*.dcm")):
        image = read_pixels(path).display()
        shown[path.parent] = np.maximum(shown.get(path.parent, 0), image)
        number[path.parent] += 1
    titles = [f"series {n}: {k} file(s)" for n, k in enumerate(number.values(), 1)]
    return montage(list(shown.values()), titles=titles, columns=4)


everything = [item for entries in planted.values() for item in entries]
texts = [item for item in everything if item.text is None]
files = sorted(sent.rglob("*.dcm"))
left_in_headers = sum(len(find_identities(path, texts)) for path in files)
print(f"{len(texts)} entries planted in headers, found again: {left_in_headers}.")
print("Files that can be read:", sum(read_pixels(one).values.size > 0 for one in files))
fig = check_sheet(sent)
describe(
    fig,
    "The five delivered films. On four the upper left corner is black. On the fifth, "
    "with the white border, the lower half of a line of letters can still be read.",
)

# %% [markdown]
# And there it is. Headers, overlays and file names are clean, and one of five films still shows
# half the letters of a name, enough to guess it. The report could not know: it counts what was
# found. That is why the last step is not a program. The film is painted by hand and the folder
# made again.

# %%
LETTERS = (slice(3, 14), slice(3, 150))  # rows and columns of the writing


def one_grey(folder):
    """Return how many films of a folder have one grey value where the line was."""
    corners = [read_pixels(path).display()[LETTERS] for path in folder.rglob("*.dcm")]
    return f"{sum(np.ptp(corner) == 0 for corner in corners)} of {len(corners)}"


path = ward / "P0109-1.dcm"
original = pydicom.dcmread(path)
stored = original.pixel_array.copy()
stored[:24, :220] = stored.min()  # MONOCHROME2: the smallest value is black
original.PixelData = stored.tobytes()
original.save_as(path)
mended = Path(scratch.name) / "delivery_2"
de_identify_folder(ward, mended, secret=secret, options=kept_options)
print("Nothing to read in that corner, first delivery:", one_grey(sent))
print("Nothing to read in that corner, second delivery:", one_grey(mended))

# %% [markdown] tags=["judge"]
# ### Judge 13.6j - Would you send it? (5 min)
#
# The partner asks for age, sex and the days between visits, because the program follows nodules.
# The hospital X-rayed about 100,000 people in those years. Which release of the figure do you
# propose, what would you write into the contract, and what would you refuse?

# %% [markdown] tags=["solution"]
# One defensible answer: with "dates shifted", about a quarter could be found by somebody who holds
# the whole appointment book, nearly all of them patients with several visits: who came once has no
# interval. So intervals in weeks instead of days, age in groups of ten years, a contract that
# forbids linkage and passing on, and a second look at every picture. Refuse the hospital's own
# numbers, exact dates, and any file that nobody has looked at. No release of the figure is both
# useful and without risk.

# %% [markdown]
# The recipe is for your own project: the package's table at every level, pseudonyms that need a
# secret, a new file header, and a report. It keeps no intervals, looks at no pixels and says so.

# %% tags=["recipe:de-identify-folder", "model"]
# MIT licence - recipe "de-identify-folder" from Deep Learning in Radiology
import hashlib, io, pathlib, pydicom, dicomanonymizer.dicomfields_selector as package

TABLE = package.dicom_anonymization_database_selector("dicomfields_2026c")
KEPT = ("Code", "CodingScheme", "Manufacturer", "RescaleType", "Segment", "PixelData")


def clean(parent, one, key, words="LO SH ST LT UT UC UR PN AE UN OB DA DT TM"):
    tag, is_text = (one.tag.group, one.tag.element), one.VR in words
    rule = next((name for name in TABLE if tag in TABLE[name]), "")
    if rule == "X_TAGS" or tag[0] % 2 or tag[0] >> 8 in (80, 96) or tag == (40, 769):
        del parent[one.tag]  # also private, curves, overlays, Burned In Annotation
    elif one.VR == "UI" and one.VM == 1 and not one.value.startswith("1.2.840.10008."):
        new = hashlib.blake2b(one.value.encode(), key=key, digest_size=16).hexdigest()
        one.value = f"2.25.{int(new, 16)}"  # the same wherever the old one stood
    elif rule == "X_Z_U_STAR_TAGS":  # references to images: nothing in words
        [item.pop(e.tag) for item in one.value for e in list(item) if e.VR in words]
    elif rule or (is_text and not one.keyword.startswith(KEPT)):
        one.value = None  # listed, or free text that no table lists


def de_identify_folder(source, target, key):  # key: 16 to 64 bytes, kept secret
    for path in sorted(one for one in pathlib.Path(source).rglob("*") if one.is_file()):
        try:
            ds, meta = pydicom.dcmread(path), pydicom.dataset.FileMetaDataset()
            if "PixelData" not in ds or not (person := str(ds.PatientID or "").strip()):
                raise ValueError("no picture, or no Patient ID")
            code = hashlib.blake2b(person.encode(), key=key).hexdigest()[:12]
            ds.walk(lambda parent, one: clean(parent, one, key))  # at every depth
            ds.PatientName = ds.PatientID = code
            ds.PatientIdentityRemoved, ds.DeidentificationMethod = "YES", "PS3.15 2026c"
            meta.TransferSyntaxUID = ds.file_meta.TransferSyntaxUID
            ds.preamble, ds.file_meta = bytes(128), meta
            ds.save_as(content := io.BytesIO(), enforce_file_format=True)
            with open(f"{target}/{code}_{ds.SOPInstanceUID[-9:]}.dcm", "xb") as f:
                f.write(content.getvalue())  # "x": never over another file
            yield path.name, f"{code}: look at its pixels before you send it"
        except Exception as error:
            yield path.name, f"left out: {error}"


print(len(TABLE["ALL_TAGS"]), "attributes in the table")

# %% [markdown]
# The files of the demonstration come with pydicom and hold names in a dozen scripts. Four of
# the five left out have no Patient ID, the fifth is a text; what cannot be cleaned must not be sent.
#
# ## What we measured


# %% tags=["headline"]
def found_again(kind):
    """Return the success against a list of 10,000 names, all seeds together."""
    one = attack[(attack["release"] == kind) & (attack["names"] == 10_000)]
    return share(round(one["rate"].sum() * N_RELEASED), N_RELEASED * len(one))


print(f"Name, number deleted: {facts_by_name} of {facts_before} facts left (1 file).")
print(f"Package at top level: {len(left)} of {len(salts)} salts left; helper: 0.")
print("Readable burned-in lines found:", share(readable["found"].sum(), len(readable)))
print("Films with a false alarm:", share(alarms, len(trial)))
print("Found again, 10,000 names on the list, five seeds together:")
for kind in list(RELEASES)[:3]:
    print(f"  {kind}: {found_again(kind)}")

# %% [markdown]
# ## On real patients
#
# On 2026-11-26, on 54 published DICOM files (chest films, CT, mammograms, ultrasound, MR):
#
# `python -m helpers.de_identification $COURSE_DATA_DIR/dicom OUT`
#
# | came out | files |
# |---|---|
# | delivered, of 15 patients, each the only one of their kind | 45 |
# | the same image twice | 3 |
# | damaged or not decodable | 3 |
# | reports, plans, an index: no image | 3 |
#
# Two files have writing in the pixels (a hospital's name, dates): it was found in both, at 14
# places, and none of the others was touched; a few lines of scan settings stayed. One file by
# one, 48 can be delivered; 46 of them show the same picture as before, pixel by pixel. `dciodvfy`
# found fewer errors after than before, and one kind that had not been there: a frame type was
# replaced because the patient of that file is called "Perfusion". This was mended.

# %% [markdown]
# ## What this does not show
#
# - The people, the registers and the writing are invented. The attack assumes an attacker who
#   knows *all* visits to the day; a real one knows less, or something else.
# - A person can be recognised without a word of text: slices of a head show a face when they are
#   stacked, teeth and implants are individual, and another film of the same chest may match. None
#   of this was measured here. The report only warns of heads.
# - Text was searched in simulated chest films with one font, in their corners. Handwriting,
#   ultrasound screens and scanned paper are other tasks.
# - Whether a release is anonymous is a question of law, and the answer depends on the country.
#   Nothing here is legal advice. Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A name stands in many places: after its deletion at two of them, each of 31 facts could still be
#   found in the headers, the overlay and the pixels.
# - The table of the standard is long and changes; it must be applied at every depth. UIDs come from
#   a secret, dates from one shift per patient, so that 65 days stay 65.
# - A search for text missed about one readable line in nine: a person must look.
# - With names deleted, 0.99 of the patients got theirs back from a list of 10,000; with dates
#   shifted, and age and sex kept, 0.42; with the intervals alone 0.15.
# - The delivery was clean in every header, and one film of five still showed half of a name.
#
# And the folder of the beginning? It may not leave with the names deleted. It may be discussed once
# the headers are clean at every depth, the pictures have been looked at, and somebody has written
# down which risk is left and who accepts it.

# %% [markdown]
# ## New words
#
# - **Pseudonym**: a name that stands for another; whoever has the secret can tell which.
# - **Annex E**: the part of PS3.15 that says what to do with each attribute.
# - **Quasi-identifier**: harmless alone, a name in company: age, sex, day of a visit.
# - **Linkage**: giving rows their names back with a second list.
# - **k**: rows of a release that share the same values; k = 1 stands alone.
# - **Burned-in text**: letters that are part of the pixels.
#
# ## Next
#
# Lesson 14 asks where the labels of such films come from, and what their errors cost.
#
# ## Sources
#
# - DICOM PS3.15, Annex E (profiles, table E.1-1, options), edition 2026c as carried by
#   dicom-anonymizer 2.1.0; PS3.5, Annex B.2 (UIDs of the form 2.25).
# - Aumasson JP et al. The BLAKE2 cryptographic hash. RFC 7693, 2015 (keyed hashing).
# - Sweeney L. k-anonymity. Int J Uncertain Fuzz 2002;10:557-570.
