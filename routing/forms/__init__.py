"""What staff may type, and what they are told when it cannot be used."""
