"""The system calls that an answer may make; all others are refused.

No new process or thread, no program, no socket, no shared memory, no mount, no namespace.
"""

import ctypes
import platform
import struct

# name: number on x86_64, number on aarch64 (None: aarch64 does not have it)
_ALLOWED = {
    **{"read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66)},
    **{"pread64": (17, 67), "lseek": (8, 62), "close": (3, 57), "fcntl": (72, 25)},
    **{"dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "poll": (7, None)},
    **{"ppoll": (271, 73), "sendto": (44, 206), "recvfrom": (45, 207)},
    **{"open": (2, None), "openat": (257, 56), "access": (21, None), "faccessat": (269, 48)},
    **{"faccessat2": (439, 439), "stat": (4, None), "lstat": (6, None), "fstat": (5, 80)},
    **{"newfstatat": (262, 79), "statx": (332, 291), "readlink": (89, None)},
    **{"readlinkat": (267, 78), "getdents64": (217, 61), "getcwd": (79, 17)},
    **{"mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226)},
    **{"madvise": (28, 233), "brk": (12, 214), "futex": (202, 98), "rseq": (334, 293)},
    **{"set_robust_list": (273, 99), "sched_yield": (24, 124), "sched_getaffinity": (204, 123)},
    **{"getcpu": (309, 168), "nanosleep": (35, 101), "clock_nanosleep": (230, 115)},
    **{"clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169)},
    **{"times": (100, 153), "getrusage": (98, 165), "getrlimit": (97, 163)},
    **{"prlimit64": (302, 261), "uname": (63, 160), "getrandom": (318, 278)},
    **{"getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174)},
    **{"geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177)},
    **{"rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139)},
    **{"sigaltstack": (131, 132), "tgkill": (234, 131), "exit": (60, 93)},
    **{"exit_group": (231, 94)},
}
# For some of them, which argument may have which values: no locks and no signals through fcntl
# (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC), no urgent data, no flags of
# messages at all, and limits of this process alone.
_ARGUMENTS = {
    "fcntl": (1, (0, 1, 2, 3, 4, 1030)),
    "sendto": (3, (0,)),
    "recvfrom": (3, (0,)),
    "prlimit64": (0, (0,)),
}
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCH, _FIRST = 0, 4, 16  # offsets in struct seccomp_data; an argument has 8 bytes
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1  # the last one: EPERM
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def confine() -> None:
    """Hold this process to the allowed calls, for good.

    Raises
    ------
    OSError
        If the kernel refuses, or the machine is neither x86_64 nor aarch64.
    """
    if platform.machine() not in _MACHINES:
        raise OSError(f"no list of system calls for {platform.machine()}")
    column, arch = _MACHINES[platform.machine()]
    plain = [pair[column] for name, pair in _ALLOWED.items() if name not in _ARGUMENTS]
    program = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_IF_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for name, (at, values) in _ARGUMENTS.items():
        low = _FIRST + 8 * at  # its low half, on these little-endian machines
        tests = [(_JUMP_IF_EQUAL, len(values) - n, 0, value) for n, value in enumerate(values)]
        program += [
            (_JUMP_IF_EQUAL, 0, len(values) + 3, _ALLOWED[name][column] or 0),
            (_LOAD, 0, 0, low),
            *tests,
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    numbers = [number for number in plain if number is not None]
    program += [
        *((_JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    kept = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel refuses a seccomp filter")
