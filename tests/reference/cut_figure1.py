"""Cuts the full Figure 1 reference down to what the test suite needs.

    python3 cut_figure1.py DIRECTORY

reads figure1.{npz,csv,json} there and writes the files of the same names here:
rows up to step 1,000, without the final weights, all arrays but the labels in
single precision.
"""

import csv
import pathlib
import shutil
import sys

import numpy as np

LAST_STEP = 1000
source = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent

full = np.load(source / "figure1.npz")
single = {key: full[key].astype(np.float32) for key in ("X", "X_test", "beta", "W0")}
labels = {key: full[key] for key in ("y", "y_test")}
np.savez_compressed(here / "figure1.npz", **single, **labels)

with open(source / "figure1.csv", newline="") as old, open(here / "figure1.csv", "w", newline="") as new:
    rows = csv.reader(old)
    writer = csv.writer(new, lineterminator="\n")
    writer.writerow(next(rows))
    writer.writerows(row for row in rows if int(row[0]) <= LAST_STEP)

shutil.copy(source / "figure1.json", here)
