/// Splits text where its script changes, as `UnicodeScripts` of `tokenizers` does.
enum ScriptSplit {
  /// The parts of `text` of one script each; a space is of any.
  ///
  /// As in the library, what is of any script before the first other character is left out.
  static func parts(of text: Span<UInt8>) -> [Range<Int>] {
    var starts: [Int] = []
    var last: UInt8?
    var position = 0
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if let script = ScriptTable.script(of: value) {
        if script != last { starts.append(position) }
        last = script
      }
      position += length
    }
    return zip(starts, starts.dropFirst() + [text.count]).map { $0..<$1 }
  }
}
