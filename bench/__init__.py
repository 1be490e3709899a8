"""How fast the product is, as ratios of one run: nothing here is part of the product, nor ever a timed test."""
