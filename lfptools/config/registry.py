"""From a registry's lazy "module:object" string to the object."""

import importlib


def load(entry: str) -> object:
    """Import what a registry's entry names.

    Parameters
    ----------
    entry : str
        ``"lfptools.forward.line:LineSourcePotential"``.

    Raises
    ------
    ValueError
        If the entry does not read "module:object", or the module has no such object.
    """
    module, colon, name = entry.partition(":")
    if not (module and colon and name):
        raise ValueError(f"a registry's entry must read 'module:object', got {entry!r}")
    found = importlib.import_module(module)
    if not hasattr(found, name):
        raise ValueError(f"registry entry {entry!r}: module {module} has no {name!r}")
    return getattr(found, name)
