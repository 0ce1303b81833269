"""The page of a run: `python3 -m unittest tests` in this folder."""
import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

from sidebyside.brief import brief, named_by
from sidebyside.goals import GOALS, HASH, OWN, Goal, Plain, Times, judged
from sidebyside.report import page
from sidebyside.results import Figure, Results, is_peer
from sidebyside.scenarios import SCENARIOS


def results(rounds, about=None):
    return Results(SCENARIOS, rounds, about or {HASH: 100.0})


def logins(*rates, **more):
    return [{"errors": 0, "per_sec": rate, **more} for rate in rates]


class Figures(unittest.TestCase):
    def test_a_cell_is_the_median_of_the_rounds_that_count(self):
        failed = {"errors": 3, "error_kinds": "3x connect: refused", "per_sec": 9000}
        run = results({"logins-c8": {OWN: [*logins(10, 30, 20), failed]}})
        self.assertEqual(run.median(Figure("logins-c8", "per_sec")), 20)
        self.assertIn("a round does not count: 3x connect: refused", page(run))

    def test_who_made_errors_or_held_fewer_sessions_is_not_the_best(self):
        rounds = {"vsftpd": [{"errors": 0, "k": 2000, "total_per_session_kib": 600}],
                  "proftpd": [{"errors": 0, "k": 900, "total_per_session_kib": 100}],
                  "unftp": [{"errors": 2, "k": 2000, "total_per_session_kib": 20}]}
        run = results({"idle-2000": rounds})
        column = run.column("idle-2000", "total_per_session_kib")
        self.assertEqual(run.best("idle-2000", column, lambda _: True), ("vsftpd", 600))

    def test_fewer_sessions_than_ferryd_held_are_not_the_best_either(self):
        run = results({"who-5000": {OWN: [{"errors": 0, "k": 5000, "who_p50_ms": 14}],
                                    "proftpd": [{"errors": 0, "k": 3600, "who_p50_ms": 11}]}})
        self.assertEqual(run.best("who-5000", run.column("who-5000", "who_p50_ms"), is_peer), (None, None))

    def test_a_listing_cut_short_does_not_count(self):
        run = results({"list-100000": {OWN: [{"errors": 0, "complete": 0, "lines": 7, "entries_per_sec": 5}]}})
        self.assertIsNone(run.median(Figure("list-100000", "entries_per_sec")))


class Brief(unittest.TestCase):
    def test_the_readme_shows_the_figures_of_a_run_that_was_kept(self):
        here = Path(__file__).parent
        name, lines = named_by((here.parent / "README.md").read_text())
        run = json.loads((here / "runs" / name).read_text())
        self.assertEqual(lines, brief(Results(SCENARIOS, run["results"], run["about"]), name))


class Goals(unittest.TestCase):
    def test_every_goal_is_about_a_figure_that_is_measured(self):
        run = results({})
        for goal in GOALS:
            run.column(goal.scenario, goal.key)
            for bound in (goal.must, goal.aim):
                if isinstance(bound, Times) and not bound.scenario and bound.key:
                    run.column(goal.scenario, bound.key)

    def test_a_bound_is_met_or_told_by_how_much_it_is_missed(self):
        run = results({"logins-c64": {OWN: logins(300), "pure-ftpd": logins(100)}})
        for factor, words in ((2, "met"), (3, "met"), (4, "missing (0.75)")):
            self.assertEqual(judged(Goal("logins-c64", "per_sec", Times(factor, "pure-ftpd")), run).words(), words)
        aimed = Goal("logins-c64", "per_sec", Plain(200), Plain(400))
        self.assertEqual(judged(aimed, run).words(), "met, the aim not")
        self.assertEqual(judged(Goal("logins-c64", "per_sec", Times(1, "unftp")), run).words(), "not measured")

    def test_less_is_better_where_the_column_says_so(self):
        run = results({"logins-c1": {OWN: logins(1, login_p50_us=400), "(null prefork)": logins(1, login_p50_us=150)}})
        goal = Goal("logins-c1", "login_p50_us", Times(1.5, "(null prefork)"), without="hash")
        verdict = judged(goal, run)
        self.assertEqual((verdict.reached, verdict.must, verdict.words()), (300, 225, "missing (0.75)"))

    def test_what_limits_cost_is_the_difference_of_two_rows(self):
        rows = {OWN: [{"errors": 0, "k": 5000, "fresh_login_p50_us": 800}],
                f"{OWN}, limits": [{"errors": 0, "k": 5000, "fresh_login_p50_us": 850}]}
        goal = Goal("limits-5000", "fresh_login_p50_us", Plain(100), without=OWN)
        self.assertEqual(judged(goal, results({"limits-5000": rows})).reached, 50)


class Pages(unittest.TestCase):
    def test_every_run_that_is_kept_has_its_page(self):
        for kept in sorted(Path(__file__).with_name("runs").glob("*.json")):
            run = json.loads(kept.read_text())
            self.assertTrue(page(results(run["results"], run["about"])).startswith("# Side by side"), kept)
            self.assertTrue(kept.with_suffix(".md").exists(), kept)


if __name__ == "__main__":
    unittest.main()
