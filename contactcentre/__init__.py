"""The application: wiring, persistence plumbing, pages, API and command line."""
