"""A run's figures: which rounds count, medians, and the best of several servers."""
import statistics
from dataclasses import dataclass

from .servers import SERVERS


@dataclass(frozen=True)
class Figure:
    """One figure of one server in one scenario."""
    scenario: str
    key: str
    server: str = "ferryd"


class Results:
    def __init__(self, plan, rounds, about):
        self.plan = {scenario.name: scenario for scenario in plan}
        self.rounds, self.about = rounds, about

    def of(self, scenario):
        return self.rounds.get(scenario, {})

    def column(self, scenario, key):
        return next(column for column in self.plan[scenario].columns if column.key == key)

    def counted(self, scenario, server):
        rounds = self.of(scenario).get(server, [])
        return [figures for figures in rounds if not fault(self.plan[scenario], figures)]

    def values(self, figure):
        return [figures[figure.key] for figures in self.counted(figure.scenario, figure.server)
                if figures.get(figure.key) is not None]

    def median(self, figure):
        values = self.values(figure)
        return statistics.median(values) if values else None

    def best(self, scenario, column, among):
        """The best of those servers, by name, and its figure. Who made errors, lost sessions, or held fewer than another,
        whoever that is, is not the best at anything."""
        names = [name for name in self.of(scenario) if among(name) and self.is_clean(scenario, name)]
        most = max((self.sessions(scenario, name) for name in self.of(scenario) if self.counted(scenario, name)), default=0)
        found = [(name, self.median(Figure(scenario, column.key, name))) for name in names
                 if self.sessions(scenario, name) == most]
        found = [(name, value) for name, value in found if value is not None]
        if not found:
            return None, None
        return (max if column.better > 0 else min)(found, key=lambda pair: pair[1])

    def is_clean(self, scenario, name):
        rounds = self.counted(scenario, name)
        return bool(rounds) and all(figures.get("errors") == 0 and not figures.get("held_lost") for figures in rounds)

    def sessions(self, scenario, name):
        return min(figures.get("k", 0) for figures in self.counted(scenario, name))


def is_peer(name):
    return name in SERVERS and name != "ferryd"


def forks(name):
    return is_peer(name) and SERVERS[name].forks


def fault(scenario, figures):
    """Why a round does not count: errors where they are no figure, a listing that was cut short, a server that ended."""
    if figures.get("errors") == -1 or figures.get("errors") != 0 and not scenario.tells_errors:
        return figures.get("error_kinds") or "failed"
    if figures.get("complete") == 0:
        return f"only {figures.get('lines')} lines"
    if not figures.get("server_alive", True) and not scenario.tells_errors:
        return "the server itself was gone at the end"
    return None
