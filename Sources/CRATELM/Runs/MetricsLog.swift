import Storage
import SystemPackage

/// `metrics.jsonl`: one line of JSON for every step, appended during training.
///
/// Lines up to a checkpoint's step become durable before the checkpoint.
final class MetricsLog {
  /// The last line when the log was opened.
  let lastLine: MetricsLine?
  private let file: OutputFile
  /// The number of durable bytes.
  private var durableByteCount: Int
  /// The lines behind them.
  private var pending: [UInt8] = []
  /// Whether the last synchronization failed.
  private var hasFailed = false

  /// Opens the log at `path` to go on after `step`; drops lines of later steps and a line that a
  /// crash left unfinished.
  init(_ path: FilePath, after step: Int) throws {
    let lines: ReversedLines?
    (lines, (lastLine, durableByteCount)) = try CheckpointError.owning {
      let lines = try FileSystem.exists(path) ? ReversedLines(path) : nil
      return (lines, try Self.lastLine(of: lines, upTo: step))
    }
    file = try OutputFile(extending: path)
    if let lines, durableByteCount < lines.byteCount { try file.truncate(to: durableByteCount) }
    try FileSystem.synchronizeDirectory(path.parent)
  }

  /// The last whole line of a step up to `step`, and its end in bytes.
  private static func lastLine(
    of lines: ReversedLines?, upTo step: Int
  ) throws -> (MetricsLine?, end: Int) {
    while let (bytes, end) = try lines?.next() {
      if let line = MetricsLine(bytes), line.step.step <= step { return (line, end) }
    }
    return (nil, 0)
  }

  /// Appends a line; after an error none of it remains.
  func append(_ line: MetricsLine) throws(FileError) {
    let line = line.serialized()
    do {
      try file.write(line)
    } catch {
      try? file.truncate(to: durableByteCount + pending.count)
      throw error
    }
    pending += line
  }

  /// Makes all lines durable.
  ///
  /// The system reports a failure once and may then treat unwritten bytes as written, so the next
  /// call writes the lines again.
  func synchronize() throws(FileError) {
    if hasFailed {
      try file.truncate(to: durableByteCount)
      try file.write(pending)
    }
    hasFailed = true
    try file.synchronize()
    hasFailed = false
    durableByteCount += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}
