"""The board: how many cases stand where, kept by differences so that nobody counts cases while a page is asked for."""
