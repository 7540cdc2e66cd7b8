"""Runbooks that change while they serve: seen, kept with their origin, and told of when they are faulty."""
