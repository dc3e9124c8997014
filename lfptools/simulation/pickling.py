"""A cell without NEURON: what it is and what its last run recorded, to be stored, sent or copied."""

import pickle
from collections.abc import Callable
from pathlib import Path

from lfptools.io.atomic import atomic_path


class Pickled:
    """For cells. What is pickled is a cell without NEURON's objects: geometry, what was placed on it, and results.

    The cell itself stays as it is. What comes back has everything but its sections, and says so where they are needed.
    """

    def __getstate__(self) -> dict[str, object]:
        state = {**self.__dict__, "_open": False, "_ended": "was pickled or copied, without its sections in NEURON"}
        if self._open:
            state |= {"_tree": self._tree.names_alone(), "morphology": self._lasting_morphology()}
        return state

    def _lasting_morphology(self) -> str | Path | None:
        """The file, or where sections were given a name for them."""
        return self.morphology if isinstance(self.morphology, str | Path | None) else self.name

    def strip_hoc_objects(self) -> None:
        """LFPy's name for :meth:`close`: geometry and results stay, everything in NEURON goes."""
        self.close()

    def cellpickler(self, filename: str | Path | None, pickler: Callable = pickle.dump) -> bytes | None:
        """Store the cell without NEURON's objects; ``lfptools.tools.load(filename)`` brings it back. It stays usable.

        Parameters
        ----------
        filename : path
            A file there is replaced; not used by ``pickle.dumps``.
        pickler : callable
            ``pickle.dump`` or another with its arguments (``cloudpickle.dump``); with ``pickle.dumps``, what it
            returns is returned.
        """
        if pickler is pickle.dumps:
            return pickler(self)
        with atomic_path(filename) as path, path.open("wb") as file:
            pickler(self, file)
        return None
