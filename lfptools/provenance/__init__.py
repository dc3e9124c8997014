"""Where a number comes from: source, versions, inputs, commit."""
