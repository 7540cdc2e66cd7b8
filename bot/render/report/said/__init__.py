"""The words of a report: a sentence for each record, and the facts in the order of need."""
