"""What follows from the two ends of each segment."""

import numpy as np


class Ends:
    """For classes with x, y, z of shape (n, 2), µm: start and end of each segment."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    @property
    def start(self) -> np.ndarray:
        """Shape (n, 3), µm."""
        return np.column_stack((self.x[:, 0], self.y[:, 0], self.z[:, 0]))

    @property
    def end(self) -> np.ndarray:
        """Shape (n, 3), µm."""
        return np.column_stack((self.x[:, 1], self.y[:, 1], self.z[:, 1]))

    @property
    def midpoints(self) -> np.ndarray:
        """Shape (n, 3), µm: the middle of each segment's chord."""
        return 0.5 * (self.start + self.end)
