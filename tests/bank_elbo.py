SKILLS = ()
REST = ""
RIGHT = {}
WRONG = {}
