import Files
import StrictJSON
import SystemPackage

/// `metrics.jsonl`: one line of JSON for every step, appended as training goes.
final class MetricsLog {
  private let path: FilePath
  private let descriptor: FileDescriptor

  /// Opens the log at `path` to go on after `step`: lines of later steps, and a line that a crash
  /// left unfinished, are dropped.
  init(_ path: FilePath, after step: Int) throws {
    self.path = path
    if FileSystem.kind(of: path) != nil {
      let lines = try FileContents.read(path).split(separator: UInt8(ascii: "\n"))
      var kept: [UInt8] = []
      for line in lines {
        guard let number = (try? JSONValue.parse(Array(line)))?.object?["step"]?.integer,
          number <= step
        else { break }
        kept += line
        kept.append(UInt8(ascii: "\n"))
      }
      try FileContents.write(kept, to: path)
    }
    do {
      descriptor = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .append],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw FileError.cannotCreate(path, reason: "\(error)")
    }
  }

  deinit {
    try? descriptor.close()
  }

  func append(
    _ step: StepReport, validation: EvaluationReport?, layers: [LayerReport]
  ) throws {
    var members: [(key: String, value: JSONValue)] = [
      ("step", .integer(Int64(step.step))),
      ("tokens", .integer(Int64(step.tokens))),
      ("loss", .number(step.loss)),
      ("learning_rate", .number(step.learningRate)),
      ("gradient_norm", .number(step.gradientNorm)),
      ("tokens_per_second", .number(step.tokensPerSecond)),
      ("seconds", .number(step.seconds)),
    ]
    if let validation {
      members.append(("validation_loss", .number(validation.loss)))
      if let bitsPerByte = validation.bitsPerByte {
        members.append(("validation_bits_per_byte", .number(bitsPerByte)))
      }
    }
    if step.isSkipped { members.append(("skipped", .bool(true))) }
    if !layers.isEmpty { members.append(("layers", .array(layers.map(\.json)))) }
    let line = JSONValue.object(JSONObject(members)).serialized() + [UInt8(ascii: "\n")]
    do {
      try descriptor.writeAll(line)
    } catch {
      throw FileError.writeFailed(path, error as? Errno ?? .ioError)
    }
  }
}

extension LayerReport {
  fileprivate var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("gradient_norm", .number(gradientNorm))]
    if let stepStability { members.append(("step_stability", .number(stepStability))) }
    if let deadUnitShare { members.append(("dead_unit_share", .number(deadUnitShare))) }
    return .object(JSONObject(members))
  }
}
