"""The overview of a span that staff choose: figures, charts and tables."""
