"""The specification, by part: one folder for each part of the site, and the services it needs."""
