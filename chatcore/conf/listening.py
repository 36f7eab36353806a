"""Where this process takes connections."""

address = ""
"""Host and port; `chatcore.serve` sets it, and under another program it stays unknown."""
