import subprocess
import sys

import pytest

from lfptools.provenance.source import SourceError, check_origin, closure, package_root, source_hash

FILES = {
    "__init__.py": '"""Top."""\n_NAMES = {"Cell": "lfptools.cell:Cell"}\n',
    "cell.py": "import a_package_that_is_not_installed\n",
    "kernels/__init__.py": "",
    "kernels/line.py": '"""Formula."""\n\nimport math\n\nfrom lfptools.kernels import logarithm\n\n\n'
    'def f(x):\n    """Doc."""\n    # why\n    return logarithm.log(x) + 1\n',
    "kernels/logarithm.py": "def log(x):\n    return x\n",
    "forward/__init__.py": "",
    "forward/registry.py": 'MODELS = {"line": "lfptools.forward.line:Line"}\n',
    "forward/line.py": "from typing import TYPE_CHECKING\n\nfrom . import base\n\nif TYPE_CHECKING:\n"
    "    from lfptools.typed import T\n\n\n"
    "class Line(base.Base):\n    def m(self):\n        from lfptools.kernels.line import f\n        return f(1)\n",
    "forward/base.py": "from ..errors import E\n\n\nclass Base: ...\n",
    "errors.py": "class E(Exception):\n    '''Doc.'''\n",
    "typed.py": "T = int\n",
    "unrelated.py": "x = 1\n",
}
LINE = {"__init__.py", "forward/__init__.py", "forward/line.py", "forward/base.py", "errors.py", "kernels/__init__.py",
        "kernels/line.py", "kernels/logarithm.py"}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "lfptools"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def names(root, *modules):
    return {file.relative_to(root).as_posix() for file in closure(modules, root)}


def test_closure(root):
    assert names(root, "lfptools.forward.line") == LINE
    assert names(root, "lfptools.forward.registry") == {"__init__.py", "forward/__init__.py", "forward/registry.py"}
    assert names(root, "lfptools.kernels.line") == {
        "__init__.py", "kernels/__init__.py", "kernels/line.py", "kernels/logarithm.py",
    }  # fmt: skip
    assert names(root, "lfptools.forward.line", "lfptools.unrelated") == LINE | {"unrelated.py"}
    assert "cell.py" in names(root, "lfptools.cell")


HARMLESS = {
    "comment": ("kernels/line.py", "# why", "# because of this"),
    "docstring of a module": ("kernels/line.py", "Formula.", "The formula."),
    "docstring of a function": ("kernels/line.py", '    """Doc."""\n', ""),
    "docstring of a class": ("errors.py", "Doc.", "Other."),
    "layout": ("kernels/logarithm.py", "    return x\n", "\n\n    return (x)\n"),
    "unrelated module": ("unrelated.py", "1", "2"),
    "what only types import": ("typed.py", "int", "str"),
    "what a registry names": ("cell.py", "import", "import b,"),
}
HARMFUL = {
    "module": ("forward/line.py", "f(1)", "f(2)"),
    "imported in a function": ("kernels/line.py", "+ 1", "+ 2"),
    "imported by that": ("kernels/logarithm.py", "return x", "return -x"),
    "relative import": ("forward/base.py", "...", "x = 1"),
    "parent package": ("kernels/__init__.py", "", "x = 1\n"),
    "text that is no docstring": ("__init__.py", "lfptools.cell:Cell", "lfptools.cells:Cell"),
}


@pytest.mark.parametrize("name", [*HARMLESS, *HARMFUL])
def test_hash_changes_with_the_code_alone(root, name):
    before = source_hash(["lfptools.forward.line"], root)
    file, old, new = (HARMLESS | HARMFUL)[name]
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))
    assert (source_hash(["lfptools.forward.line"], root) == before) == (name in HARMLESS)


def test_hash_does_not_depend_on_the_place_or_order(root, tmp_path):
    modules = ["lfptools.forward.line", "lfptools.unrelated"]
    before = source_hash(modules, root)
    root.rename(tmp_path / "moved")
    assert source_hash(modules[::-1], tmp_path / "moved") == before


def test_what_is_not_there_is_named(root):
    with pytest.raises(SourceError, match=r"there is no module 'lfptools\.forward\.lime'"):
        source_hash(["lfptools.forward.lime"], root)
    with pytest.raises(SourceError, match=r"no module 'numpy'"):
        source_hash(["numpy"], root)


def test_lazy_names_must_be_imported_from_where_they_are(root):
    (root / "unrelated.py").write_text("from lfptools import Cell\n")
    with pytest.raises(SourceError, match=r"unrelated\.py: import 'Cell' from the module that defines it"):
        closure(["lfptools.unrelated"], root)


def test_nothing_is_imported():
    code = """
import sys
from lfptools.provenance.source import closure, source_hash
modules = ["lfptools.simulation.run", "lfptools.io.stream"]
source_hash(modules)
heavy = {"neuron", "numba", "numpy", "xarray", "matplotlib", "lfptools.simulation.run"} & set(sys.modules)
print(sorted(heavy), any(file.name == "engine.py" for file in closure(modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"


def test_every_module_of_the_package_has_a_closure():
    root = package_root()
    for file in root.rglob("*.py"):
        parts = file.relative_to(root).with_suffix("").parts
        module = ".".join(["lfptools", *(part for part in parts if part != "__init__")])
        assert file in closure([module]), module


def test_origin(tmp_path):
    check_origin(package_root().parent)
    with pytest.raises(SourceError, match=r"the lfptools that runs is .*pip install -e"):
        check_origin(tmp_path)
