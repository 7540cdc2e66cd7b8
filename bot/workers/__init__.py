"""The loops of a serving process, one module each: clock, pages, feeds, files, reports, tracker, auditor."""
