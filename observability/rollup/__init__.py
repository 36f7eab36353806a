"""What happened this week, what it cost, and what to change: made once, sent once."""
