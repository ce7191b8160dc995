"""Promises and their deadlines: pure arithmetic over working calendars, and timers as rows."""
