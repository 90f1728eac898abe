import ArgumentParser
import Glibc
import Storage
import TextModels

/// A time such as 90s, 30m, 2h or 1h30m, or as Slurm writes it: 24:00:00, or 2-12:00:00 with days.
struct WallTime: CustomStringConvertible {
  let duration: Duration

  static let halfAnHour = WallTime(duration: .seconds(1800))

  var description: String {
    let seconds = duration.components.seconds
    return seconds.isMultiple(of: 60) ? "\(seconds / 60)m" : "\(seconds)s"
  }
}

extension WallTime: TypedValue {
  static let expectation = "a time above 0 with its unit, such as 90s, 10m or 1h30m"

  static func read(_ text: String) -> WallTime? {
    let seconds = text.contains(":") ? seconds(ofClock: text) : seconds(ofUnits: text)
    return seconds.flatMap { $0 > 0 ? WallTime(duration: .seconds($0)) : nil }
  }

  /// The seconds of a text such as `1h30m`; `nil` for another form.
  private static func seconds(ofUnits text: String) -> Int? {
    let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
    var seconds = 0
    var number = ""
    for character in text {
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
    return number.isEmpty ? seconds : nil
  }
}

extension WallTime {
  /// The seconds of `[days-]hours:minutes:seconds`; `nil` for another form.
  private static func seconds(ofClock text: String) -> Int? {
    func number(_ digits: Substring, below limit: Int) -> Int? {
      guard !digits.isEmpty,
        digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
      else { return nil }
      return Int(digits).flatMap { $0 < limit ? $0 : nil }
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let clock = parts[parts.count - 1].split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, clock.count == 3,
      let days = parts.count == 1 ? 0 : number(parts[0], below: 1 << 20),
      let hours = number(clock[0], below: parts.count == 1 ? 1 << 24 : 24),
      let minutes = number(clock[1], below: 60), let seconds = number(clock[2], below: 60)
    else { return nil }
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  }
}

/// The Slurm job of this process.
struct SlurmJob {
  /// The time until its end.
  let left: Duration

  /// Time enough for a microbatch and a checkpoint; a tenth of a short job.
  private static let longestMargin = Duration.seconds(120)

  /// - Returns: `nil` outside of a job, or if its end is unknown or past.
  init?() {
    guard let text = unsafe getenv("SLURM_JOB_END_TIME").map({ unsafe String(cString: $0) }),
      let end = Int(text), end > time(nil)
    else { return nil }
    left = .seconds(end - time(nil))
  }

  /// The time between the end of training and that of the job.
  var margin: Duration { min(Self.longestMargin, left / 10) }
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

  /// Whether the deadline has passed.
  var isTimeOver: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

  /// Whether a signal or the deadline asks training to end.
  var areReached: Bool { StopRequest.isMade || isTimeOver }

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
    if failures == 1, case .noSpace(let path, let needed, let available, _) = error {
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
