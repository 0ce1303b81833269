"""The results as tables: medians over the rounds, and ratios within the run."""
import statistics

HEAD = """\
Each cell is the median over the rounds. *ratio* compares the first column with ferryd's the other way round: over 1,
the server is better than ferryd. *best* and *spread* ((max − min) / median) are of the first column too. Servers in
brackets do nothing but answer: floors for cost.
"""


def table(plan, results, about):
    lines = ["# Side by side", "", *(f"- {key}: {value}" for key, value in about.items()), "", HEAD]
    for scenario in plan:
        rows = results.get(scenario.name)
        if rows:
            lines += section(scenario, rows)
    return "\n".join(lines)


def section(scenario, rows):
    lead = scenario.leading
    titles = [column.title for column in scenario.columns] + ["ratio", "best", "spread"]
    lines = [f"## {scenario.name}", "", f"{scenario.what}. `ftpload {scenario.words}`", "",
             "| server | " + " | ".join(titles) + " |", "|---|" + "---:|" * len(titles)]
    own = median(rows.get("ferryd", []), lead.key)
    for name, rounds in rows.items():
        cells = [shown(median(rounds, column.key), column.digits) for column in scenario.columns]
        values = [figures[lead.key] for figures in counted(rounds) if figures.get(lead.key) is not None]
        lines.append(f"| {name} | " + " | ".join(cells + comparison(lead, values, own)) + " |")
    return lines + [""] + notes(rows) + [""]


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


def counted(rounds):
    """A round with errors, or a listing cut short, does not count; sessions that are held do, whoever failed beside them."""
    return [figures for figures in rounds if not fault(figures) or figures.get("k")]


def fault(figures):
    if figures.get("errors") != 0:
        return figures.get("error_kinds") or "failed"
    if figures.get("complete") == 0:
        return f"only {figures.get('lines')} lines"
    return None if figures.get("server_alive", True) else "the server itself was gone at the end"


def median(rounds, key):
    values = [figures[key] for figures in counted(rounds) if figures.get(key) is not None]
    return statistics.median(values) if values else None


def shown(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def notes(rows):
    found = []
    for name, rounds in rows.items():
        for kind in sorted({fault(figures) for figures in rounds} - {None}):
            found.append(f"- {name}: a round had errors: {kind[:300]}")
    others = [figures["other_cores"] for rounds in rows.values() for figures in rounds if "other_cores" in figures]
    if others:
        found.append(f"- other work on the machine meanwhile: {statistics.median(others):.2f} cores (median)")
    return found
