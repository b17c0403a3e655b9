"""The jail: what a learner's code may touch, and how much of it.

Theory of operation
-------------------
`outside.py` starts bubblewrap once. Bubblewrap makes user, mount, process, network and IPC
namespaces in which nothing is writable and only Python, its packages and the stand-in for vaelib
can be seen (`library.py`), and starts the *warm process* (`inside.py`) as their pid 1. That
imports torch, which is slow, and then waits on a control socket for one of two words:

    judge                          warm process                    child
      | -- "open", a channel ------> | -- clone into namespaces ---> |
      | <-- "started" -------------- |                               | confines itself
      | ------------------------- requests over the channel -------> | reads, runs the answer
      | <------------------------ replies -------------------------- |
      | -- "stop" -----------------> | -- kill -9 -----------------> x all that it started dies too
      | <-- "stopped", its signal -- |

One child serves one submission (`child.py`). Before it reads a byte of a learner's it gives up,
for good: /proc, capabilities, the right to more memory, time or files, and every system call but
a few harmless ones (`seccomp.py`). It first finds the answer in the notebook, which is hostile
text for a parser, and then runs it, which is hostile code.

If the judge dies, the control socket closes and pid 1 ends; if pid 1 ends, the kernel kills every
process in its namespaces. If anything on the way up fails, no jail is there and nothing is graded.
`canaries.py` tries from within what must be impossible before the first submission is let in.

`--no-jail` starts the same warm process and the same child without bubblewrap, namespaces and
filter: two processes, and the limits that the system has, among people one trusts.
"""
