"""Figures: what is counted from the histories of all cases, by day, department, service and channel."""
