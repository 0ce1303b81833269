"""A run as a page: the goals first, then a table a scenario, with medians and ratios within the run."""
import statistics

from .goals import GOALS, OWN, judged
from .results import Figure, fault, forks, is_peer

HEAD = """\
Each cell is the median over the rounds. *ratio* compares the first column with ferryd's the other way round: over 1,
the server is better than ferryd. *best* and *spread* ((max − min) / median) are of the first column too. Servers in
brackets do nothing but answer, or are no server at all: limits of the machine.
"""

GOALS_HEAD = """\
Beside the others stands how many times better ferryd is. Of a goal that is missing the number says how much of the way is
made. A server with errors in its rounds, or that held fewer sessions than
another, is not the best at anything.
"""


def page(results):
    lines = ["# Side by side", "", *(f"- {key}: {value}" for key, value in results.about.items()), ""]
    lines += goals(results) + ["## The scenarios", "", HEAD]
    for scenario in results.plan.values():
        if results.of(scenario.name):
            lines += section(scenario, results)
    return "\n".join(lines)


def goals(results):
    measured = [goal for goal in GOALS if OWN in results.of(goal.scenario)]
    if not measured:
        return []
    titles = ["scenario", "figure", "ferryd", "best with a process a session", "best of any kind", "limit", "goal", ""]
    return ["## The goals", "", GOALS_HEAD, row(titles), "|---|---|---:|---:|---:|---:|---:|---|",
            *(goal_row(goal, results) for goal in measured), ""]


def goal_row(goal, results):
    column, verdict = results.column(goal.scenario, goal.key), judged(goal, results)
    title = f"{column.title}, without the hash" if goal.without == "hash" else column.title
    title = f"{title}, more than without limits" if goal.without == OWN else title
    bound = goal.must.words(results, goal)
    if not bound.replace(",", "").isdigit():
        bound += f" = {shown(verdict.must, column.digits)}"
    side = ("≥ " if column.better > 0 else "≤ ")
    aim = f", aim {goal.aim.words(results, goal)}" if goal.aim else ""
    return row([goal.scenario, title, shown(verdict.reached, column.digits), *compared(goal, column, results),
                f"{side}{bound}{aim}", verdict.words()])


def compared(goal, column, results):
    """The best peers and the limit, and how many times better ferryd is."""
    reached = results.median(Figure(goal.scenario, goal.key))

    def best(among):
        name, value = results.best(goal.scenario, column, among)
        return f"{name} {shown(value, column.digits)}{times(reached, value, column.better)}" if name else "–"
    if goal.without == OWN:
        return ["–"] * 3
    return [best(forks), best(is_peer), best(lambda name: name.startswith("("))]


def times(reached, value, better):
    above, below = (reached, value) if better > 0 else (value, reached)
    return f" ({above / below:.2f} ×)" if reached and value and below > 0 else ""


def section(scenario, results):
    lead = scenario.leading
    titles = ["server", *(column.title for column in scenario.columns), "ratio", "best", "spread"]
    lines = [f"### {scenario.name}", "", f"{scenario.what}. {scenario.how}", "", row(titles),
             "|---|" + "---:|" * (len(titles) - 1)]
    own = results.median(Figure(scenario.name, lead.key))
    for name in results.of(scenario.name):
        figures = [Figure(scenario.name, column.key, name) for column in scenario.columns]
        cells = [shown(results.median(figure), column.digits) for figure, column in zip(figures, scenario.columns)]
        lines.append(row([name, *cells, *comparison(lead, results.values(Figure(scenario.name, lead.key, name)), own)]))
    return lines + [""] + notes(scenario, results.of(scenario.name)) + [""]


def comparison(lead, values, own):
    if not values:
        return ["–", "–", "–"]
    middle = statistics.median(values)
    ratio = "–"
    if own and middle > 0:
        ratio = f"{middle / own if lead.better > 0 else own / middle:.2f}"
    best = max(values) if lead.better > 0 else min(values)
    spread = f"{(max(values) - min(values)) / middle * 100:.0f} %" if len(values) > 1 and middle else "–"
    return [ratio, shown(best, lead.digits), spread]


def row(cells):
    return "| " + " | ".join(cells) + " |"


def shown(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def notes(scenario, rows):
    found = []
    for name, rounds in rows.items():
        faults = {fault(scenario, figures) for figures in rounds} - {None}
        told = {figures.get("error_kinds") for figures in rounds if figures.get("errors", 0) > 0 and not faults}
        found += [f"- {name}: a round does not count: {kind[:300]}" for kind in sorted(faults)]
        found += [f"- {name}: errors: {kind[:300]}" for kind in sorted(told - {None, ""})]
        if scenario.tells_errors and any(not figures.get("server_alive", True) for figures in rounds):
            found.append(f"- {name}: the server itself was gone at the end")
    others = [figures["other_cores"] for rounds in rows.values() for figures in rounds
              if figures.get("other_cores") is not None]
    if others:
        found.append(f"- other work on the machine meanwhile: {statistics.median(others):.2f} cores (median)")
    return found
