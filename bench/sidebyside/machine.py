"""What is asked of the machine: processes counted, the time and the memory they took, an account for a while."""
import ctypes
import ctypes.util
import functools
import os
import pwd
import subprocess
import time
from pathlib import Path

PAM_SERVICE = "ftpbench"
SALT = "$1$bench123$"


class ControlGroup:
    """Counts the processor time of a server and of all it ever forked. It limits nothing."""

    def __init__(self):
        name = f"ferryd-bench-{os.getpid()}"
        for base, counter in (("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup", "cpu.stat"),
                              ("/sys/fs/cgroup/unified", "cpu.stat")):
            if os.path.exists(os.path.join(base, counter)):
                self.folder = Path(base, name)
                self.counter = self.folder / counter
                try:
                    return self.folder.mkdir(exist_ok=True)
                except OSError:
                    continue
        raise SystemExit("bench/run needs a control group that it may make, to count the servers' processor time")

    def enter(self):
        Path(self.folder, "cgroup.procs").write_text(str(os.getpid()))

    def members(self):
        return [int(pid) for pid in Path(self.folder, "cgroup.procs").read_text().split()]

    def seconds(self):
        text = self.counter.read_text()
        return int(text.split()[1]) / 1e6 if "usage_usec" in text else int(text) / 1e9

    def memory(self):
        """Pss and private memory of its processes, in KiB, and how many they are."""
        total = {"processes": 0, "pss": 0, "private": 0}
        for pid in self.members():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            except OSError:
                continue
            kib = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
            total["processes"] += 1
            total["pss"] += kib["Pss"]
            total["private"] += kib["Private_Clean"] + kib["Private_Dirty"]
        return total

    def remove(self):
        for _ in range(50):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.1)


class Account:
    """A system account, because vsftpd knows no others; taken away again at the end."""

    name, password = "bench", "bench"

    def __init__(self, home):
        self.home, self.hash = home, crypt(self.password, SALT)
        self.made = self.made_service = False
        self.service = Path("/etc/pam.d", PAM_SERVICE)
        self.uid = self.gid = 0

    def __enter__(self):
        try:
            pwd.getpwnam(self.name)
            raise SystemExit(f"bench/run makes an account {self.name} for a while, and there is one already")
        except KeyError:
            pass
        words = ["-M", "-d", str(self.home), "-s", "/bin/sh", "-p", self.hash, self.name]
        subprocess.run(["useradd", *words], check=True)
        self.made = True
        entry = pwd.getpwnam(self.name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        if not self.service.exists():
            self.service.write_text("auth required pam_unix.so\naccount required pam_unix.so\n")
            self.made_service = True
        return self

    def __exit__(self, *_):
        if self.made:
            subprocess.run(["userdel", self.name], stderr=subprocess.DEVNULL)
        if self.made_service:
            self.service.unlink(missing_ok=True)


@functools.cache
def crypt_library():
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    return library


def crypt(password, salt):
    return crypt_library().crypt(password.encode(), salt.encode()).decode()


def hash_microseconds():
    """The time of one hash, as every login pays it: the least of many tries, since other work only ever adds to it."""
    def once():
        began = time.perf_counter()
        crypt("bench", SALT)
        return (time.perf_counter() - began) * 1e6
    return round(min(once() for _ in range(200)), 1)


def kernel_memory():
    """What the kernel holds for processes and sockets, on the whole machine, by kind, in KiB."""
    lines = dict(line.split(":") for line in open("/proc/meminfo"))
    kinds = {"slab": "Slab", "pagetables": "PageTables", "kstack": "KernelStack", "percpu": "Percpu"}
    return {kind: int(lines[name].split()[0]) for kind, name in kinds.items()}


def own_session(nice):
    """Where the scheduler groups by session, niceness counts between groups only when the group has it."""
    os.setsid()
    if nice:
        os.nice(nice)
        try:
            Path("/proc/self/autogroup").write_text(str(nice))
        except OSError:
            pass


def busy_seconds():
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def described():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(open("/proc/meminfo").readline().split()[1]) >> 20
    return f"{os.cpu_count()} × {model}, {memory} GiB, Linux {os.uname().release.split('-')[0]}"
