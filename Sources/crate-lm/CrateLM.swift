import ArgumentParser

@main
struct CrateLM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crate-lm",
    abstract: "White-box language models, trained from a text file.")
}
