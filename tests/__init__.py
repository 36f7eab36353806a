"""The specification, by part: one folder for each part of the house, and the services it needs."""
