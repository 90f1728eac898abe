public import Storage
import SystemPackage

/// The plan of a run's training, and the conditions on which its numbers depend.
public struct TrainingRecord: Codable, Hashable, Sendable {
  /// The plan.
  public var configuration: TrainingConfiguration
  /// The origin of the weights that the run began with; `nil` if they were drawn.
  public var from: InitialWeights.Origin?
  /// The texts; several are a mixture.
  public var data: [DataRecord]
  /// The program, the libraries and the threads at the start of the run.
  public var conditions: Conditions
  /// The changes of conditions, in order; `nil` if there were none.
  public var resumptions: [Resumption]?
  /// The plans of other lengths before this one, in order; `nil` if there were none.
  public var earlierPlans: [EarlierPlan]?

  private enum CodingKeys: String, CodingKey {
    case configuration = "training"
    case from, mixture, conditions, resumptions, earlierPlans
  }

  /// The record of a new run.
  ///
  /// - Throws: ``DataError/inMemory``.
  public init(
    configuration: TrainingConfiguration, from: InitialWeights.Origin? = nil, data: Mixture,
    conditions: Conditions
  ) throws(DataError) {
    (self.configuration, self.from) = (configuration, from)
    var texts: [DataRecord] = []
    for source in data.sources { texts.append(try DataRecord(source)) }
    self.data = texts
    self.conditions = conditions
  }

  /// Decodes a record; a text alone stands beside the other members, several are a list.
  ///
  /// - Parameter decoder: the decoder of the record.
  /// - Throws: `DecodingError`, ``ConfigurationError``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    configuration = try values.decode(TrainingConfiguration.self, forKey: .configuration)
    from = try values.decodeIfPresent(InitialWeights.Origin.self, forKey: .from)
    conditions = try values.decode(Conditions.self, forKey: .conditions)
    resumptions = try values.decodeIfPresent([Resumption].self, forKey: .resumptions)
    earlierPlans = try values.decodeIfPresent([EarlierPlan].self, forKey: .earlierPlans)
    data =
      try values.decodeIfPresent([DataRecord].self, forKey: .mixture)
      ?? [DataRecord(from: decoder)]
    guard !data.isEmpty, data.allSatisfy({ $0.weight.map { $0 > 0 && $0.isFinite } ?? true }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .mixture, in: values, debugDescription: "no texts with positive weights")
    }
  }

  /// Encodes the record in the same form.
  ///
  /// - Parameter encoder: the encoder.
  /// - Throws: the encoder's errors.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(configuration, forKey: .configuration)
    try values.encodeIfPresent(from, forKey: .from)
    if data.count == 1 {
      try data[0].encode(to: encoder)
    } else {
      try values.encode(data, forKey: .mixture)
    }
    try values.encode(conditions, forKey: .conditions)
    try values.encodeIfPresent(resumptions, forKey: .resumptions)
    try values.encodeIfPresent(earlierPlans, forKey: .earlierPlans)
  }

  /// The last conditions of training.
  public var lastConditions: Conditions { resumptions?.last?.conditions ?? conditions }

  /// A plan that the run followed up to a step.
  public struct EarlierPlan: Codable, Hashable, Sendable {
    /// The last step that was made by it.
    public var step: Int
    /// The number of updates that it had.
    public var steps: Int
    /// The fall of its learning rate.
    public var decay: LearningRateDecay
  }

  /// A change of conditions between two steps.
  public struct Resumption: Codable, Hashable, Sendable {
    /// The last step before the change.
    public var step: Int
    /// The conditions after the change.
    public var conditions: Conditions
  }
}

/// A packed text that a run learns from.
public struct DataRecord: Codable, Hashable, Sendable, CustomStringConvertible {
  /// The directory.
  public var data: String
  /// The identity of its files.
  public var dataFingerprint: Fingerprint
  /// Its weight in a mixture; `nil` for a share proportional to its length.
  public var weight: Double?

  init(_ source: Mixture.Source) throws(DataError) {
    (data, weight) = (source.data.directory.string, source.weight)
    dataFingerprint = try source.data.fingerprint()
  }

  /// The directory and the weight, as on the command line.
  public var description: String {
    guard let weight else { return data }
    return "\(data):\(Int(exactly: weight).map(String.init) ?? "\(weight)")"
  }
}

/// The circumstances, besides the configuration, that may change the bits of a run.
public struct Conditions: Codable, Hashable, Sendable {
  /// The version of the program.
  public var program: String
  /// The number of threads.
  public var threads: Int
  /// The kernels of the BLAS.
  public var blasKernel: String
  /// The version and build of the BLAS.
  public var blas: String
  /// The processor.
  public var processor: String

  /// The differences from `others`, each with both values; a change of threads changes no bit.
  public func differences(from others: Conditions) -> [String] {
    // The build of a BLAS names its kernels too; they are told once.
    let build = others.blas.split(separator: " ").map {
      $0 == others.blasKernel ? Substring(blasKernel) : $0
    }
    let isSameBuild = blas == build.joined(separator: " ")
    return [
      ("program", "\(program)", "\(others.program)"),
      ("threads, which change no bits,", "\(threads)", "\(others.threads)"),
      ("BLAS kernel", blasKernel, others.blasKernel),
      ("BLAS", blas, isSameBuild ? blas : others.blas),
      ("processor", processor, others.processor),
    ].compactMap { name, now, before in
      now == before ? nil : "\(name) \(now), before \(before)"
    }
  }

  /// The conditions of this process.
  public static func current(program: String, threads: Int) -> Conditions {
    Conditions(
      program: program, threads: threads, blasKernel: BLAS.selected.kernel,
      blas: BLAS.selected.build, processor: ProcessorFeatures.current.model)
  }
}
