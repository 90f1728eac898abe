import Files

/// What a run was asked to do, and the conditions on which its numbers depend.
public struct RunConfiguration: Codable, Hashable, Sendable {
  /// The version of this record.
  public static let currentVersion = 1

  /// The version of the record that was read.
  public private(set) var formatVersion = currentVersion
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
  /// The program, the libraries and the threads.
  public var conditions: Conditions

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

    /// The conditions of this process.
    public static func current(program: String, threads: Int) -> Conditions {
      Conditions(
        program: program, threads: threads, blasKernel: BLAS.selected.kernel,
        blas: BLAS.selected.build, processor: ProcessorFeatures.current.model)
    }
  }

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
    let record = try JSONFile.read(RunConfiguration.self, from: directory.configuration)
    guard record.formatVersion == currentVersion else {
      throw CheckpointError.foreign(
        directory.configuration,
        reason: "it has format version \(record.formatVersion), expected \(currentVersion)")
    }
    return record
  }

  /// Writes the record into the run at `directory`.
  ///
  /// - Throws: `FileError`.
  public func write(to directory: RunDirectory) throws {
    try FileContents.write(JSONFile.encode(self), to: directory.configuration)
  }
}
