import Parallel
public import Storage
import SystemPackage

/// The weights of a model with which a new run begins, in place of drawn ones.
///
/// A run takes over every tensor that has a place in both models, by its name. Of the position
/// embedding it takes the first rows if its context is shorter. What only the run has, such as the
/// head of another objective, is drawn from the run's seed. Moments and the position in the text
/// begin anew.
public struct InitialWeights: Sendable {
  /// The origin, as the run records it.
  public let origin: Origin
  /// The model.
  public let model: LanguageModel
  /// The identity of its tokenizer.
  public let tokenizer: Fingerprint
  /// The tokens between the texts that it learnt from, as ``RunRecord/textBounds``.
  public let textBounds: TextBounds?
  /// Whether it was trained with ``TrainingConfiguration/boundsDictionaries``.
  private let hasBoundedDictionaries: Bool

  /// The place and the identity of a model's weights.
  public struct Origin: Codable, Hashable, Sendable {
    /// The directory of the model.
    public var path: String
    /// The SHA-256 of its `model.safetensors`.
    public var fingerprint: Fingerprint

    /// The place and the identity.
    package init(path: String, fingerprint: Fingerprint) {
      (self.path, self.fingerprint) = (path, fingerprint)
    }
  }

  /// The tensors that do not cross from the model to a run of another objective.
  public struct Crossing: Hashable, Sendable {
    /// The names of those that only the run has; they are drawn.
    public let drawn: [String]
    /// The names of those that only the model has.
    public let leftOut: [String]
  }

  init(
    _ model: LanguageModel, origin: Origin, tokenizer: Fingerprint, textBounds: TextBounds?,
    hasBoundedDictionaries: Bool
  ) {
    (self.model, self.origin, self.tokenizer) = (model, origin, tokenizer)
    self.textBounds = textBounds
    self.hasBoundedDictionaries = hasBoundedDictionaries
  }

  /// Refuses data of another tokenizer than the model's.
  ///
  /// - Throws: ``DataError/foreignToModel(_:model:expected:found:)``.
  public func require(_ mixture: Mixture) throws(DataError) {
    guard mixture.tokenizer != tokenizer else { return }
    throw .foreignToModel(
      mixture.sources[0].data.directory, model: FilePath(origin.path),
      expected: DataError.Vocabulary(tokenizer, size: model.configuration.vocabularySize),
      found: DataError.Vocabulary(mixture.tokenizer, size: mixture.vocabularySize))
  }

  /// Refuses a run of another shape than the model's: its objective, step size and sparsity penalty
  /// may differ, and its context may be shorter.
  ///
  /// - Throws: ``ConfigurationError`` with both values of whatever differs.
  public func require(_ shape: ModelConfiguration) throws(ConfigurationError) {
    let own = model.configuration
    // Others have no MLP.
    let activations =
      own.architecture == .transformer ? (own.activation, shape.activation) : (.gelu, .gelu)
    let differences = [
      ("architecture", own.architecture.rawValue, shape.architecture.rawValue),
      ("depth", "\(own.depth)", "\(shape.depth)"), ("width", "\(own.width)", "\(shape.width)"),
      ("heads", "\(own.headCount)", "\(shape.headCount)"),
      ("activation", activations.0.rawValue, activations.1.rawValue),
      ("vocabulary", "\(own.vocabularySize)", "\(shape.vocabularySize)"),
      ("position offset", "\(own.positionOffset)", "\(shape.positionOffset)"),
    ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1), not \($0.2)" }
    guard differences.isEmpty else {
      throw ConfigurationError(
        """
        The model at \(origin.path) has \(differences.joined(separator: "; ")); a run that begins \
        with its weights has its shape: leave out what differs.
        """)
    }
    guard shape.contextLength <= own.contextLength else {
      throw ConfigurationError(
        """
        The model at \(origin.path) has \(own.contextLength.counting("position")), too few for a \
        context of \(shape.contextLength); a run that begins with its weights can have a context \
        of at most \(own.contextLength).
        """)
    }
  }

  /// The tensors that do not cross to a run of `shape`; the lists are in the order of the layouts.
  public func crossing(to shape: ModelConfiguration) -> Crossing {
    let (own, names) = (
      model.layout.tensors.map(\.name), Blueprint(shape).parameters.tensors.map(\.name)
    )
    return Crossing(
      drawn: names.filter(Set(names).subtracting(own).contains),
      leftOut: own.filter(Set(own).subtracting(names).contains))
  }

  /// The model of a run of `shape` before its first step; not yet folded.
  ///
  /// - Parameters:
  ///   - shape: the shape.
  ///   - seed: decides the tensors that the run does not take over.
  /// - Returns: a model with memory of its own.
  /// - Throws: as ``require(_:)-(ModelConfiguration)``, ``OutOfMemory``.
  package func model(of shape: ModelConfiguration, seed: UInt64) throws -> LanguageModel {
    try require(shape)
    let result = try LanguageModel(zeros: shape)
    let sources = Dictionary(
      uniqueKeysWithValues: model.layout.tensors.map { ($0.name, $0.slot) })
    for tensor in result.layout.tensors {
      if let slot = sources[tensor.name] {
        let source = model.parameters.values[slot].rows(0..<tensor.slot.rows)
        result.parameters.values[tensor.slot].copy(from: source)
      } else {
        result.draw(tensor, seed: seed)
      }
    }
    return result
  }

  /// The largest η·σ_max(D)² of the model's dictionaries with the step size of `shape`, if it is
  /// beyond what training within ``StepStability/limit`` leaves; else `nil`.
  public func stabilityBeyondBound(in shape: ModelConfiguration) -> Double? {
    guard !hasBoundedDictionaries, let largest = model.largestStepStability else { return nil }
    let value = largest * Double(shape.stepSize / model.configuration.stepSize)
    return value > StepStability.limit + StepStability.growth ? value : nil
  }
}
