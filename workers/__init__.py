"""Background processes: the job worker, the ticker and the listener."""
