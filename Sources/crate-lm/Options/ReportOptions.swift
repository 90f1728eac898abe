import ArgumentParser

/// How a command reports.
struct ReportOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON document.")
  var json = false

  @Flag(name: [.customShort("q"), .long], help: "Show no progress and no notes.")
  var quiet = false

  /// Tells the user something on standard error, unless asked to be quiet.
  func note(_ text: String) {
    if !quiet { StandardError.print(text) }
  }
}
