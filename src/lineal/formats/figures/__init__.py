"""Figures as SVG, made of values alone: cards and pages show the same.

Each has a title and a description for those who cannot see it, tells its series apart by dashes and marks as well as by
colours, and can be printed without colours.
"""
