public import ArgumentParser
public import CRATELM
import Glibc
import Storage
import SystemPackage
import TextModels
import Tokenizer

/// Text to token shards.
struct DataPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Encode text into compressed, checksummed shards of token ids.",
    discussion: """
      A plain text file is one document; so is the text field of every line of a .jsonl file. Both \
      may be compressed (.gz, .zst). Part of the text is held out for validation: whole documents \
      if there are enough of them (20 by default), otherwise passages; or files of your own.

        crate-lm data pack book.txt --tokenizer tokenizer -o data
        crate-lm data pack texts more.jsonl.zst --tokenizer tokenizer -o data --validation 0.02
        crate-lm data pack texts --validation-input held-out.txt --tokenizer tokenizer -o data

      A token ends each document, so that a model learns where texts end. The files beside the \
      tokenizer say which (eos_token of tokenizer_config.json, config.json), or its name does: \
      <|endoftext|>, </s>, [SEP] and others; otherwise give --end-of-document. Text for a model \
      that exists is packed with --tokenizer RUN, which has the model's token.

        crate-lm data pack texts --tokenizer llama -o data --end-of-document '<|eot|>'
      """)

  @OptionGroup var tokenizer: TokenizerOption

  @Option(name: [.short, .long], help: "The data directory to make.")
  var output: String

  @Option(number: "The fraction of the text to hold out: 0, or 0.001 to 0.5. (default: 0.05)")
  var validation: Double?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Text files or directories to validate on, instead of a part of the text. Give this option \
      after the inputs.
      """, valueName: "input"))
  var validationInput: [PathArgument] = []

  @OptionGroup var input: InputOptions

  @Option(
    help: ArgumentHelp(
      """
      The token to put behind each document, as a rule a special one: the model's texts end with it and begin after \
      it. none: nothing, so that documents run into each other. (default: as the tokenizer's files \
      say)
      """, valueName: "token|none"))
  var endOfDocument: EndChoice?

  @Option(help: "A number that decides which part of the text is held out.")
  var seed = Seed.zero

  @Option(help: "The compression: fast; or small, which takes a fifth less disk and packs slower.")
  var compression = FrameCompression.fast

  @Option(
    number: """
      The number of tokens of a shard, rounded up to whole frames of 16384. (default: 67108864)
      """)
  var shardTokens: Int?

  @Flag(help: "Replace the data directory at the output.")
  var overwrite = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard validation == nil || validationInput.isEmpty else {
      throw ValidationError("Give either --validation or --validation-input.")
    }
  }

  func run() throws {
    let log = ReadingLog(report.notes)
    guard let data = try pack(log) else { return StopRequest.obey() }
    let numbers = DataReport(data: data)
    try report.print(text: numbers.text, json: numbers.fields + log.fields)
    if let warning = Reading.warning(ofTokens: data.train.tokenCount) { report.note(warning) }
    let next = try SuggestedTraining(for: data, TokenizerStore.load(data.tokenizerPath)).options
    report.note("Next: crate-lm pretrain --data \(output.shellWord) -o run \(next)")
  }

  /// Packs the text, telling `log` what reading comes upon; `nil` if a signal ended that.
  func pack(_ log: ReadingLog) throws -> TokenData? {
    let validation =
      validationInput.isEmpty ? nil : try input.form.source(validationInput, log: log)
    let source = try input.source(log: log).excluding(validation)
    let tokenizer = try tokenizer.load(notes: report.notes)
    let end = try end(for: tokenizer)
    let byteCount = source.byteCount.flatMap { count in
      validation.map { $0.byteCount.map { count + $0 } } ?? count
    }
    var progress = InputProgress("Packing", byteCount: byteCount, quiet: report.quiet)
    defer { progress.clear() }
    let packing = try Packing(
      tokenizer, end: end, settings: settings(), threads: threads.count)
    StopRequest.listen(endingInput: true) { [report] in
      // A slow disk may keep the program waiting for the next piece of text.
      sleep(1)
      report.note("Stopping with the next piece of text; a second signal ends at once.")
    }
    do {
      let data = try packing.pack(source, validation: validation, to: RawBytes.path(output)) {
        if StopRequest.isMade { throw CancellationError() }
        progress.update($0)
      }
      progress.clear()
      if end == .unknown {
        report.note(
          "Nothing says which token ends a document, and nothing stands behind a single one: a "
            + "model does not learn where to end; --end-of-document puts a token there.")
      }
      return data
    } catch let error as UnknownEnd {
      progress.clear()
      throw remedied(error)
    } catch  where StopRequest.isMade {
      // Text that ends in the middle is a consequence.
      progress.clear()
      report.note("Stopped: nothing was packed, and what was at \(output) is as it was.")
      return nil
    }
  }

  /// What stands behind each document, with a note if a model cannot tell it from text.
  private func end(for tokenizer: any TextTokenizer) throws -> DocumentEnd {
    let end = try chosenEnd(for: tokenizer)
    switch end {
    case .nothing where endOfDocument == nil:
      report.note(
        "No token stands between documents, since the tokenizer or its data have none: a model does "
          + "not learn where to end; --end-of-document puts a token there.")
    case .token(let id) where !tokenizer.specialTokens.contains { $0.id == id }:
      report.note(
        "\(tokenizer.written(id)) is no special token of the tokenizer: where a text holds it, it ends "
          + "for a model.")
    case .token, .nothing, .unknown: break
    }
    return end
  }

  private func chosenEnd(for tokenizer: any TextTokenizer) throws -> DocumentEnd {
    switch endOfDocument {
    case .nothing?: return .nothing
    case .token(let content)?:
      do {
        return try DocumentEnd(token: content, in: tokenizer)
      } catch {
        throw remedied(error)
      }
    case nil:
      let path = self.tokenizer.path
      if let name = try TokenizerStore.missingEnd(of: tokenizer, at: path) {
        report.note(
          "The files beside \(path) say that \(name) ends a text, but the tokenizer has no such token: "
            + "it does not count; --end-of-document names another.")
      }
      return try TokenizerStore.documentEnd(of: tokenizer, at: path)
    }
  }

  /// `error` with the option that mends it and a command to copy.
  private func remedied(_ error: UnknownEnd) -> ValidationError {
    let choice = error.candidates.first ?? EndChoice.noneWord
    let choices = error.candidates.isEmpty ? EndChoice.noneWord : "one of them or none"
    var words = RawBytes.arguments
    if let given = words.firstIndex(of: "--end-of-document"), given + 1 < words.count {
      words.removeSubrange(given...given + 1)
    }
    words.removeAll { $0.hasPrefix("--end-of-document=") }
    // Behind the names of the command, since words behind -- are no options.
    words.insert(contentsOf: ["--end-of-document", choice], at: min(2, words.count))
    let command = (["crate-lm"] + words).map(\.shellWord).joined(separator: " ")
    return ValidationError(
      "\(error.reason); give \(choices), for instance: \(command)")
  }

  private func settings() throws -> PackSettings {
    var settings = PackSettings()
    if let validation { settings.validationFraction = validation }
    settings.seed = seed.value
    settings.compression = compression
    settings.overwrites = overwrite
    if let shardTokens { settings.framesPerShard = try frames(of: shardTokens, settings) }
    return settings
  }

  /// The number of frames that hold `tokens`; the library knows how many a shard may have.
  private func frames(of tokens: Int, _ settings: PackSettings) throws -> Int {
    let (sum, isTooLarge) = tokens.addingReportingOverflow(settings.frameTokenCount - 1)
    guard tokens > 0, !isTooLarge else {
      throw ValidationError("--shard-tokens is \(tokens); expected at least 1.")
    }
    return sum / settings.frameTokenCount
  }
}

extension FrameCompression: ExpressibleByArgument {}

/// What to put behind each document, on the command line.
enum EndChoice: Equatable, TypedValue {
  case nothing
  case token(String)

  static let noneWord = "none"

  static let expectation = "a token of the tokenizer, or \(noneWord)"

  static func read(_ text: String) -> EndChoice? {
    text.isEmpty ? nil : text == noneWord ? .nothing : .token(text)
  }
}
