"""Reading what strangers sent in processes that can harm nobody: see ``reading.py``."""
