"""kill -9 of a tool together with the processes that it has started."""
import os
import signal


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:  # it has ended
        return []


def kill_with_children(process):
    """The process stands still meanwhile, so that it sees none of them die. Returns how many they were."""
    process.send_signal(signal.SIGSTOP)
    started = children(process.pid)
    process.kill()
    for pid in started:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    return len(started)
