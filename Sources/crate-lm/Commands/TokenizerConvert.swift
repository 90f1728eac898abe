public import ArgumentParser
import Files
import SystemPackage
public import Tokenizer

/// A tokenizer of any form as tokenizer.json.
struct TokenizerConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Read a tokenizer and write it as tokenizer.json.",
    discussion: """
      Understood are tokenizer.json, .tiktoken, vocab.json with merges.txt, and encoder.json with \
      vocab.bpe. The latter do not say how text is split before merging.
      """)

  @Argument(help: "The tokenizer: a file, or a directory that holds one.")
  var input: String

  @Option(name: [.short, .long], help: "The directory to write tokenizer.json to.")
  var output: String

  @Option(
    help: "How text is split, where the file does not say. (default: by the number of tokens)")
  var family: SplitPattern?

  @Flag(help: "Replace the tokenizer.json at the output.")
  var overwrite = false

  func run() throws {
    let tokenizer = try TokenizerFile.load(FilePath(input), pattern: family)
    let directory = FilePath(output)
    let file = directory.appending(TokenizerFile.name)
    guard overwrite || FileSystem.kind(of: file) == nil else {
      throw FileError.notEmpty(directory, remedy: "use --overwrite to replace its tokenizer.json")
    }
    try TokenizerFile.write(tokenizer, to: directory)
    try StandardOutput.write("\(output): \(TokenizerSummary(tokenizer).text)\n")
  }
}

extension SplitPattern: ExpressibleByArgument {}
