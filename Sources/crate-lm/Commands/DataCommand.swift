import ArgumentParser

/// Text as shards of token ids.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Turn text into token shards, and look into them.",
    subcommands: [DataPack.self, DataInspect.self, DataVerify.self, DataRead.self])
}
