import ArgumentParser
import CRATELM
import Tokenizer

/// The texts that are to be continued, on the command line.
struct PromptOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "The text to continue. (default: the start of a text)")
  var prompt: String?

  @Option(
    name: [.customShort("f"), .long],
    help: """
      A file with the text to continue, or - for standard input; a new line at its end is left out. \
      Every line of a .jsonl file holds a text; either may end in .gz or .zst.
      """)
  var promptFile: String?

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "prompt"

  @Flag(
    help: """
      Continue what is typed, line by line, until the end of standard input; an empty line goes on \
      with the last text, Ctrl-C ends one.
      """)
  var interactive = false

  func validate() throws {
    let given = [prompt != nil, promptFile != nil, interactive].count { $0 }
    guard given <= 1 else {
      throw ValidationError("Give one of --prompt, --prompt-file and --interactive.")
    }
  }

  /// All texts in order.
  ///
  /// - Throws: `FileError`, ``InputError``.
  func texts() throws -> [String] {
    guard let promptFile else { return [prompt ?? ""] }
    var texts: [String] = []
    var bytes: [UInt8] = []
    let source = try DocumentSource(inputs: [promptFile], textField: textField)
    let isPlain = source.files.allSatisfy { $0.layout == .plain }
    try source.forEachChunk { chunk in
      bytes += chunk.bytes
      guard chunk.isLast else { return }
      if isPlain, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      texts.append(String(decoding: bytes, as: UTF8.self))
      bytes.removeAll()
    }
    guard !texts.isEmpty else { throw InputError.noExamples([promptFile], expected: "prompts") }
    return texts
  }
}

extension TextTokenizer {
  /// The ids of a prompt; an empty one is the start of a text.
  ///
  /// - Throws: `ConfigurationError` where nothing begins a text.
  func promptIDs(_ prompt: String) throws(ConfigurationError) -> [TokenID] {
    let ids = encode(prompt)
    if !ids.isEmpty { return ids }
    guard let start = endOfText else {
      throw ConfigurationError(
        "The prompt is empty and the tokenizer has no token to begin a text with; give --prompt.")
    }
    return [start]
  }
}
