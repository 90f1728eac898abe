import Storage
public import SystemPackage

/// A checkpoint of this or another program, ready to be read as a model of ours.
///
/// Opening checks everything but the numbers: the convention of the names, the shape of the model,
/// and that there are exactly the expected tensors with their shapes.
public struct CheckpointImport {
  /// The program or model of the checkpoint.
  public let title: String
  /// The shape of the model.
  public let configuration: ModelConfiguration
  /// The directory of the tensors, and perhaps of a tokenizer.
  public let directory: FilePath
  /// The tensors of the checkpoint that are no part of a language model.
  public let leftOut: [String]
  /// Our biases that the checkpoint lacks; they are zero.
  public let zeros: [String]

  /// Whether the format has checksums of the numbers; of PyTorch before 1.6 it has none.
  public var hasChecksums: Bool { source.hasChecksums }

  private let path: FilePath
  private let source: RenamedTensors
  private let plan: ImportPlan

  /// Opens the checkpoint at `path`, a file or a directory.
  ///
  /// - Parameters:
  ///   - path: a file of PyTorch or safetensors, or a directory with one.
  ///   - choices: facts that the checkpoint does not state.
  /// - Throws: `FileError`; ``CheckpointError``, ``CheckpointError/mismatch(_:problems:)`` with
  ///   every missing, extra or misshapen tensor; ``ConfigurationError`` if a choice is missing or
  ///   does not fit.
  public init(_ path: FilePath, choices: ImportChoices = ImportChoices()) throws {
    self.path = path
    let settings: ForeignSettings?
    let file: any TensorSource
    (file, directory, settings) = try CheckpointError.owning(as: CheckpointError.damagedImport) {
      let (source, directory) = try CheckpointSource.open(path)
      let file = directory.appending("config.json")
      guard FileSystem.kind(of: file) == .file else { return (source, directory, nil) }
      return (source, directory, try ForeignSettings(FileContents.read(file), path: file))
    }
    let (convention, subject, source) = try Self.convention(path, file, settings, choices)
    self.source = source
    title = convention.title
    do {
      configuration = try convention.configuration(subject)
    } catch let error as MissingChoice {
      throw error.reason
    } catch let error as ConfigurationError where choices.headCount == nil {
      throw CheckpointError.foreign(
        path, reason: "its shape is not possible: \(error.description.dropLast())")
    }
    plan = try ImportPlan(
      layout: Blueprint(configuration).parameters, convention: convention,
      source, path: path)
    (leftOut, zeros) = (plan.leftOut, plan.zeros)
  }

  /// Reads the model.
  ///
  /// - Parameter vocabularySize: the number of ids to keep, at most the checkpoint's; `nil` keeps
  ///   all.
  /// - Returns: the model with the checkpoint's numbers, in single precision.
  /// - Throws: `FileError`, ``CheckpointError``, ``OutOfMemory``, ``ConfigurationError``.
  public func model(vocabularySize: Int? = nil) throws -> LanguageModel {
    let kept = try configuration.keeping(vocabularySize: vocabularySize)
    let model = try LanguageModel(zeros: kept)
    try CheckpointError.owning(as: CheckpointError.damagedImport) { try fill(model) }
    model.fold()
    return model
  }

  /// Reads the parameters of `model`.
  private func fill(_ model: LanguageModel) throws {
    _ = try source.verify()
    for step in plan.steps {
      let elements = try step.recipe.elements(shape: step.shape) { name in
        try source.floats(of: plan.sourceName(name))
      }
      // A model of fewer ids has the same tensors at other offsets.
      let slot = model.layout.tensors[step.index].slot
      unsafe model.parameters.values.withBytes(of: slot) { bytes in
        unsafe elements.withUnsafeBytes {
          unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]))
        }
      }
    }
    if let name = model.nonFiniteTensor(of: model.parameters.values) {
      throw Damage(path, reason: "tensor '\(name)' has a number that is not finite")
    }
    try checkTies()
  }

  /// Checks that tied tensors are equal: models here have no separate head.
  private func checkTies() throws {
    let problems = try plan.ties.filter { tie in
      try source.floats(of: plan.sourceName(tie.copy))
        != source.floats(of: plan.sourceName(tie.original))
    }
    guard problems.isEmpty else {
      throw CheckpointError.mismatch(
        path,
        problems: problems.map {
          "tensor '\($0.copy)' differs from '\($0.original)', to which the model ties it"
        })
    }
  }

  private static func convention(
    _ path: FilePath, _ file: any TensorSource, _ settings: ForeignSettings?,
    _ choices: ImportChoices
  ) throws -> (any CheckpointConvention, ImportSubject, RenamedTensors) {
    let names = file.tensors.map(\.name)
    for prefix in RenamedTensors.Prefix.allCases {
      let source = try RenamedTensors(file, prefix, path)
      for convention in CheckpointConventions.all {
        let subject = ImportSubject(
          path: path, names: convention.standardNames(source.tensors.map(\.name)), source: source,
          settings: settings, choices: choices)
        if convention.recognizes(subject) { return (convention, subject, source) }
      }
    }
    let known = CheckpointConventions.all.map(\.title).joined(separator: ", ")
    let some = names.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
    throw CheckpointError.foreign(
      path,
      reason: (names.isEmpty ? "it holds no tensors" : "it holds tensors such as \(some)")
        + ", expected those of one of: \(known)")
  }
}

/// The assignment of a checkpoint's tensors to ours.
private struct ImportPlan {
  /// One of our tensors: its index in the layout, its shape and its recipe.
  struct Step {
    let index: Int
    let shape: [Int]
    let recipe: TensorRecipe
  }

  private(set) var steps: [Step] = []
  private(set) var leftOut: [String] = []
  private(set) var zeros: [String] = []
  private(set) var ties: [(copy: String, original: String)] = []
  /// The tensors by the bytes of their standard names.
  private let tensors: [[UInt8]: StoredTensor]
  private let source: RenamedTensors

  /// - Throws: ``CheckpointError/mismatch(_:problems:)`` with every tensor that does not fit.
  init(
    layout: Layout, convention: any CheckpointConvention, _ source: RenamedTensors,
    path: FilePath
  ) throws {
    self.source = source
    let stored = source.tensors
    let names = convention.standardNames(stored.map(\.name))
    tensors = Dictionary(zip(names, stored).map { (Array($0.utf8), $1) }) { first, _ in first }
    var problems: [String] = []
    if tensors.count != stored.count {
      problems += Self.collisions(names, stored).map { "tensors \($0) are both the same one" }
    }
    var used: Set<[UInt8]> = []
    var missingBiases: [(name: String, problems: [String])] = []
    for (index, tensor) in layout.tensors.enumerated() {
      guard let recipe = convention.recipe(for: tensor.name) else {
        problems.append("it has nothing like '\(tensor.name)'")
        continue
      }
      for name in recipe.sources { used.insert(Array(name.utf8)) }
      let flaws = flaws(of: recipe, for: tensor)
      let isAbsent = recipe.sources.allSatisfy { self.tensors[Array($0.utf8)] == nil }
      if isAbsent, convention.mayLackBiases, tensor.name.hasSuffix("bias") {
        missingBiases.append((tensor.name, flaws))
      } else if flaws.isEmpty {
        steps.append(Step(index: index, shape: tensor.shape, recipe: recipe))
      } else {
        problems += flaws
      }
    }
    let biasCount = layout.tensors.count { $0.name.hasSuffix("bias") }
    if missingBiases.count == biasCount {
      zeros = missingBiases.map(\.name)
    } else {
      problems += missingBiases.flatMap(\.problems)
    }
    for name in names where !used.contains(Array(name.utf8)) {
      if let tie = convention.ties.first(where: { $0.copy == name }) {
        problems += flaws(of: tie)
        ties.append(tie)
      } else if convention.leavesOut(name) {
        leftOut.append(original(name))
      } else {
        problems.append("tensor '\(original(name))' is not the model's")
      }
    }
    guard problems.isEmpty else { throw CheckpointError.mismatch(path, problems: problems) }
  }

  /// The names of pairs of `tensors` with one of `names` in common.
  private static func collisions(_ names: [String], _ tensors: [StoredTensor]) -> [String] {
    var first: [[UInt8]: String] = [:]
    return zip(names, tensors).compactMap { name, tensor in
      let other = first.updateValue(tensor.name, forKey: Array(name.utf8))
      return other.map { "'\($0)' and '\(tensor.name)'" }
    }
  }

  /// The name in ``source`` of the tensor with the standard name `name`.
  func sourceName(_ name: String) -> String { tensors[Array(name.utf8)]?.name ?? name }

  /// Its name in the file.
  private func original(_ name: String) -> String { source.fileName(sourceName(name)) }

  private func flaws(of recipe: TensorRecipe, for tensor: Tensor) -> [String] {
    let expected = recipe.sourceShape(for: tensor.shape)
    return recipe.sources.compactMap { name in
      guard let found = tensors[Array(name.utf8)] else { return "tensor '\(name)' is missing" }
      guard found.shape == expected else {
        return
          "tensor '\(source.fileName(found.name))' has the shape \(found.shape), expected \(expected)"
      }
      return found.type.isFloating
        ? nil
        : "tensor '\(source.fileName(found.name))' holds \(found.type.rawValue), expected real numbers"
    }
  }

  private func flaws(of tie: (copy: String, original: String)) -> [String] {
    let pair = [tie.copy, tie.original].map { tensors[Array($0.utf8)] }
    guard let copy = pair[0], let original = pair[1] else { return [] }
    return copy.shape == original.shape && copy.type.isFloating
      ? [] : ["tensor '\(copy.name)' has the shape \(copy.shape), expected \(original.shape)"]
  }
}

extension ModelConfiguration {
  /// The shape with the first `kept` ids; `nil` keeps all.
  fileprivate func keeping(vocabularySize kept: Int?) throws -> ModelConfiguration {
    guard let kept, kept != vocabularySize else { return self }
    guard kept < vocabularySize else {
      throw ConfigurationError(
        "The checkpoint has \(vocabularySize.counting("id")); expected at least the \(kept) of "
          + "the tokenizer.")
    }
    return try ModelConfiguration(
      objective: objective, architecture: architecture, depth: depth, width: width,
      headCount: headCount, contextLength: contextLength, vocabularySize: kept,
      stepSize: stepSize, sparsityPenalty: sparsityPenalty, activation: activation,
      positionOffset: positionOffset)
  }
}
