"""``python -m lfptools.cli``."""

import sys

from lfptools.cli.command import main

sys.exit(main())
