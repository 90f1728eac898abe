import ArgumentParser

/// What to do where the disk has no room.
enum DiskFullAction: String, CaseIterable, ExpressibleByArgument {
  /// End; what was published stays.
  case stop
  /// Wait for room.
  case wait
}

/// When training ends before its last step.
struct TrainingLimits {
  /// When the time that the user gave is over.
  private let deadline: ContinuousClock.Instant?
  /// The longest time that a line or a checkpoint may take.
  let writing: Duration
  /// What a full disk means.
  let onDiskFull: DiskFullAction

  /// Limits of which `time` begins now.
  init(time: Duration?, writing: Duration, onDiskFull: DiskFullAction) {
    deadline = time.map { ContinuousClock.now + $0 }
    self.writing = writing
    self.onDiskFull = onDiskFull
  }

  /// Whether a signal or the time asks training to end.
  var areReached: Bool {
    if StopRequest.isMade { return true }
    guard let deadline else { return false }
    return ContinuousClock.now >= deadline
  }
}
