"""Letters: scanned pages become words, and the signed codes by which paper finds its way back."""
