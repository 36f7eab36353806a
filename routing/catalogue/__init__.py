"""What does a new house start with? Plain data that staff may change afterwards."""
