"""What a site needs of its machine: files, folders, a port, room on the disk.

Whatever is missing is told in one line that names the cause and what to do. Standard library only:
`scripts/run` uses these modules before anything is installed.
"""
