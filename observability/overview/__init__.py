"""What happened in a span that staff choose?"""
