import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// The facts about a run or checkpoint.
struct CheckpointInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print what a run, checkpoint or file of tensors holds.")

  @OptionGroup var input: StoredPath

  @Flag(help: "Print every tensor's name, type and shape; --json always has them.")
  var tensors = false

  @OptionGroup var report: ReportOptions

  func run() throws {
    try report.print(StoredSummary(at: FilePath(input.path), showsTensors: tensors))
  }
}

/// The facts about a run, checkpoint or file of tensors.
private struct StoredSummary: Report {
  private let path: FilePath
  private let showsTensors: Bool
  private let model: StoredModel?
  private let state: TrainingState?
  private let checkpoints: [Checkpoint]
  private let tensors: [StoredTensor]
  private let files: [(name: String, byteCount: Int)]

  /// Reads everything at `path` but the values of tensors.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  init(at path: FilePath, showsTensors: Bool) throws {
    self.path = path
    self.showsTensors = showsTensors
    model = FileSystem.kind(of: path) == .directory ? try StoredModel(at: path) : nil
    let parts = try StoredPart.all(at: path)
    checkpoints = try parts.compactMap { try $0.checkpoint }
    state = try checkpoints.first?.state()
    tensors = try CheckpointSource.open(model?.weights ?? path).tensors.tensors
    // A run lists its checkpoints instead of their files.
    files = try parts.filter { try $0.checkpoint == nil || parts.count == 1 }.flatMap {
      try $0.files()
    }
  }

  private var parameterCount: Int {
    tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  var fields: JSONFields {
    var fields: JSONFields = ["path": path.string]
    if let shape = model?.model {
      fields += [
        "architecture": shape.architecture.rawValue, "objective": shape.objective.rawValue,
        "depth": shape.depth, "width": shape.width, "heads": shape.headCount,
        "context": shape.contextLength, "vocabulary": shape.vocabularySize,
        "tokenizer": model?.tokenizer?.description,
      ]
    }
    if let origin = model?.training?.from {
      fields += [
        "from": ["path": origin.path, "fingerprint": origin.fingerprint.description] as JSONFields
      ]
    }
    if let state { fields += ["step": state.step, "tokens": state.tokens] }
    return fields + [
      "parameters": parameterCount, "checkpoints": checkpoints.map(\.step),
      "files": files.map { ["name": $0.name, "bytes": $0.byteCount] as JSONFields },
      "tensors": tensors.map {
        ["name": $0.name, "type": $0.type.rawValue, "shape": $0.shape] as JSONFields
      },
    ]
  }

  /// A line for each fact.
  var text: String {
    var lines: [String] = []
    if let shape = model?.model { lines.append(shape.summary) }
    lines.append("\(tensors.count) tensors of \(parameterCount) numbers")
    if let tokenizer = model?.tokenizer { lines.append("tokenizer: \(tokenizer)") }
    if let origin = model?.training?.from {
      lines.append("began with the weights of \(origin.path): \(origin.fingerprint)")
    }
    if let state { lines.append("after step \(state.step), \(state.tokens) tokens") }
    if checkpoints.count > 1 {
      lines.append("checkpoints: \(checkpoints.map { "\($0.step)" }.joined(separator: ", "))")
    }
    lines += files.map { "\($0.name): \($0.byteCount) bytes" }
    if showsTensors { lines += tensors.map { "\($0.name): \($0.type.rawValue) \($0.shape)" } }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension StoredPart {
  fileprivate var checkpoint: Checkpoint? {
    get throws {
      switch self {
      case .checkpoint(let checkpoint): checkpoint
      case .copy(let path): try Checkpoint(opening: path)
      case .description, .weights, .tensors: nil
      }
    }
  }
}

extension ModelConfiguration {
  /// The shape in a line.
  var summary: String {
    "\(architecture.rawValue), \(objective.rawValue): depth \(depth), width \(width), "
      + "\(headCount) heads, context \(contextLength), vocabulary \(vocabularySize)"
  }
}
