"""One module a stage: from resolved configuration and input files to a written output.

They import what they compute with, and nothing of the study's own machinery: their source hash decides what runs again.
"""
