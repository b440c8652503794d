"""./dev bench crash [CYCLES]: the crash test of the suite at length: kill -9 at random moments, 500 times."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
cycles = sys.argv[1] if len(sys.argv) > 1 else "500"
sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-s", "--timeout", "7200", "fault/test_crash.py"], cwd=ROOT / "tests",
                        env={**os.environ, "ZHIYIN_CRASH_CYCLES": cycles}).returncode)
