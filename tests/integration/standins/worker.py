"""Forks a child as a job worker does, and both outlive every polite request to stop."""

from __future__ import annotations

import os
import signal
import time

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.fork()
    while True:
        time.sleep(1)
