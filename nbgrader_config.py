"""The course for nbgrader: `nbgrader generate_assignment`, `autograde`, `generate_feedback`, ..."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # for `grading`

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "three-questions-about-the-vae"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# One road to a mark: autograding and feedback are those of `python -m grading`.
c.Autograde.exporter_class = "grading.nbgrader_hooks.Judged"
c.GenerateFeedback.exporter_class = "grading.nbgrader_hooks.Told"

# No markup of learners in formgrader's pages, and nothing that they load from outside.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"strip_files_prefix": "grading.feedback.safe_html"}
