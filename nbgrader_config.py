"""The course for nbgrader: `nbgrader generate_assignment`, `autograde`, `generate_feedback`, ..."""

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "three-questions-about-the-vae"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
