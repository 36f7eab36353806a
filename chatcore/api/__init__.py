"""The JSON API for everything but the streams. Each answer belongs to the member who asks."""
