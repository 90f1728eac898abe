import Files
import SystemPackage

/// `metrics.jsonl`: one line of JSON for every step, appended as training goes.
///
/// Lines up to a checkpoint's step are durable before the checkpoint is.
final class MetricsLog {
  /// The last line that was there when the log was opened.
  let lastLine: MetricsLine?
  private let file: OutputFile
  private var byteCount: Int

  /// Opens the log at `path` to go on after `step`: lines of later steps, and a line that a crash
  /// left unfinished, are dropped.
  init(_ path: FilePath, after step: Int) throws {
    let exists = FileSystem.kind(of: path) != nil
    let bytes = exists ? try FileContents.read(path) : []
    (lastLine, byteCount) = Self.lastLine(of: bytes, upTo: step)
    file = try OutputFile(extending: path)
    if byteCount < bytes.count { try file.truncate(to: byteCount) }
    if !exists { try FileSystem.synchronizeDirectory(path.parent) }
  }

  /// The last whole line of a step up to `step`, and where it ends.
  private static func lastLine(of bytes: [UInt8], upTo step: Int) -> (MetricsLine?, end: Int) {
    let newLine = UInt8(ascii: "\n")
    func lineStart(before end: Int) -> Int {
      bytes[..<end].lastIndex(of: newLine).map { $0 + 1 } ?? 0
    }
    var end = lineStart(before: bytes.count)
    while end > 0 {
      let start = lineStart(before: end - 1)
      if let line = MetricsLine(bytes[start..<end - 1]), line.step.step <= step {
        return (line, end)
      }
      end = start
    }
    return (nil, 0)
  }

  /// Appends a line, wholly or not at all.
  func append(
    _ step: StepReport, validation: ValidationLoss?, layers: [LayerReport]
  ) throws(FileError) {
    let line = MetricsLine(step, validation: validation).serialized(layers)
    do {
      try file.write(line)
    } catch {
      try? file.truncate(to: byteCount)
      throw error
    }
    byteCount += line.count
  }

  /// Makes all lines durable.
  func synchronize() throws(FileError) {
    try file.synchronize()
  }
}
