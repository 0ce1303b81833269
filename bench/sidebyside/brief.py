"""A run in a few lines, for the README: what an operator asks first, every server beside the others."""
from dataclasses import dataclass

from .report import row, shown
from .results import Figure

BEGIN = "<!-- bench/run --brief bench/runs/"
END = "<!-- end -->"
SERVERS = ("ferryd", "proftpd", "vsftpd", "pure-ftpd", "unftp", "pyftpdlib")


@dataclass(frozen=True)
class Line:
    what: str
    scenario: str
    key: str


LINES = (
    Line("logins a second, 64 clients at a time", "logins-c64", "per_sec"),
    Line("processor time of a login, µs", "logins-c64", "server_cpu_us_each"),
    Line("greetings a second, 8 clients at a time", "banner-c8", "per_sec"),
    Line("memory of a session at rest, with the kernel's, KiB", "idle-2000", "total_per_session_kib"),
    Line("seconds to open 2,000 sessions", "idle-2000", "open_secs"),
    Line("download of 1 GiB, MB/s", "retr-c1", "mb_per_sec"),
    Line("processor time of it, ms/GB", "retr-c1", "server_cpu_ms_per_gb"),
    Line("upload of 1 GiB, MB/s", "stor-c1", "mb_per_sec"),
    Line("downloads of 1 KiB a second, 8 clients", "small1k-c8", "per_sec"),
    Line("uploads of 1 KiB a second", "stor1k-c1", "per_sec"),
    Line("names a second in MLSD of 100,000", "mlsd-100000", "entries_per_sec"),
    Line("sessions a second of a mixed load, with a SIGHUP every 0.5 s", "hup-c4", "per_sec"),
    Line("errors and held sessions lost of it", "hup-c4", "harm"),
)


def brief(results, name):
    """The lines of the README, from the comment that names the run to the one that ends them."""
    about = results.about
    rounds, machine = about["rounds"].split(",")[0], about["machine"]
    return "\n".join([
        f"{BEGIN}{name} -->", row(["", *SERVERS]), "| --- |" + " ---: |" * len(SERVERS),
        *(row([line.what, *(cell(line, server, results) for server in SERVERS)]) for line in LINES), "",
        f"{machine}, {about['date']}; medians of {rounds} rounds in turn, over the loopback interface. All figures,",
        f"beside what the machine can do at most: `bench/runs/{name.replace('.json', '.md')}`; what was made equal, and how to repeat it: `bench/README.md`.",
        END, ""])


def named_by(page):
    """The name of the run whose lines a page shows, and the lines."""
    start = page.index(BEGIN)
    end = page.index(END, start) + len(END) + 1
    return page[start + len(BEGIN):].split(" ")[0], page[start:end]


def cell(line, server, results):
    rounds = results.counted(line.scenario, server) if server in results.of(line.scenario) else []
    if line.key == "harm":
        if any(not figures.get("server_alive", True) for figures in rounds):
            return "it ended"
        return str(sum(figures.get("errors", 0) + figures.get("held_lost", 0) for figures in rounds)) if rounds else "–"
    if any(not figures.get("server_alive", True) for figures in rounds):
        return "–"
    figure = results.median(Figure(line.scenario, line.key, server))
    if figure is not None and figure <= 0:
        return "≈ 0"  # The machine's growth was less than its noise: one process holds all sessions.
    return shown(figure, results.column(line.scenario, line.key).digits)
