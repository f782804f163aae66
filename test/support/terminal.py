"""Runs a command in a terminal of its own, a session with its process group, as a terminal window does.

Usage: terminal.py COMMAND [ARGUMENT ...]. What the command prints goes to standard output. Lines on standard input:
ctrl-c types Ctrl-C, which the terminal sends as SIGINT to the whole group; close closes the terminal, which sends
SIGHUP; a signal's name, such as SIGTERM, is sent to the whole group. Exits with the command's status, 128 + n where
signal n ended it.
"""
import os
import pty
import select
import signal
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        if source == terminal:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # Linux: every process of the terminal has ended.
                data = b""
            if data:
                os.write(1, data)
            else:
                sources.remove(terminal)
            continue
        words = os.read(0, 65536).decode().split()
        if not words:
            sources.remove(0)
        for word in words:
            if word == "ctrl-c":
                os.write(terminal, b"\x03")
            elif word == "close":
                os.close(terminal)
                sources.remove(terminal)
            else:
                os.killpg(pid, getattr(signal, word))
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(128 - code if code < 0 else code)
