import ArgumentParser
import SystemPackage
import TextModels
import Tokenizer

/// Token ids to text.
struct TokenizerDecode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Print the text of token ids, byte for byte.")

  @Argument(help: "A file of ids, separated by white space. (default: -, standard input)")
  var file: String?

  @OptionGroup var tokenizer: TokenizerOption

  @Option(help: "The ids to decode, instead of a file.")
  var ids: String?

  @Flag(help: "Take each line as the ids of a text of its own; print each text and a newline.")
  var lines = false

  @Flag(help: "Leave special tokens out of the text.")
  var skipSpecialTokens = false

  @OptionGroup var notes: NoteOptions

  func validate() throws {
    if file != nil, ids != nil { throw ValidationError("Give either a file or --ids.") }
  }

  func run() throws {
    let tokenizer = try tokenizer.load(notes: notes)
    let ids = try idsByLine(vocabularySize: tokenizer.vocabularySize)
    for ids in lines ? ids : [Array(ids.joined())] {
      let text = try tokenizer.decode(ids, skipSpecialTokens: skipSpecialTokens)
      try StandardOutput.write(lines ? text + [UInt8(ascii: "\n")] : text)
    }
  }

  private func idsByLine(vocabularySize: Int) throws -> [[TokenID]] {
    let bytes = try ids.map { Array($0.utf8) } ?? InputBytes.read(file.map(RawBytes.path))
    return try InputBytes.lines(bytes).enumerated().map { index, line in
      let text = String(decoding: line, as: UTF8.self)
      do {
        return try IDList.parse(text, vocabularySize: vocabularySize)
      } catch let error as IDList.MalformedID where ids == nil {
        throw InputError.malformedLine(
          RawBytes.path(file ?? InputFile.standardInput.string), line: index + 1,
          reason: error.reason)
      }
    }
  }
}
