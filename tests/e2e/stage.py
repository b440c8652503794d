"""Runs a browser story (a .mjs beside this file) and hands back how it ended. The story may wish for things on its way."""
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def play(script, *args, wishes=None):
    """Plays the script to its end. `wishes` maps the name of a wish to what grants it; a returned text is handed to the story."""
    with subprocess.Popen(["node", HERE / script, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        end, steps = None, []
        for line in node.stdout:
            told = json.loads(line)
            if "wish" in told:
                answer = wishes[told["wish"]]()
                node.stdin.write((answer if isinstance(answer, str) else "done") + "\n")
                node.stdin.flush()
            elif "step" in told:
                steps.append(told)
                print(f"{told['at'] / 1000:7.1f} s  {told['step']}", flush=True)
            else:
                end = told["end"]
    assert end is not None, f"{script} broke off (exit {node.returncode}) after {steps[-1:]}"
    assert not end["failed"], end["failed"] + "".join("\nbesides: " + each for each in end["faults"])
    assert not end["faults"], f"{len(end['faults'])} faults:\n" + "\n".join(end["faults"])
    return end
