"""./dev eval [NAME [OPTION...]]: runs a quality suite, tests/eval/NAME.py; all of them without a name."""
import pathlib
import subprocess
import sys

SUITES = ["ask", "followup", "judge", "names", "personal", "slots", "text"]
ON_DEMAND = ["answers"]  # needs a model to ask, and somebody to read
folder = pathlib.Path(__file__).resolve().parent
names, options = (sys.argv[1:2], sys.argv[2:]) if len(sys.argv) > 1 else (SUITES, [])
if names[0] not in SUITES + ON_DEMAND:
    sys.exit(f"there is no suite '{names[0]}' (one of: {' '.join(SUITES + ON_DEMAND)})")
sys.exit(max(subprocess.run([sys.executable, folder / f"{name}.py", *options]).returncode for name in names))
