import Glibc

/// A second of the calendar, in universal time.
public struct TimeStamp: Sendable, CustomStringConvertible {
  /// Seconds since the beginning of 1970, leap seconds left out.
  public let seconds: Int

  /// The second that begins `seconds` after 1970.
  public init(seconds: Int) { self.seconds = seconds }

  /// The present.
  public static var now: TimeStamp { TimeStamp(seconds: time(nil)) }

  /// As ISO 8601 and RFC 3339 write it: `2026-07-29T12:34:56Z`.
  public var description: String {
    let (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, dayOfMonth) = Self.date(ofDay: day)
    let clock = [second / 3600, second / 60 % 60, second % 60].map { $0.digits(2) }
    return "\(year.digits(4))-\(month.digits(2))-\(dayOfMonth.digits(2))"
      + "T\(clock.joined(separator: ":"))Z"
  }

  /// The Gregorian date of `day`, counted from the beginning of 1970, not before it.
  ///
  /// Years begin in March here, so that the leap day is the last; 400 of them have 146,097 days.
  private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (day + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
