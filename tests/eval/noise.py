"""Characters swapped as slips and filters' enemies swap them; the same seed gives the same texts. uconv (icu-devtools) knows sounds and forms.

  homophone    a Han character by another one of the same sound and tone, drawn as often as it stands in the corpus
  full-width   a sign, letter or digit of ASCII by its full-width form
  zero-width   a zero-width space behind the character
  traditional  a simplified character by its traditional form
  mixed        each swapped character by one of these that can be done to it
"""
import collections
import random
import subprocess

KINDS = ("homophone", "full-width", "zero-width", "traditional")
SHARE = .1


def convert(rule, characters):
    done = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", rule], input="\n".join(characters), capture_output=True, text=True, check=True)
    return dict(zip(characters, done.stdout.split("\n")))


class Noise:
    def __init__(self, corpus):
        counts = collections.Counter(c for text in corpus for c in text if "\u4e00" <= c <= "\u9fff")
        sounds = convert("Han-Latin", sorted(counts))
        alike = collections.defaultdict(list)
        for c in sorted(counts):
            alike[sounds[c]].append(c)
        self.homophones = {c: [o for o in alike[sounds[c]] if o != c] for c in counts}
        self.counts = counts
        self.forms = {c: form for c, form in convert("Simplified-Traditional", sorted(counts)).items() if form != c}

    def can(self, c):
        return {"homophone": bool(self.homophones.get(c)), "full-width": "!" <= c <= "~", "zero-width": not c.isspace(), "traditional": c in self.forms}

    def swap(self, c, kind, draw):
        if kind == "homophone":
            others = self.homophones[c]
            return draw.choices(others, [self.counts[o] for o in others])[0]
        return {"full-width": lambda: chr(ord(c) + 0xfee0), "zero-width": lambda: c + "\u200b", "traditional": lambda: self.forms[c]}[kind]()

    def text(self, text, kind, draw):
        out = []
        for c in text:
            kinds = [k for k, possible in self.can(c).items() if possible and kind in (k, "mixed")]
            out.append(self.swap(c, draw.choice(kinds), draw) if kinds and draw.random() < SHARE else c)
        return "".join(out)

    def texts(self, texts, kind, seed=1):
        draw = random.Random(f"{seed} {kind}")
        return [self.text(text, kind, draw) for text in texts]
