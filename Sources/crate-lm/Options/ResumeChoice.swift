import ArgumentParser
import SystemPackage

/// Where to continue a run.
enum ResumeChoice: ExpressibleByArgument {
  /// At the newest sound checkpoint, or at the beginning where there is none.
  case newest
  /// At this one.
  case checkpoint(FilePath)

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self = argument == "auto" ? .newest : .checkpoint(FilePath(argument))
  }
}
