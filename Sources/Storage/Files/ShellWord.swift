extension String {
  /// The text as a word of a command line: in quotes if a shell would read it otherwise.
  package var shellWord: String {
    let isPlain = utf8.allSatisfy {
      $0 >= 0x80 || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39
        || "/._-+:,=@%".utf8.contains($0)
    }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
