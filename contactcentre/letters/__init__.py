"""Letters of ours become paper: set as PDFs, and bound together for the printer."""
