"""Grading without trust: a jail for the learner's code, a judge outside it."""
