import ArgumentParser

/// A command with an option for words that people give without one.
protocol GuidingCommand: ParsableCommand {
  /// What to do with such words, such as "give the text by --text".
  static var remedyForPlainWords: String { get }
}

/// What to do with a text, or the name of something, that stands by itself.
private enum Remedy {
  static func text(_ option: String) -> String {
    "give the text by \(option), in quotes if it has several words"
  }
  static let measured = "give text files by --text, or packed data by --data"
  static let output = "name the output by -o"
}

extension Generate: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.text("--prompt") }
}

extension Score: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.text("--text") }
}

extension TokenizerEncode: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.text("--text") }
}

extension Pretrain: GuidingCommand {
  static var remedyForPlainWords: String { "give the data directory by --data" }
}

extension EvaluatePerplexity: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.measured }
}

extension AnalyzeLayers: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.measured }
}

extension AnalyzeActivations: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.measured }
}

extension ImportCommand: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.output }
}

extension ExportModel: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.output }
}

extension TokenizerConvert: GuidingCommand {
  static var remedyForPlainWords: String { Remedy.output }
}
