"""What reports say, read from sums, facts and entries, of the departments whose figures the viewer may see."""
