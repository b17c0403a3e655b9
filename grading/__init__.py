"""Grading without trust: from what was handed in to marks, by one road.

The way of an answer, and the module to read for each step:

    submitted/LEARNER/NAME/          what somebody handed in
      submission.py                  which files can matter, when it came, what lies astray
      pool.py                        a process that is free, here or on a cluster
      judge.py                       in it, the judge: holds the checks, runs nothing of a learner
        jail/                        another process, confined, which
          vaelib/checks/answer.py      finds the answer in the notebooks, as Jupyter would run it,
          child.py                     runs it, and does what it is asked
        wire.py, proxy.py            plain data between the two; what a check sees of an answer
      verdict.py                     a verdict for each skill
    gradebook.py                     nbgrader's gradebook, one writer
    graded_notebook.py, feedback.py  what staff and learners read

`run.py` goes this way for everybody; `__main__.py` (`python -m grading`) and `nbgrader_hooks.py`
(`nbgrader autograde`, formgrader's buttons) are its doors. `limits.py` holds every cap and clock.
"""
