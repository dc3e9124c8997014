"""Base classes for everything that is written in YAML: closed, typed, frozen, units in the keys."""
