"""Writes the fixtures of TokenizerTests: what Hugging Face's `tokenizers` and Python say.

    pip install tokenizers==0.23.3
    python generate.py

Files: corpus.txt (the text below), bpe-none.json and bpe-nfc.json (trained tokenizers),
bpe-uncased.json (a sequence of normalizers), encodings.json, normalization.json.
"""

import json
import pathlib
import random
import unicodedata

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent

SENTENCES = """\
The quick brown fox jumps over the lazy dog, and the dog doesn't care.
We've seen that they'll come; I'm sure she'd say it's what you're after.
In 1984 there were 365 days, 52 weeks and 8,760 hours; 3.14159 is not one of them.
A tokenizer turns text into numbers and numbers into text, token by token by token.
Der Übergang über die Brücke führt größere Flüsse hinüber, natürlich mit Grüßen.
Où est passé l'été ? Près de la forêt, à côté d'un château, bien sûr.
Съешь ещё этих мягких французских булок, да выпей же чаю.
Ο γρήγορος καφές, το τηλέφωνο και η θάλασσα του καλοκαιριού.
吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。
我们今天去公园散步,天气很好,空气也很新鲜。
한국어 문장도 하나 넣어 봅시다. 토큰은 바이트에서 시작합니다.
हिन्दी में भी एक वाक्य लिखते हैं। यह बहुत सरल है।
ภาษาไทยไม่มีช่องว่างระหว่างคำ
مرحبا بالعالم، هذا نص قصير.
func main() { return  x == 0 ? "yes" : 'no' }  // comment
\tif (a[i] != b[j]) {\n\t\t++count;\n\t}
"""
RUNS = "\n".join(
    ["a" * 40, "b" * 7 + " " + "b" * 7, "abababababab", "aaab aaaab aaaaab", "xx xxx xxxx xxxxx",
     "........", "------ ======", "0000000000000000", "\n\n\n", "      indented", "ééééé"])
CORPUS = (SENTENCES * 3 + RUNS + "\n") * 2 + "The end."

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\t\t", "\r\n", "a", " a", "  a", "a ", "a  ",
    "a  b", "a   b", "a\n\nb", "a \n b", "a\u00a0b", "a\u00a0\u00a0b", "\u3000\u3000字", "x\u2028y",
    "\x85\x85a", "\x1c\x1d a", "\u180ea", "\u200ba\u200b b", "\ufeffBOM",
    "I'm you're he'll we've she'd it's don't", "'s 't 're 've 'm 'll 'd", "'S'T'RE", "''s", " 's",
    "o'clock 'round rock'n'roll", "'", "''", "'l", "'r", "'v", "'lla", "l'l", "’s it’s",
    "The quick brown fox", "tokenizers", "3.14159 1,000,000 0x1F ½ ² Ⅻ ٣ ३", "abc123def456",
    "a-b_c+d=e/f\\g|h", "...!!!???", "<|endoftext|>", "a<|endoftext|>b", "<|endoftext|",
    "<|endoftext|><|endoftext|>", " <|endoftext|> ",
    "吾輩は猫である", "我们今天去公园", "한국어 문장", "हिन्दी में", "ภาษาไทย", "مرحبا بالعالم",
    "Größe Übergang", "ещё", "θάλασσα ΟΔΟΣ", "İstanbul ıI", "ǅ ﬁ ﬀ Å Å Å",
    "e\u0301 é n\u0303 ñ", "\u0301", "a\u0301\u0323 a\u0323\u0301", "q\u0307\u0323", " \u0301x",
    "\u1100\u1161\u11a8 각", "각", "\u0958 \u0915\u093c", "\u2126 Ω K K",
    "👍 👍🏽 👨‍👩‍👧‍👦 🇩🇪 🏳️‍🌈", "😀😀😀", "a👍b", "\U0001d400\U0001d7d9", "\U00010ffd", "\ue000",
    "a" * 100, "ab" * 60, "x" * 17 + " " + "y" * 33, " " * 50, " " * 50 + "a", "\n" * 20 + "a",
    "internationalization Donaudampfschifffahrtsgesellschaft достопримечательность",
    "https://example.org/a/b?c=d&e=f#g", "{\"key\": [1, 2.5, null]}", "line one\nline two\r\nthree\n",
    "\x00\x01\x7f", "mixed \t \n whitespace \u2003 here", "no\u0300rma\u0308l", "1st 2nd 3rd",
]


def fuzz(count):
    """Random strings of characters that meet in few real texts."""
    rng = random.Random(7)
    pool = list("aab'stremvld  \n\t.,12é") + ["\u0301", "\u00a0", "字", "👍", "\u0323", "ß", "\u3000"]
    return ["".join(rng.choice(pool) for _ in range(rng.randrange(1, 40))) for _ in range(count)]


def train(normalizer, size, **options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<|endoftext|>", "<|pad|>"], **options)
    tokenizer.train_from_iterator([CORPUS], trainer)
    return tokenizer


def encodings(tokenizer):
    cases = []
    for text in TEXTS + fuzz(150):
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text).ids
        tokenizer.encode_special_tokens = True
        cases.append({"text": text, "ids": tokenizer.encode(text).ids, "special_ids": special})
    return cases


def normalization():
    """Random strings and their four normal forms, by Python's Unicode 14.

    Marks are drawn often, as order and composition are where mistakes are made.
    """
    assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
    rng = random.Random(11)
    assigned = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in
                ("Cn", "Cs", "Co")]
    marks = [c for c in assigned if unicodedata.combining(c)]
    changing = [c for c in assigned if unicodedata.normalize("NFKD", c) != c and
                not "\uac00" <= c <= "\ud7a3"]
    jamo = [chr(c) for c in range(0x1100, 0x1200)] + [chr(c) for c in range(0xac00, 0xac80)]
    pools = [list("aeoun AEO"), marks, changing, jamo, assigned]
    cases = []
    for _ in range(400):
        text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randrange(1, 16)))
        forms = {f.lower(): unicodedata.normalize(f, text) for f in ("NFC", "NFD", "NFKC", "NFKD")}
        cases.append({"text": text, **forms})
    return cases


def write(name, value):
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def main():
    with open(HERE / "corpus.txt", "w", encoding="utf-8", newline="") as file:
        file.write(CORPUS)
    uncased = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.NFC()])
    tokenizers = {
        "none": train(None, 700),
        "nfc": train(normalizers.NFC(), 500),
        "uncased": train(uncased, 100000, min_frequency=3),
    }
    for name, tokenizer in tokenizers.items():
        tokenizer.save(str(HERE / f"bpe-{name}.json"))
    write("encodings.json", {name: encodings(t) for name, t in tokenizers.items()})
    write("normalization.json", normalization())


if __name__ == "__main__":
    main()
