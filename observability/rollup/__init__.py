"""The weekly rollup: made from the records, stored, and mailed once to each recipient."""
