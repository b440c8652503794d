"""./dev eval answers --model FILE: what a model says of documents, for reading by eye.

Sets: policies (the demo company's policy pages, questions of document_questions.jsonl) and companies (the policy passages of models/retrieval,
each company a store of its own; --sample passages of each language, chosen by chance, the same each time). Prints how the questions were
answered, how often the right document was cited, and how many answers hold a number that their passage does not (none, or exit 1);
--dump writes each answer with its passage, JSON lines. Whether an answer is good, clumsy or wrong is for people to say.
"""
import argparse
import collections
import json
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ask import ROOT, ask, foreign_numbers, heading, learn, load  # noqa: E402

COMPANIES = ROOT / "models" / "retrieval" / "companies"


def policies(folder):
    files = sorted((ROOT / "demo" / "policies").glob("*.md"))
    return [(folder, files, load(ROOT / "tests" / "eval" / "document_questions.jsonl"))]


def companies(folder, sample):
    passages = [(path.stem, row) for path in sorted(COMPANIES.glob("*.jsonl")) for row in load(path) if row["kind"] == "passage"]
    chosen = []
    for language in ("zh", "en"):
        some = [p for p in passages if p[1]["language"] == language]
        chosen += random.Random(3).sample(some, min(sample, len(some)))
    for company in sorted({name for name, _ in chosen}):
        place = folder / company
        (place / "kb").mkdir(parents=True)
        for i, (_, row) in enumerate(p for p in passages if p[0] == company):
            (place / "kb" / f"{i}.md").write_text(f"# {row['heading']}\n\n{row['text']}\n", encoding="utf-8")
        questions = [{"id": f"{company}-{i}-{k}", "language": row["language"], "question": text, "article": row["heading"]}
                     for i, (name, row) in enumerate(chosen) if name == company for k, text in enumerate(row["asked"])]
        yield place, sorted((place / "kb").glob("*.md")), questions


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sets", nargs="*", choices=["policies", "companies", []], help="all without any")
    options.add_argument("--model", required=True, help="the chat model, FILE.gguf")
    options.add_argument("--sample", type=int, default=20, help="passages of each language")
    options.add_argument("--dump", type=argparse.FileType("w"))
    arguments = options.parse_args()
    outside = 0
    print("| set | language | questions | answered | in the model's words | right document, of those | with a number from elsewhere |\n|---|---|---|---|---|---|---|")
    for name in arguments.sets or ["policies", "companies"]:
        counts = collections.defaultdict(collections.Counter)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for place, files, questions in policies(folder) if name == "policies" else companies(folder, arguments.sample):
                titles = {file.name: heading(file) for file in files}
                for question, answer in zip(questions, ask(learn(files, place), questions, place, arguments.model)):
                    count, generated = counts[question["language"]], answer["path"] == "generated"
                    right = bool(answer["citations"]) and answer["citations"][0]["title"] == titles.get(question["article"], question["article"])
                    count.update(questions=1, answered=answer["action"] == "answer", generated=generated, right=generated and right,
                                 outside=bool(foreign_numbers(answer)))
                    if arguments.dump:
                        arguments.dump.write(json.dumps({**question, "right": right, "path": answer["path"], "answer": answer["answer"],
                                                         "passage": answer["citations"][0]["passage"] if answer["citations"] else None}, ensure_ascii=False) + "\n")
        for language, c in counts.items():
            print(f"| {name} | {language} | {c['questions']} | {c['answered']} | {c['generated']} | {c['right']} | {c['outside']} |", flush=True)
            outside += c["outside"]
    if outside:
        raise SystemExit("numbers that no cited passage has")


if __name__ == "__main__":
    main()
