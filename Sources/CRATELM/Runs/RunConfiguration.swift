public import Storage

/// What a run was asked to do, and the conditions on which its numbers depend.
public struct RunConfiguration: Record, Hashable, Sendable {
  package static let formatVersion = 1

  /// The shape of the model.
  public var model: ModelConfiguration
  /// How it is trained.
  public var training: TrainingConfiguration
  /// The identity of the tokenizer.
  public var tokenizer: Fingerprint
  /// The directory of the data.
  public var data: String
  /// The identity of the data.
  public var dataFingerprint: Fingerprint
  /// The program, the libraries and the threads with which it began.
  public var conditions: Conditions
  /// When it went on under other ones, in order; `nil` where it never did.
  public var resumptions: [Resumption]?

  /// What the bits of a run depend on besides its configuration.
  public struct Conditions: Codable, Hashable, Sendable {
    /// The version of this program.
    public var program: String
    /// The number of threads.
    public var threads: Int
    /// The kernels of the BLAS.
    public var blasKernel: String
    /// The version and build of the BLAS.
    public var blas: String
    /// The processor.
    public var processor: String

    /// What differs from `others`, each with both values; only threads change no bits.
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

  /// That a run went on under other conditions than before.
  public struct Resumption: Codable, Hashable, Sendable {
    /// The step after which it did.
    public var step: Int
    /// The conditions from then on.
    public var conditions: Conditions

    /// A record of what happened after `step`.
    public init(step: Int, conditions: Conditions) {
      (self.step, self.conditions) = (step, conditions)
    }
  }

  /// The conditions of the last stretch of training.
  public var lastConditions: Conditions { resumptions?.last?.conditions ?? conditions }

  /// A record of this version.
  public init(
    model: ModelConfiguration, training: TrainingConfiguration, tokenizer: Fingerprint,
    data: String, dataFingerprint: Fingerprint, conditions: Conditions
  ) {
    self.model = model
    self.training = training
    self.tokenizer = tokenizer
    self.data = data
    self.dataFingerprint = dataFingerprint
    self.conditions = conditions
  }

  /// Reads the record of the run at `directory`.
  ///
  /// - Throws: `FileError`, ``CheckpointError/foreign(_:reason:)``, ``ConfigurationError``.
  public static func read(from directory: RunDirectory) throws -> RunConfiguration {
    let record = try CheckpointError.owning {
      try RecordFile.read(RunConfiguration.self, from: directory.configuration)
    }
    try record.training.validate()
    return record
  }

  /// Writes the record into the run at `directory`.
  ///
  /// - Throws: `FileError`.
  public func write(to directory: RunDirectory) throws {
    try FileContents.write(RecordFile.bytes(of: self), to: directory.configuration)
  }
}
