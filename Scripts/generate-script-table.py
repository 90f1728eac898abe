"""Writes Sources/Tokenizer/Splitting/ScriptTable.swift: the scripts that `UnicodeScripts` knows.

    pip install tokenizers==0.23.3
    python generate-script-table.py > Sources/Tokenizer/Splitting/ScriptTable.swift

The library holds a table of an older Unicode, which nothing but the library itself says. So each
character is put behind one of every script found so far: where no cut comes, they share one.
"""

from tokenizers.pre_tokenizers import UnicodeScripts

import scalar_runs

SPLIT = UnicodeScripts()
LATIN, GREEK = "a", "\u03b1"


def cuts(text):
    """The places, in characters, at which the library cuts `text`."""
    return {start for _, (start, _) in SPLIT.pre_tokenize_str(text)}


def main():
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    text = "".join(LATIN + chr(c) + GREEK + chr(c) for c in scalars)
    found = cuts(text)
    # No script of its own: nothing is cut before it, whatever it follows.
    without = {c for i, c in enumerate(scalars) if 4 * i + 1 not in found and 4 * i + 3 not in found}
    # Those of one script are told apart by a probe with one character of each script.
    representatives, scripts = [], {}
    rest = [c for c in scalars if c not in without]
    while rest:
        first = rest[0]
        number = len(representatives) + 1
        found = cuts("".join(chr(first) + chr(c) for c in rest))
        representatives.append(first)
        left = []
        for i, c in enumerate(rest):
            if c == first or 2 * i + 1 not in found:
                scripts[c] = number
            else:
                left.append(c)
        rest = left
    assert len(representatives) < 256
    write(scalar_runs.lengths(lambda c: scripts.get(c, 0)))


def write(runs):
    print("""// Written by Scripts/generate-script-table.py; not to be edited.

/// The scripts that the pre-tokenizer `UnicodeScripts` of `tokenizers` 0.23.3 tells apart.
///
/// The library has a table of an older Unicode, in which Hiragana, Katakana and Han are one script,
/// so that a newer table, such as ICU's, would give other ids.
enum ScriptTable {
  private static let table = ScalarTable<UInt8>(runs: runs, valueBits: 8, rest: 0)

  /// The number of the script of `scalar`; `nil` where it is of any, as a space and what has none.
  static func script(of scalar: UInt32) -> UInt8? {
    let script = table[scalar]
    return script == 0 ? nil : script
  }

  /// The scripts of all scalars in order: the length of a run times 256, plus a number, which is 0
  /// for none.
  private static let runs: [UInt32] = [""")
    scalar_runs.print_numbers(length * 256 + script for length, script in runs)


main()
