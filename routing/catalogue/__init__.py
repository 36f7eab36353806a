"""What a new installation starts with: plain data that staff may change afterwards."""
