"""Fault runs: the product as it is shipped, with real engines and processes, while something is broken on purpose."""
