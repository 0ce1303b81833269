"""What is done to a server: one load, or something beside sessions that are held. Each gives figures."""
import json
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass

from . import machine
from .process import Server
from .servers import environment

LONGEST = 240


@dataclass(frozen=True)
class Load:
    """One run of ftpload on a fresh server."""
    words: str
    # Seconds between one SIGHUP to the server and the next.
    reload_every: float | None = None
    # ftpwho is asked over and over meanwhile.
    who: bool = False

    def __str__(self):
        return f"`ftpload {self.words}`"

    def measure(self, name, kind, bench):
        if kind.is_limit and self.words.startswith("retr"):
            return self.limit(bench)
        with Running(name, kind, bench) as server:
            load = Client(server, self.words)
            watched = self.meanwhile(server, load)
            return {**load.figures(), **watched, "server_alive": server.is_alive()}

    def meanwhile(self, server, load):
        if self.who:
            return watch(server, load.goes_on)
        reloads = 0
        while self.reload_every and load.goes_on(self.reload_every) and server.is_alive():
            server.reload()
            reloads += 1
        return {"reloads": reloads} if self.reload_every else {}

    def limit(self, bench):
        words = self.words.replace("retr", "limit-sendfile")
        command = [str(bench.load), *timed(words, bench), "--file", str(bench.account.home / "big.bin")]
        return read(subprocess.run(command, capture_output=True, text=True, timeout=LONGEST))


@dataclass(frozen=True)
class Starts:
    """The server started anew, over and over."""
    times: int = 5

    def __str__(self):
        return f"{self.times} starts, their median"

    def measure(self, name, kind, bench):
        took = []
        for _ in range(1 if bench.quick else self.times):
            with Running(name, kind, bench) as server:
                took.append(server.start_ms)
        return {"start_ms": statistics.median(took), "start_max_ms": max(took), "errors": 0}


@dataclass(frozen=True)
class Held:
    """Sessions that are logged in and silent: their memory, and what else happens beside them."""
    sessions: int
    clients: int = 1
    beside: str = "fresh"

    def __str__(self):
        by = f", by {self.clients} clients" if self.clients > 1 else ""
        return f"`ftpload hold --k {self.sessions // self.clients} --par 4 --src 20`{by}"

    def measure(self, name, kind, bench):
        sessions = self.sessions // 10 if bench.quick else self.sessions
        with Running(name, kind, bench) as server:
            # What the server sets up at its first session is not the sessions'.
            Client(server, "logins --c 1 --n 5").figures()
            before = Memory.at_rest(bench)
            clients = [Holder(server, sessions // self.clients) for _ in range(self.clients)]
            try:
                held = sum(client.held() for client in clients)
                time.sleep(1)
                figures = Memory(bench).since(before, held)
                figures.update(BESIDE[self.beside](server))
            finally:
                figures_of = [client.release() for client in clients]
            figures.update(together(figures_of), server_alive=server.is_alive())
            return figures


class Running:
    """A server for as long as it is measured."""

    def __init__(self, name, kind, bench):
        self.words = name, kind, bench

    def __enter__(self):
        self.server = Server(*self.words)
        return self.server

    def __exit__(self, *_):
        self.server.stop()


class Client:
    """ftpload at work; what it took of the machine, and what else did."""

    def __init__(self, server, words):
        self.server, self.group = server, server.bench.group
        self.before = client_seconds(), machine.busy_seconds(), self.group.seconds(), time.time()
        self.process = started(server, words)

    def goes_on(self, seconds=0):
        try:
            self.process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            return True

    def figures(self):
        figures = ended(self.process)
        client, busy, cpu, began = self.before
        wall, cpu, client = time.time() - began, self.group.seconds() - cpu, client_seconds() - client
        other = (machine.busy_seconds() - busy - cpu - client) / wall
        figures.update(server_cpu=round(cpu, 3), client_cpu=round(client, 3), wall=round(wall, 3),
                       other_cores=round(other, 3))
        return figures


class Holder:
    """ftpload with sessions that it holds until it is told to let them go."""

    def __init__(self, server, sessions):
        words = f"hold --k {sessions} --par 4 --secs {60 if sessions > 5000 else 30} --src 20"
        self.process = started(server, words, stdin=subprocess.PIPE)

    def held(self):
        line = self.process.stdout.readline().split()
        return int(line[1]) if len(line) == 2 else 0

    def release(self):
        return ended(self.process, "\n")


class Memory:
    """What the server's processes and the kernel hold at one moment."""

    def __init__(self, bench):
        self.kernel, self.processes = machine.kernel_memory(), bench.group.memory()

    @classmethod
    def at_rest(cls, bench):
        """When the kernel has freed what the server before had: as soon as its memory changes by less than 1 MiB a second."""
        for _ in range(20):
            slab = machine.kernel_memory()["slab"]
            time.sleep(1)
            if abs(machine.kernel_memory()["slab"] - slab) < 1024:
                break
        return cls(bench)

    def since(self, before, sessions):
        grown = {kind: self.kernel[kind] - before.kernel[kind] for kind in self.kernel}
        grown["kernel"] = sum(grown.values())
        grown.update({kind: self.processes[kind] - before.processes[kind] for kind in ("pss", "private")})
        grown["total"] = grown["pss"] + grown["kernel"]
        figures = {f"{kind}_per_session_kib": round(kib / max(sessions, 1), 2) for kind, kib in grown.items()}
        return {**figures, "processes": self.processes["processes"]}


def fresh(server, seconds=3):
    """Logins one at a time, beside the sessions that are held."""
    figures = Client(server, f"logins --c 1 --n 300 --secs {seconds} --src 20").figures()
    keys = ("banner_p50_us", "login_p50_us", "login_p99_us", "server_cpu_us_each", "errors", "error_kinds")
    return {"other_cores": figures["other_cores"], **{f"fresh_{key}": figures.get(key) for key in keys}}


def who(server):
    """ftpwho, over and over; and what a session feels of it."""
    quiet = Client(server, "noop --secs 1").figures()
    load = Client(server, "noop --secs 2")
    figures = watch(server, load.goes_on)
    beside = load.figures()
    return {**figures, **{f"quiet_{key}": value for key, value in quiet.items() if key.startswith("noop")},
            **{key: value for key, value in beside.items() if key.startswith("noop")}}


def reload(server):
    """SIGHUP with another greeting in the configuration, until a client reads it."""
    greeting = "the second generation"
    began, refused = time.perf_counter(), 0
    server.reload(greeting)
    while time.perf_counter() - began < 10:
        answer = server.greeting()
        if greeting.encode() in answer:
            return {"reload_ms": (time.perf_counter() - began) * 1e3, "refused": refused}
        refused += not answer
    return {"reload_ms": None, "refused": refused}


BESIDE = {"fresh": fresh, "who": who, "reload": reload}


def watch(server, goes_on):
    """Asks who is connected until the load ends; each answer is timed, and the transfers in it counted. Who says nothing was not fast."""
    command = server.kind.who(server.bench, server.folder)
    took, shown, failed = [], [], 0
    while goes_on():
        began = time.perf_counter()
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, env=environment(server.kind, server.bench))
        if answer.returncode != 0:
            failed += 1
            continue
        took.append((time.perf_counter() - began) * 1e3)
        shown.append(answer.stdout.count("RETR"))
    if not took:
        return {"who_runs": 0, "who_failed": failed}
    return {"who_runs": len(took), "who_failed": failed, "who_p50_ms": statistics.median(took), "who_max_ms": max(took),
            "who_shown": statistics.median(shown)}


def timed(words, bench):
    return words.format(secs=0.5 if bench.quick else 1.5).split()


def started(server, words, stdin=subprocess.DEVNULL):
    bench = server.bench
    command = [str(bench.load), *timed(words, bench), "--addr", f"127.0.0.1:{server.port}",
               "--user", bench.account.name, "--pass", bench.account.password,
               "--counter", str(bench.group.counter), "--group", str(bench.group.folder)]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: machine.own_session(bench.nice))


def ended(process, line=None):
    try:
        output, complaint = process.communicate(line, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        output, complaint = process.communicate()
    return read(subprocess.CompletedProcess(process.args, process.returncode, output, complaint))


def read(done):
    """The figures: the last line of ftpload's output."""
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {"errors": -1, "error_kinds": "ftpload: " + (done.stderr or "no output")[-200:]}


def together(clients):
    """What several clients that held sessions say, as one."""
    return {"k": sum(client.get("k", 0) for client in clients),
            "held_lost": sum(client.get("held_lost", 0) for client in clients),
            "open_secs": max((client.get("open_secs", 0) for client in clients), default=None),
            "errors": sum(abs(client.get("errors", -1)) for client in clients),
            "error_kinds": "; ".join(filter(None, (client.get("error_kinds") for client in clients)))}


def client_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
