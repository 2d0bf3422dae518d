"""What scripts/bench and scripts/callgrind-guard are made of. Needs Python's standard library only."""
