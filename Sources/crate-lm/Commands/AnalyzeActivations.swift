import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// Activations of a model for other programs.
struct AnalyzeActivations: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activations",
    abstract: "Write activations of a model on text to a .safetensors file.",
    discussion: """
      What a pass computes, by name, for NumPy, PyTorch and tools that learn from activations. The \
      text is cut into sequences of one context. The file has a tensor for each name, [sequences, \
      tokens, width], attention weights as [sequences, heads, queries, keys], and the tokens of the \
      sequences as token_ids; its metadata has the SHA-256 of model, tokenizer and data.

      Names are patterns of the shell: * stands for any text, [02] and [0-2] for one of several; \
      quote them. docs/activations.md lists the names, and so does the answer to an unknown one.

        crate-lm analyze activations run --text book.txt \\
            --names '*.code' -o codes.safetensors
        crate-lm analyze activations run --data data --tokens 1000000 \\
            --names 'layers.[02].attention.*' head.input -o attention.safetensors
      """)

  @OptionGroup var input: ModelPath

  @OptionGroup var text: MeasuredText

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The activations to write: names, or patterns such as 'layers.*.ista.code'.",
      valueName: "pattern"))
  var names: [String]

  @Option(name: [.short, .long], help: "The .safetensors file to write.")
  var output: String

  @Option(number: "The tokens of a sequence, at most the model's. (default: the model's)")
  var context: Int?

  @Option(number: "The most tokens of the text to use.")
  var tokens = 1 << 16

  @Flag(help: "Replace the file at the output.")
  var overwrite = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws { try Self.require("tokens", tokens, from: 1) }

  func run() throws {
    let path = RawBytes.path(output)
    if FileSystem.kind(of: path) == .directory {
      throw FileError.cannotCreate(path, reason: "it is a directory")
    }
    if !overwrite, try FileSystem.exists(path) {
      throw FileError.notEmpty(path, remedy: "give --overwrite or another path")
    }
    let stored = try StoredModel(at: RawBytes.path(input.path))
    let (loaded, weights) = try stored.identified {
      try TextModel(input.path, threads: threads.count, notes: report.notes)
    }
    StopRequest.listen(endingInput: true)
    do {
      let selection = try ActivationSelection(loaded.model, matching: names)
      let (sequences, data) = try sequences(for: loaded)
      let identities = [
        ("model_sha256", weights), ("tokenizer_sha256", loaded.fingerprint), ("data_sha256", data),
      ]
      try write(selection, of: sequences, to: path, identities)
    } catch  where StopRequest.isMade {
      report.note("Stopped: nothing was written, and what was at \(output) is as it was.")
      StopRequest.obey()
    }
  }

  private func sequences(
    for loaded: TextModel
  ) throws -> (sequences: TokenSequences, text: Fingerprint) {
    let shape = loaded.model.configuration
    try Self.require(
      "context", context, from: 1 + shape.objective.frame.tokenCount, to: shape.contextLength,
      remark: ", the model's context")
    return try loaded.identifiedSequences(
      of: text.source(for: loaded, notes: report.notes), length: context ?? shape.contextLength,
      tokenLimit: tokens)
  }

  private func write(
    _ selection: ActivationSelection, of sequences: TokenSequences, to path: FilePath,
    _ identities: [ActivationReport.Identity]
  ) throws {
    let program = [(key: "program", value: "crate-lm \(Program.version)")]
    let file = try ActivationFile(
      selection, of: sequences,
      metadata: program + identities.map { ($0.key, $0.fingerprint.description) }
        + (text.data == nil ? [] : [("split", text.split.rawValue)]))
    var line = ProgressLine(quiet: report.quiet)
    defer { line.clear() }
    try file.write(to: path, threads: threads.count) { done in
      if StopRequest.isMade { throw CancellationError() }
      line.update(ProgressText([("Writing: \(done)/\(sequences.count) sequences", 0)]))
    }
    line.clear()
    try report.print(
      ActivationReport(
        output: output, file: file, sequences: sequences, identities: identities))
  }
}

/// What a file of activations holds.
private struct ActivationReport: Report {
  typealias Identity = (key: String, fingerprint: Fingerprint)

  let output: String
  let file: ActivationFile
  let sequences: TokenSequences
  let identities: [Identity]

  var text: String {
    let width = file.contents.map(\.name.count).max() ?? 0
    return """
      \(output): \(Quantity.bytes(file.byteCount)), \(sequences.count.counting("sequence")) of \
      \(sequences.length.counting("token"))\n
      """
        + file.contents.map { name, shape in
          "  \(name.padded(to: width))  [\(shape.map(String.init).joined(separator: ", "))]\n"
        }.joined()
  }

  var fields: JSONFields {
    [
      "output": output, "bytes": file.byteCount, "sequences": sequences.count,
      "context": sequences.length,
      "tensors": file.contents.map { ["name": $0.name, "shape": $0.shape] as JSONFields },
    ] + identities.reduce(into: [:]) { $0 += [$1.key: $1.fingerprint.description] as JSONFields }
  }
}
