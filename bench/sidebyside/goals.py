"""What ferryd is to reach, one row a goal, and how near it is in a run."""
from dataclasses import dataclass

from .results import Figure, forks, is_peer

# Whom a figure is compared with, beside a server by its name.
BEST_FORKING = "the best with a process a session"
BEST = "the best"
OWN = "ferryd"
# Under which word a run keeps what one hash of the password takes.
HASH = "MD5-crypt, µs"
# A list of 90,000 more names takes megabytes; this is less than three bytes for each.
SAME_MEMORY = 256


@dataclass(frozen=True)
class Times:
    """A bound that is so many times another figure of the same run: by default the same one of another server."""
    factor: float
    of: str
    scenario: str = ""
    key: str = ""

    def base(self, results, goal):
        scenario = self.scenario or goal.scenario
        if self.of in (BEST, BEST_FORKING):
            among = forks if self.of == BEST_FORKING else is_peer
            return results.best(scenario, results.column(scenario, goal.key), among)
        return self.of, results.median(Figure(scenario, self.key or goal.key, self.of))

    def value(self, results, goal):
        _, base = self.base(results, goal)
        return None if base is None else self.factor * base

    def words(self, results, goal):
        name, _ = self.base(results, goal)
        if self.of == OWN:
            name = results.column(goal.scenario, self.key).title if self.key and not self.scenario else f"that of {self.scenario}"
        return f"{self.factor:g} × {name or self.of}"


@dataclass(frozen=True)
class Plain:
    """A bound in the figure's own unit."""
    number: float

    def value(self, *_):
        return self.number

    def words(self, *_):
        return f"{self.number:,g}"


@dataclass(frozen=True)
class Goal:
    scenario: str
    key: str
    must: Times | Plain
    aim: Times | Plain | None = None
    # What the bound does not hold for: the hash of the password, or the same figure of another row.
    without: str = ""

    def aside(self, results):
        if self.without == "hash":
            return float(results.about.get(HASH, 0))
        if self.without:
            return results.median(Figure(self.scenario, self.key, self.without)) or 0
        return 0

    def reached(self, results):
        row = f"{OWN}, limits" if self.without == OWN else OWN
        value = results.median(Figure(self.scenario, self.key, row))
        return None if value is None else value - self.aside(results)


GOALS = (
    Goal("logins-c64", "per_sec", Times(5, "pure-ftpd"), Times(7, "pure-ftpd")),
    Goal("logins-c1", "banner_p50_us", Times(1.5, "(null prefork)")),
    Goal("logins-c1", "login_p50_us", Times(1.5, "(null prefork)"), without="hash"),
    Goal("logins-c1", "banner_p99_us", Times(4, OWN, key="banner_p50_us")),
    Goal("logins-c1", "login_p99_us", Times(4, OWN, key="login_p50_us")),
    Goal("banner-c8", "per_sec", Times(1, "unftp")),
    Goal("idle-2000", "total_per_session_kib", Plain(160), Plain(120)),
    Goal("idle-5000", "total_per_session_kib", Plain(160), Plain(120)),
    Goal("idle-5000", "open_secs", Plain(3)),
    Goal("idle-5000", "fresh_login_p50_us", Times(1.1, OWN, "logins-c1", "login_p50_us")),
    Goal("idle-5000", "held_lost", Plain(0)),
    Goal("idle-15000", "k", Plain(15000)),
    Goal("retr-c1", "mb_per_sec", Times(0.95, BEST)),
    Goal("retr-c1", "server_cpu_ms_per_gb", Times(1.1, BEST)),
    Goal("retr-c4", "mb_per_sec", Times(0.95, BEST)),
    Goal("retr-c4", "server_cpu_ms_per_gb", Times(1.1, BEST)),
    Goal("stor-c1", "mb_per_sec", Times(1.3, BEST)),
    Goal("small1k-c1", "per_sec", Times(1.5, BEST)),
    Goal("small1k-c8", "per_sec", Times(1.5, BEST)),
    Goal("stor1k-c1", "per_sec", Times(1.5, BEST)),
    Goal("mlsd-100000", "entries_per_sec", Times(1.5, BEST)),
    Goal("mlsd-100000", "first_byte_ms", Plain(5)),
    Goal("mlsd-100000", "peak_growth_kib", Plain(SAME_MEMORY)),
    Goal("list-100000", "entries_per_sec", Times(1.5, BEST)),
    Goal("list-100000", "first_byte_ms", Plain(5)),
    Goal("list-100000", "peak_growth_kib", Plain(SAME_MEMORY)),
    Goal("nlst-100000", "entries_per_sec", Times(1, BEST)),
    Goal("nlst-100000", "first_byte_ms", Plain(5)),
    Goal("nlst-100000", "peak_growth_kib", Plain(SAME_MEMORY)),
    Goal("hup-c4", "per_sec", Times(4, BEST_FORKING)),
    Goal("hup-c4", "errors", Plain(0)),
    Goal("hup-c4", "held_lost", Plain(0)),
    Goal("hup-c4", "login_p99_us", Times(1.1, OWN, "mixed-c4")),
    Goal("who-5000", "who_p50_ms", Plain(20)),
    Goal("who-5000", "noop_p50_us", Times(1.1, OWN, key="quiet_noop_p50_us")),
    Goal("who-5000", "held_lost", Plain(0)),
    Goal("limits-5000", "fresh_login_p50_us", Plain(100), without=OWN),
    Goal("start", "start_ms", Plain(100)),
    Goal("hup-5000", "reload_ms", Plain(200)),
    Goal("hup-5000", "refused", Plain(0)),
    Goal("hup-5000", "held_lost", Plain(0)),
)


@dataclass(frozen=True)
class Verdict:
    """A goal in one run; `share` is how much of the way is made, 1 or more where the goal is met."""
    reached: float | None
    must: float | None
    share: float | None
    misses_aim: bool

    def words(self):
        if self.share is None:
            return "not measured"
        if self.share < 1:
            return f"missing ({self.share:.2f})"
        return "met, the aim not" if self.misses_aim else "met"


def judged(goal, results):
    reached, must = goal.reached(results), goal.must.value(results, goal)
    aim = goal.aim.value(results, goal) if goal.aim else None
    better = results.column(goal.scenario, goal.key).better
    misses_aim = None not in (reached, aim) and not is_within(reached, aim, better)
    return Verdict(reached, must, share(reached, must, better), misses_aim)


def is_within(reached, bound, better):
    return reached >= bound if better > 0 else reached <= bound


def share(reached, bound, better):
    if reached is None or bound is None:
        return None
    above, below = (reached, bound) if better > 0 else (bound, reached)
    part = above / below if below > 0 else 1.0
    return max(1.0, part) if is_within(reached, bound, better) else min(0.99, part)
