"""The scenarios: one row each, and the files they need."""
import os
import subprocess
from dataclasses import dataclass

from .loads import Held, Load, Starts
from .servers import KINDS, LIMITED, SERVERS


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
    what: str
    how: Load | Held | Starts
    columns: tuple
    rounds: int | None = None
    # So many times as many rounds as are asked for, where one says little.
    times: int = 1
    # Rows beside the chosen servers.
    beside: tuple = ()
    # Which servers can be asked this at all.
    suits: object = lambda name: True
    # Errors are a figure of it, and no reason to leave a round out.
    tells_errors: bool = False

    @property
    def leading(self):
        return next(column for column in self.columns if column.better)

    def rows(self, chosen):
        """The servers it is run on."""
        servers = {name: kind for name, kind in chosen.items() if self.suits(name)}
        of_chosen = [name for name in self.beside if name not in LIMITED or name.split(",")[0] in chosen]
        return {**servers, **{name: KINDS[name] for name in of_chosen}}


def who_works(name):
    return KINDS[name].who if name in KINDS else True


def reloads(name):
    return opens_thousands(name) and (KINDS[name].reloads if name in KINDS else True)


def counts_limits(name):
    return f"{name}, limits" in LIMITED


def only_ferryd(name):
    return name not in SERVERS or name == "ferryd"


def has_mlsd(name):
    return not name.startswith("vsftpd")


def differs_in_transfers(name):
    return name != "vsftpd-bare"


def opens_thousands(name):
    """vsftpd's namespaces take long to open and longer to close."""
    return name != "vsftpd"


PREFORK, FORK, SENDFILE = "(null prefork)", "(null fork)", "(sendfile)"

GREETING = (Column("per_sec", "sessions/s", 1), Column("banner_p50_us", "220 p50 µs", -1),
            Column("banner_p99_us", "220 p99 µs", -1), Column("server_cpu_us_each", "server CPU µs/session", -1))
LOGIN = GREETING[:3] + (Column("login_p50_us", "230 p50 µs", -1), Column("login_p99_us", "230 p99 µs", -1), GREETING[3])
BULK = (Column("mb_per_sec", "MB/s", 1), Column("server_cpu_ms_per_gb", "server CPU ms/GB", -1))
SMALL = (Column("per_sec", "files/s", 1), Column("file_p50_us", "p50 µs", -1), Column("file_p99_us", "p99 µs", -1),
         Column("server_cpu_us_each", "server CPU µs/file", -1))
LISTING = (Column("entries_per_sec", "entries/s", 1), Column("first_byte_ms", "first byte ms", -1, 1),
           Column("secs", "s", -1, 3), Column("server_cpu_us_per_entry", "server CPU µs/entry", -1, 2),
           Column("peak_growth_kib", "peak memory above that of 10,000 files, KiB", -1), Column("lines", "lines", 0))
IDLE = (Column("total_per_session_kib", "total KiB/session", -1, 1), Column("pss_per_session_kib", "Pss KiB", -1, 1),
        Column("private_per_session_kib", "Private KiB", -1, 1), Column("slab_per_session_kib", "slab KiB (both ends)", -1, 1),
        Column("pagetables_per_session_kib", "page tables KiB", -1, 1),
        Column("kernel_per_session_kib", "kernel KiB, all", -1, 1), Column("k", "sessions held", 1),
        Column("processes", "processes", 0), Column("open_secs", "s to open", -1, 2),
        Column("fresh_banner_p50_us", "fresh 220 p50 µs", -1), Column("fresh_login_p50_us", "fresh 230 p50 µs", -1),
        Column("held_lost", "lost", -1))
WHO = (Column("who_p50_ms", "ftpwho p50 ms", -1, 2), Column("who_max_ms", "max ms", -1, 2), Column("who_runs", "runs", 0),
       Column("who_failed", "failed", -1))
WHO_HELD = WHO + (Column("k", "sessions held", 1), Column("noop_p50_us", "NOOP p50 µs meanwhile", -1),
                  Column("quiet_noop_p50_us", "without", 0), Column("noop_p99_us", "NOOP p99 µs meanwhile", -1),
                  Column("quiet_noop_p99_us", "without", 0), Column("held_lost", "lost", -1))
WHO_TRANSFERS = WHO + (Column("who_shown", "transfers shown (median)", 0), BULK[0])
COUNTED = (Column("fresh_login_p50_us", "fresh 230 p50 µs", -1), Column("fresh_banner_p50_us", "fresh 220 p50 µs", -1),
           Column("fresh_server_cpu_us_each", "server CPU µs/session", -1), Column("k", "sessions held", 1),
           Column("open_secs", "s to open", -1, 2))
MIXED = (Column("per_sec", "sessions/s", 1), Column("errors", "errors", -1), Column("held_lost", "held sessions lost (of 2)", -1),
         Column("login_p50_us", "230 p50 µs", -1), Column("login_p99_us", "230 p99 µs", -1),
         Column("login_max_us", "230 max µs", -1), Column("server_cpu_us_each", "server CPU µs/session", -1))
START = (Column("start_ms", "start to first 220, ms", -1, 1), Column("start_max_ms", "slowest", -1, 1))
RELOAD = (Column("reload_ms", "HUP to the new greeting, ms", -1, 1), Column("refused", "clients refused meanwhile", -1),
          Column("held_lost", "held sessions lost", -1), Column("k", "sessions held", 1))


def listing(verb, **words):
    return Scenario(f"{verb.lower()}-100000", f"{verb} of 100,000 files on tmpfs",
                    Load(f"list --cmd {verb} --before d10000 --dir d100000 --entries 100000 --reps 1 --timeout 60"),
                    LISTING, **words)


SCENARIOS = (
    Scenario("banner-c8", "Connect, greeting, close, 8 at a time",
             Load("banner --c 8 --secs {secs} --src 20"), GREETING, beside=(PREFORK, FORK)),
    Scenario("logins-c1", "Whole sessions (connect, 220, USER, PASS, QUIT, 221), one at a time",
             Load("logins --c 1 --secs {secs} --src 20"), LOGIN, beside=(PREFORK, FORK)),
    Scenario("logins-c8", "The same, 8 at a time",
             Load("logins --c 8 --secs {secs} --src 20"), LOGIN, beside=(PREFORK, FORK)),
    Scenario("logins-c64", "The same, 64 at a time",
             Load("logins --c 64 --secs {secs} --src 20"), LOGIN, beside=(PREFORK, FORK)),
    Scenario("retr-c1", "RETR of a file of 1 GiB on tmpfs, twice, in one session",
             Load("retr --c 1 --reps 2"), BULK, times=3, beside=(SENDFILE,), suits=differs_in_transfers),
    Scenario("retr-c4", "RETR of a file of 1 GiB on tmpfs in each of 4 sessions",
             Load("retr --c 4 --reps 1"), BULK, times=3, beside=(SENDFILE,), suits=differs_in_transfers),
    Scenario("stor-c1", "STOR of 1 GiB to tmpfs, in one session",
             Load("stor --c 1 --reps 1 --size 1g"), BULK, suits=differs_in_transfers),
    Scenario("small1k-c1", "RETR of files of 1 KiB for 1.5 s, each with EPSV and a data connection, in one session",
             Load("small --c 1 --n 1000000 --secs {secs} --size 1024"), SMALL, beside=(PREFORK,)),
    Scenario("small1k-c8", "The same in 8 sessions",
             Load("small --c 8 --n 1000000 --secs {secs} --size 1024"), SMALL, beside=(PREFORK,)),
    Scenario("stor1k-c1", "STOR of files of 1 KiB, likewise, in one session",
             Load("small-stor --c 1 --n 1000000 --secs {secs} --size 1024"), SMALL, beside=(PREFORK,)),
    listing("MLSD", suits=has_mlsd),
    listing("LIST", suits=differs_in_transfers),
    listing("NLST", suits=differs_in_transfers),
    Scenario("mixed-c4", "Sessions of four kinds (login only; 3 RETR and a STOR of small files; LIST of 1,000; RETR of 4 MiB), "
             "4 at a time for 3 s, two others held",
             Load("mixed --c 4 --secs 3 --src 20 --timeout 8"), MIXED, tells_errors=True),
    Scenario("hup-c4", "The same for 5 s, with a SIGHUP to the server every 0.5 s",
             Load("mixed --c 4 --secs 5 --src 20 --timeout 8", reload_every=0.5), MIXED, tells_errors=True),
    Scenario("start", "From the start of the program to the first 220", Starts(), START, beside=(FORK,)),
    Scenario("idle-2000", "2,000 logged-in sessions that do nothing", Held(2000), IDLE, beside=(FORK,),
             tells_errors=True),
    Scenario("idle-5000", "5,000 logged-in sessions that do nothing (30 s to open them)", Held(5000), IDLE, rounds=1,
             beside=(FORK,), suits=opens_thousands, tells_errors=True),
    Scenario("idle-15000", "15,000 logged-in sessions that do nothing, of two clients (60 s to open them)",
             Held(15000, clients=2), IDLE, rounds=1, suits=only_ferryd, tells_errors=True),
    Scenario("who-5000", "`ftpwho`, over and over, beside 5,000 sessions; one of them says NOOP all the while",
             Held(5000, beside="who"), WHO_HELD, rounds=1, suits=who_works, tells_errors=True),
    Scenario("who-retr", "`ftpwho`, over and over, while 4 sessions each RETR 1 GiB four times",
             Load("retr --c 4 --reps 4", who=True), WHO_TRANSFERS, rounds=1, suits=who_works),
    Scenario("limits-5000", "Logins one at a time beside 5,000 sessions, with MaxClientsPerUser and MaxClientsPerHost and without",
             Held(5000), COUNTED, rounds=2, beside=tuple(LIMITED), suits=counts_limits, tells_errors=True),
    Scenario("hup-5000", "SIGHUP beside 5,000 sessions, until a client reads the new configuration's greeting",
             Held(5000, beside="reload"), RELOAD, rounds=1, suits=reloads, tells_errors=True),
)


def make_files(home, account, plan):
    """What clients fetch and list."""
    for folder in ("", "small", "up"):
        (home / folder).mkdir()
    block = os.urandom(1 << 20)
    with open(home / "big.bin", "wb") as big:
        for _ in range(1024):
            big.write(block)
    (home / "mid.bin").write_bytes(block * 4)
    for number in range(100):
        (home / "small" / f"f{number:03}").write_bytes(block[:1024])
    fill(home / "d1000", 1000)
    if any("100000" in scenario.name for scenario in plan):
        fill(home / "d10000", 10000)
        fill(home / "d100000", 100000)
    subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", str(home)], check=True)


def fill(folder, files):
    folder.mkdir()
    for number in range(files):
        os.close(os.open(folder / f"file-{number:06}.dat", os.O_CREAT | os.O_WRONLY, 0o644))


def make_room(home):
    """What was uploaded goes: a server that overwrites a file has the old one to free first."""
    for uploaded in (home / "up").iterdir():
        uploaded.unlink()
