"""What the kinds of datasets are made of, as code."""
