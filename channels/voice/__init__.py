"""Telephone calls: what is said to callers as values, and each gateway's XML and callbacks."""
