"""Letters inside the domain: scans and how they are split, the register, keying, and where a letter belongs."""
