"""Reads scans, only ever in a bounded process: its libraries are heavy, and what they read was made by strangers."""
