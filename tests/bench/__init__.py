"""The product as it ships, measured beside a floor that does the same work without a framework.

`make bench` runs all of it; docs/performance.md says what it measures and holds the newest table.
"""
