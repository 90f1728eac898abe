"""Prints Sources/Tokenizer/Normalization/BertTables.swift, measured on every Unicode scalar.

    pip install tokenizers==0.23.3
    python Scripts/generate-bert-tables.py > Sources/Tokenizer/Normalization/BertTables.swift
"""

from tokenizers import __version__, normalizers, pre_tokenizers

assert __version__ == "0.23.3", __version__
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def only(**flags):
    base = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**base, **flags}).normalize_str


def ranges(holds):
    found = []
    for c in SCALARS:
        if not holds(c):
            continue
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


clean, chinese, strip = (
    only(clean_text=True), only(handle_chinese_chars=True), only(strip_accents=True))
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
TABLES = [
    ("removed", "Scalars that `clean_text` removes: U+0000, U+FFFD, and Cc, Cf and Co of Unicode 8\n"
     "  /// but TAB, LF and CR.", lambda c: clean(chr(c)) == ""),
    ("chinese", "Scalars that `handle_chinese_chars` puts between spaces.\n  ///\n"
     "  /// The sixth range begins at U+2B920, not at U+2B820 as in google-research/bert.",
     lambda c: chinese(chr(c)) == f" {chr(c)} "),
    ("nonspacingMarks", "Scalars that `strip_accents` removes: Mn of Unicode 8.",
     # A precomposed letter loses its mark only; a mark alone leaves nothing.
     lambda c: strip("a" + chr(c)) == "a"),
    ("punctuation", "Scalars that are words of their own: P of Unicode 8 and all ASCII but letters,\n"
     "  /// digits, space and controls.",
     lambda c: [p for p, _ in split(f"a{chr(c)}a")] == ["a", chr(c), "a"]),
    ("whiteSpace", "Scalars that part words: the property White_Space.",
     lambda c: [p for p, _ in split(f"a{chr(c)}a")] == ["a", "a"]),
]


def main():
    print("// Written by Scripts/generate-bert-tables.py; not to be edited.\n")
    print("/// What BERT's normaliser and splitter in `tokenizers` 0.23.3 make of each scalar, as")
    print("/// ranges: first, last, first, last, and so on.")
    print("///")
    print("/// The library takes its classes from a table of Unicode 8.0 (crate `unicode_categories`")
    print("/// 0.1.1), so that a newer table, such as ICU's, would give other ids.")
    print("enum BertTables {")
    for index, (name, comment, holds) in enumerate(TABLES):
        if index:
            print()
        print(f"  /// {comment}")
        print(f"  static let {name}: [UInt32] = [")
        line = "   "
        for first, last in ranges(holds):
            item = f" 0x{first:04X}, 0x{last:04X},"
            if len(line) + len(item) > 100:
                print(line)
                line = "   "
            line += item
        print(line)
        print("  ]")
    print("}")


if __name__ == "__main__":
    main()
