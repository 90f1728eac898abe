import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

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
    try report.print(StoredSummary(at: RawBytes.path(input.path), showsTensors: tensors))
  }
}

/// The facts about a run, checkpoint or file of tensors.
private struct StoredSummary: Report {
  private let path: FilePath
  private let showsTensors: Bool
  private let model: StoredModel?
  private let state: TrainingState?
  private let checkpoints: [Checkpoint]
  /// The checkpoints of a run with other names than their steps.
  private let named: [Checkpoint]
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
    let isOne = parts.count == 1
    checkpoints = try parts.compactMap { try $0.checkpoint(isOne: isOne) }
    named = isOne ? [] : try parts.compactMap { try $0.copy }
    state = try checkpoints.first?.state()
    tensors = try CheckpointSource.open(model?.weights ?? path).tensors.tensors
    // A run lists its checkpoints instead of their files.
    files = try parts.filter { isOne || !$0.isCheckpoint }.flatMap { try $0.files() }
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
    if let state {
      fields += [
        "step": state.step, "tokens": state.tokens, "best_step": state.best?.step,
        "best_validation_loss": state.best?.loss,
      ]
    }
    return fields + [
      "parameters": parameterCount, "checkpoints": checkpoints.map(\.step),
      "named_checkpoints": named.map {
        ["name": name(of: $0), "step": $0.step] as JSONFields
      },
      "files": files.map { ["name": $0.name, "bytes": $0.byteCount] as JSONFields },
      "tensors": tensors.map {
        ["name": $0.name, "type": $0.type.rawValue, "shape": $0.shape] as JSONFields
      },
    ]
  }

  private func name(of checkpoint: Checkpoint) -> String {
    checkpoint.path.lastComponent?.string ?? ""
  }

  /// A line for each fact.
  var text: String {
    var lines: [String] = []
    if let shape = model?.model { lines.append(shape.summary) }
    lines.append("\(tensors.count.counting("tensor")) of \(parameterCount.counting("number"))")
    if let tokenizer = model?.tokenizer { lines.append("tokenizer: \(tokenizer)") }
    if let origin = model?.training?.from {
      lines.append("began with the weights of \(origin.path): \(origin.fingerprint)")
    }
    if let state { lines.append("after step \(state.step), \(state.tokens.counting("token"))") }
    if let best = state?.best {
      lines.append(
        "lowest validation loss: \(Quantity.fixed(best.loss, 3)), after step \(best.step)")
    }
    let names = named.map { "\(name(of: $0)) (of step \($0.step))" }
    if checkpoints.count + named.count > 1 {
      lines.append(
        "checkpoints: "
          + (checkpoints.map { "\($0.step)" } + names).joined(separator: ", "))
    }
    lines += files.map { "\($0.name): \($0.byteCount.counting("byte"))" }
    if showsTensors { lines += tensors.map { "\($0.name): \($0.type.rawValue) \($0.shape)" } }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension StoredPart {
  /// The checkpoint, one with another name than its step only if it `isOne` by itself.
  fileprivate func checkpoint(isOne: Bool) throws -> Checkpoint? {
    if case .checkpoint(let checkpoint) = self { return checkpoint }
    return isOne ? try copy : nil
  }

  /// The checkpoint, if it is one that any name will do for.
  fileprivate var copy: Checkpoint? {
    get throws {
      guard case .copy(let path) = self else { return nil }
      return try Checkpoint(opening: path)
    }
  }

  fileprivate var isCheckpoint: Bool {
    switch self {
    case .checkpoint, .copy: true
    case .description, .weights, .tensors: false
    }
  }
}

extension ModelConfiguration {
  /// The shape in a line.
  var summary: String {
    "\(architecture.rawValue), \(objective.rawValue): depth \(depth), width \(width), "
      + "\(headCount.counting("head")), context \(contextLength), vocabulary \(vocabularySize)"
  }
}
