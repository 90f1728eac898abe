import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels
import Tokenizer

/// A vocabulary from text.
struct TokenizerTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn a vocabulary from text and write it as tokenizer.json.",
    discussion: """
      A plain text file is one document; so is the text field of every line of a .jsonl file. Both \
      may be compressed (.gz, .zst). No token crosses documents. Memory grows with the distinct \
      words of the text; more than 2 GiB of them are refused, and --max-bytes reads less text.

        crate-lm tokenizer train book.txt --vocab-size 4096 -o tokenizer
        crate-lm tokenizer train texts --type wordpiece --lowercase --vocab-size 8192 -o pieces

      4096 tokens suit a book, 8192 a shelf, 32768 a library.
      """)

  @Option(name: [.short, .long], help: "The directory to write tokenizer.json to.")
  var output: String

  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var input: InputOptions

  @Flag(help: "Replace the tokenizer.json at the output.")
  var overwrite = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let start = ContinuousClock.now
    let log = ReadingLog(report.notes)
    let (learned, words) = (try make(log), try input.words)
    let summary = TokenizerSummary(learned.tokenizer)
    defer {
      report.note(
        "Next: crate-lm data pack \(words) --tokenizer \(output.shellWord) -o data")
    }
    try report.print(
      text:
        "\(output): \(summary.text)text: \(learned.documents.counting("document")), "
        + "\(learned.bytes.counting("byte")), "
        + "\(learned.distinctWords.counting("distinct word"))\n",
      json: summary.fields + [
        "requested_vocabulary_size": vocabulary.size, "documents": learned.documents,
        "bytes": learned.bytes, "distinct_words": learned.distinctWords,
        "seconds": (ContinuousClock.now - start) / .seconds(1),
        "output": output,
      ] + log.fields)
  }

  /// Learns the vocabulary, telling `log` what reading comes upon, and writes it.
  func make(_ log: ReadingLog) throws -> LearnedTokenizer {
    let directory = RawBytes.path(output)
    let trainer = try vocabulary.trainer(threads: threads.count)
    try checkOutput(directory)
    let learned = try learn(trainer, log)
    let tokenizer = learned.tokenizer
    try TokenizerStore.write(tokenizer, to: directory)
    if tokenizer.vocabularySize < vocabulary.size {
      report.note(
        "The text gave only \(tokenizer.vocabularySize) of \(vocabulary.size) tokens: no other "
          + "pair occurs often enough.")
    }
    if vocabulary.type == .bpe, tokenizer.endOfText == nil {
      report.note(
        "Without \(SpecialToken.endOfText) among the special tokens nothing separates documents, unless "
          + "'data pack --end-of-document' names another one."
      )
    }
    return learned
  }

  /// Refuses an output directory that is not empty, unless it may be overwritten.
  private func checkOutput(_ directory: FilePath) throws {
    switch FileSystem.kind(of: directory) {
    case nil: return
    case .directory?:
      if overwrite { return }
      guard try FileSystem.names(in: directory).isEmpty else {
        throw FileError.notEmpty(directory, remedy: "use --overwrite to replace its tokenizer.json")
      }
    case .file?, .other?:
      throw FileError.cannotCreate(directory, reason: "a file of that name exists")
    }
  }

  private func learn(
    _ trainer: consuming some VocabularyTrainer, _ log: ReadingLog
  ) throws -> LearnedTokenizer {
    let source = try input.source(log: log)
    var counting = InputProgress("Counting", byteCount: source.byteCount, quiet: report.quiet)
    var merging = ProgressLine(quiet: report.quiet)
    defer {
      counting.clear()
      merging.clear()
    }
    return try trainer.train(on: source) { step in
      switch step {
      case .read(let byteCount): counting.update(byteCount)
      case .merged(let merges, let limit):
        merging.update(
          ProgressText([("Merging \(100 * merges / limit) %", 0), (", \(merges) of \(limit)", 1)]))
      }
    }
  }
}
