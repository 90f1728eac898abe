"""Writes Sources/Tokenizer/Patterns/PropertyTable.swift: the scripts that `\\p{…}` knows.

    pip install tokenizers==0.23.3
    python generate-property-table.py > Sources/Tokenizer/Patterns/PropertyTable.swift

Every character is matched with the regular expressions of the library, whose properties follow the
Unicode version that its engine was built with, 16.0.
"""

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

import scalar_runs

# Each script by its name and its code of four letters (ISO 15924).
SCRIPTS = """
Common:Zyyy Inherited:Zinh Arabic:Arab Armenian:Armn Bengali:Beng Bopomofo:Bopo Cherokee:Cher Coptic:Copt
Cyrillic:Cyrl Deseret:Dsrt Devanagari:Deva Ethiopic:Ethi Georgian:Geor Gothic:Goth Greek:Grek Gujarati:Gujr
Gurmukhi:Guru Han:Hani Hangul:Hang Hebrew:Hebr Hiragana:Hira Kannada:Knda Katakana:Kana Khmer:Khmr Lao:Laoo
Latin:Latn Malayalam:Mlym Mongolian:Mong Myanmar:Mymr Ogham:Ogam Old_Italic:Ital Oriya:Orya Runic:Runr
Sinhala:Sinh Syriac:Syrc Tamil:Taml Telugu:Telu Thaana:Thaa Thai:Thai Tibetan:Tibt Canadian_Aboriginal:Cans
Yi:Yiii Tagalog:Tglg Hanunoo:Hano Buhid:Buhd Tagbanwa:Tagb Braille:Brai Cypriot:Cprt Limbu:Limb Linear_B:Linb
Osmanya:Osma Shavian:Shaw Tai_Le:Tale Ugaritic:Ugar Buginese:Bugi Glagolitic:Glag Kharoshthi:Khar
Syloti_Nagri:Sylo New_Tai_Lue:Talu Tifinagh:Tfng Old_Persian:Xpeo Balinese:Bali Cuneiform:Xsux Nko:Nkoo
Phags_Pa:Phag Phoenician:Phnx Unknown:Zzzz Javanese:Java Kayah_Li:Kali Lepcha:Lepc Rejang:Rjng Sundanese:Sund
Saurashtra:Saur Cham:Cham Ol_Chiki:Olck Vai:Vaii Carian:Cari Lycian:Lyci Lydian:Lydi Tai_Tham:Lana Lisu:Lisu
Meetei_Mayek:Mtei Bamum:Bamu Samaritan:Samr Egyptian_Hieroglyphs:Egyp Tai_Viet:Tavt Avestan:Avst
""".split()


def members(pattern, scalars, text):
    split = Split(Regex(pattern), "removed", invert=True)
    for _, (start, end) in split.pre_tokenize_str(text):
        yield from (scalars[place] for place in range(start, end))


def main():
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    text = "".join(map(chr, scalars))
    found = [0] * 0x110000
    names = []
    for entry in SCRIPTS:
        name, code = entry.split(":")
        try:
            for c in members(rf"\p{{{name}}}", scalars, text):
                found[c] = len(names) + 1
        except Exception:
            continue
        names.append((name, code))
    runs = scalar_runs.lengths(found.__getitem__)
    print("""// Written by Scripts/generate-property-table.py; not to be edited.

/// The scripts of Unicode 16.0, which the regular expressions of `tokenizers` 0.23.3 know.
enum PropertyTable {
  /// The scripts: the name and the code of each, in the order of the numbers in ``runs``, from 1.
  static let scripts = \"\"\"""")
    for start in range(0, len(names), 5):
        line = " ".join(f"{name}:{code}" for name, code in names[start:start + 5])
        print(f"    {line}" + " \\" * (start + 5 < len(names)))
    print('''    """

  /// The scripts of all scalars in order: the length of a run times 256, plus a number, which is 0
  /// for none of these.
  static let runs: [UInt32] = [''')
    scalar_runs.print_numbers(length * 256 + script for length, script in runs)


main()
