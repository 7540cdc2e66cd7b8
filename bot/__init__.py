"""Handrail walks responders through data recovery, one step at a time, and keeps the record."""
