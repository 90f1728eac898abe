import ArgumentParser

/// Text to token ids and back.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Train a tokenizer, apply it and look into it.",
    subcommands: [
      TokenizerTrain.self, TokenizerEncode.self, TokenizerDecode.self, TokenizerInspect.self,
      TokenizerConvert.self,
    ])
}
