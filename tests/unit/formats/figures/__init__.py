"""Tests of figures: sound SVG that says in words what there is to see."""
