import ArgumentParser
import Storage
import SystemPackage
import TextModels
import Tokenizer

/// Text to token ids.
struct TokenizerEncode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Print the token ids of a text, separated by spaces.",
    discussion: "--json also gives the tokens and their offsets, in bytes of the text.")

  @Argument(help: "A text file. (default: -, standard input)")
  var file: String?

  @OptionGroup var tokenizer: TokenizerOption

  @Option(help: "The text to encode, instead of a file.")
  var text: String?

  @Flag(help: "Take each line, without its newline, as a text of its own; print a line for each.")
  var lines = false

  @Flag(help: "Take each line as a JSON string that holds a text; print a line for each.")
  var jsonLines = false

  @Flag(help: "Encode text that spells a special token as that token.")
  var specialTokens = false

  @Flag(
    help: "Add the special tokens that the tokenizer puts around a text, such as [CLS] and [SEP].")
  var addSpecialTokens = false

  @OptionGroup var batch: BatchOptions
  @OptionGroup var unicode: UnicodeOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if file != nil, text != nil { throw ValidationError("Give either a file or --text.") }
  }

  func run() throws {
    let tokenizer = try self.tokenizer.load(
      unicode: unicode.unicode, request: batch.request, notes: report.notes)
    let rules = try batch.rules(of: tokenizer, at: self.tokenizer.tokenizer)
    let texts = try texts(text.map { Array($0.utf8) } ?? InputBytes.read(file.map(RawBytes.path)))
    var printed = PrintedTokens(
      tokenizer, rules, specialTokens: specialTokens ? .recognize : .treatAsText,
      around: addSpecialTokens ? tokenizer.postProcessor : nil)
    if report.json {
      let objects = try printed.fields(texts)
      let document: any JSONRepresentable = lines || jsonLines ? objects : objects.first
      try StandardOutput.print(document)
    } else {
      // A batch is filled up as a whole.
      let step = rules.padding == nil ? 1024 : max(texts.count, 1)
      for start in stride(from: 0, to: texts.count, by: step) {
        let ids = try printed.ids(texts[start..<min(start + step, texts.count)])
        try StandardOutput.write(
          ids.map { $0.map(String.init).joined(separator: " ") + "\n" }.joined())
      }
    }
    printed.noteCuts(report.notes)
  }

  private func texts(_ bytes: [UInt8]) throws -> [ArraySlice<UInt8>] {
    guard lines || jsonLines else { return [bytes[...]] }
    let parts = InputBytes.lines(bytes)
    let path = RawBytes.path(file ?? InputFile.standardInput.string)
    return try parts.enumerated().map { index, line in
      guard jsonLines else {
        try validate(line, line: index + 1, of: path)
        return line
      }
      guard let text = try? JSONValue.parse(Array(line)).string else {
        throw InputError.malformedLine(path, line: index + 1, reason: "expected a JSON string")
      }
      return Array(text.utf8)[...]
    }
  }

  /// Checks that `text`, a slice of the file at `path`, is UTF-8.
  private func validate(_ text: ArraySlice<UInt8>, line: Int, of path: FilePath) throws {
    do {
      try UTF8Scan.validate(text.span)
    } catch {
      guard case .invalidUTF8(let offset) = error else { throw error }
      throw InputError.malformedLine(
        path, line: line,
        reason: "expected UTF-8, found a byte at offset \(text.startIndex + offset) of the file "
          + "that belongs to no character")
    }
  }
}
