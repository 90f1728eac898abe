import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// A page for runs, or for a model.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page about runs, or about a model, to look at in a browser.",
    discussion: """
      One file of HTML that needs nothing else. An earlier page is replaced, no other file is.

      Of runs: losses, learning rate and speed, the layers through training (pretrain \
      --analyze-every), samples, settings and warnings; several runs side by side. A run may still \
      be training.

        crate-lm report run -o run.html
        crate-lm report run-1 run-2 -o both.html
        crate-lm report run -o run.svg    an image of the loss and the layers

      Of a model: sentences whose tokens can be chosen, each with what every layer expected, the \
      terms of its logit and the attention of all heads; the layers beside random initialisation; \
      the tokens of each head.

        crate-lm report --model run --data data --text "She left." -o model.html
      """)

  @Argument(help: "The directories of runs, or of 'train'.")
  var runs: [String] = []

  @Option(help: "A model to look into, instead of runs.")
  var model: String?

  @Option(help: "A data directory packed with the tokenizer of --model.")
  var data: String?

  @Option(help: "A sentence to show before those of the data. May be given several times.")
  var text: [String] = []

  @Option(name: [.short, .long], help: "The file to write, .html, or .svg for an image of runs.")
  var output: String

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var notes: NoteOptions

  func validate() throws {
    guard runs.isEmpty != (model == nil) else {
      throw ValidationError("Give either runs, or --model with --data.")
    }
    guard (model == nil) == (data == nil) else {
      throw ValidationError("--model and --data belong together: a page shows a model on a text.")
    }
    guard text.isEmpty || model != nil else {
      throw ValidationError("--text is for --model, which is missing.")
    }
    try PictureFile.requireEnding("-o", output, of: model == nil ? [.page, .image] : [.page])
  }

  func run() throws {
    let file = try PictureFile(output, isImage ? .image : .page)
    let page = try model.map(page) ?? page(of: RunPage(RunPaths.summaries(runs)))
    try file.write(page)
    notes.note("\(output) shows \((model.map { [$0] } ?? runs).joined(separator: ", ")).")
  }

  private var isImage: Bool { PictureFile.Kind.of(output, among: [.image]) != nil }

  /// The page, or its picture if that is the kind of file to write.
  private func page(of runs: RunPage) throws -> String {
    isImage ? runs.drawing.svg : try runs.html()
  }

  private func page(of model: String) throws -> String {
    let loaded = try TextModel(model, threads: threads.count, notes: notes)
    let data = try TokenData(directory: RawBytes.path(data ?? ""), tokenizer: loaded.fingerprint)
    let page = ModelPage(loaded, name: model, data: data, threads: threads.count)
    return try page.html(texts: text)
  }
}

/// The runs that a command is about.
struct RunPaths: ParsableArguments {
  @Argument(help: "The directories of runs, or of 'train'.")
  var runs: [String]

  /// The past of each.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  func summaries() throws -> [RunSummary] { try Self.summaries(runs) }

  /// The past of each of `runs`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  static func summaries(_ runs: [String]) throws -> [RunSummary] {
    try RunSummary.all(at: runs.map(RawBytes.path))
  }
}
