import ArgumentParser
import CRATELM
import Parallel

/// How many threads a command works with.
struct ThreadOptions: ParsableArguments {
  @Option(name: [.customShort("t"), .long], help: "Threads. (default: one per processor)")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); expected 1 to 1024.")
    }
  }

  /// The number of threads.
  var count: Int { threads ?? Workers.available }
}
