import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

extension Pretrain {
  /// The weights with which the run begins: those of `--from`, or those recorded in the run that
  /// begins anew or that `--config` repeats; `nil` if they are drawn, or if there is a checkpoint.
  ///
  /// - Throws: `FileError`, `CheckpointError`; `ConfigurationError` for others than those recorded;
  ///   `ValidationError` for a model within the output.
  func initialWeights(continuing point: ResumePoint?) throws -> InitialWeights? {
    guard let point else {
      if let from = usual.from {
        let weights = try read(RawBytes.path(from))
        try requireOutside(weights)
        return weights
      }
      let repeated = try usual.config.flatMap(ConfigurationFile.run)?.training?.from
      return try repeated.map { try read($0) }
    }
    guard let recorded = point.training.from else {
      guard let from = usual.from else { return nil }
      throw ConfigurationError(
        """
        The run at \(output) did not begin with the weights of \(from), but with drawn ones; leave \
        --from out, or begin another run with -o.
        """)
    }
    guard let from = usual.from,
      try FileSystem.canonical(RawBytes.path(from)).string != recorded.path
    else { return point.checkpoint == nil ? try read(recorded) : nil }
    let weights = try read(RawBytes.path(from))
    try weights.require(recorded, of: directory.path)
    return point.checkpoint == nil ? weights : nil
  }

  /// The weights that a run recorded.
  private func read(_ recorded: InitialWeights.Origin) throws -> InitialWeights {
    do {
      let weights = try read(FilePath(recorded.path))
      try weights.require(recorded, of: directory.path)
      return weights
    } catch let error as FileError {
      report.note(
        """
        The run begins with the weights of \(recorded.path); where they lie elsewhere now, give \
        --from with their place.
        """)
      throw error
    }
  }

  private func read(_ path: FilePath) throws -> InitialWeights {
    let stored = try StoredModel(at: path)
    LostMapping.prepare(for: stored.weights)
    return try InitialWeights(stored, threads: threads.count)
  }

  /// Refuses weights that the new run would replace.
  private func requireOutside(_ weights: InitialWeights) throws {
    guard FileSystem.kind(of: directory.path) != nil,
      try FilePath(weights.origin.path).starts(with: FileSystem.canonical(directory.path))
    else { return }
    throw ValidationError(
      """
      --from is \(weights.origin.path), which the run at \(output) would replace; choose another \
      -o, such as \(directory.freeSibling).
      """)
  }

  /// `plan` without its bound on dictionaries, with a note, if the model's are beyond it and the
  /// user does not ask for the bound.
  func leavingDictionaries(
    _ plan: TrainingConfiguration, _ shape: ModelConfiguration, of weights: InitialWeights
  ) throws -> TrainingConfiguration {
    let repeated = try usual.config.flatMap(ConfigurationFile.run)?.training?.from
    guard plan.boundsDictionaries, training.dictionaryBound == nil, repeated != weights.origin,
      let value = weights.stabilityBeyondBound(in: shape)
    else { return plan }
    report.note(
      """
      The dictionaries of \(weights.origin.path) are beyond the bound of 1.9 (step size times the \
      square of the largest singular value: \(Quantity.fixed(value, 1))): they stay as they are; \
      --dictionary-bound scales them down.
      """)
    var plan = plan
    plan.boundsDictionaries = false
    return plan
  }

  /// Says it if the texts of the data have other tokens between them than those of the model that
  /// the run begins with.
  func noteEnds(
    of weights: InitialWeights, _ shape: ModelConfiguration, _ pretraining: Pretraining
  ) {
    let tokenizer = pretraining.tokenizer
    let own = weights.textBounds ?? TextBounds(namedIn: tokenizer)
    let new = pretraining.data.textBounds
    let isCausal = [weights.model.configuration, shape].allSatisfy {
      $0.objective.attention == .causal
    }
    guard isCausal, own.end != new.end else { return }
    report.note(
      "Between its texts \(weights.origin.path) has \(tokenizer.name(ofEnd: own.end)); the data have "
        + "\(tokenizer.name(ofEnd: new.end)), which the new model learns.")
  }

  /// The beginning of a run with `weights`, in a line.
  func describe(_ weights: InitialWeights, _ shape: ModelConfiguration) -> String {
    let own = weights.model.configuration
    let crossing = weights.crossing(to: shape)
    var line =
      "begins with the weights of \(weights.origin.path) "
      + "(\(weights.origin.fingerprint.description.prefix(12))…)"
    if shape.contextLength < own.contextLength {
      line += ", \(shape.contextLength) of its \(own.contextLength.counting("position"))"
    }
    guard own.objective != shape.objective else { return line }
    line += "; the body crosses from \(own.objective) to \(shape.objective)"
    for (title, names) in [("new", crossing.drawn), ("left out", crossing.leftOut)]
    where !names.isEmpty {
      line += "; \(title): \(Self.modules(names).joined(separator: ", "))"
    }
    return line
  }

  /// The modules of the tensors `names`, each once; a star stands for the number of a layer.
  private static func modules(_ names: [String]) -> [String] {
    var seen: [String] = []
    for name in names {
      let parts = name.split(separator: ".").map { Int($0) == nil ? String($0) : "*" }
      let module = parts[0] == "head" ? "the head" : parts.joined(separator: ".")
      let whole =
        module.hasSuffix("norm.gain") || module.hasSuffix("norm.bias")
        ? String(module.dropLast(5)) : module
      if !seen.contains(whole) { seen.append(whole) }
    }
    return seen
  }
}
