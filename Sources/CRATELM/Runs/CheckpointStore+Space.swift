package import Storage

extension Checkpoint {
  /// The bytes that a checkpoint of `model` takes: parameters and two moments of them, with room
  /// for the headers and records.
  public static func byteCount(of model: ModelConfiguration) -> Int {
    3 * Blueprint(model).parameterByteCount + recordByteCount(model)
  }

  /// The bytes that `count` of them take, or the most that can be counted.
  public static func byteCount(of model: ModelConfiguration, count: Int) -> Int {
    let (product, isTooLarge) = count.multipliedReportingOverflow(by: byteCount(of: model))
    return isTooLarge ? .max : product
  }

  /// At most so much is said about each of its tensors, and about the rest.
  private static func recordByteCount(_ model: ModelConfiguration) -> Int {
    let bytesPerTensor = 256, tensorsPerLayer = 32
    return 3 * bytesPerTensor * tensorsPerLayer * (model.depth + 1)
  }
}

extension CheckpointStore {
  /// Refuses to begin what will not fit on the disk: the checkpoints that are still to come from
  /// `step` on, as many as are kept and the one that is written before another is removed.
  ///
  /// - Throws: `FileError.noSpace` with what is needed.
  public func requireSpace(
    for plan: TrainingConfiguration, of model: ModelConfiguration, after step: Int
  ) throws {
    let existing = try all().count { $0.step <= step }
    let isLastBetween = step < plan.steps && !plan.steps.isMultiple(of: plan.saveInterval)
    let saves =
      plan.steps / plan.saveInterval - step / plan.saveInterval + (isLastBetween ? 1 : 0)
    let most = min(existing + max(0, saves), plan.keptCheckpoints + 1)
    try requireSpace(for: max(0, most - existing), of: model)
  }

  /// What a failed write for want of space needs, which the operating system does not say: room for
  /// a checkpoint of `model`.
  ///
  /// - Throws: `FileError` where the free space cannot be found out.
  package func spaceError(_ error: FileError, of model: ModelConfiguration) throws(FileError)
    -> FileError
  {
    if case .noSpace = error { return error }
    return .noSpace(
      path, needed: Checkpoint.byteCount(of: model),
      available: try FileSystem.availableByteCount(at: path))
  }

  func requireSpace(for count: Int, of model: ModelConfiguration) throws(FileError) {
    let needed = Checkpoint.byteCount(of: model, count: count)
    let available = try FileSystem.availableByteCount(at: path)
    guard available >= needed else {
      throw .noSpace(path, needed: needed, available: available)
    }
  }
}
