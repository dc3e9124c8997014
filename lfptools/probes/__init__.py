"""Probes: where a study's contacts are, from what its YAML says."""
