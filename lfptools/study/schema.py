"""``python -m lfptools.study.schema [--check] FILE``: the JSON schema of study files, for editors."""

import json
import sys
from pathlib import Path

from lfptools.io.atomic import atomic_path
from lfptools.study.model import json_schema


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is what the models say."""
    path = Path(arguments[-1])
    if "--check" not in arguments:
        with atomic_path(path) as partial:
            partial.write_text(text(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text():
        return 0
    sys.stderr.write(f"{path} is not what the models of lfptools/study say: make schema\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
