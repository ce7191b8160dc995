"""Sixty texts, written before the rules and kept apart from them."""
