"""A service hears again what lies on its topics: after its database was lost, or to mend it.

`python -m shared.replay training` where the service runs: in its image, with its knobs. What the
service's group has handled is handled again, as if it had just come, in the same order; but no
e-mail is sent of it, and nothing is told that was told before.
"""
