"""Prints Sources/Tokenizer/Splitting/SplitTable.swift: the class that `tokenizers` gives each scalar.

    pip install tokenizers==0.23.3
    python Scripts/generate-split-table.py > Sources/Tokenizer/Splitting/SplitTable.swift

Every scalar is matched with the regular expressions of the library, whose classes follow the
Unicode version that its engine was built with.
"""

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

import scalar_runs

# In the order of Swift's `CharacterClass`; what is in none is "other", number 3.
CLASSES = [
    (0, r"[\p{Lm}\p{Lo}]"), (1, r"\p{N}"), (2, r"\s"), (4, r"\p{M}"), (5, r"[\p{Lu}\p{Lt}]"),
    (6, r"\p{Ll}"),
]
OTHER = 3
HEADER = """\
// Written by Scripts/generate-split-table.py; not to be edited.

/// The classes of all scalars by which the split patterns part text, those of Unicode 16.0, which
/// both `tokenizers` 0.23.3 and `tiktoken` 0.14.0 have.
enum SplitTable {
  /// Runs of scalars of one class, from U+0000 on: eight times the length and the class's number.
  ///
  /// The numbers are those of `CharacterClass`. What is behind the last run is `other`.
  static let runs: [UInt16] = ["""


def classes():
    found = [OTHER] * 0x110000
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    text = "".join(map(chr, scalars))
    for number, pattern in CLASSES:
        split = Split(Regex(pattern), "removed", invert=True)
        for piece, (start, end) in split.pre_tokenize_str(text):
            for place in range(start, end):
                assert found[scalars[place]] == OTHER
                found[scalars[place]] = number
    return found


def runs(found):
    last = max(c for c in range(0x110000) if found[c] != OTHER)
    start = 0
    while start <= last:
        end = start
        while end <= last and found[end] == found[start] and end - start < 0x1FFF:
            end += 1
        yield (end - start) << 3 | found[start]
        start = end


def main():
    print(HEADER)
    scalar_runs.print_numbers(runs(classes()))


if __name__ == "__main__":
    main()
