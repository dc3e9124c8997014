"""``python -m lfptools.study.schema [--check] FILE``: the JSON schema of study files, for editors."""

import json
import sys

from lfptools.study.generated import write_or_check
from lfptools.study.model import json_schema


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(text, sys.argv[1:]))
