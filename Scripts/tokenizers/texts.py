"""Little texts to train on, and nasty ones to compare on."""

SENTENCES = [
    "The cat sat on the mat, and the dog didn't mind.", "It's 12345 o'clock; we'll see what they've got!",
    "Über den Wölkchen muß die Freiheit wohl grenzenlos sein.", "Съешь ещё этих мягких французских булок",
    "これは日本語の文章です。カタカナも。", "中文句子没有空格，一二三四五。", "한국어 문장은 띄어쓰기가 있습니다.",
    "x = foo(bar[3], \"quoted\")\n\tif (y != 0) { return -1; }\n", "L'été à la plage, garçon naïf",
    "abababab aaaa bbbb the the them then", "https://example.org/path?a=1&b=2", "नमस्ते दुनिया", "مرحبا بالعالم",
    "ΟΔΥΣΣΕΥΣ και Πηνελόπη", "price: $3.50 €4,99 ½ ²", "emoji 😀👍🏽 and flags 🇩🇪", "e\u0301 o\u0308 a\u030a",
]
HARD = [
    " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u3000", "\x85", "\u2028", "\u200b", "\u200d", "\ufeff",
    "'", "'s", "'S", "'\u017f", "'re", "'LL", "/", ".", "...", ",", "!", "-", "--", "_", "#", "##", "@", "(", ")", "[",
    "1", "12", "1234", "\u00bd", "\u00b2", "\u0660", "\u0301", "\u0903", "\u0345", "A", "Ab", "aB", "the", " The",
    "\u01c5", "\u02b0", "\u4e2d", "\u0e01\u0e33", "\u05d0", "\U0001f600", "\ufe0f", "x", "z", "zz", "\x1c", "\x00", "\x7f",
    "\u180e", "\u0130", "\u1e9e", "\ufb01", "\uac00", "\u1100\u1161", "\U0001d400", "\u2581", "\u0120", "\u010a", "</w>",
    "<unk>", "[UNK]", "<ent>", "abab", "\u00dcber", " gap ", "x y", "ABC", "\u5b57", "\u00e9\u00e9", "\u0378", "\ue000",
    "\U00010d50", "\u1c89", "\U0002ebf0", "\u30fc", "\u3042", "\u30a2", "<0x41>", "<pad>", "|", "e", "ee", "abcd",
    "\u212a", "\u1e61\u0323", "\u0344", "\u2460", "\u24b6", "\u0f73", "\ud7a3", "\u00df", "K", "\u2003", "\u202f",
]


def corpus(random):
    return [random.choice(SENTENCES) for _ in range(random.randrange(3, 30))]


def nasty(random):
    """A text of some of the sentences, of what is hard, and of any characters."""
    parts = []
    for _ in range(random.choice([0, 1, 2, 4, 8, 15])):
        kind = random.random()
        if kind < 0.35:
            sentence = random.choice(SENTENCES)
            start = random.randrange(len(sentence))
            parts.append(sentence[start:start + random.randrange(1, 25)])
        elif kind < 0.9:
            parts.append(random.choice(HARD))
        else:
            scalar = random.choice([random.randrange(0x3000), random.randrange(0x110000)])
            parts.append(chr(scalar) if not 0xD800 <= scalar < 0xE000 else "?")
    return "".join(parts)
