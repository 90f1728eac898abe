import Glibc
import SystemPackage

/// The end of a process whose mapped weights are not there when they are used.
///
/// The system tells of a file that was cut short, or of a disk that fails, by a signal, for which
/// there is no going on.
enum MappedWeights {
  nonisolated(unsafe) private static var lastWords: LastWords?

  /// Fixes what is said about the weights at `path`.
  static func prepare(for path: FilePath) {
    unsafe lastWords = LastWords(
      """
      Error: the weights in \(path) could not be read when they were needed; the file was cut short \
      or its disk fails: look with 'crate-lm checkpoint verify'.

      """)
    signal(SIGBUS) { _ in unsafe MappedWeights.lastWords?.end(.inputOutput) }
  }
}
