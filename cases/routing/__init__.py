"""Where a case goes, and why: an ordered list of rules over facts. No expressions, no eval."""
