"""The course for nbgrader: `nbgrader generate_assignment`, `autograde`, `generate_feedback`, ..."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # for `grading`

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "three-questions-about-the-vae"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# Whatever became of a notebook on its way, what is graded is the release with its answer in it.
c.Autograde.exporter_class = "grading.repair.SubmissionExporter"

# Feedback: messages instead of hidden checks, and no markup of learners in the page. The two
# lines for HTMLExporter protect staff in the formgrader as well.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "grading.feedback.Feedback",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"strip_files_prefix": "grading.feedback.safe_html"}
