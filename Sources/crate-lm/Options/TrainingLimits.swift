import ArgumentParser
import Glibc
import Storage

/// A time such as 90s, 30m, 2h or 1h30m.
struct WallTime: CustomStringConvertible {
  let duration: Duration

  static let halfAnHour = WallTime(duration: .seconds(1800))

  var description: String {
    let seconds = duration.components.seconds
    return seconds.isMultiple(of: 60) ? "\(seconds / 60)m" : "\(seconds)s"
  }
}

extension WallTime: ExpressibleByArgument {
  init?(argument: String) {
    let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
    var seconds = 0
    var number = ""
    for character in argument {
      if character.isASCII, character.isNumber {
        number.append(character)
        continue
      }
      guard let unit = units[character], let value = Int(number), value < 1 << 32 else {
        return nil
      }
      seconds += value * unit
      number = ""
    }
    guard number.isEmpty, seconds > 0 else { return nil }
    duration = .seconds(seconds)
  }
}

/// The answer to a full disk.
enum DiskFullAction: String, CaseIterable, ExpressibleByArgument {
  /// End; published checkpoints stay.
  case stop
  /// Wait for room.
  case wait
}

/// The reasons to end training before its last step.
struct TrainingLimits {
  /// The end of the time that the user gave.
  let deadline: ContinuousClock.Instant?
  /// The longest time that a line or a checkpoint may take.
  let writing: Duration
  /// The answer to a full disk.
  let onDiskFull: DiskFullAction

  private static let longestPause = Duration.seconds(60)
  private static let microsecondsBetweenLooks: UInt32 = 100_000

  /// Whether a signal or the deadline asks training to end.
  var areReached: Bool {
    StopRequest.isMade || deadline.map { ContinuousClock.now >= $0 } ?? false
  }

  /// Waits for room on the disk, if the user wants that.
  ///
  /// A request to stop ends the wait; one more try follows.
  ///
  /// - Parameters:
  ///   - error: the reason why the write failed.
  ///   - failures: the number of failures so far; the first is noted, and each makes the wait
  ///     longer, up to a minute.
  ///   - note: tells the user.
  /// - Returns: whether to try again.
  func waitForSpace(
    _ error: FileError, after failures: Int, note: (String) -> Void
  ) -> Bool {
    guard onDiskFull == .wait, !areReached else { return false }
    if failures == 1, case .noSpace(let path, let needed, let available) = error {
      note(
        "Waiting for disk space: \(path) needs \(Quantity.bytes(needed)), "
          + "\(Quantity.bytes(available)) are free.")
    }
    let pause = min(Duration.seconds(1 << min(failures - 1, 6)), Self.longestPause)
    let end = ContinuousClock.now + pause
    while ContinuousClock.now < end, !areReached { usleep(Self.microsecondsBetweenLooks) }
    return true
  }
}
