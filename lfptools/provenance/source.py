"""Which source a job uses: the import closure of its modules, and a hash that only changes when the code does.

Nothing is imported: modules are found and read as files, so the Snakefile can ask about modules that need NEURON.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from lfptools.errors import LfptoolsError

PACKAGE: Final = "lfptools"


class SourceError(LfptoolsError, ImportError):
    """Source that is not there, or is not the one that was expected."""


def package_root() -> Path:
    """Folder of the package that runs."""
    return Path(__file__).resolve().parents[1]


def check_origin(expected_root: Path | str) -> None:
    """Make sure that the package that runs is that of a checkout.

    A Snakefile's folder is *last* on the module path: another installed lfptools would be used instead, silently.

    Parameters
    ----------
    expected_root : path-like
        The checkout's folder, which holds ``lfptools/``.

    Raises
    ------
    SourceError
        If it is another; names both and what to do.
    """
    expected = (Path(expected_root) / PACKAGE).resolve()
    if package_root() != expected:
        raise SourceError(
            f"the lfptools that runs is {package_root()}, but this checkout's is {expected}; "
            f"install the checkout (pip install -e {expected.parent}) or uninstall the other one"
        )


def closure(modules: Iterable[str], root: Path | None = None) -> frozenset[Path]:
    """Files of the given modules and of all they import within the package, directly or not.

    Imports inside functions count, and so do the ``__init__`` of every parent package. Names in strings, such as a
    registry's ``"module:object"``, do not: what a job uses of a registry is named to this function. Imports under
    ``if TYPE_CHECKING:`` do not run, and do not count.

    Parameters
    ----------
    modules : iterable of str
        Dotted names, ``"lfptools.kernels.line"``.
    root : pathlib.Path, optional
        Folder of the package; that of the running one by default.

    Raises
    ------
    SourceError
        If a module does not exist; names it.
    """
    root = package_root() if root is None else Path(root).resolve()
    found: dict[Path, None] = {}
    waiting = list(modules)
    for name in waiting:
        if _file(root, name) is None:
            raise SourceError(f"there is no module {name!r} in {root}")
    while waiting:
        for file in _files_of(root, waiting.pop()):
            if file not in found:
                found[file] = None
                waiting.extend(_imports(root, file))
    return frozenset(found)


def source_hash(modules: Iterable[str], root: Path | None = None) -> str:
    """SHA-256 of the code in the :func:`closure` of modules: comments, docstrings and layout do not count.

    Raises
    ------
    SourceError
        If a module does not exist or cannot be read.
    """
    root = package_root() if root is None else Path(root).resolve()
    digest = hashlib.sha256()
    for file in sorted(closure(modules, root)):
        digest.update(f"{file.relative_to(root).as_posix()} {_code_hash(_read(file))}\n".encode())
    return digest.hexdigest()


@cache
def _code_hash(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = _without_docstring(node.body)
    return hashlib.sha256(ast.dump(tree, include_attributes=False).encode()).hexdigest()


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read the source {file}: {error}") from error


def _file(root: Path, module: str) -> Path | None:
    """File of a dotted name, None if it is no module of the package."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return None
    base = root.joinpath(*parts[1:])
    return next((file for file in (base / "__init__.py", base.with_suffix(".py")) if file.is_file()), None) or (
        base if base.is_dir() and len(parts) == 1 else None
    )


def _files_of(root: Path, module: str) -> Iterator[Path]:
    """The module's file and the ``__init__`` of its parents."""
    parts = module.split(".")
    for k in range(1, len(parts) + 1):
        file = _file(root, ".".join(parts[:k]))
        if file is not None and file.is_file():
            yield file


@cache
def _imported_names(text: str, package: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Modules that a source text imports, with the names taken from each."""
    names: list[tuple[str, tuple[str, ...]]] = []
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            names += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names.append((module, tuple(alias.name for alias in node.names)))
        waiting.extend(ast.iter_child_nodes(node))
    return tuple(names)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _imports(root: Path, file: Path) -> Iterator[str]:
    package = ".".join([PACKAGE, *file.parent.relative_to(root).parts])
    for module, names in _imported_names(_read(file), package):
        if module.split(".")[0] != PACKAGE:
            continue
        yield module
        for name in names:
            if _file(root, f"{module}.{name}") is not None:
                yield f"{module}.{name}"
            elif module == PACKAGE and not name.startswith("__"):
                # These load lazily from elsewhere: the closure would miss where they come from.
                raise SourceError(f"{file}: import {name!r} from the module that defines it, not from {PACKAGE!r}")
