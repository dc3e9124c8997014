"""Make a study's members in one process, in an order of their own: ``shuffled_cases.py study out seed``."""

import random
import sys
from pathlib import Path

from made_study import make

from lfptools.study.load import load_study
from lfptools.study.plan import Plan

if __name__ == "__main__":
    make(Plan(load_study(Path(sys.argv[1])), Path(sys.argv[2])), random.Random(int(sys.argv[3])).shuffle)
