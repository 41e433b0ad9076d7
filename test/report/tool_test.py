"""sf-report from the outside: what it writes, says and returns. usage: tool_test.py RENDER_EXAMPLE SF_REPORT"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RENDER, TOOL = sys.argv[1:3]


class Tool(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="saddleflow-tool-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        subprocess.run([RENDER, temporary.name], check=True)
        self.run_file = str(self.folder / "file.h5")
        self.page = self.folder / "file.html"

    def sf_report(self, *arguments):
        return subprocess.run([TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def assert_refused(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("sf-report: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_page_beside_the_run(self):
        done = self.sf_report(self.run_file)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{self.page}\n", ""))
        text = self.page.read_text(encoding="utf-8")
        self.assertIn("<title>saddle to saddle</title>", text)
        self.assertTrue(text.endswith("</html>\n"))

    def test_existing_page_is_kept_unless_forced(self):
        self.page.write_text("mine")
        self.assert_refused(self.sf_report(self.run_file), 2, str(self.page), "--force")
        self.assertEqual(self.page.read_text(), "mine")
        self.assertEqual(self.sf_report(self.run_file, "--force").returncode, 0)
        self.assertNotEqual(self.page.read_text(encoding="utf-8"), "mine")

    def test_chosen_name(self):
        chosen = self.folder / "other.html"
        self.assertEqual(self.sf_report(self.run_file, "-o", str(chosen)).returncode, 0)
        self.assertTrue(chosen.is_file())
        self.assertFalse(self.page.exists())

    def test_help_and_version(self):
        done = self.sf_report("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("FILE", "--output", "--force", "--version", "Exit status"):
            self.assertIn(word, done.stdout)
        self.assertRegex(self.sf_report("--version").stdout, r"^sf-report \d+\.\d+\.\d+\n$")

    def test_several_runs(self):
        runs = [str(self.folder / f"run-{k}.h5") for k in (1, 2, 3)]
        page = self.folder / "runs-of-the-tool.html"
        done = self.sf_report(*runs, "-o", str(page))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{page}\n", ""))
        text = page.read_text(encoding="utf-8")
        self.assertEqual(text, (self.folder / "runs.html").read_text(encoding="utf-8"))
        for name in ("run-1.h5", "run-2.h5", "run-3.h5"):
            self.assertIn(name, text)
        self.assert_refused(self.sf_report(*runs, "-o", str(page)), 2, str(page), "--force")
        self.assert_refused(self.sf_report(*runs), 2, "-o FILE.html")

    def test_runs_of_different_problems(self):
        page = self.folder / "none.html"
        run, other = str(self.folder / "run-1.h5"), str(self.folder / "other.h5")
        self.assert_refused(self.sf_report(run, other, "-o", str(page)), 2, other, "the network", run)
        pursuit = str(self.folder / "growing_wide.h5")
        self.assert_refused(self.sf_report(pursuit, pursuit, "-o", str(page)), 2, pursuit, "no trajectory")
        self.assertFalse(page.exists())

    def test_bad_command_lines(self):
        self.assert_refused(self.sf_report(), 2, "FILE")
        self.assert_refused(self.sf_report(self.run_file, "--frce"), 2, "--frce")

    def test_bad_files(self):
        self.assert_refused(self.sf_report(str(self.folder / "missing.h5")), 2, "missing.h5")
        foreign = self.folder / "foreign.h5"
        foreign.write_text("not HDF5")
        self.assert_refused(self.sf_report(str(foreign)), 2, "foreign.h5")
        self.assertFalse((self.folder / "foreign.html").exists())

    def test_unwritable_places(self):
        self.assert_refused(self.sf_report(self.run_file, "-o", str(self.folder / "no" / "page.html")), 4, "page.html")
        if os.geteuid() == 0:
            self.skipTest("root may write anywhere")
        self.folder.chmod(0o500)
        self.addCleanup(self.folder.chmod, 0o700)
        self.assert_refused(self.sf_report(self.run_file), 4, str(self.page))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
