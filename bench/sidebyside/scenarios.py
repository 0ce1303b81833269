"""The scenarios: one row each, the files they need, and how one is run on one server."""
import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass

from . import machine
from .servers import WHO, Server, environment


@dataclass(frozen=True)
class Column:
    """A figure of the table. The first that has a better side is the one that servers are compared by."""
    key: str
    title: str
    better: int  # 1 more, -1 less, 0 neither
    digits: int = 0


@dataclass(frozen=True)
class Scenario:
    name: str
    words: str
    columns: tuple
    what: str
    rounds: int | None = None
    floors: bool = False
    who: bool = False
    needs: tuple = ()

    @property
    def leading(self):
        return next(column for column in self.columns if column.better)


GREETING = (Column("per_sec", "sessions/s", 1), Column("banner_p50_us", "220 p50 µs", -1),
            Column("banner_p99_us", "220 p99 µs", -1), Column("server_cpu_us_each", "server CPU µs/session", -1))
LOGIN = GREETING[:3] + (Column("login_p50_us", "230 p50 µs", -1), Column("login_p99_us", "230 p99 µs", -1), GREETING[3])
BULK = (Column("mb_per_sec", "MB/s", 1), Column("server_cpu_ms_per_gb", "server CPU ms/GB", -1))
SMALL = (Column("per_sec", "files/s", 1), Column("file_p50_us", "p50 µs", -1), Column("file_p99_us", "p99 µs", -1),
         Column("server_cpu_us_each", "server CPU µs/file", -1))
LISTING = (Column("entries_per_sec", "entries/s", 1), Column("secs", "s", -1, 3),
           Column("server_cpu_us_per_entry", "server CPU µs/entry", -1, 2), Column("lines", "lines", 0))
IDLE = (Column("total_per_session_kib", "total KiB/session", -1, 1), Column("pss_per_session_kib", "Pss KiB", -1, 1),
        Column("private_per_session_kib", "Private KiB", -1, 1), Column("slab_per_session_kib", "slab KiB (both ends)", -1, 1),
        Column("pagetables_per_session_kib", "page tables KiB", -1, 1),
        Column("kernel_per_session_kib", "kernel KiB, all", -1, 1),
        Column("k", "sessions held", 0), Column("procs_held", "processes", 0), Column("open_secs", "s to open", -1, 2),
        Column("fresh_banner_p50_us", "fresh 220 p50 µs", -1), Column("fresh_login_p50_us", "fresh 230 p50 µs", -1))
WATCHED = (Column("who_p50_ms", "ftpwho p50 ms", -1, 2), Column("who_max_ms", "max ms", -1, 2),
           Column("who_runs", "runs", 0), Column("who_shown", "transfers shown (median)", 0), BULK[0])

SCENARIOS = (
    Scenario("banner-c8", "banner --c 8 --n 1000000 --secs {secs} --src 20", GREETING,
             "Connect, greeting, close, 8 at a time", floors=True),
    Scenario("logins-c1", "logins --c 1 --n 1000000 --secs {secs} --src 20", LOGIN,
             "Whole sessions (connect, 220, USER, PASS, QUIT, 221), one at a time", floors=True),
    Scenario("logins-c8", "logins --c 8 --n 1000000 --secs {secs} --src 20", LOGIN, "The same, 8 at a time", floors=True),
    Scenario("logins-c64", "logins --c 64 --n 1000000 --secs {secs} --src 20", LOGIN, "The same, 64 at a time", floors=True),
    Scenario("retr-c1", "retr --c 1 --reps 2", BULK, "RETR of a file of 1 GiB on tmpfs, twice, in one session"),
    Scenario("stor-c1", "stor --c 1 --reps 1 --size 1g", BULK, "STOR of 1 GiB to tmpfs, in one session"),
    Scenario("small1k-c1", "small --c 1 --n 1500 --secs {secs} --size 1024 --dir small", SMALL,
             "RETR of 1,500 files of 1 KiB, each with EPSV and a data connection, in one session"),
    Scenario("stor1k-c1", "small-stor --c 1 --n 1500 --secs {secs} --size 1024 --dir up", SMALL,
             "STOR of 1,500 files of 1 KiB, in one session"),
    Scenario("list-10000", "list --cmd LIST --dir d10000 --entries 10000 --reps 5 --timeout 60", LISTING,
             "LIST of 10,000 files on tmpfs, median of 5 in one session"),
    Scenario("nlst-10000", "list --cmd NLST --dir d10000 --entries 10000 --reps 5 --timeout 60", LISTING,
             "NLST of the same"),
    Scenario("idle-500", "idle --k 500 --par 4 --secs 12 --fresh 20 --reap 3", IDLE,
             "500 logged-in sessions that do nothing", rounds=1),
    Scenario("who", "retr --c 4 --reps 4", WATCHED,
             "`ftpwho -v`, over and over, while 4 sessions each RETR 1 GiB four times", rounds=1, who=True),
)


def make_files(home, account, plan):
    """What clients fetch and list."""
    for folder in (home, home / "small", home / "up"):
        folder.mkdir()
    block = os.urandom(1 << 20)
    with open(home / "big.bin", "wb") as big:
        for _ in range(1024):
            big.write(block)
    for number in range(100):
        (home / "small" / f"f{number:03}").write_bytes(block[:1024])
    if any("10000" in scenario.name for scenario in plan):
        (home / "d10000").mkdir()
        for number in range(10000):
            os.close(os.open(home / "d10000" / f"file-{number:06}.dat", os.O_CREAT | os.O_WRONLY, 0o644))
    subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", str(home)], check=True)


def run(scenario, name, make, bench, secs):
    """A fresh start of the server, one run of the load, and what both took."""
    server = Server(name, make, bench)
    try:
        return measured(scenario, server, bench, secs)
    finally:
        server.stop()


def measured(scenario, server, bench, secs):
    command = [str(bench.load), *scenario.words.format(secs=secs).split(), "--addr", f"127.0.0.1:{server.port}",
               "--user", bench.account.name, "--pass", bench.account.password, "--pid", str(server.pid)]
    if bench.group.counter:
        command += ["--cpu-file", bench.group.counter]
    client, busy, cpu, began = client_seconds(), machine.busy_seconds(), bench.group.seconds(), time.time()
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: machine.own_session(bench.nice))
    try:
        watched = watch(load, server, bench) if scenario.who else {}
        output, complaint = load.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        load.kill()
        output, complaint = load.communicate()
    wall, cpu = time.time() - began, bench.group.seconds() - cpu
    client = client_seconds() - client
    try:
        figures = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        figures = {"errors": -1, "error_kinds": "ftpload: " + (complaint or "no output")[-200:]}
    figures.update(watched, server_cpu=round(cpu, 3), client_cpu=round(client, 3), wall=round(wall, 3),
                   other_cores=round((machine.busy_seconds() - busy - cpu - client) / wall, 3),
                   server_alive=server.is_alive())
    return figures


def client_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def watch(load, server, bench):
    """Asks who is connected until the load ends; each answer is timed, and the transfers in it counted."""
    command = WHO[server.name](bench, server.folder)
    took, shown = [], []
    while load.poll() is None:
        began = time.perf_counter()
        answer = subprocess.run(command, capture_output=True, text=True, env=environment(bench))
        took.append((time.perf_counter() - began) * 1e3)
        shown.append(answer.stdout.count("RETR"))
    took, shown = sorted(took), sorted(shown)
    return {"who_runs": len(took), "who_p50_ms": took[len(took) // 2] if took else None,
            "who_max_ms": took[-1] if took else None, "who_shown": shown[len(shown) // 2] if shown else None}
