"""Reports: what one says, as values that pages, files and mails show alike."""
