import CRATELM
import Storage
import SystemPackage

/// The facts about a run, checkpoint or file of tensors, to be printed.
struct StoredSummary {
  private let path: FilePath
  private let model: StoredModel?
  private let state: TrainingState?
  private let checkpoints: [Checkpoint]
  private let tensors: [StoredTensor]
  private let files: [(name: String, byteCount: Int)]

  /// Reads all but the numbers of what lies at `path`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  init(at path: FilePath) throws {
    self.path = path
    let isDirectory = FileSystem.kind(of: path) == .directory
    model = isDirectory ? try StoredModel(at: path) : nil
    let parts = try StoredPart.all(at: path)
    checkpoints = parts.compactMap { if case .checkpoint(let value) = $0 { value } else { nil } }
    state = try checkpoints.first?.state()
    tensors = try CheckpointSource.open(model?.weights ?? path).tensors.tensors
    // Each checkpoint of a run is named by itself.
    files = try parts.filter { $0.isFiles || parts.count == 1 }.flatMap { try $0.files() }
  }

  private var parameterCount: Int {
    tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("path", .string(path.string))]
    if let shape = model?.model {
      members += [
        ("architecture", .string(shape.architecture.rawValue)),
        ("objective", .string(shape.objective.rawValue)), ("depth", .count(shape.depth)),
        ("width", .count(shape.width)), ("heads", .count(shape.headCount)),
        ("context", .count(shape.contextLength)), ("vocabulary", .count(shape.vocabularySize)),
        ("tokenizer", model?.tokenizer.map { .string($0.description) } ?? .null),
      ]
    }
    if let state {
      members += [("step", .count(state.step)), ("tokens", .count(state.tokens))]
    }
    return .members(
      members + [
        ("parameters", .count(parameterCount)),
        ("checkpoints", .array(checkpoints.map { .count($0.step) })),
        (
          "files",
          .array(
            files.map { .members([("name", .string($0.name)), ("bytes", .count($0.byteCount))]) })
        ),
        ("tensors", .array(tensors.map(json))),
      ])
  }

  private func json(_ tensor: StoredTensor) -> JSONValue {
    .members([
      ("name", .string(tensor.name)), ("type", .string(tensor.type.rawValue)),
      ("shape", .array(tensor.shape.map(JSONValue.count))),
    ])
  }

  /// A line for each fact.
  func text(withTensors: Bool) -> String {
    var lines: [String] = []
    if let shape = model?.model {
      lines.append(
        "\(shape.architecture.rawValue), \(shape.objective.rawValue): depth \(shape.depth), width "
          + "\(shape.width), \(shape.headCount) heads, context \(shape.contextLength), vocabulary "
          + "\(shape.vocabularySize)")
    }
    lines.append("\(tensors.count) tensors of \(parameterCount) numbers")
    if let tokenizer = model?.tokenizer { lines.append("tokenizer: \(tokenizer)") }
    if let state { lines.append("after step \(state.step), \(state.tokens) tokens") }
    if checkpoints.count > 1 {
      lines.append("checkpoints: \(checkpoints.map { "\($0.step)" }.joined(separator: ", "))")
    }
    lines += files.map { "\($0.name): \($0.byteCount) bytes" }
    if withTensors { lines += tensors.map { "\($0.name): \($0.type.rawValue) \($0.shape)" } }
    return lines.joined(separator: "\n")
  }
}

extension StoredPart {
  fileprivate var isFiles: Bool { if case .checkpoint = self { false } else { true } }
}
