"""Figure kinds: from results to a figure and the numbers that it shows."""
