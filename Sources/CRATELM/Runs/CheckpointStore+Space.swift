import Storage

extension Checkpoint {
  /// An upper bound of the bytes of a checkpoint of `model` with its tokenizer.
  public static func byteCount(of model: ModelConfiguration, tokenizerByteCount: Int) -> Int {
    byteCount(of: Blueprint(model).parameters, tokenizerByteCount: tokenizerByteCount)
  }

  /// An upper bound of the bytes of a checkpoint with `layout`: parameters, two moments and the
  /// tokenizer, with their headers and records.
  package static func byteCount(of layout: Layout, tokenizerByteCount: Int) -> Int {
    let bytesPerTensor = 256, recordByteCount = 1 << 14
    let data = layout.floatCount * MemoryLayout<Float>.stride
    let checksums = 8 * (data / TensorSeal.standardBlockByteCount)
    return tokenizerByteCount
      + 3 * (data + checksums + recordByteCount + bytesPerTensor * layout.tensors.count)
  }

  /// The bytes of `count` checkpoints of `byteCount` bytes each; `Int.max` if that overflows.
  public static func byteCount(_ byteCount: Int, times count: Int) -> Int {
    let (product, isTooLarge) = count.multipliedReportingOverflow(by: byteCount)
    return isTooLarge ? .max : product
  }
}

extension CheckpointStore {
  /// Checks the free space for the checkpoints to come after `step`: those kept at a time, one by
  /// the clock, and one more, written before an old one is removed.
  ///
  /// - Throws: `FileError.noSpace` with the bytes needed.
  package func requireSpace(
    for plan: TrainingConfiguration, each byteCount: Int, after step: Int
  ) throws {
    let existing = try all().filter { $0.step <= step }
    guard step < plan.steps else { return }
    let planned = existing.count { plan.plansCheckpoint(after: $0.step) }
    let interval = plan.saveInterval ?? plan.steps
    let isLastBetween = !plan.steps.isMultiple(of: interval)
    let saves = plan.steps / interval - step / interval + (isLastBetween ? 1 : 0)
    let others = plan.largestCheckpointCount - plan.keptCheckpoints - 1
    let most = min(planned + saves + others, plan.largestCheckpointCount)
    try requireSpace(for: max(1, most - existing.count), each: byteCount)
  }

  /// Replaces ENOSPC by an error that states the bytes needed and free.
  ///
  /// - Throws: `FileError` if the free space cannot be found out.
  func spaceError(_ error: FileError, needing byteCount: Int) throws(FileError) -> FileError {
    if case .noSpace = error { return error }
    return .noSpace(
      path, needed: byteCount, available: try FileSystem.availableByteCount(at: path),
      remedy: Self.spaceRemedy)
  }

  private static let spaceRemedy = "make room and go on with --resume auto"

  func requireSpace(for count: Int, each byteCount: Int) throws(FileError) {
    let needed = Checkpoint.byteCount(byteCount, times: count)
    let available = try FileSystem.availableByteCount(at: path)
    guard available >= needed else {
      throw .noSpace(path, needed: needed, available: available, remedy: Self.spaceRemedy)
    }
  }
}
