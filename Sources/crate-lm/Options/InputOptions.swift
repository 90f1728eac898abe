import ArgumentParser

/// The text that a command reads.
struct InputOptions: ParsableArguments {
  @Argument(help: "Text files, directories of them, or - for standard input.")
  var inputs: [String]

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "text"

  @Option(help: "Read at most this many bytes of text. (default: all)")
  var maxBytes: Int?

  func validate() throws {
    if let maxBytes, maxBytes < 1 {
      throw ValidationError("--max-bytes is \(maxBytes); expected at least 1.")
    }
  }

  /// The documents of the text.
  ///
  /// - Throws: `FileError`, `InputError`.
  func source() throws -> DocumentSource {
    try DocumentSource(inputs: inputs, textField: textField, maximumByteCount: maxBytes)
  }
}
