"""Rearranging cases: messages that are refiled, cases that are split and merged, and the undo of each; links."""
