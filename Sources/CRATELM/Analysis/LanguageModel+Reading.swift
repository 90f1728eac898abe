import Parallel
import Storage

extension LanguageModel {
  /// The names of all parameters, in storage order.
  public var parameterNames: [String] { layout.tensors.map(\.name) }

  /// The names of the activations that a pass computes, in its order.
  public var activationNames: [String] { blueprint.activationNames.map(\.description) }

  /// The parameter named `name`.
  ///
  /// - Returns: a copy; `nil` if there is no such parameter.
  public func parameter(_ name: String) -> NamedValues? {
    guard let tensor = layout.tensors.first(where: { $0.name == name }) else { return nil }
    return NamedValues(
      name: name, shape: tensor.shape, head: nil, values: parameters.values[tensor.slot].elements)
  }

  /// The logits at every position of a text.
  ///
  /// - Parameters:
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: `[tokens, vocabulary]`: scores of the token at each position or, from a causal
  ///   model, of the next one.
  /// - Throws: ``ConfigurationError`` for no ids, more ids than the context, or an id outside the
  ///   vocabulary; ``OutOfMemory``.
  public func logits(of ids: [Int32], threads: Int? = nil) throws -> NamedValues {
    let (network, batch) = try pass(ids, threads, observer: nil)
    var logits: [Float] = []
    network.forEachLogits(batch) { logits += $1.elements }
    return NamedValues(
      name: "logits", shape: [ids.count, configuration.vocabularySize], head: nil, values: logits)
  }

  /// The activations of a pass over a text; `docs/activations.md` lists their names.
  ///
  /// - Parameters:
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - threads: the number of threads; `nil` for one per processor.
  ///   - isWanted: whether the activation of this name is returned.
  /// - Returns: the wanted activations in the order of the pass, each with a row for every token;
  ///   attention weights last, one matrix per head.
  /// - Throws: as ``logits(of:threads:)``.
  public func activations(
    of ids: [Int32], threads: Int? = nil, where isWanted: @escaping (_ name: String) -> Bool
  ) throws -> [NamedValues] {
    let recorder = ActivationRecorder(isWanted)
    let (network, batch) = try pass(ids, threads, observer: recorder)
    network.observe(batch)
    return try recorder.values()
  }

  /// A network for a pass over a text, and its batch, with a prediction at every position.
  private func pass(
    _ ids: [Int32], _ threads: Int?, observer: ActivationRecorder?
  ) throws -> (Network, Batch) {
    guard (1...configuration.contextLength).contains(ids.count) else {
      throw ConfigurationError(
        """
        The text has \(ids.count.counting("token")); expected 1 to \(configuration.contextLength), \
        the model's context.
        """)
    }
    try require(ids)
    let network = try Network(
      self, shape: BatchShape(sequences: 1, context: ids.count), purpose: .inference,
      workers: Workers(threads: Workers.count(threads)), instruments: observer)
    // Every position needs some target; it changes nothing.
    return (network, Batch(inputs: ids, targets: ids, contextLength: ids.count))
  }
}
