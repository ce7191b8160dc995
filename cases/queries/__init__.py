"""The read side: every builder takes the viewer, pages by key, and never counts a list."""
