public import Storage

/// The plan of a run's training, and the conditions on which its numbers depend.
public struct TrainingRecord: Codable, Hashable, Sendable {
  /// The plan.
  public var configuration: TrainingConfiguration
  /// The directory of the data.
  public var data: String
  /// The identity of the data.
  public var dataFingerprint: Fingerprint
  /// The program, the libraries and the threads at the start of the run.
  public var conditions: Conditions
  /// The changes of conditions, in order; `nil` if there were none.
  public var resumptions: [Resumption]?

  private enum CodingKeys: String, CodingKey {
    case configuration = "training"
    case data, dataFingerprint, conditions, resumptions
  }

  /// The record of a new run.
  public init(
    configuration: TrainingConfiguration, data: String, dataFingerprint: Fingerprint,
    conditions: Conditions
  ) {
    self.configuration = configuration
    self.data = data
    self.dataFingerprint = dataFingerprint
    self.conditions = conditions
  }

  /// The last conditions of training.
  public var lastConditions: Conditions { resumptions?.last?.conditions ?? conditions }

  /// A change of conditions between two steps.
  public struct Resumption: Codable, Hashable, Sendable {
    /// The last step before the change.
    public var step: Int
    /// The conditions after the change.
    public var conditions: Conditions
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
    [
      ("program", "\(program)", "\(others.program)"),
      ("threads, which change no bits,", "\(threads)", "\(others.threads)"),
      ("BLAS kernel", blasKernel, others.blasKernel), ("BLAS", blas, others.blas),
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
