/// Numbers as people read them.
package enum Quantity {
  /// A byte count such as "1.4 GB", in powers of ten.
  package static func bytes(_ count: Int) -> String {
    scaled(Double(count), units: ["bytes", "kB", "MB", "GB", "TB"])
  }

  /// A count such as "12.9 M".
  package static func count(_ count: Int) -> String {
    scaled(Double(count), units: ["", "k", "M", "G", "T"])
  }

  /// A rate such as "12.3" or "1234".
  package static func rate(_ value: Double) -> String { fixed(value, value < 99.95 ? 1 : 0) }

  /// A share before what it is a share of: "53 % of", or "1.99 times" what is less.
  package static func share(_ value: Double) -> String {
    value > 1 ? "\(fixed(value, 2)) times" : "\(fixed(100 * value, 0)) % of"
  }

  /// The shortest time that tells a speed, in seconds.
  private static let leastSeconds = 0.1

  /// The rate of `count` in a time; `nil` for too short a time.
  package static func speed(_ count: Int, seconds: Double) -> String? {
    seconds < leastSeconds ? nil : rate(Double(count) / seconds)
  }

  /// A time such as "42 s", "1 h 5 min", "6 d 15 h" or "23 years".
  package static func seconds(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e15 else { return "unknown time" }
    let whole = Int(seconds.rounded())
    let (hour, day, year) = (3600, 86_400, 31_557_600)
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<hour: "\(whole / 60) min \(whole % 60) s"
    case ..<(2 * day): "\(whole / hour) h \(whole % hour / 60) min"
    case ..<(100 * day): "\(whole / day) d \(whole % day / hour) h"
    case ..<(2 * year): "\(whole / day) d"
    default: "\(count(whole / year)) years"
    }
  }

  /// `value` with `digits` digits after the point.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    let sign = value < 0 && rounded > 0 ? "-" : ""
    let whole = String(Int(rounded / scale))
    guard digits > 0 else { return sign + whole }
    let fraction = String(Int(rounded.truncatingRemainder(dividingBy: scale)))
    return sign + whole + "." + String(repeating: "0", count: digits - fraction.utf8.count)
      + fraction
  }

  private static func scaled(_ value: Double, units: [String]) -> String {
    var value = value
    var index = 0
    while value >= 999.5, index + 1 < units.count {
      value /= 1000
      index += 1
    }
    let number = fixed(value, index == 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2)
    return units[index].isEmpty ? number : "\(number) \(units[index])"
  }
}
