import ArgumentParser

/// Words that people give without an option.
enum PlainWords {
  /// What to do with such words behind `command`, such as "give the data directory by --data"; `nil`
  /// if nothing is usual.
  static func remedy(for command: any ParsableCommand.Type) -> String? {
    switch command {
    case is Generate.Type: text(by: "--prompt")
    case is Score.Type, is TokenizerEncode.Type: text(by: "--text")
    case is Pretrain.Type: "give the data directory by --data"
    case is EvaluatePerplexity.Type, is AnalyzeLayers.Type, is AnalyzeActivations.Type:
      "give text files by --text, or packed data by --data"
    case is ImportCommand.Type, is ExportModel.Type, is TokenizerConvert.Type:
      "name the output by -o"
    default: nil
    }
  }

  private static func text(by option: String) -> String {
    "give the text by \(option), in quotes if it has several words"
  }
}
