"""Letters on the desk: what waits and the register, the screen on which one is keyed, scans that are split by hand."""
