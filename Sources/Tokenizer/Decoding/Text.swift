/// Work on text as bytes.
enum Text {
  /// `text` with every `old`, from left to right, replaced by `new`; an empty `old` is found
  /// before, between and behind all characters.
  static func replacing(_ old: [UInt8], by new: [UInt8], in text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if old.isEmpty {
        if text[position] & 0xC0 != 0x80 { result += new }
      } else if text[position...].starts(with: old) {
        result += new
        position += old.count
        continue
      }
      result.append(text[position])
      position += 1
    }
    return old.isEmpty ? result + new : result
  }

  /// The bytes for which the characters of `tokens` stand; of a token in which one stands for none,
  /// its own.
  static func bytes(spelledBy tokens: [[UInt8]]) -> [UInt8] {
    tokens.flatMap { ByteAlphabet.bytes(of: String(decoding: $0, as: UTF8.self)) ?? $0 }
  }

  /// `bytes` with U+FFFD for each part that is not UTF-8.
  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).utf8)
  }
}
