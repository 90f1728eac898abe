import Storage

extension Checkpoint {
  /// The bytes that a checkpoint of `model` takes at most.
  public static func byteCount(of model: ModelConfiguration) -> Int {
    byteCount(of: Blueprint(model).parameters)
  }

  /// The bytes that a checkpoint of parameters with `layout` takes at most: these and two moments of
  /// them, with room for headers and records.
  package static func byteCount(of layout: Layout) -> Int {
    let bytesPerTensor = 256, recordByteCount = 1 << 14
    let data = layout.floatCount * MemoryLayout<Float>.stride
    let checksums = 8 * (data / TensorSeal.standardBlockByteCount)
    return 3 * (data + checksums + recordByteCount + bytesPerTensor * layout.tensors.count)
  }

  /// The bytes that `count` of `byteCount` bytes each take, or the most that can be counted.
  public static func byteCount(_ byteCount: Int, times count: Int) -> Int {
    let (product, isTooLarge) = count.multipliedReportingOverflow(by: byteCount)
    return isTooLarge ? .max : product
  }
}

extension CheckpointStore {
  /// Refuses to begin what will not fit on the disk: the checkpoints that are still to come from
  /// `step` on, as many as are kept and the one that is written before another is removed.
  ///
  /// - Throws: `FileError.noSpace` with what is needed.
  package func requireSpace(
    for plan: TrainingConfiguration, each byteCount: Int, after step: Int
  ) throws {
    let existing = try all().count { $0.step <= step }
    let isLastBetween = step < plan.steps && !plan.steps.isMultiple(of: plan.saveInterval)
    let saves =
      plan.steps / plan.saveInterval - step / plan.saveInterval + (isLastBetween ? 1 : 0)
    let most = min(existing + max(0, saves), plan.keptCheckpoints + 1)
    try requireSpace(for: max(0, most - existing), each: byteCount)
  }

  /// The cause of a failed write for want of space, which the operating system does not say:
  /// `byteCount` bytes are needed.
  ///
  /// - Throws: `FileError` where the free space cannot be found out.
  func spaceError(_ error: FileError, needing byteCount: Int) throws(FileError) -> FileError {
    if case .noSpace = error { return error }
    return .noSpace(
      path, needed: byteCount, available: try FileSystem.availableByteCount(at: path))
  }

  func requireSpace(for count: Int, each byteCount: Int) throws(FileError) {
    let needed = Checkpoint.byteCount(byteCount, times: count)
    let available = try FileSystem.availableByteCount(at: path)
    guard available >= needed else {
      throw .noSpace(path, needed: needed, available: available)
    }
  }
}
