"""The commands of this app, one file each."""
