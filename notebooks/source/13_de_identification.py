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
# | Time | 60 minutes; runs in about 15 seconds |
# | Runs on | any laptop, no GPU |
# | Data | five films of the in-silico chest cohort, written as DICOM; invented registers |
# | Needs first | [lesson 10](10_dicom_files_and_pixel_data.ipynb) |
#
# ## After this notebook you can
#
# - list where a DICOM file names its patient, and count what a deletion has left;
# - apply the table of PS3.15 Annex E at every level, with UIDs and dates that still fit together;
# - search pixels for writing, and say how often the search misses;
# - attack your own release with a list of names, and state the success rate with its interval;
# - deliver a folder with a report of the risk that is left, and say of no picture that it is clean
#   before a person has looked.

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
from helpers.checks import check_exercise, check_setting
from helpers.de_identification import (
    Options, actions, de_identify, de_identify_folder, new_secret,
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
REGISTER_SIZE = 10_000  # names on the attacker's list
N_RELEASED = 500  # patients in a release
check_setting("REGISTER_SIZE", REGISTER_SIZE, 1000, 100_000)
check_setting("N_RELEASED", N_RELEASED, 1, 1000)
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
    film = image_study(study_of(ChestCohortSettings(), study_id), size=512).image
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
fig, axes = plt.subplots(2, 1, figsize=(5, 5.6), height_ratios=[6, 1])
show_image(pixels, ax=axes[0], title="the film")
show_image(pixels[:40, :280], ax=axes[1], title="its upper left corner")
fig.tight_layout()
describe(
    fig,
    "A chest film with white letters in its upper left corner: enlarged, an invented "
    "name and a date of birth.",
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
# The name stands in the study description too, in comments, in the vendor's private block; the
# hospital number is in a nested item. Deleting two attributes removes two copies, and no fact.
#
# ## The table of the standard, at every level
#
# DICOM PS3.15, Annex E lists the attributes that may identify somebody, each with an action: X
# remove, Z empty, D put a dummy, U a new UID that is the same wherever the old one stood. The list
# grows, and the package `dicomanonymizer` takes an old one unless it is asked.


# %%
def newest():
    """Return the rules of the newest edition."""
    return simpledicomanonymizer.initialize_actions("dicomfields_2026c")


old = simpledicomanonymizer.initialize_actions()
print(f"Attributes in the table: {len(old)} by default, {len(newest())} in 2026c.")
by_table = Path(scratch.name) / "by_table.dcm"
header = pydicom.dcmread(ward / "P0003-1.dcm")
anonymize_dataset(header, base_rules_gen=newest)
header.save_as(by_table)
facts_by_table = facts_left(by_table, first)
print(f"After the table: {facts_by_table} of {facts_before} facts can be found, in")
for one in find_identities(by_table, first):
    print(f"  {one.where:45} {one.value}")

# %% [markdown]
# What is left lies where no line of the table points: in the 128 bytes before the header, in the
# short header that says how the file was sent, in the label of an overlay, in the pixels.
#
# A harder test forgets nothing: *salt* every attribute of the table with a value of its own, once at
# the top and once two levels down, inside items of sequences that the table does not list.

# %%
salted = Path(scratch.name) / "salted.dcm"
write_radiograph(salted, film, patient_id="P0001")
salts = salt_attributes(salted, actions())
header = pydicom.dcmread(salted)
anonymize_dataset(header, base_rules_gen=newest)
header.save_as(by_table)
found = find_identities(by_table, salts)
left = {one.value for one in found}
nested = {one.value for one in found if one.where.startswith("SharedFunctionalGroups")}
clean, _ = de_identify(pydicom.dcmread(salted), secret=new_secret())
clean.save_as(Path(scratch.name) / "clean.dcm")
left_by_helper = find_identities(Path(scratch.name) / "clean.dcm", salts)
print(f"Salts planted: {len(salts)}.")
print(f"Package: {len(left)} salts left, {len(nested)} of them in nested items.")
print(f"Course helper: {len(left_by_helper)} salts left.")

# %% [markdown]
# Every salt that survived sat in a nested item, where multi-frame CT and MR keep most of their
# header: version 2.1.0 of the package walks over the top level and the sequences it knows. The
# helper applies the same table at every depth, empties free text that no table lists, removes
# private tags and overlays, and writes a new file header.
#
# **UIDs** name a study: often a date, always a key into the archive. They must change, and still fit
# together: slices stay in one series, and a segmentation still points to the CT it was drawn on,
# also when half of it is sent next month. The substitute is therefore computed, with a secret.


# %% tags=["twin:helpers.de_identification.substitute_uid"]
def substitute_uid(uid, secret):
    """Return the UID that stands for another one; only the secret tells which."""
    text = uid.strip(" \0").encode()
    digest = hashlib.blake2b(text, key=secret, digest_size=32, person=b"uid").digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


# %% [markdown]
# The cell after the exercise tries it. Why a secret, and not simply a hash? A hospital number of
# eight digits has a hundred million values. A laptop hashes them all in some minutes, and then
# looks up which one fits. Whoever keeps the secret can do the same: for them the data stay personal.
#
# **Dates** are the other half. Emptied, they cost the research: no growth of a nodule without the
# days between two films. Shifted by one amount per patient, the interval stays.

# %% [markdown] tags=["exercise"]
# ### Exercise 13.2 - Shift a date (5 min)
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
# A lesson must come out the same twice. Take new_secret() for your own data.
secret = hashlib.sha256(b"a secret that everybody can read is none").digest()
scan = pydicom.dcmread(ward / "P0003-1.dcm")
old, new = scan.StudyInstanceUID, substitute_uid(scan.StudyInstanceUID, secret)
print(f"day of the study: {scan.StudyDate}, its UID:", old)
print("same secret, same UID:", new == substitute_uid(old, secret))
print("another secret, same UID:", new == substitute_uid(old, new_secret()))


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
# No table reaches the pixels. Burned In Annotation (0028,0301) should say whether writing on them
# tells who the patient is; here it says NO, and is wrong. So the picture has to be searched. The
# helper looks for rows of small, thin, evenly bright shapes of one height. It reads nothing, so it
# cannot tell a name from a dose. Three upper left corners, and the number of films in the cohort with
# the initials of a radiographer:

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
initials = table["marker"].fillna("").str.contains("MK|TB|JS")
sites = ", ".join(sorted(table["site"][initials].unique()))
counts = f"{initials.sum()} of {len(table):,} films, site {sites}"
print(f"Initials of a radiographer: {counts}.")
describe(
    fig,
    "The upper left corners of three chest films. On two, the line of text is framed. "
    "On the third the upper half of the letters lies on a white border, the lower half "
    "on dark; nothing is framed.",
)

# %% [markdown]
# The third film, P0109-1, is a miss: its white border swallows the upper half of the letters, and
# you can still guess the name. The initials beside the side marker are another kind of writing.
# They name a person, the radiographer; rows so short are not searched for, because the side must
# stay readable. They are a *shortcut* as well: only one hospital writes them, so a network can read
# from them where the film was made. Crop or paint them before you share or train.
#
# How often does the search miss? Five seeds, a hundred other films each, searched as they are and
# with an invented line in one of the corners, in letters of five sizes
# (`python -m tools.evidence.burned_in`). A line counts as found if 90 % of its letters lie in a box,
# as readable if it is 30 grey levels whiter than what is beside it.


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
missed_one_in = round(1 / (1 - readable["found"].mean()))
print(f"Missed: about one readable line in {missed_one_in}.")
print(f"Readable lines, by seed: {by_seed.min():.2f} to {by_seed.max():.2f}.")
for height, one in readable.groupby("height_px")["found"]:
    print(f"  letters of {height:2} pixels:", share(one.sum(), len(one)))
print("Films with a false alarm:", share(alarms, len(trial)))

# %% [markdown]
# The larger letters are found *less* often than those of 9 and 12 pixels, probably because a long
# line in large letters runs over border, air and shoulder, and is lost where these are nearly white.
# So the honest sentence for a report is: searched by a program that misses one readable line in so
# many, and looked at by a person. What it finds is painted black: the smallest value in MONOCHROME2,
# the largest in MONOCHROME1.
#
# ## Who can be found again
#
# Suppose the pixels are clean and all names are gone. An attacker has a *register*: names with
# age, sex and the dates of their visits. An appointment book is one; so is a colleague who
# remembers who was there on a Tuesday. Wherever exactly one name fits a row of the release, the
# row has its name back. This is called *linkage*. The registers here are invented, with the ages,
# sexes and visits of the course's cohort; the days between visits are lengthened or shortened by up
# to a quarter.

# %%
people = table.reset_index()
gaps = people.groupby("patient_id")["days_since_first"].diff().dropna().to_numpy()
visits = people.groupby("patient_id").size().to_numpy()
people = people.loc[people["visit"] == 1, ["age", "sex"]]


def invented_register(size, seed):
    """Return people with age, sex, first day and days between their visits."""
    rng = np.random.default_rng(seed)
    register = people.sample(size, replace=True, random_state=seed, ignore_index=True)
    days = rng.choice(gaps, (size, 2)) * rng.uniform(0.8, 1.25, (size, 2))
    days = days.round().clip(1).astype(int)
    number = rng.choice(visits, size)
    intervals = [str(row[: n - 1]) for row, n in zip(days, number, strict=True)]
    register["name"] = [f"Person {row}" for row in range(size)]
    return register.assign(day=rng.integers(0, 1826, size), intervals=intervals)


def find_again(released, register, columns):
    """Return the share of released rows that only one name of the register fits."""
    alone = ~register.duplicated(columns, keep=False)
    return register.loc[alone, "name"].isin(released["name"]).sum() / len(released)

# %% [markdown] tags=["predict"]
# ### Predict 13.3p - Half a thousand patients (2 min)
#
# 500 patients are released, and the attacker's register has 10,000 names, those 500 among them.
# Guess the share that gets its name back (a) with only the names deleted, (b) with every date
# shifted but age, sex and the intervals kept, (c) with age and sex removed as well.

# %%
RELEASES = {
    "names deleted": ["age", "sex", "day", "intervals"],
    "dates shifted": ["age", "sex", "intervals"],
    "dates shifted, no age, no sex": ["intervals"],
}
registers = [invented_register(REGISTER_SIZE, seed) for seed in SEEDS]
releases = [
    register.sample(N_RELEASED, random_state=seed)
    for register, seed in zip(registers, SEEDS, strict=True)
]
attack = {}
for kind, columns in RELEASES.items():
    pairs = zip(releases, registers, strict=True)
    rates = attack[kind] = [find_again(*pair, columns) for pair in pairs]
    spread = f"seeds {min(rates):.2f} to {max(rates):.2f}"
    print(f"{kind:30}{np.mean(rates):.2f} found again ({spread})")

# %% [markdown]
# Age, sex and the day of a visit *are* a name. Shifting the dates helps, and does not close the door:
# the intervals that research wants are a fingerprint of many who came more than once.
#
# Two laws, in short. *HIPAA Safe Harbor* (USA) lists 18 kinds of identifier to remove, among them
# full-face pictures and all parts of a patient's dates but the year, and asks that you do not know
# that the rest could identify somebody. Ages above 89 may stand in one class only, 90 or older; the
# helper caps them at 90. The *GDPR* (EU) calls data pseudonymised if only a key, kept apart, leads
# back to the person (Article 4(5)): for whoever has the key they stay personal data. Anonymous is
# what nobody can trace with means reasonably likely to be used (Recital 26).
#
# The danger can be counted beforehand. A row that shares its values with k - 1 others
# cannot be told from them; rows with k = 1 stand alone. Broader age groups raise k. But k counts
# only what was thought of.

# %% [markdown] tags=["try"]
# ### Try 13.4t - Weeks instead of days (4 min)
#
# In `invented_register` change `days.round()` to `((days / 7).round() * 7)`: the intervals are now
# released, and known to the attacker, in weeks. Which share is found again with "dates shifted"?
# Predict, run the two cells again, read, and change it back.

# %% [markdown] tags=["exercise"]
# ### Exercise 13.5 - How many are alike (4 min)
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
# It is written whole or not at all; what has no pixels, such as a report or a PDF, is left out.

# %%
kept = {"characteristics": True}  # age, sex, size and weight stay
sent = Path(scratch.name) / "delivery"
report = de_identify_folder(ward, sent, secret=secret, options=Options(**kept))
print(report.describe())

# %% [markdown]
# This report may travel with the data: it names no patient. *Unique*: three patients are three
# different people, so each stands alone; with five hundred the line becomes useful. *Look at*: no
# program may certify what nobody verified. So the helper lists every film that no person has looked
# at, and states of none of them that it is clean.
#
# Now the exam: everything that was planted in the five files is looked for in the new ones. And the
# look: for each series the brightest value that a pixel has in any of its files, so that writing on
# one slice of a hundred stays visible.


# %%
def check_sheet(folder):
    """Return the brightest value of every pixel over each series (folder of files)."""
    shown = {}
    for path in sorted(folder.rglob("*.dcm")):
        image = read_pixels(path).display()
        shown[path.parent] = np.maximum(shown.get(path.parent, 0), image)
    return list(shown.values())


LETTERS = (slice(3, 14), slice(3, 150))  # rows and columns of the writing
texts = [one for entries in planted.values() for one in entries if one.text is None]
left_in_headers = sum(len(find_identities(one, texts)) for one in sent.rglob("*.dcm"))
print(f"{len(texts)} entries planted in headers, found again: {left_in_headers}.")
sheet = check_sheet(sent)
(missed,) = [one for one in sheet if np.ptp(one[LETTERS]) > 0]
titles = [f"series {n}" for n in range(1, 6)] + ["one corner, enlarged"]
fig = montage([*sheet, missed[:100, :160]], titles=titles, columns=3)
describe(
    fig,
    "The five delivered films, and one corner enlarged. On four films the upper left "
    "corner is black. On the fifth, with a white border, the lower half of a line of "
    "letters can still be read.",
)

# %% [markdown]
# Headers, overlays and file names are clean, and one of five films still shows half the letters of
# a name. (Initials beside a side marker stay: they name no patient.) The report could not know: it
# counts what was found. So the film is painted by hand, the folder delivered and looked at again.
# Only then are its pictures, by the digest of their pixels that the report holds, named as looked
# at; a film that changes afterwards loses the statement.


# %%
def claims(folder):
    """Return how many files say that no writing tells their patient, and look so."""
    files = [pydicom.dcmread(path) for path in folder.rglob("*.dcm")]
    said = sum(one.get("BurnedInAnnotation") == "NO" for one in files)
    even = sum(np.ptp(read_pixels(one).display()[LETTERS]) == 0 for one in files)
    return f"{said} of {len(files)} say NO writing, {even} show no name there"


original = pydicom.dcmread(ward / "P0109-1.dcm")
stored = original.pixel_array.copy()
stored[:24, :220] = stored.min()  # MONOCHROME2: the smallest value is black
original.PixelData = stored.tobytes()
original.save_as(ward / "P0109-1.dcm")
print("first delivery: ", claims(sent))
options = Options(**kept)
for name in ("second", "third"):
    sent = Path(scratch.name) / name
    report = de_identify_folder(ward, sent, secret=secret, options=options)
    print(f"{name} delivery:", claims(sent))
    options = Options(**kept, looked_at=frozenset(report.table["picture"]))  # we looked
print(*[line for line in report.describe().splitlines() if "Look at" in line])

# %% [markdown] tags=["judge"]
# ### Judge 13.6j - Would you send it? (4 min)
#
# The partner asks for age, sex and the days between visits, because the program follows nodules.
# The hospital X-rayed about 10,000 people in those years. Which release of the list do you
# propose, what would you write into the contract, and what would you refuse?

# %% [markdown] tags=["solution"]
# One defensible answer: with "dates shifted", the share printed above could be found by somebody who
# holds the whole appointment book, most of them patients with several visits: who came once has no
# interval. So intervals in weeks instead of days, age in groups of ten years, a contract that
# forbids linkage and passing on, and a second look at every picture. Refuse the hospital's own
# numbers, exact dates, and any file that nobody has looked at. No release of the list is both
# useful and without risk.

# %% [markdown]
# The recipe is for your own project: the table of the package at every depth, pseudonyms and UIDs
# that need a secret and keep references, a new file header. It keeps no dates, no free text and no
# word of a person; it refuses what has no pixels; it looks at no pixels and says so.

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
# ## What we measured


# %% tags=["headline"]
print(f"Name, number deleted: {facts_by_name} of {facts_before} facts left (1 file).")
print(f"Package: {len(left)} of {len(salts)} salts left; course helper: 0.")
print("Readable burned-in lines found:", share(readable["found"].sum(), len(readable)))
print("Films with a false alarm:", share(alarms, len(trial)))
for kind, rates in attack.items():
    print(f"{kind}: {share(round(sum(rates) * N_RELEASED), N_RELEASED * len(SEEDS))}")
films_clean = f"{np.sum([np.ptp(one[LETTERS]) == 0 for one in sheet])} of {len(sheet)}"
print(
    f"First delivery: {left_in_headers} entries in headers, {films_clean} films clean."
)

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
# places; a few lines of scan settings stayed. One by one 48 files can be delivered; 46 of them show
# the same picture as before, pixel by pixel.

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
# - Whether a release is anonymous is a question of law. Nothing here is legal advice.
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A name stands in many places: after its deletion at two of them, every fact could still be found
#   in the headers, the overlay and the pixels.
# - The table of the standard is long and changes; it must be applied at every depth. UIDs come from
#   a secret, dates from one shift per patient, so that intervals stay.
# - A search for text missed one readable line in as many as printed above: a person must look.
# - With names deleted, 0.99 of the patients got theirs back from a list of 10,000; with dates
#   shifted, and age and sex kept, 0.42; with the intervals alone 0.15.
# - The first delivery was clean in every header, and one film of five still showed half of a name.
#   Clean pixels are stated of what a person has looked at, and of nothing else.
#
# And the folder of the beginning? It may not leave with the names deleted. It may be discussed once
# the headers are clean at every depth, the pictures have been looked at, and somebody has written
# down which risk is left and who accepts it.

# %% [markdown]
# ## New words
#
# - **pseudonym**: a name that stands for another; whoever has the secret can tell which.
# - **Annex E**: the part of PS3.15 that says what to do with each attribute.
# - **quasi-identifier**: harmless alone, a name in company: age, sex, day of a visit.
# - **linkage**: giving rows their names back with a second list.
# - **k**: rows of a release that share the same values; k = 1 stands alone.
# - **burned-in text**: letters that are part of the pixels.
#
# ## Next
#
# [Lesson 14](14_labels_from_reports.ipynb) asks where the labels of such films come from.
#
# ## Sources
#
# - DICOM PS3.15, Annex E (profiles, table E.1-1, options), edition 2026c as carried by
#   dicom-anonymizer 2.1.0; PS3.5, Annex B.2 (UIDs of the form 2.25).
# - Aumasson JP et al. The BLAKE2 cryptographic hash. RFC 7693, 2015 (keyed hashing).
# - Sweeney L. k-anonymity. Int J Uncertain Fuzz 2002;10:557-570.
#   [doi:10.1142/S0218488502001648](https://doi.org/10.1142/S0218488502001648)
# - 45 CFR 164.514(b)(2) (HIPAA Safe Harbor).
# - Regulation (EU) 2016/679 (GDPR), Article 4 and Recital 26.
