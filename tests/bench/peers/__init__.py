"""The ways somebody would otherwise take, on the training stage: same facts, tables and answers.

Each does inbox, recommendation set and answer as its own documentation suggests.
"""
