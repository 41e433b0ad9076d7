"""Full disk, missing and read-only folders, locked files: one clear line, the right exit code, nothing half whole."""
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile

import h5py

from helper import SKIPPED, run


def check_full_disk(folder, size):
    """The disk fills while rows are written, or while the file is created."""
    path = os.path.join(folder, "full.h5")
    line = run("stream", path, 5, 10**7, expect=4)
    assert line.startswith((path + ": ", path[:-3] + ".ckpt.h5: ")) and "No space left on device" in line, line
    print(f"{size}: {line}")
    if not os.path.exists(path):
        return
    # Whatever is left must not look finished, and what was flushed can be read once there is room.
    roomy = os.path.join(tempfile.gettempdir(), f"roomy-{os.getpid()}.h5")
    try:
        with open(path, "rb") as source, open(roomy, "wb") as target:
            target.write(source.read())
        *counts, reason = run("check", roomy).split()[:6]
        assert reason in ("running", "killed") and int(counts[0]) > 1000, (counts, reason)
    finally:
        os.remove(roomy)


def mounted(options, folder):
    return subprocess.run(["mount", *options, folder], capture_output=True).returncode == 0


def check_mounts(folder):
    for size in ["1m", "2m", "40k"]:
        if not mounted(["-t", "tmpfs", "-o", f"size={size}", "tmpfs"], folder):
            return False
        try:
            check_full_disk(folder, size)
        finally:
            subprocess.run(["umount", folder], check=True)
    if not mounted(["-t", "tmpfs", "-o", "ro", "tmpfs"], folder):
        return False
    try:
        path = os.path.join(folder, "run.h5")
        assert run("make", path, 1, expect=4) == f"{path}: cannot be written: {path}.lock: Read-only file system"
    finally:
        subprocess.run(["umount", folder], check=True)
    return True


def check_folders(folder):
    missing = os.path.join(folder, "missing", "run.h5")
    assert run("make", missing, 1, expect=4) == f"{missing}: cannot create the file: no such folder"
    assert not os.path.exists(os.path.dirname(missing))


def check_existing(folder):
    path = os.path.join(folder, "kept.h5")
    run("make", path, 3)
    before = hashlib.sha256(open(path, "rb").read()).hexdigest()
    line = run("stream", path, 1, 1, expect=2)
    assert line == f"{path}: the file exists; --force overwrites it", line
    assert hashlib.sha256(open(path, "rb").read()).hexdigest() == before


def check_lock(folder):
    path = os.path.join(folder, "locked.h5")
    run("make", path, 3)
    with open(path, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        line = run("check", path, expect=4)
        assert "locked by another process" in line and "HDF5_USE_FILE_LOCKING" in line and path in line, line
    run("check", path)


with tempfile.TemporaryDirectory() as top:
    check_folders(top)
    check_existing(top)
    check_lock(top)
    mount_point = os.path.join(top, "small")
    os.mkdir(mount_point)
    if not check_mounts(mount_point):
        print("SKIPPED: this user may not mount a tmpfs; the checks of full and read-only disks were not made")
        sys.exit(SKIPPED)
