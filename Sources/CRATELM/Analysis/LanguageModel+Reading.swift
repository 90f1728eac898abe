import Parallel

extension LanguageModel {
  /// The names of all parameters, in the order in which they are stored.
  public var parameterNames: [String] { layout.tensors.map(\.name) }

  /// The parameter called `name`.
  ///
  /// - Returns: a copy; `nil` if no parameter has the name.
  public func parameter(_ name: String) -> NamedValues? {
    guard let tensor = layout.tensors.first(where: { $0.name == name }) else { return nil }
    return NamedValues(
      name: name, shape: tensor.shape, head: nil, values: parameters.values[tensor.slot].elements)
  }

  /// The logits of every place of a text.
  ///
  /// - Parameters:
  ///   - ids: the text, of a masked model with the tokens that begin and end a sequence.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: `[tokens, vocabulary]`: of a causal model the scores of the token that comes next.
  /// - Throws: ``ConfigurationError`` for no ids, more than the context, or one beyond the
  ///   vocabulary; ``OutOfMemory``.
  public func logits(of ids: [Int32], threads: Int? = nil) throws -> NamedValues {
    try pass(ids, threads, observer: nil)
  }

  /// What a pass over a text computes, see `docs/activations.md`.
  ///
  /// - Parameters:
  ///   - ids: the text, of a masked model with the tokens that begin and end a sequence.
  ///   - threads: the number of threads; `nil` for one per processor.
  ///   - isWanted: whether the activation of this name is kept.
  /// - Returns: those that are wanted in the order in which they are computed, each with a row for
  ///   every token; attention weights last, each head by itself.
  /// - Throws: as ``logits(of:threads:)``.
  public func activations(
    of ids: [Int32], threads: Int? = nil, where isWanted: @escaping (_ name: String) -> Bool
  ) throws -> [NamedValues] {
    let recorder = ActivationRecorder(isWanted)
    _ = try pass(ids, threads, observer: recorder)
    return recorder.values
  }

  private func pass(
    _ ids: [Int32], _ threads: Int?, observer: ActivationRecorder?
  ) throws -> NamedValues {
    guard (1...configuration.contextLength).contains(ids.count) else {
      throw ConfigurationError(
        """
        The text has \(ids.count) tokens; expected 1 to \(configuration.contextLength), the \
        model's context.
        """)
    }
    try require(ids)
    let network = try Network(
      self, shape: BatchShape(sequences: 1, context: ids.count), purpose: .inference,
      workers: Workers(threads: threads ?? Workers.available), instruments: observer)
    // Every place is asked for; what for does not change its logits.
    let batch = Batch(inputs: ids, targets: ids, contextLength: ids.count)
    var logits: [Float] = []
    network.forEachLogits(batch) { logits += $1.elements }
    return NamedValues(
      name: "logits", shape: [ids.count, configuration.vocabularySize], head: nil, values: logits)
  }
}
